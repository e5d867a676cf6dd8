import { all, and, none, not, or } from './filter.js'
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
    default: return filter satisfies never
  }
}

/**
 * Decides the leaves over `fields` by `known` and leaves the rest to be asked: the filter that remains speaks of
 * documents whose `fields` are those of `known`. So a version is judged with the labels of its current one.
 */
export function substitute (filter: Filter, isKnown: (field: string) => boolean, known: Indexed): Filter {
  switch (filter.kind) {
    case 'all': case 'none': return filter
    case 'and': return and(...filter.of.map(part => substitute(part, isKnown, known)))
    case 'or': return or(...filter.of.map(part => substitute(part, isKnown, known)))
    case 'not': return not(substitute(filter.of, isKnown, known))
    default:
      if (!isKnown(filter.field)) return filter
      return evaluate(filter, known) ? all : none
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
