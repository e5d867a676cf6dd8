/**
 * Dates, numbers and quantities as R4 search.html#prefix says it: a range of the search value, a range of the target
 * value. Exact: instants are whole picoseconds, amounts are fractions. Nothing of `src` is used.
 */
import { DateTime } from 'luxon'
import type { Json } from './random.js'

/** From `from` on, up to `to`, which is no part of it. Null is without end. */
interface Span { readonly from: bigint | null, readonly to: bigint | null }

const PS = 1_000_000_000n
const UNITS = ['year', 'month', 'day', 'minute', 'second'] as const
/** The ends of time, far outside every query. */
const FAR = 10n ** 40n
const start = ({ from }: Span) => from ?? -FAR
const stop = ({ to }: Span) => to ?? FAR

const contains = (outer: Span, inner: Span) => start(outer) <= start(inner) && stop(inner) <= stop(outer)
const overlaps = (one: Span, other: Span) => start(one) < stop(other) && start(other) < stop(one)
const above = (span: Span): Span => ({ from: stop(span), to: null })
const below = (span: Span): Span => ({ from: null, to: start(span) })

const table: Readonly<Record<string, (search: Span, target: Span) => boolean>> = {
  eq: contains,
  ne: (search, target) => !contains(search, target),
  gt: (search, target) => overlaps(above(search), target),
  lt: (search, target) => overlaps(below(search), target),
  ge: (search, target) => overlaps(above(search), target) || contains(search, target),
  le: (search, target) => overlaps(below(search), target) || contains(search, target),
  sa: (search, target) => contains(above(search), target),
  eb: (search, target) => contains(below(search), target),
  ap: overlaps
}

/** The picoseconds that a date leaves free; without a zone it is Paris. */
export function spanOf (text: string): Span | undefined {
  const [, head = '', fraction, zone = ''] = /^(\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d)?)?)?)?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  const at = DateTime.fromISO(head + zone, { zone: 'Europe/Paris', setZone: zone !== '' })
  if (head === '' || !at.isValid) return undefined
  const from = BigInt(at.toMillis()) * PS
  if (fraction !== undefined) {
    const digit = 10n ** BigInt(12 - fraction.length)
    return { from: from + BigInt(fraction) * digit, to: from + (BigInt(fraction) + 1n) * digit }
  }
  const unit = UNITS[[4, 7, 10, 16, 19].indexOf(head.length)] ?? 'second'
  return { from, to: BigInt(at.plus({ [`${unit}s`]: 1 }).toMillis()) * PS }
}

function spanOfPeriod ({ start: from, end: to }: Json): Span | undefined {
  if (from === undefined && to === undefined) return undefined
  const span = { from: from === undefined ? null : spanOf(String(from))?.from ?? null, to: to === undefined ? null : spanOf(String(to))?.to ?? null }
  return start(span) < stop(span) ? span : undefined
}

function targetOf (value: unknown, type: string): Span | undefined {
  if (type === 'Period') return spanOfPeriod(value as Json)
  if (type !== 'Timing') return ['date', 'dateTime', 'instant'].includes(type) ? spanOf(String(value)) : undefined
  const { event = [], repeat } = value as { readonly event?: readonly string[], readonly repeat?: { readonly boundsPeriod?: Json } }
  const spans = [...event.map(spanOf), repeat?.boundsPeriod === undefined ? undefined : spanOfPeriod(repeat.boundsPeriod)].filter(each => each !== undefined)
  if (spans.length === 0) return undefined
  return {
    from: spans.some(({ from }) => from === null) ? null : spans.map(start).reduce((one, other) => one < other ? one : other),
    to: spans.some(({ to }) => to === null) ? null : spans.map(stop).reduce((one, other) => one > other ? one : other)
  }
}

export function naiveDate (value: unknown, type: string, asked: string, now: number): boolean {
  const [, prefix = 'eq', text = ''] = /^([a-z]{2})?(.*)$/.exec(asked) ?? []
  const [search, target] = [spanOf(text), targetOf(value, type)]
  if (search === undefined) throw new Error(`no date: ${asked}`)
  if (target === undefined) return false
  if (prefix !== 'ap') return table[prefix]?.(search, target) ?? false
  // A tenth of the whole ms between the date and now.
  const [from, last] = [start(search) / PS, (stop(search) - 1n) / PS]
  const gap = [from - BigInt(now), BigInt(now) - last, 0n].reduce((one, other) => one > other ? one : other) / 10n
  return overlaps({ from: (from - gap) * PS, to: (last + 1n + gap) * PS }, target)
}

/** A fraction. */
interface Ratio { readonly over: bigint, readonly under: bigint }
const less = (one: Ratio, other: Ratio) => one.over * other.under < other.over * one.under
const times = (one: Ratio, other: Ratio): Ratio => ({ over: one.over * other.over, under: one.under * other.under })
const plus = (one: Ratio, other: Ratio): Ratio => ({ over: one.over * other.under + other.over * one.under, under: one.under * other.under })
const of = (over: number, under = 1): Ratio => ({ over: BigInt(over), under: BigInt(under) })

function ratioOf (text: string): { readonly value: Ratio, readonly half: Ratio } {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const power = Number(exponent) - fraction.length
  const unit: Ratio = power < 0 ? { over: 1n, under: 10n ** BigInt(-power) } : { over: 10n ** BigInt(power), under: 1n }
  return { value: times({ over: BigInt(`${sign}${whole}${fraction}`), under: 1n }, unit), half: times(unit, of(1, 2)) }
}

/** Bounds with whether they belong; null is without end. */
interface Stretch { readonly low: Ratio | null, readonly hasLow: boolean, readonly high: Ratio | null, readonly hasHigh: boolean }
const point = (value: Ratio): Stretch => ({ low: value, hasLow: true, high: value, hasHigh: true })

/** Whether all of one stretch lies in the other. */
function holds (outer: Stretch, inner: Stretch): boolean {
  const low = outer.low === null || (inner.low !== null && (less(outer.low, inner.low) || (!less(inner.low, outer.low) && (outer.hasLow || !inner.hasLow))))
  return low && (outer.high === null || (inner.high !== null && (less(inner.high, outer.high) || (!less(outer.high, inner.high) && (outer.hasHigh || !inner.hasHigh)))))
}

function meets (one: Stretch, other: Stretch): boolean {
  const before = (left: Stretch, right: Stretch) => left.high !== null && right.low !== null && (less(left.high, right.low) || (!less(right.low, left.high) && !(left.hasHigh && right.hasLow)))
  return !before(one, other) && !before(other, one)
}

const over = (value: Ratio): Stretch => ({ low: value, hasLow: false, high: null, hasHigh: false })
const under = (value: Ratio): Stretch => ({ low: null, hasLow: false, high: value, hasHigh: false })

/** R4's table with the exact number for every prefix but eq, ne and ap. */
function stands (prefix: string, value: Ratio, half: Ratio, target: Stretch): boolean {
  const equal: Stretch = { low: plus(value, times(half, of(-1))), hasLow: true, high: plus(value, half), hasHigh: false }
  switch (prefix) {
    case 'eq': return holds(equal, target)
    case 'ne': return !holds(equal, target)
    case 'gt': return meets(over(value), target)
    case 'lt': return meets(under(value), target)
    case 'ge': return meets(over(value), target) || holds(point(value), target)
    case 'le': return meets(under(value), target) || holds(point(value), target)
    case 'sa': return holds(over(value), target)
    case 'eb': return holds(under(value), target)
    default: {
      const tenth = value.over < 0n ? times(value, of(-1, 10)) : times(value, of(1, 10))
      const near = less(tenth, half) ? half : tenth
      return meets({ low: plus(value, times(near, of(-1))), hasLow: true, high: plus(value, near), hasHigh: true }, target)
    }
  }
}

/** The units of the test in their base units: exact by UCUM. */
const scales: Readonly<Record<string, readonly [dimension: string, scale: Ratio]>> = {
  mg: ['mass', of(1, 1000)], g: ['mass', of(1)], kg: ['mass', of(1000)], min: ['time', of(60)], h: ['time', of(3600)], 'mm[Hg]': ['pressure', of(133322, 1000)], kPa: ['pressure', of(1000)]
}
const UCUM = 'http://unitsofmeasure.org'

function stretchOf ({ value, comparator }: Json, scale: Ratio): Stretch | undefined {
  if (typeof value !== 'number') return undefined
  const amount = times(ratioOf(String(value)).value, scale)
  switch (comparator) {
    case '<': return under(amount)
    case '<=': return { ...under(amount), hasHigh: true }
    case '>': return over(amount)
    case '>=': return { ...over(amount), hasLow: true }
    default: return point(amount)
  }
}

export function naiveQuantity (value: Json, type: string, asked: string): boolean {
  if (type === 'SampledData') return false
  const [, prefix = 'eq', number = '', system, code] = /^([a-z]{2})?([^|]*)(?:\|([^|]*)\|([^|]*))?$/.exec(asked) ?? []
  const canonical = system === UCUM ? scales[code ?? ''] : undefined
  const scaleFor = (quantity: Json): Ratio | undefined => {
    if (system === undefined) return of(1)
    if (system === '') return [quantity['code'], quantity['unit']].includes(code) ? of(1) : undefined
    if (canonical === undefined) return quantity['system'] === system && quantity['code'] === code ? of(1) : undefined
    const own = quantity['system'] === UCUM ? scales[String(quantity['code'])] : undefined
    return own !== undefined && own[0] === canonical[0] ? own[1] : undefined
  }
  const { value: exact, half } = ratioOf(number)
  const scale = canonical?.[1] ?? of(1)
  const target = type === 'Range' ? rangeOf(value, scaleFor, canonical !== undefined) : stretchOf(value, scaleFor(value) ?? of(0))
  if (target === undefined || (type !== 'Range' && scaleFor(value) === undefined)) return false
  return stands(prefix, times(exact, scale), times(half, scale), target)
}

/** A Range, in one unit: as it is written where both ends have the same. */
function rangeOf ({ low, high }: { readonly low?: Json, readonly high?: Json }, scaleFor: (quantity: Json) => Ratio | undefined, isCanonical: boolean): Stretch | undefined {
  if (low?.['value'] === undefined && high?.['value'] === undefined) return undefined
  const isSame = low === undefined || high === undefined || ['system', 'code', 'unit'].every(name => low[name] === high[name])
  const scales = [low, high].flatMap(end => end === undefined ? [] : [scaleFor(end)])
  if (scales.includes(undefined) || (!isSame && !isCanonical)) return undefined
  const at = (end: Json | undefined) => typeof end?.['value'] === 'number' ? times(ratioOf(String(end['value'])).value, scaleFor(end) ?? of(1)) : null
  const stretch = { low: at(low), hasLow: true, high: at(high), hasHigh: true }
  return stretch.low !== null && stretch.high !== null && less(stretch.high, stretch.low) ? undefined : stretch
}
