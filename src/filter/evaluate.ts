import { all, and, not, or } from './filter.js'
import type { Filter, Operator, Scalar } from './filter.js'

/** What a filter is asked of: an index document, or an embedded one. Paths with dots reach embedded documents. */
export type Indexed = Readonly<Record<string, unknown>>

/**
 * The meaning of a filter in memory.
 * @returns whether `document` satisfies `filter`
 */
export function evaluate (filter: Filter, document: Indexed): boolean {
  switch (filter.kind) {
    case 'all': return true
    case 'none': return false
    case 'and': return filter.of.every(part => evaluate(part, document))
    case 'or': return filter.of.some(part => evaluate(part, document))
    case 'not': return !evaluate(filter.of, document)
    case 'in': return valuesAt(document, filter.field).some(value => filter.values.includes(value as Scalar))
    case 'within': {
      const values = valuesAt(document, filter.field)
      return values.length > 0 && values.every(value => filter.values.includes(value as Scalar))
    }
    case 'exists': return valuesAt(document, filter.field).length > 0
    case 'startsWith': return valuesAt(document, filter.field)
      .some(value => typeof value === 'string' && value.startsWith(filter.prefix))
    case 'compare': return valuesAt(document, filter.field).some(value => stands(value, filter.operator, filter.value))
    case 'element': return valuesAt(document, filter.field)
      .some(value => typeof value === 'object' && evaluate(filter.of, value as Indexed))
    case 'near': return valuesAt(document, filter.field).some(value => angleBetween((value as Place).coordinates, [filter.longitude, filter.latitude]) <= filter.angle)
    default: return filter satisfies never
  }
}

interface Place { readonly coordinates: readonly [longitude: number, latitude: number] }

/** The angle of the great circle between two places, in radians (haversine). */
function angleBetween ([longitude, latitude]: Place['coordinates'], [otherLongitude, otherLatitude]: Place['coordinates']): number {
  const radians = (degrees: number) => degrees * Math.PI / 180
  const half = (degrees: number) => Math.sin(radians(degrees) / 2) ** 2
  const square = half(otherLatitude - latitude) + Math.cos(radians(latitude)) * Math.cos(radians(otherLatitude)) * half(otherLongitude - longitude)
  return 2 * Math.asin(Math.min(1, Math.sqrt(square)))
}

/**
 * What is true of every document that satisfies `filter`, whatever the values of its unknown fields are: nothing that
 * `filter` finds is left out. So an index is used before those fields are known.
 */
export function widen (filter: Filter, isUnknown: (field: string) => boolean, assumed: Filter = all): Filter {
  switch (filter.kind) {
    case 'all': case 'none': return filter
    case 'and': return and(...filter.of.map(part => widen(part, isUnknown, assumed)))
    case 'or': return or(...filter.of.map(part => widen(part, isUnknown, assumed)))
    case 'not': return not(widen(filter.of, isUnknown, not(assumed)))
    default: return isUnknown(filter.field) ? assumed : filter
  }
}

function valuesAt (document: Indexed, field: string): readonly unknown[] {
  let values: unknown[] = [document]
  for (const step of field.split('.')) {
    values = values.flatMap(value => typeof value === 'object' && value !== null ? (value as Indexed)[step] : [])
      .filter(value => value !== undefined && value !== null)
  }
  return values
}

function stands (value: unknown, operator: Operator, bound: number | string): boolean {
  if (typeof value !== typeof bound) return false
  const left = value as number | string
  switch (operator) {
    case 'lt': return left < bound
    case 'le': return left <= bound
    case 'gt': return left > bound
    case 'ge': return left >= bound
    default: return operator satisfies never
  }
}
