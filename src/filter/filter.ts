/**
 * The closed, frozen tree in which search and consent say what they want.
 *
 * A filter speaks about an *index document*: the values that a stored resource is found by, never its body.
 * It has two meanings that a test holds equal: `evaluate` here, in memory, and `toMongo` in the store.
 *
 * The null convention: a field holds a list of values. Missing, null and empty are the same, no value; a single
 * value is a list of one. A leaf is true when some value satisfies it (`within`: when there is a value and all
 * satisfy it), so every leaf is false on a field without values, and `not` is exact negation: there is no unknown. `within` and
 * `startsWith` are asked of fields that hold lists.
 */
import { hash } from 'node:crypto'

export type Scalar = string | number | boolean

export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'and', readonly of: readonly Filter[] }
  | { readonly kind: 'or', readonly of: readonly Filter[] }
  | { readonly kind: 'not', readonly of: Filter }
  | { readonly kind: 'in', readonly field: string, readonly values: readonly Scalar[] }
  | { readonly kind: 'within', readonly field: string, readonly values: readonly Scalar[] }
  | { readonly kind: 'exists', readonly field: string }
  | { readonly kind: 'startsWith', readonly field: string, readonly prefix: string }
  | { readonly kind: 'compare', readonly field: string, readonly operator: Operator, readonly value: number | string }
  | { readonly kind: 'element', readonly field: string, readonly of: Filter }
  | { readonly kind: 'near', readonly field: string, readonly longitude: number, readonly latitude: number, /** Of the great circle, in radians. */ readonly angle: number }

export type Operator = 'lt' | 'le' | 'gt' | 'ge'

/** Everything, and nothing. */
export const all: Filter = Object.freeze({ kind: 'all' })
export const none: Filter = Object.freeze({ kind: 'none' })

/** All of `of`; constants are folded, nested conjunctions flattened. `and()` is `all`. */
export function and (...of: readonly Filter[]): Filter {
  return junction('and', of, all, none)
}

/** Any of `of`; constants are folded, nested disjunctions flattened, what asks one field for values asks once, what is asked twice too. `or()` is `none`. */
export function or (...of: readonly Filter[]): Filter {
  return junction('or', of.length < MANY ? of : together(of), none, all)
}

/** As many alternatives as it takes for their number to be felt: a thousand choices name a thousand documents. */
const MANY = 8

function together (of: readonly Filter[]): readonly Filter[] {
  const values = new Map<string, Scalar[]>()
  const others = new Map<string, Filter>()
  for (const part of of) {
    if (part.kind !== 'in') {
      others.set(inWords(part), part)
      continue
    }
    const known = values.get(part.field)
    if (known === undefined) values.set(part.field, [...part.values])
    else known.push(...part.values)
  }
  return [...[...values].map(([field, list]) => isIn(field, list)), ...others.values()]
}

/**
 * Any of `of`, in fewer words: what differs in the values of `field` alone is asked once for all of them. 200 records
 * whose patients chose the same are then one question, not 200.
 */
export function anyBy (field: string, of: readonly Filter[]): Filter {
  if (of.length < 2) return or(...of)
  const alike = new Map<string, { readonly values: Scalar[], readonly rest: Filter }>()
  const others: Filter[] = []
  for (const part of of) {
    const parts = part.kind === 'and' ? part.of : [part]
    const key = parts.find(each => each.kind === 'in' && each.field === field)
    if (key?.kind !== 'in') {
      others.push(part)
      continue
    }
    const rest = and(...parts.filter(each => each !== key))
    const said = inWords(rest)
    const known = alike.get(said)
    if (known === undefined) alike.set(said, { values: [...key.values], rest })
    else known.values.push(...key.values)
  }
  return or(...others, ...[...alike.values()].map(({ values, rest }) => and(isIn(field, values), rest)))
}

const words = new WeakMap<Filter, string>()

/** What a filter says: another one with the same words says the same. What many values say is kept: a matrix is in each search. */
export function inWords (filter: Filter): string {
  if (filter.kind === 'and' || filter.kind === 'or') return `${filter.kind}(${filter.of.map(inWords).join()})`
  if (filter.kind === 'not') return `not(${inWords(filter.of)})`
  if (filter.kind === 'element') return `${JSON.stringify(filter.field)}(${inWords(filter.of)})`
  if (!('values' in filter) || filter.values.length < MANY) return plainly(filter)
  const said = words.get(filter) ?? hash('sha256', plainly(filter), 'base64')
  words.set(filter, said)
  return said
}

function plainly (leaf: Filter): string {
  const plain = JSON.stringify(leaf)
  // To JSON a number without an end is null, whichever way it has none; nothing else in a filter is.
  return plain.includes(':null') ? JSON.stringify(leaf, endless) : plain
}

function endless (_name: string, value: unknown): unknown {
  return value === Infinity || value === -Infinity ? { endless: String(value) } : value
}

function junction (kind: 'and' | 'or', of: readonly Filter[], neutral: Filter, absorbing: Filter): Filter {
  if (of.some(part => part.kind === absorbing.kind)) return absorbing
  const parts = of.filter(part => part.kind !== neutral.kind)
  const [first] = parts
  if (first === undefined) return neutral
  return parts.length === 1 ? first : Object.freeze({ kind, of: Object.freeze(parts.flatMap(part => part.kind === kind ? part.of : [part])) })
}

/** Exactly what `of` is not. */
export function not (of: Filter): Filter {
  if (of.kind === 'all') return none
  if (of.kind === 'none') return all
  return of.kind === 'not' ? of.of : Object.freeze({ kind: 'not', of })
}

/** Some value of `field` is `value`. */
export function equals (field: string, value: Scalar): Filter {
  return isIn(field, [value])
}

/** Some value of `field` is one of `values`; no value at all when `values` is empty: never "no restriction". */
export function isIn (field: string, values: Iterable<Scalar>): Filter {
  const list = [...new Set(values)]
  return list.length === 0 ? none : Object.freeze({ kind: 'in', field, values: Object.freeze(list) })
}

/** `field` has a value, and each of its values is one of `values`. */
export function within (field: string, values: Iterable<Scalar>): Filter {
  const list = [...new Set(values)]
  return list.length === 0 ? none : Object.freeze({ kind: 'within', field, values: Object.freeze(list) })
}

/** `field` has a value. */
export function exists (field: string): Filter {
  return Object.freeze({ kind: 'exists', field })
}

/** Some value of `field` is a string that begins with `prefix`. */
export function startsWith (field: string, prefix: string): Filter {
  return Object.freeze({ kind: 'startsWith', field, prefix })
}

/** Some value of `field` stands in the relation `operator` to `value`; values of another type never do. */
export function compare (field: string, operator: Operator, value: number | string): Filter {
  return Object.freeze({ kind: 'compare', field, operator, value })
}

/** Some embedded document of `field` satisfies `of`, whose fields are relative to it. */
export function element (field: string, of: Filter): Filter {
  return of.kind === 'none' ? none : Object.freeze({ kind: 'element', field, of })
}

/** Some place of `field`, `{ coordinates: [longitude, latitude] }` in degrees, is at most `km` from this one, the earth being a sphere. */
export function near (field: string, { longitude, latitude, km }: { readonly longitude: number, readonly latitude: number, readonly km: number }): Filter {
  const angle = Math.max(km, NEAREST) / EARTH_RADIUS
  // Further than the other side is anywhere.
  return angle >= Math.PI ? exists(field) : Object.freeze({ kind: 'near', field, longitude, latitude, angle })
}

/** km, as MongoDB has it. */
const EARTH_RADIUS = 6378.1
/** km: a millimetre. What is nearer is there, whichever way the angle is reckoned. */
const NEAREST = 1e-6
