import type { Period, Timing } from '@medplum/fhirtypes'
import { instantInParis } from './zone.js'
import type { Interval } from './kind.js'

/** The first and the last ms that a Date can hold: the open ends of a Period. */
export const beginning = -8.64e15
export const end = 8.64e15

const pattern = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

/** Calendar fields as the text gives them, year first: one to six. */
type Fields = readonly number[]

/**
 * The interval that a FHIR date, dateTime or instant means: all that it does not say is free, so `2020-02` is the
 * whole month, `10:00:00` the whole second and `.25` ten ms. Without a zone it is the time in Paris.
 * @returns undefined when `text` is none of them; seconds may be missing, as they may in a query
 */
export function intervalOf (text: string): Interval | undefined {
  const [, year, month, day, hour, minute, second, fraction, zone] = pattern.exec(text) ?? []
  const fields = [year, month, day, hour, minute, second].filter(field => field !== undefined).map(Number)
  if (!isPossible(fields, zone)) return undefined
  const lo = toInstant(localTime(fields), zone)
  if (fraction !== undefined) return withFraction(lo, fraction)
  const next = fields.with(-1, (fields.at(-1) ?? 0) + 1)
  return { lo, hi: toInstant(localTime(next), zone) - 1 }
}

/** The interval from the fraction of a second on, as long as its last digit leaves free. */
function withFraction (second: number, fraction: string): Interval {
  const lo = second + Number(fraction.slice(0, 3).padEnd(3, '0'))
  const below = fraction.slice(3)
  if (below === '') return { lo, hi: lo + 10 ** (3 - fraction.length) - 1 }
  const from = BigInt(below)
  const to = (from + 1n).toString().padStart(below.length, '0')
  return {
    lo,
    hi: lo,
    ...from === 0n ? {} : { loPart: Number(`0.${below}`) },
    ...to.length > below.length ? {} : { hiPart: Number(`0.${to}`) }
  }
}

/** The interval of a Period; a missing end is open. Undefined when it has neither, or one that is no date. */
export function intervalOfPeriod (period: Period): Interval | undefined {
  const { start, end: stop } = period
  if (start === undefined && stop === undefined) return undefined
  const from = start === undefined ? { lo: beginning } : intervalOf(start)
  const to = stop === undefined ? { hi: end } : intervalOf(stop)
  return from === undefined || to === undefined ? undefined : hull(from, to)
}

/** The outer limits of a Timing: of its events, and of the period of its repetition (R4 search.html#date). */
export function intervalOfTiming ({ event = [], repeat }: Timing): Interval | undefined {
  const bounds = repeat?.boundsPeriod === undefined ? [] : [intervalOfPeriod(repeat.boundsPeriod)]
  const all = [...event.map(intervalOf), ...bounds].filter(each => each !== undefined)
  const [first] = all.toSorted((one, other) => one.lo - other.lo || (one.loPart ?? 0) - (other.loPart ?? 0))
  const last = all.toSorted((one, other) => one.hi - other.hi || (one.hiPart ?? 1) - (other.hiPart ?? 1)).at(-1)
  return first === undefined || last === undefined ? undefined : hull(first, last)
}

/** From the beginning of one to the end of the other; undefined where that is before it. */
function hull ({ lo, loPart }: Pick<Interval, 'lo' | 'loPart'>, { hi, hiPart }: Pick<Interval, 'hi' | 'hiPart'>): Interval | undefined {
  if (lo > hi || (lo === hi && (loPart ?? 0) >= (hiPart ?? 1))) return undefined
  return { lo, hi, ...loPart === undefined ? {} : { loPart }, ...hiPart === undefined ? {} : { hiPart } }
}

function isPossible ([year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0]: Fields, zone = 'Z'): boolean {
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month) &&
    hour <= 23 && minute <= 59 && second <= 60 && Number(zone.slice(4)) <= 59 && Math.abs(offsetOf(zone)) <= 14 * 3_600_000
}

function daysIn (year: number, month: number): number {
  return new Date(localTime([year, month + 1, 0])).getUTCDate()
}

/** The ms since 1970 of a time on the clock as if it were UTC; fields may overflow. */
function localTime ([year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0]: Fields): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.setUTCHours(hour, minute, second)
}

function toInstant (local: number, zone: string | undefined): number {
  return zone === undefined ? instantInParis(local) : local - offsetOf(zone)
}

/** The offset that `Z` or `+hh:mm` means, in ms. */
function offsetOf (zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
