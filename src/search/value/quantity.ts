import type { Quantity, Range } from '@medplum/fhirtypes'
import { and, element, isIn, or } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { split, unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { anySystemKey, key, tokenKey } from '../key.js'
import type { Decimal } from './decimal.js'
import { noModifiers } from './kind.js'
import type { IndexSink, Stretch, ValueKind } from './kind.js'
import { readNumber, standsTo } from './number.js'
import { UCUM, canonicalOf } from './unit.js'
import type { Canonical } from './unit.js'

/**
 * Quantity parameters (R4 search.html#quantity): `[prefix]number`, `number|system|code`, `number||code`. With a code of
 * UCUM, amounts are compared in canonical units; any other system and code must be the same. A comparator of the
 * resource, and a Range, are stretches of numbers. SampledData is not searched.
 */
export const quantity = Object.freeze<ValueKind>({
  elements: Object.freeze(['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'Range']),
  modifiers: noModifiers,
  index: ({ code }, value, type, into) => {
    if (type === 'Range') return addRange(into, code, value as Range)
    const { value: amount, comparator } = value as Quantity
    if (typeof amount !== 'number' || !Number.isFinite(amount)) return
    const canonical = unitOf(value as Quantity)
    add(into, code, { ...compared(amount, comparator), units: namesOf(value as Quantity) })
    if (canonical !== undefined) add(into, code, { ...compared(canonical.toBase(amount), comparator), units: [baseName(canonical)] })
  },
  filter: ({ parameter: { code }, values }) => element(`numbers.${code}`, or(...values.map(value => readQuantity(value, code))))
})

function add (into: IndexSink, code: string, stretch: Stretch): void {
  (into.numbers[code] ??= []).push(stretch)
}

/** A Range reaches from its low to its high; without one of them it is open. Two units must be told in one. */
function addRange (into: IndexSink, code: string, { low, high }: Range): void {
  const [first, last = first] = [low, high].filter(end => end !== undefined)
  if (first === undefined || last === undefined) return
  if (first.system === last.system && first.code === last.code && first.unit === last.unit) addBetween(into, code, [low?.value, high?.value], namesOf(first))
  const [unit, other] = [unitOf(first), unitOf(last)]
  if (unit !== undefined && other?.dimension === unit.dimension) addBetween(into, code, [low, high].map(baseValue), [baseName(unit)])
}

function addBetween (into: IndexSink, code: string, [low, high]: readonly (number | undefined)[], units: readonly string[]): void {
  const [lo, hi] = [low ?? -Number.MAX_VALUE, high ?? Number.MAX_VALUE]
  if ((low !== undefined || high !== undefined) && lo <= hi) add(into, code, { lo, hi, units })
}

function baseValue (quantity: Quantity | undefined): number | undefined {
  return quantity?.value === undefined ? undefined : unitOf(quantity)?.toBase(quantity.value)
}

/** What an amount with a comparator may be: `<` is all that is less. */
function compared (amount: number, comparator: string | undefined): Pick<Stretch, 'lo' | 'hi'> {
  switch (comparator) {
    case '<': return { lo: -Number.MAX_VALUE, hi: beside(amount, -1) }
    case '<=': return { lo: -Number.MAX_VALUE, hi: amount }
    case '>': return { lo: beside(amount, 1), hi: Number.MAX_VALUE }
    case '>=': return { lo: amount, hi: Number.MAX_VALUE }
    default: return { lo: amount, hi: amount }
  }
}

/** The next number that a double can hold, up or down. */
function beside (value: number, way: 1 | -1): number {
  if (value === 0) return way * Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(value > 0 ? way : -way))
  return view.getFloat64(0)
}

function unitOf ({ system, code }: Quantity): Canonical | undefined {
  return system === UCUM && code !== undefined ? canonicalOf(code) : undefined
}

/** A unit is found by its code or its text, and by its code in its system. */
function namesOf ({ system, code, unit }: Quantity): readonly string[] {
  return [...new Set([
    ...[code, unit].filter(name => typeof name === 'string').map(name => anySystemKey('', name)),
    ...code === undefined ? [] : [tokenKey('', system ?? '', code)],
    // Whatever its unit: numbers as they are written are asked for without one.
    '|'
  ])]
}

function baseName ({ dimension }: Canonical): string {
  return key('base', dimension)
}

function readQuantity (text: string, name: string): Filter {
  const [amount = '', system, code, ...more] = split(text, '|').map(piece => unescape(piece, name))
  const { prefix, decimal } = readNumber(amount, name)
  if (system === undefined) return and(isIn('units', ['|']), standsTo(prefix, decimal))
  if (code === undefined || code === '' || more.length > 0) throw invalidParameter(name, 'takes a number, number|system|code or number||code')
  if (system === '') return and(isIn('units', [anySystemKey('', code)]), standsTo(prefix, decimal))
  const canonical = unitOf({ system, code })
  if (canonical === undefined) return and(isIn('units', [tokenKey('', system, code)]), standsTo(prefix, decimal))
  return and(isIn('units', [baseName(canonical)]), standsTo(prefix, inBase(decimal, canonical)))
}

function inBase ({ value, from, to, low, high }: Decimal, { toBase }: Canonical): Decimal {
  return { value: toBase(value), from: toBase(from), to: toBase(to), low: toBase(low), high: toBase(high) }
}
