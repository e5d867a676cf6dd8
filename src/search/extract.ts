import { OutcomeError } from '../outcome/outcome-error.js'
import { presentKey } from './key.js'
import type { Hash } from './key.js'
import type { Registry } from './parameter.js'
import type { Resource } from './path.js'
import { isSortable, sortTexts, span } from './sort.js'
import type { SortValue } from './sort.js'
import { valueKinds } from './value/table.js'
import { emptySink } from './value/kind.js'
import type { IndexSink, Interval, Part, Point, Stretch } from './value/kind.js'

/** To be raised when the same definition gives other index values: then what is stored is indexed anew. */
export const EXTRACTION = 2

/** The values by which a resource is found, stored beside it (`_id`, `at`, `patient` and `deleted` are the store's). */
export interface IndexValues {
  readonly keys: readonly string[]
  /** The few of `keys` that are searched without a patient: identifiers. */
  readonly found: readonly string[]
  /** By code of the parameter, in ms since 1970, bounds inclusive. */
  readonly dates: Readonly<Record<string, readonly Interval[]>>
  /** By code of a parameter: what resources are sorted by. */
  readonly sort: Readonly<Record<string, SortValue>>
  /** By code of a number or quantity; absent where there is none. */
  readonly numbers?: Readonly<Record<string, readonly Stretch[]>>
  /** By code of a composite, the index values of each of its elements; absent where there is none. */
  readonly parts?: Readonly<Record<string, readonly PartValues[]>>
  /** By code of a positional parameter; absent where there is none. */
  readonly points?: Readonly<Record<string, readonly Point[]>>
}

/** The index values of one element. */
export type PartValues = Pick<IndexValues, 'keys' | 'numbers'> & Partial<Pick<IndexValues, 'dates'>>

/**
 * The index values of `resource` under the parameters of its type: the same code for writes and for reindexing.
 * @param hash the keyed hash of identifiers and texts for a type of the record; null for a type of the directory
 * @param most the most values that it may have; what is stored already is indexed whatever it has
 * @throws OutcomeError `business-rule` for one that has more
 */
export function extract (registry: Registry, resource: Resource, hash: Hash | null, most = Infinity): IndexValues {
  const sink = emptySink()
  const context = { base: registry.base, hash, terms: registry.terms }
  const sort: Record<string, SortValue> = {}
  let others = 0
  for (const parameter of registry.parametersOf(resource.resourceType)) {
    if (parameter.field !== null) continue
    const { elements, index } = valueKinds[parameter.type]
    const texts = isSortable(parameter, hash) ? new Set<number | string>() : undefined
    const before = sink.keys.size
    let isThere = false
    parameter.walk(resource, (value, type) => {
      isThere = true
      if (!elements.includes(type) && parameter.components.length === 0) return
      index(parameter, value, type, sink, context)
      for (const text of texts === undefined ? [] : sortTexts(value, type, context)) texts?.add(text)
      others += 1 + (sink.parts[parameter.code]?.at(-1)?.keys.size ?? 0)
      // At once, not at the end: the work is what is bounded.
      if (sink.keys.size + others > most) throw tooMany(resource, most)
    })
    if (isThere && parameter.components.length === 0 && sink.keys.size === before && !isFiled(sink, parameter.code)) sink.keys.add(presentKey(parameter.code))
    const value = span(sink.dates[parameter.code]?.map(({ lo }) => lo) ?? texts ?? [])
    if (value !== undefined) sort[parameter.code] = value
  }
  return Object.freeze({
    keys: Object.freeze([...sink.keys]),
    found: Object.freeze([...sink.found]),
    dates: Object.freeze(sink.dates),
    sort: Object.freeze(sort),
    ...numbersOf(sink),
    ...Object.keys(sink.points).length === 0 ? {} : { points: Object.freeze(sink.points) },
    ...Object.keys(sink.parts).length === 0 ? {} : { parts: Object.freeze(mapValues(sink.parts, parts => parts.map(partOf))) }
  })
}

function tooMany ({ resourceType }: Resource, most: number): OutcomeError {
  return new OutcomeError('business-rule', { diagnostics: `The resource has more than the ${most} values by which one may be found`, expression: resourceType, code: 'too-long' })
}

function isFiled ({ dates, numbers, parts, points }: IndexSink, code: string): boolean {
  return dates[code] !== undefined || numbers[code] !== undefined || parts[code] !== undefined || points[code] !== undefined
}

function numbersOf ({ numbers }: Part): Pick<IndexValues, 'numbers'> {
  return Object.keys(numbers).length === 0 ? {} : { numbers: Object.freeze(numbers) }
}

function partOf (part: Part): PartValues {
  return Object.freeze({ keys: Object.freeze([...part.keys]), ...Object.keys(part.dates).length === 0 ? {} : { dates: Object.freeze(part.dates) }, ...numbersOf(part) })
}

function mapValues<From, To> (record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
