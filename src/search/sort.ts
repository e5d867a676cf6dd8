/**
 * What a resource is sorted by (R4 search.html#sort). Of several values the one counts that comes first in the order
 * asked for: the lowest ascending, the highest descending. A resource without a value comes last, either way.
 *
 * | values | are sorted by |
 * |---|---|
 * | dates, times, periods | the instant at which they begin |
 * | numbers | the number |
 * | codes | `system\|code` |
 * | references | `Type/id`, or the address of what is elsewhere |
 * | uris | their characters |
 * | names, addresses, texts, in the directory | the folded text: family name before given names, town after street |
 *
 * In a record, texts and identifiers are sealed: hashes have no order that means anything, and none is stored.
 */
import type { Address, CodeableConcept, Coding, ContactPoint, HumanName, Identifier, Reference } from '@medplum/fhirtypes'
import type { Hash } from './key.js'
import { readLiteral } from './literal.js'
import type { Parameter } from './parameter.js'
import { fold } from '../filter/fold.js'

/** One value, or the lowest and the highest of several. */
export type SortValue = number | string | readonly [lowest: number | string, highest: number | string]

/** Longest text that is sorted by, in UTF-16 code units; what is equal so far is in the order of its ids. */
const LONGEST = 64

const DATES: readonly string[] = ['date', 'dateTime', 'instant', 'Period']
const NUMBERS: readonly string[] = ['decimal', 'integer', 'unsignedInt', 'positiveInt']
const CLEAR: readonly string[] = [...DATES, ...NUMBERS, 'Coding', 'CodeableConcept', 'code', 'boolean', 'id', 'Reference', 'canonical', 'uri', 'url', 'oid', 'uuid']
const SEALED: readonly string[] = ['Identifier', 'ContactPoint', 'string', 'markdown', 'HumanName', 'Address']

/** Whether resources can be sorted by `parameter`. @param hash the keyed hash of a record, or null in the directory */
export function isSortable ({ field, elements, code }: Parameter, hash: Hash | null): boolean {
  // A dot would be another field.
  return field !== null || (!code.includes('.') && elements.some(type => CLEAR.includes(type) || (hash === null && SEALED.includes(type))))
}

/** What one value, which is no date, is sorted by: dates are sorted by their intervals. Nothing for what has no order. */
export function sortTexts (value: unknown, type: string, { base, hash }: { readonly base: string | null, readonly hash: Hash | null }): readonly (number | string)[] {
  if (NUMBERS.includes(type)) return typeof value === 'number' ? [value] : []
  if (hash !== null && SEALED.includes(type)) return []
  return textsOf(value, type, base).filter(text => text !== '').map(text => text.slice(0, LONGEST).toWellFormed())
}

/** Of the values that a resource has under one parameter, what is stored. */
export function span (values: Iterable<number | string>): SortValue | undefined {
  const [lowest, ...others] = [...new Set(values)].sort(inOrder)
  const highest = others.at(-1)
  return lowest === undefined || highest === undefined ? lowest : Object.freeze([lowest, highest] as const)
}

/** The end of a value that an order looks at; null where there is none. */
export function endOf (value: SortValue | undefined, descending: boolean): number | string | null {
  if (typeof value !== 'object') return value ?? null
  return value[descending ? 1 : 0]
}

/** The order of MongoDB: numbers, then texts by their bytes. */
export function inOrder (one: number | string, other: number | string): number {
  if (typeof one === 'string' && typeof other === 'string') return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other))
  if (typeof one === typeof other) return one < other ? -1 : one > other ? 1 : 0
  return typeof one === 'number' ? -1 : 1
}

function textsOf (value: unknown, type: string, base: string | null): readonly string[] {
  switch (type) {
    case 'CodeableConcept': return ((value as CodeableConcept).coding ?? []).map(codingText)
    case 'Coding': return [codingText(value as Coding)]
    case 'Identifier': return [identifierText(value as Identifier)]
    case 'ContactPoint': return [fold((value as ContactPoint).value ?? '')]
    case 'Reference': return [referenceText(value as Reference, base)]
    case 'HumanName': return [nameText(value as HumanName)]
    case 'Address': return [addressText(value as Address)]
    case 'string': case 'markdown': return [fold(String(value))]
    default: return CLEAR.includes(type) && !DATES.includes(type) ? [String(value)] : []
  }
}

function codingText ({ system = '', code }: Coding): string {
  return code === undefined ? '' : `${system}|${code}`
}

function identifierText ({ system = '', value }: Identifier): string {
  return value === undefined ? '' : `${system}|${value}`
}

function referenceText ({ reference }: Reference, base: string | null): string {
  if (typeof reference !== 'string' || reference.startsWith('#')) return ''
  const literal = readLiteral(reference, base)
  return literal.kind === 'local' ? `${literal.type}/${literal.id}` : reference
}

function nameText ({ text = '', family, given = [] }: HumanName): string {
  return fold(family === undefined && given.length === 0 ? text : [family, ...given].filter(part => typeof part === 'string').join(' '))
}

function addressText ({ text = '', line = [], postalCode, city, country }: Address): string {
  const parts = [...line, postalCode, city, country].filter(part => typeof part === 'string')
  return fold(parts.length === 0 ? text : parts.join(' '))
}
