import type { Filter } from '../../filter/filter.js'
import type { Terms } from '../../terminology/terms.js'
import type { Hash } from '../key.js'
import type { Parameter } from '../parameter.js'

/**
 * An interval of time in ms since 1970, both bounds inclusive: `hi` is the last ms that it reaches. Where it begins
 * inside `lo`, or ends inside `hi`, the part of that ms is said too.
 */
export interface Interval {
  readonly lo: number
  readonly hi: number
  /** The part of the ms `lo` that passes before it begins, between 0 and 1. */
  readonly loPart?: number
  /** The part of the ms `hi` after which it ends, between 0 and 1. */
  readonly hiPart?: number
}

/** A stretch of numbers, both bounds inclusive, and what they count: the units by which it is asked for. */
export interface Stretch {
  readonly lo: number
  readonly hi: number
  readonly units?: readonly string[]
}

/** A place on the earth, in degrees, as GeoJSON has it. */
export interface Point {
  readonly type: 'Point'
  readonly coordinates: readonly [longitude: number, latitude: number]
}

/** The index values of one element by which a composite finds it: as those of a resource. */
export type Part = Pick<IndexSink, 'keys' | 'dates' | 'numbers'>

/** Where the index values of one resource are gathered. */
export interface IndexSink {
  readonly keys: Set<string>
  readonly found: Set<string>
  readonly dates: Record<string, Interval[]>
  readonly numbers: Record<string, Stretch[]>
  /** By code of a composite: what is found of each of its elements. */
  readonly parts: Record<string, Part[]>
  readonly points: Record<string, Point[]>
}

export function emptySink (): IndexSink {
  return { keys: new Set(), found: new Set(), dates: {}, numbers: {}, parts: {}, points: {} }
}

export interface ValueContext {
  /** The base URL of this server: absolute references under it are local. */
  readonly base: string | null
  /** The keyed hash of identifiers and texts; null in the directory. */
  readonly hash: Hash | null
  /** The value sets, hierarchies and displays that are loaded. */
  readonly terms: Terms
  /** The parameters that bind a query to a patient name the patient of the record: the field `patient` says the same as the key. */
  readonly isByPatient?: boolean
  /** The instant of the request, in ms: what is asked to be near a date is the nearer, the nearer that date is. */
  readonly now?: number
}

/** One parameter of a query: `code[:modifier]=value,value`. */
export interface Criterion {
  readonly parameter: Parameter
  readonly modifier: string | undefined
  /** The alternatives, with their escapes. */
  readonly values: readonly string[]
  /** The types of resource that this server holds. */
  readonly types: readonly string[]
}

/** What one type of search parameter does with values: of resources, and of queries. */
export interface ValueKind {
  /** The FHIR types of elements that can be indexed. */
  readonly elements: readonly string[]
  /** The modifiers that `filter` understands for a parameter, `missing` apart, which is every type's. */
  readonly modifiers: (parameter: Pick<Parameter, 'elements' | 'systems' | 'targets' | 'field'>) => readonly string[]
  /** Adds the index values of one value of FHIR type `type`. What cannot be understood adds nothing. */
  readonly index: (parameter: Parameter, value: unknown, type: string, into: IndexSink, context: ValueContext) => void
  readonly filter: (criterion: Criterion, context: ValueContext) => Filter
}

/** A kind without modifiers of its own. */
export const noModifiers = (): readonly string[] => []
