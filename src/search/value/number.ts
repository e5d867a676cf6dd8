import { and, compare, element, or } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { readDecimal } from './decimal.js'
import type { Decimal } from './decimal.js'
import { noModifiers } from './kind.js'
import type { ValueKind } from './kind.js'

const [lt, le, gt, ge] = (['lt', 'le', 'gt', 'ge'] as const).map(operator => (field: 'lo' | 'hi', value: number) => compare(field, operator, value)) as
  [Ask, Ask, Ask, Ask]
type Ask = (field: 'lo' | 'hi', value: number) => Filter

/**
 * What a prefix asks of a stretch of numbers (R4 search.html#prefix). Only `eq`, `ne` and `ap` know how precise the
 * number of the query is; for the others it is exact.
 */
const relations: Readonly<Record<string, (query: Decimal) => Filter>> = Object.freeze({
  eq: ({ from, to }) => and(ge('lo', from), lt('hi', to)),
  ne: ({ from, to }) => or(lt('lo', from), ge('hi', to)),
  gt: ({ value }) => gt('hi', value),
  lt: ({ value }) => lt('lo', value),
  ge: ({ value }) => and(ge('hi', value), or(gt('hi', value), ge('lo', value))),
  le: ({ value }) => and(le('lo', value), or(lt('lo', value), le('hi', value))),
  sa: ({ value }) => gt('lo', value),
  eb: ({ value }) => lt('hi', value),
  ap: ({ low, high }) => and(le('lo', high), ge('hi', low))
})

/** Number parameters (R4 search.html#number). A criterion holds when some value of the resource satisfies it. */
export const number = Object.freeze<ValueKind>({
  elements: Object.freeze(['decimal', 'integer', 'positiveInt', 'unsignedInt']),
  modifiers: noModifiers,
  index: ({ code }, value, _type, into) => {
    if (typeof value === 'number' && Number.isFinite(value)) (into.numbers[code] ??= []).push({ lo: value, hi: value })
  },
  filter: ({ parameter: { code }, values }) => element(`numbers.${code}`, or(...values.map(value => {
    const { prefix, decimal } = readNumber(unescape(value, code), code)
    return standsTo(prefix, decimal)
  })))
})

/** Reads `[prefix]number`. */
export function readNumber (text: string, name: string): { readonly prefix: string, readonly decimal: Decimal } {
  const [, prefix = 'eq', rest = ''] = /^([a-z]{2})?(.*)$/s.exec(text) ?? []
  if (!Object.hasOwn(relations, prefix)) throw invalidParameter(name, 'has a prefix that is none of eq, ne, gt, ge, lt, le, sa, eb, ap')
  const decimal = readDecimal(rest)
  if (decimal === undefined) throw invalidParameter(name, 'takes a number')
  return { prefix, decimal }
}

/** What `prefix`, one of those that `readNumber` gives, asks of the bounds of a stretch. */
export function standsTo (prefix: string, decimal: Decimal): Filter {
  return relations[prefix]?.(decimal) ?? or()
}
