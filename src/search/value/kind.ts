import type { Filter } from '../../filter/filter.js'
import type { Hash } from '../key.js'
import type { Parameter } from '../parameter.js'

/** An interval of time in ms since 1970, both bounds inclusive. */
export interface Interval {
  readonly lo: number
  readonly hi: number
}

/** Where the index values of one resource are gathered. */
export interface IndexSink {
  readonly keys: Set<string>
  readonly found: Set<string>
  readonly dates: Record<string, Interval[]>
}

export interface ValueContext {
  /** The base URL of this server: absolute references under it are local. */
  readonly base: string | null
  /** The keyed hash of identifiers and texts; null in the directory. */
  readonly hash: Hash | null
  /** The parameters that bind a query to a patient name the patient of the record: the field `patient` says the same as the key. */
  readonly isByPatient?: boolean
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
  /** The modifiers that `filter` understands, `missing` apart, which is every type's. */
  readonly modifiers: readonly string[]
  /** Adds the index values of one value of FHIR type `type`. What cannot be understood adds nothing. */
  readonly index: (parameter: Parameter, value: unknown, type: string, into: IndexSink, context: ValueContext) => void
  readonly filter: (criterion: Criterion, context: ValueContext) => Filter
}
