import { literalOf } from '../json/literal.js'
import { isNarrative } from './narrative.js'

/**
 * The formats of R4's primitive types (datatypes.html#primitive). Each check reads its value once: the regular
 * expressions that R4 prints backtrack (its base64Binary takes seconds on a hundred characters) and accept 31 February.
 * `holder` and `key` say where the value stands, for the digits of a number.
 */
export type PrimitiveCheck = (value: unknown, holder: object, key: string | number) => boolean

export const primitives: Readonly<Record<string, PrimitiveCheck>> = {
  boolean: value => typeof value === 'boolean',
  integer: whole(-2147483648),
  unsignedInt: whole(0),
  positiveInt: whole(1),
  decimal: value => typeof value === 'number' && Number.isFinite(value),
  string: isString,
  markdown: isText,
  code: text(value => value === value.trim() && !/\s\s/.test(value)),
  id: text(value => /^[A-Za-z0-9.-]{1,64}$/.test(value)),
  uri: text(isUri),
  url: text(isUri),
  canonical: text(isUri),
  oid: text(value => /^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$/.test(value)),
  uuid: text(value => /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value)),
  date: text(value => { const match = dateForm.exec(value); return match !== null && isDay(match) }),
  dateTime: text(value => isDateTime(value) || (dateForm.test(value) && primitives['date']?.(value, {}, '') === true)),
  instant: text(isDateTime),
  time: text(value => timeForm.test(value)),
  base64Binary: text(isBase64),
  xhtml: text(isNarrative)
}

/** R4: strings shall not exceed 1 MB (datatypes.html#string). */
const maxLength = 1024 * 1024
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/ // eslint-disable-line no-control-regex

const dateForm = /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?$/
const time = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d{1,64})?'
const timeForm = new RegExp(`^${time}$`)
const dateTimeForm = new RegExp(`^(\\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T${time}(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))$`)

function text (isRight: (value: string) => boolean): PrimitiveCheck {
  return value => typeof value === 'string' && value !== '' && isRight(value)
}

/** Whole numbers of 32 bits, written as such: `1.0` and `1e3` are decimals. */
function whole (least: number): PrimitiveCheck {
  return (value, holder, key) => typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 2147483647 &&
    literalOf(holder, String(key)) === value.toFixed(0)
}

function isString (value: unknown): boolean {
  return isText(value) && (value as string).length <= maxLength
}

function isText (value: unknown): boolean {
  return typeof value === 'string' && /\S/.test(value) && !control.test(value)
}

function isUri (value: string): boolean {
  return !/\s/.test(value) && !control.test(value)
}

function isDateTime (value: string): boolean {
  const match = dateTimeForm.exec(value)
  return match !== null && isDay(match)
}

/** A day of the calendar, in a year from 1 on. */
function isDay ([, year, month, day]: RegExpExecArray): boolean {
  if (year === '0000') return false
  return day === undefined || Number(day) <= 28 || Number(day) <= daysOf(Number(year), Number(month))
}

function daysOf (year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** What a character is to base64: 0 not of it, 1 a digit, 2 padding, 3 white space. */
const roles = new Uint8Array(128)
for (const digit of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') roles[digit.charCodeAt(0)] = 1
roles['='.charCodeAt(0)] = 2
for (const space of ' \t\r\n') roles[space.charCodeAt(0)] = 3

/** Groups of four, padded at the end only; white space between them is R4's. */
function isBase64 (value: string): boolean {
  let digits = 0
  let padding = 0
  for (let at = 0; at < value.length; at += 1) {
    const role = roles[value.charCodeAt(at)]
    if (role === 1 && padding === 0) digits += 1
    else if (role === 2) padding += 1
    else if (role !== 3) return false
  }
  return digits > 0 && padding <= 2 && (digits + padding) % 4 === 0
}
