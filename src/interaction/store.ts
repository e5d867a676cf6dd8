/**
 * What the interactions need of a store. `store/` implements it on MongoDB; nothing here knows that.
 */
import type { NewKeys } from '../crypto/keyring.js'
import type { Filter } from '../filter/filter.js'
import type { Interval } from '../filter/interval.js'
import type { IndexValues as SearchValues } from '../search/extract.js'
import type { SearchRequest } from '../search/request.js'
import type { SortValue } from '../search/sort.js'
import type { StagedContent } from './content-store.js'

/** The values by which a resource is found and judged; fields of a `Filter` are its paths, `_id` is `id`. */
export interface IndexValues {
  readonly keys: readonly string[]
  readonly found: readonly string[]
  readonly dates: Readonly<Record<string, readonly { readonly lo: number, readonly hi: number }[]>>
  /** Empty in what was read back otherwise than in an order. */
  readonly sort: Readonly<Record<string, SortValue>>
  readonly numbers?: SearchValues['numbers']
  readonly parts?: SearchValues['parts']
  readonly points?: SearchValues['points']
  /** What the rules of its family read: `consent/facts.ts`, `consent/family.ts`. */
  readonly facts: unknown
}

/** A version as it is kept: all that it is found and judged by, and its body, which nobody has opened yet. */
export interface Kept extends IndexValues {
  readonly type: string
  readonly id: string
  /** Opaque: it tells neither order nor number. */
  readonly version: string
  /** 1, 2, 3…: the order of the versions, never shown. */
  readonly revision: number
  /** meta.lastUpdated, ms. */
  readonly at: number
  /** The patient to whose record it belongs; null in the directory. */
  readonly patient: string | null
  readonly isDeleted: boolean
  /** The store's, for `opened`. */
  readonly body?: unknown
}

/** One version of a resource, open. */
export interface Version extends Kept {
  /** The resource as JSON, id and meta in it; empty for a deletion. */
  readonly text: string
}

/** A page of a search: where it starts is the sort values and id of the last match before it. */
export interface PageQuery {
  readonly type: string
  readonly filter: Filter
  readonly sort: SearchRequest['sort']
  readonly limit: number
  readonly after?: readonly (string | number | null)[]
  /** In the opposite order: what comes before `after`, the nearest first. */
  readonly isBack?: boolean
}

/** One resource's change within a write. `claims` are unique among all that is not deleted. */
export interface Change {
  readonly next: Version
  /** The version that it replaces: another one in its place is contention. Undefined for a creation. */
  readonly replaces?: Kept
  readonly claims: readonly string[]
}

/** The compiled rules of one patient for one actor; `body` is the JSON of a `RulesBody`. */
export interface RulesDocument {
  readonly patient: string
  /** The actor's key; `*` for what concerns everyone. */
  readonly actor: string
  /** Changes with its content: what is cached by it is proven by it. */
  readonly stamp: string
  readonly body: string
  /** Whether it holds more than blocks; in the rules for everyone, something by which an actor who is not named is judged. */
  readonly speaks: boolean
  /** When that is over (ms); not there in what was compiled before it was kept. */
  readonly until?: number
}

/** The rules for everyone of a record, with its turn: the number of writes on the record that had to come one after the other. */
export interface Turn { readonly patient: string, readonly turn: number }

/** One transaction: all of it or nothing. */
export interface Write {
  readonly changes: readonly Change[]
  /** Index values that change without a new version: the chain of a document. */
  readonly reindexed?: readonly { readonly type: string, readonly id: string, readonly facts: unknown }[]
  /** New keys of records that open. */
  readonly keys?: readonly NewKeys[]
  readonly contents?: readonly StagedContent[]
  /** Contents that nothing names any more: they are swept next. */
  readonly abandoned?: readonly string[]
  /** Computed inside the transaction, from what it reads there. */
  readonly rules?: (read: RulesReader) => Promise<readonly RulesDocument[]>
  /**
   * What was read of these records before this write still holds: another write with a turn since then is contention,
   * and the request begins anew.
   */
  readonly turns?: readonly Turn[]
  /** What the request's Idempotency-Key is answered from now on; one that is there already is contention. */
  readonly receipt?: Receipt
  readonly traces: readonly Version[]
  /** What is to be done once this is there. */
  readonly due?: readonly Due[]
}

/** Something to be done, and tried until it is done: `notification/outbox.ts`. Under an id that is there already it is the same. */
export interface Due {
  readonly id: string
  /** `trace`: one that could not be told, and is told again. */
  readonly way: 'mail' | 'webhook' | 'announcement' | 'trace' | 'rest-hook' | 'websocket'
  readonly patient: string
  /** `Type/id` of what it is about. */
  readonly about: string
  /** Not before this instant, ms. */
  readonly at: number
  /** The id of the Subscription that asks for it. */
  readonly subscription?: string
}

/** Which version was written: as much of it as an answer tells beside its body. */
export type Written = Pick<Version, 'type' | 'id' | 'version' | 'at' | 'isDeleted'>

/** That the request under a key was done. It lives for a week (`store/indexes.ts`). */
export interface Receipt {
  readonly id: string
  readonly digest: string
  /** ms */
  readonly at: number
  readonly answer: Receipted
}

/** What an answer said, without its body. */
export interface Receipted {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly written?: Written
  /** Of a Bundle, its entries. */
  readonly entries?: readonly Receipted[]
}

export interface RulesReader {
  /** The facts of the Consents of a patient that are filed under an actor, as this transaction sees them, deleted ones too. */
  readonly facts: (patient: string, actor: string) => Promise<readonly unknown[]>
  readonly rules: (patient: string, actor: string) => Promise<RulesDocument | undefined>
}

/**
 * The first page of a search within one record. `under` is its record and turn, where all that it may find changes only
 * with that: a total is remembered under it.
 */
export interface FirstPageQuery extends Omit<PageQuery, 'after'> { readonly under?: string | undefined }

export interface FirstPage {
  readonly versions: readonly Kept[]
  readonly hasMore: boolean
  /** All that the search finds, where the page's own query tells. */
  readonly total?: number
  /** Whether it was not asked of MongoDB what the filter finds: it found these, as they are, under the same turn. */
  readonly isRemembered?: boolean
}

/** What of a history is asked for. */
export interface HistoryQuery {
  /** Each type with what of it this caller may see. */
  readonly types: readonly { readonly type: string, readonly filter: Filter }[]
  /** Of this resource only. */
  readonly id?: string
  /** The facts by which a superseded version is judged as the current one has them: its labels. */
  readonly currentFacts: readonly string[]
  /** Made at this instant or later, ms. */
  readonly since?: number
  /** Current at some instant of it. */
  readonly during?: Interval
  readonly limit: number
  /** The version that the page before ended with. */
  readonly after?: { readonly at: number, readonly type: string, readonly id: string }
  /** More than this is not counted. */
  readonly countTo: number
}

export interface HistoryPage {
  /** The versions, under the labels of the current one, each with the current one's facts; and whether this caller sees none before it. */
  readonly entries: readonly { readonly version: Kept, readonly current: Judged, readonly isFirst: boolean }[]
  readonly total?: number
}

/** All of a version that it is judged by. */
export type Judged = Pick<Version, 'type' | 'id' | 'patient' | 'facts'>

export interface ResourceStore {
  /** The current version, deleted or not. Concurrent reads are coalesced. */
  readonly read: (type: string, id: string) => Promise<Kept | undefined>
  /** What an id that was never given is next to, deleted or not: to look at it takes as long as to look at what is hidden. */
  readonly neighbour: (type: string, id: string) => Promise<Kept | undefined>
  /** One superseded version. */
  readonly readVersion: (type: string, id: string, version: string) => Promise<Kept | undefined>
  /** Current versions that satisfy a filter, in order, at most `limit`. */
  readonly findKept: (query: PageQuery) => Promise<readonly Kept[]>
  /** The same, opened: for what is looked into whoever asks. */
  readonly find: (query: PageQuery) => Promise<readonly Version[]>
  /** All that satisfies a filter, in order, without a body, in batches: none is read before it is asked for. */
  readonly heads: (query: Omit<PageQuery, 'limit'>) => AsyncIterable<readonly Kept[]>
  /**
   * A version that was decided on, with its text. It asks MongoDB for nothing but a key that is not known yet.
   * @returns undefined where the key of the record is no more: it reads as absent
   */
  readonly opened: (version: Kept) => Promise<Version | undefined>
  /** The same, its text alone, as UTF-8: for what is handed on as it is. */
  readonly bytes: (version: Kept) => Promise<Buffer | undefined>
  /** The first page of a search, and whether more follow. */
  readonly firstPage: (query: FirstPageQuery) => Promise<FirstPage>
  readonly count: (type: string, filter: Filter, under?: string, most?: number) => Promise<number>
  /** The visible versions of one resource, one type or many, newest first, as they were at one instant. */
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>
  /** Distinct values of a field of the index document, at most `limit` + 1 of them. */
  readonly distinct: (type: string, filter: Filter, field: '_id' | 'patient', limit: number) => Promise<readonly string[]>
  /** To which resources those that satisfy a filter point: the ends of their `keys` that begin with `head`, distinct, at most `limit` + 1. */
  readonly targets: (type: string, filter: Filter, head: string, limit: number) => Promise<readonly string[]>
  /** The compiled rules, as acknowledged when the call is made. Concurrent calls are coalesced. */
  readonly rules: (patient: string, actor: string) => Promise<(RulesDocument & { readonly turn: number }) | undefined>
  /**
   * The patients who have rules about one of `actors` or about a list: those that grant or single out something, at most
   * `limit` + 1, and those that do not (blocks, accounts that are shut, what is over at `now`, ms), about an actor.
   */
  readonly patientsWithRules: (actors: readonly string[], lists: readonly string[], limit: number, now: number) => Promise<{ readonly granting: readonly string[], readonly other: readonly string[] }>
  /** The patients whose rules for everyone single out something. */
  readonly patientsSpeaking: () => Promise<readonly string[]>
  /** The distinct values of a field of the facts, a list of keys, in a patient's resources of a type; at most `limit`. */
  readonly keysOf: (type: string, patient: string, field: 'authors' | 'participants', limit: number) => Promise<readonly string[]>
  /** The receipt under a key, as acknowledged when the call is made. Concurrent calls are coalesced. */
  readonly receipt: (id: string) => Promise<Receipt | undefined>
  readonly commit: (write: Write) => Promise<void>
  /** Under which election of its primary a request begins: what was acknowledged by then, its reads see. */
  readonly enter: () => Promise<string>
  /**
   * Journal entries of what changes nothing, durable when it resolves. Concurrent calls are coalesced.
   * @param under the elections under which what is told was read
   * @throws OutcomeError `store-unavailable` where that may be of the past, `audit-unavailable`
   */
  readonly append: (traces: readonly Version[], under: readonly string[]) => Promise<void>
}
