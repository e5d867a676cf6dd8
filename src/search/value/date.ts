import type { Period } from '@medplum/fhirtypes'
import { and, compare, element, or } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter, notSupported } from '../fault.js'
import { intervalOf, intervalOfPeriod } from './interval.js'
import type { Interval, ValueKind } from './kind.js'

/** The bounds of a value of a resource, as fields: of an embedded interval, or of the instant `at`. */
interface Bounds {
  readonly lo: string
  readonly hi: string
}

/** What a prefix asks of the interval of the resource, given that of the query (R4 search.html#prefix). */
type Relation = (query: Interval, fields: Bounds) => Filter

const relations: Readonly<Record<string, Relation>> = Object.freeze({
  /** The interval of the query contains that of the resource: not an overlap. The second bound says nothing new, but an index can use it. */
  eq: ({ lo, hi }, fields) => and(compare(fields.lo, 'ge', lo), compare(fields.lo, 'le', hi), compare(fields.hi, 'le', hi)),
  ne: ({ lo, hi }, fields) => or(compare(fields.lo, 'lt', lo), compare(fields.hi, 'gt', hi)),
  gt: ({ hi }, fields) => compare(fields.hi, 'gt', hi),
  lt: ({ lo }, fields) => compare(fields.lo, 'lt', lo),
  // Greater, or contained; the first bound says nothing new, but an index can use it.
  ge: ({ lo, hi }, fields) => and(compare(fields.hi, 'ge', lo), or(compare(fields.hi, 'gt', hi), compare(fields.lo, 'ge', lo))),
  le: ({ lo, hi }, fields) => and(compare(fields.lo, 'le', hi), or(compare(fields.lo, 'lt', lo), compare(fields.hi, 'le', hi))),
  sa: ({ hi }, fields) => compare(fields.lo, 'gt', hi),
  eb: ({ lo }, fields) => compare(fields.hi, 'lt', lo)
})

/** `at` is one instant: the same bounds, without an alternative. */
const instantRelations: Readonly<Record<string, Relation>> = Object.freeze({
  ...relations,
  ge: ({ lo }, fields) => compare(fields.lo, 'ge', lo),
  le: ({ hi }, fields) => compare(fields.hi, 'le', hi)
})

/**
 * Date parameters (R4 search.html#date): everything is an interval. A criterion holds when some value of the
 * resource satisfies it, `ne` included: a resource without a value satisfies none.
 */
export const date = Object.freeze<ValueKind>({
  elements: Object.freeze(['date', 'dateTime', 'instant', 'Period']),
  modifiers: Object.freeze([]),
  index: ({ code }, value, type, into) => {
    const interval = type === 'Period' ? intervalOfPeriod(value as Period) : intervalOf(String(value))
    if (interval !== undefined) (into.dates[code] ??= []).push(interval)
  },
  filter: ({ parameter: { code, field }, values }) => {
    const queries = values.map(value => readDate(unescape(value, code), code))
    if (field !== null) {
      return or(...queries.map(({ prefix, interval }) => instantRelations[prefix]?.(interval, { lo: field, hi: field }) ?? or()))
    }
    const of = queries.map(({ prefix, interval }) => relations[prefix]?.(interval, { lo: 'lo', hi: 'hi' }) ?? or())
    return element(`dates.${code}`, or(...of))
  }
})

function readDate (text: string, name: string): { readonly prefix: string, readonly interval: Interval } {
  const [, prefix = 'eq', rest = ''] = /^([a-z]{2})?(.*)$/s.exec(text) ?? []
  if (prefix === 'ap') throw notSupported(name, 'does not take the prefix ap here')
  if (!Object.hasOwn(relations, prefix)) throw invalidParameter(name, 'has a prefix that is none of eq, ne, gt, ge, lt, le, sa, eb')
  const interval = intervalOf(rest)
  if (interval === undefined) throw invalidParameter(name, 'takes a date or a time, as YYYY-MM-DDThh:mm:ss.sss±hh:mm or its beginning')
  return { prefix, interval }
}
