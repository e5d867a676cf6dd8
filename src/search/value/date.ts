import type { Period, Timing } from '@medplum/fhirtypes'
import { all, and, compare, element, none, not, or } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { intervalOf, intervalOfPeriod, intervalOfTiming } from './interval.js'
import { noModifiers } from './kind.js'
import type { Interval, ValueKind } from './kind.js'

/** A point of time: a ms, and the part of it that has passed. */
interface Point { readonly ms: number, readonly part: number }

/** The stretch from one point up to another, which is no part of it. */
interface Span { readonly from: Point, readonly to: Point }

/** What can be asked of the beginning and the end of a value of a resource. */
interface Bounds {
  readonly beginsBefore: (point: Point) => Filter
  readonly beginsFrom: (point: Point) => Filter
  readonly endsAfter: (point: Point) => Filter
  readonly endsBy: (point: Point) => Filter
}

/** An embedded interval. A part is there only where the bound lies inside its ms; without one, all of the ms counts. */
const embedded: Bounds = {
  beginsBefore: ({ ms, part }) => part === 0 ? compare('lo', 'lt', ms) : or(compare('lo', 'lt', ms), and(at('lo', ms), not(compare('loPart', 'ge', part)))),
  beginsFrom: ({ ms, part }) => part === 0 ? compare('lo', 'ge', ms) : or(compare('lo', 'gt', ms), and(at('lo', ms), compare('loPart', 'ge', part))),
  endsAfter: ({ ms, part }) => part === 0 ? compare('hi', 'ge', ms) : or(compare('hi', 'gt', ms), and(at('hi', ms), not(compare('hiPart', 'le', part)))),
  endsBy: ({ ms, part }) => part === 0 ? compare('hi', 'lt', ms) : or(compare('hi', 'lt', ms), and(at('hi', ms), compare('hiPart', 'le', part)))
}

function at (field: string, ms: number): Filter {
  return and(compare(field, 'ge', ms), compare(field, 'le', ms))
}

/** A field that holds one instant, all of its ms. */
function instant (field: string): Bounds {
  return {
    beginsBefore: ({ ms, part }) => compare(field, part === 0 ? 'lt' : 'le', ms),
    beginsFrom: ({ ms, part }) => compare(field, part === 0 ? 'ge' : 'gt', ms),
    endsAfter: ({ ms }) => compare(field, 'ge', ms),
    endsBy: ({ ms }) => compare(field, 'lt', ms)
  }
}

/** What a prefix asks of the span of the resource, given that of the query (R4 search.html#prefix). */
const relations: Readonly<Record<string, (query: Span, of: Bounds) => Filter>> = Object.freeze({
  /** The span of the query contains that of the resource: not an overlap. The second bound says nothing new, but an index can use it. */
  eq: ({ from, to }, of) => and(of.beginsFrom(from), of.beginsBefore(to), of.endsBy(to)),
  ne: ({ from, to }, of) => or(of.beginsBefore(from), of.endsAfter(to)),
  gt: ({ to }, of) => of.endsAfter(to),
  lt: ({ from }, of) => of.beginsBefore(from),
  // Greater, or contained; the first bound says nothing new, but an index can use it.
  ge: ({ from, to }, of) => and(of.endsAfter(from), or(of.endsAfter(to), of.beginsFrom(from))),
  le: ({ from, to }, of) => and(of.beginsBefore(to), or(of.beginsBefore(from), of.endsBy(to))),
  sa: ({ to }, of) => of.beginsFrom(to),
  eb: ({ from }, of) => of.endsBy(from),
  ap: ({ from, to }, of) => and(of.beginsBefore(to), of.endsAfter(from))
})

/**
 * Date parameters (R4 search.html#date): everything is an interval, a Timing from its first to its last limit. A
 * criterion holds when some value of the resource satisfies it, `ne` included: a resource without a value satisfies none.
 */
export const date = Object.freeze<ValueKind>({
  elements: Object.freeze(['date', 'dateTime', 'instant', 'Period', 'Timing']),
  modifiers: noModifiers,
  index: ({ code }, value, type, into) => {
    const interval = type === 'Period' ? intervalOfPeriod(value as Period) : type === 'Timing' ? intervalOfTiming(value as Timing) : intervalOf(String(value))
    if (interval !== undefined) (into.dates[code] ??= []).push(interval)
  },
  filter: ({ parameter: { code, field }, values }, { now }) => {
    const bounds = field === null ? embedded : instant(field)
    const asked = or(...values.map(value => readDate(unescape(value, code), code, bounds, now ?? Date.now())))
    return field !== null || asked === all || asked === none ? asked : element(`dates.${code}`, asked)
  }
})

function readDate (text: string, name: string, bounds: Bounds, now: number): Filter {
  const [, prefix = 'eq', rest = ''] = /^([a-z]{2})?(.*)$/s.exec(text) ?? []
  const relation = Object.hasOwn(relations, prefix) ? relations[prefix] : undefined
  if (relation === undefined) throw invalidParameter(name, 'has a prefix that is none of eq, ne, gt, ge, lt, le, sa, eb, ap')
  const interval = intervalOf(rest)
  if (interval === undefined) throw invalidParameter(name, 'takes a date or a time, as YYYY-MM-DDThh:mm:ss.sss±hh:mm or its beginning')
  return relation(prefix === 'ap' ? widened(interval, now) : spanOf(interval), bounds)
}

function spanOf ({ lo, loPart = 0, hi, hiPart }: Interval): Span {
  return { from: { ms: lo, part: loPart }, to: hiPart === undefined ? { ms: hi + 1, part: 0 } : { ms: hi, part: hiPart } }
}

/** Approximately is within a tenth of the time between a date and now (R4 search.html#prefix). */
function widened ({ lo, hi }: Interval, now: number): Span {
  const gap = Math.floor(Math.max(lo - now, now - hi, 0) / 10)
  return { from: { ms: lo - gap, part: 0 }, to: { ms: hi + 1 + gap, part: 0 } }
}
