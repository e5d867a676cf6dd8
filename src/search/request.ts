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
  /** What is asked of other resources: chains, `_has`, `_list`. `filter` says nothing of it. */
  readonly hops: readonly Hop[]
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

/** What is asked of one type, or of another one over a reference, without how to answer. */
export type Question = Pick<SearchRequest, 'type' | 'filter' | 'patients' | 'byIdentifier' | 'byId' | 'hops' | 'applied'>

/** One parameter that leads to other resources: some of what answers one of `questions` is on the other end. */
export interface Hop {
  /** The whole name, as given. */
  readonly name: string
  /** `route.ts` says what each is. */
  readonly kind: 'chain' | 'has' | 'list'
  /** The code of the reference parameter: of the asked type for a chain, else of the other one. */
  readonly code: string
  /** It says whose record is asked, as `patient=` does. */
  readonly bindsToPatient: boolean
  readonly questions: readonly Question[]
  /** What the asked resource says by itself under the same name: it answers too. */
  readonly beside?: Filter
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
  /** `:iterate`: asked of what was included, too. */
  readonly isIterated?: true
}

/** Bounds on what one query may ask. */
export interface SearchLimits {
  /** Parameters in one query. */
  readonly parameters: number
  /** Alternatives, separated by commas, in one value. */
  readonly values: number
  /** `_include` and `_revinclude` together. */
  readonly includes: number
  /** Resources that one page may include. */
  readonly included: number
  /** Largest `_count`; a larger one is lowered to it. */
  readonly count: number
  /** `_count` when the client gives none. */
  readonly defaultCount: number
  /** References over which one parameter may lead. */
  readonly chain: number
  /** Resources that may be on the other end of a reference over which a parameter leads. */
  readonly ids: number
  /** The most that one query of a search may take in MongoDB, ms. */
  readonly time: number
  /** Matches beyond one record that are counted when no total is asked for. */
  readonly total: number
}

export const defaultLimits: SearchLimits = Object.freeze({
  parameters: 64, values: 100, includes: 10, included: 1000, count: 200, defaultCount: 20, chain: 4, ids: 1000, time: 5000, total: 10_000
})

/** How values of a type are kept. */
export type Terms = Pick<ParseOptions, 'hash' | 'isByPatient'>

export interface ParseOptions {
  /** `Prefer: handling=lenient`: leave out what is unknown and say so. */
  readonly lenient: boolean
  /** The base URL of this server, without a slash at its end: absolute references under it are local. */
  readonly base: string
  /** The keyed hash of identifiers and texts for a type of the record; null for a type of the directory. */
  readonly hash: Hash | null
  /** `patient` and `subject` name the patient to whose record a resource of this type belongs. */
  readonly isByPatient?: boolean
  /** The same two of another type to which a parameter leads; without it, those of the asked one. */
  readonly terms?: (type: string) => Terms
  /** The instant of the request, in ms; now, where it is not said. */
  readonly now?: number
  readonly limits?: SearchLimits
}
