import type { Hash } from './key.js'
import type { Registry } from './parameter.js'
import type { Resource } from './path.js'
import { isSortable, sortTexts, span } from './sort.js'
import type { SortValue } from './sort.js'
import { valueKinds } from './value/table.js'
import type { IndexSink, Interval } from './value/kind.js'

/** To be raised when the same definition gives other index values: then what is stored is indexed anew. */
export const EXTRACTION = 1

/** The values by which a resource is found, stored beside it (`_id`, `at`, `patient` and `deleted` are the store's). */
export interface IndexValues {
  readonly keys: readonly string[]
  /** The few of `keys` that are searched without a patient: identifiers. */
  readonly found: readonly string[]
  /** By code of the parameter, in ms since 1970, bounds inclusive. */
  readonly dates: Readonly<Record<string, readonly Interval[]>>
  /** By code of a parameter: what resources are sorted by. */
  readonly sort: Readonly<Record<string, SortValue>>
}

/**
 * The index values of `resource` under the parameters of its type: the same code for writes and for reindexing.
 * @param hash the keyed hash of identifiers and texts for a type of the record; null for a type of the directory
 */
export function extract (registry: Registry, resource: Resource, hash: Hash | null): IndexValues {
  const sink: IndexSink = { keys: new Set(), found: new Set(), dates: {} }
  const context = { base: registry.base, hash }
  const sort: Record<string, SortValue> = {}
  for (const parameter of registry.parametersOf(resource.resourceType)) {
    if (parameter.field !== null) continue
    const { elements, index } = valueKinds[parameter.type]
    const texts = isSortable(parameter, hash) ? new Set<number | string>() : undefined
    parameter.walk(resource, (value, type) => {
      if (!elements.includes(type)) return
      index(parameter, value, type, sink, context)
      for (const text of texts === undefined ? [] : sortTexts(value, type, context)) texts?.add(text)
    })
    const value = span(sink.dates[parameter.code]?.map(({ lo }) => lo) ?? texts ?? [])
    if (value !== undefined) sort[parameter.code] = value
  }
  return Object.freeze({ keys: Object.freeze([...sink.keys]), found: Object.freeze([...sink.found]), dates: Object.freeze(sink.dates), sort: Object.freeze(sort) })
}
