import type { Filter } from '../filter/filter.js'
import type { Hash } from './key.js'
import type { Shape } from './shape.js'

/** What a client asked of one type, understood; without scope, compartment and consent. */
export interface SearchRequest {
  readonly type: string
  readonly filter: Filter
  /**
   * Ids of the patients to whom the query is bound by a positive reference (`patient`, `subject`, or `_id` on
   * Patient); null when it is not bound.
   */
  readonly patients: readonly string[] | null
  /** Bound by `identifier=` with values: the filter reads `found`. */
  readonly byIdentifier: boolean
  /** Bound by `_id=`. */
  readonly byId: boolean
  readonly sort: readonly SortKey[]
  /** Matches per page, at most `limits.count`; the default when the client says nothing. 0 asks for the total only. */
  readonly count: number
  readonly total: 'none' | 'estimate' | 'accurate' | undefined
  /** `_summary=count`: the total alone. */
  readonly isCount: boolean
  /** The part of each match that is wanted; undefined for the whole. */
  readonly shape: Shape | undefined
  readonly includes: readonly Include[]
  readonly revincludes: readonly Include[]
  /** What was taken into account, as given: the parameters of the self link. */
  readonly applied: readonly (readonly [name: string, value: string])[]
  /** Names that were left out, under lenient handling only. */
  readonly ignored: readonly string[]
}

export interface SortKey {
  readonly code: string
  /** The field of the index document: `at`, `_id` or `sort.<code>`. */
  readonly field: string
  readonly descending: boolean
}

/** `source:parameter[:target]` of `_include` and `_revinclude`. */
export interface Include {
  readonly source: string
  readonly parameter: string
  readonly target?: string
}

/** Bounds on what one query may ask. */
export interface SearchLimits {
  /** Parameters in one query. */
  readonly parameters: number
  /** Alternatives, separated by commas, in one value. */
  readonly values: number
  /** `_include` and `_revinclude` together. */
  readonly includes: number
  /** Largest `_count`; a larger one is lowered to it. */
  readonly count: number
  /** `_count` when the client gives none. */
  readonly defaultCount: number
}

export const defaultLimits: SearchLimits = Object.freeze({
  parameters: 64, values: 100, includes: 10, count: 200, defaultCount: 20
})

export interface ParseOptions {
  /** `Prefer: handling=lenient`: leave out what is unknown and say so. */
  readonly lenient: boolean
  /** The base URL of this server, without a slash at its end: absolute references under it are local. */
  readonly base: string
  /** The keyed hash of identifiers and texts for a type of the record; null for a type of the directory. */
  readonly hash: Hash | null
  /** `patient` and `subject` name the patient to whose record a resource of this type belongs. */
  readonly isByPatient?: boolean
  readonly limits?: SearchLimits
}
