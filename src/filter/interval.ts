/**
 * The stretch of time that a FHIR date means (R4 datatypes `date`, `dateTime`, `instant`): a partial date is all of its
 * day, month or year. Without an offset it is read in Paris. Bounds are in ms since 1970, both included.
 */
import { DateTime } from 'luxon'

export interface Interval { readonly lo: number, readonly hi: number }

export const ZONE = 'Europe/Paris'
const SHAPE = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?)?)?)?$/
const UNITS = ['year', 'month', 'day', 'minute', 'second', 'millisecond'] as const

/** @returns the interval, or undefined for what is no date */
export function intervalOf (text: string): Interval | undefined {
  const match = SHAPE.exec(text)
  if (match === null) return undefined
  const [, , month, day, hour, , second, fraction, offset] = match
  const unit = UNITS[[month, day, hour, second, fraction].filter(part => part !== undefined).length] ?? 'millisecond'
  const start = DateTime.fromISO(text, { zone: ZONE, setZone: offset !== undefined })
  if (!start.isValid) return undefined
  return unit === 'millisecond'
    ? { lo: start.toMillis(), hi: start.toMillis() }
    : { lo: start.toMillis(), hi: start.plus({ [unit]: 1 }).toMillis() - 1 }
}

/** The instant so many calendar months later, in Paris (`consent.md` 1: months are calendar months, Europe/Paris). */
export function monthsAfter (instant: number, months: number): number {
  return DateTime.fromMillis(instant, { zone: ZONE }).plus({ months }).toMillis()
}

/** The instant so many calendar years later, in Paris. */
export function yearsAfter (instant: number, years: number): number {
  return DateTime.fromMillis(instant, { zone: ZONE }).plus({ years }).toMillis()
}
