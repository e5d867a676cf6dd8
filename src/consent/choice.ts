import type { ConsentKind } from '../terminology/kinds.js'

/**
 * A choice of the holder, read out of its Consent and ready to be judged: one base clause and, for PCF consents
 * without a kind, its exceptions (`consent.md` 3). JSON all through: it is kept compiled beside the Consent.
 */
export interface Choice {
  /** The id of the Consent. */
  readonly consent: string
  readonly kind: ConsentKind | 'pcf'
  /** The instant (ms) at which the version in force was acknowledged. */
  readonly acknowledged: number
  /** In force from `start` to `end`, both included, ms. */
  readonly period: Span
  readonly base: Clause
  readonly exceptions: readonly Clause[]
  /** Kind `blocage`: when it stopped being in force by being lifted (ms). */
  readonly lifted?: number
  /** Given by a legal representative: it never opens what is hidden from them. */
  readonly isOfRepresentative?: true
}

export interface Span { readonly start: number, readonly end: number }

export interface Clause {
  readonly effect: 'permit' | 'deny'
  /** `TREAT`, `BTG`, `ETREAT`, or any other code; `*` where a choice that cannot be read was widened. */
  readonly purposes: readonly string[]
  /**
   * Hashed keys of `security/identity.ts`, `CareTeam/id` for whoever is in it, `RelatedPerson/id`; null is every
   * professional and structure, `*` whoever it is.
   */
  readonly actors: readonly string[] | null
  readonly period: Span
  readonly selector: Selector
}

/** What a clause is about; an absent part selects everything. */
export interface Selector {
  /** `system|code` of labels; in a deny, `R` covers `V` already. */
  readonly labels?: readonly string[]
  readonly classes?: readonly string[]
  readonly codes?: readonly string[]
  /** The documents' period, ms. */
  readonly dataPeriod?: Span
  /** Any of these: the resource itself or what it refers to (`Type/id`), or its authors (hashed keys). */
  readonly data?: readonly { readonly meaning: 'instance' | 'related' | 'authoredby', readonly value: string }[]
}

/** Whoever it is; where rules are filed, what concerns more than those it names. */
export const EVERYONE = '*'

/** Whether an actor is a list that the operator keeps: whoever is on it is meant, when it is asked. */
export function isList (actor: string): boolean {
  return actor.startsWith('Group/')
}

/** Whether an author is meant by who else: those on a list of the operator, or in a team of the record. */
export function isMany (author: string): boolean {
  return isList(author) || author.startsWith('CareTeam/')
}

export const ALWAYS: Span = Object.freeze({ start: -8.64e15, end: 8.64e15 })

export function isWithin (instant: number, { start, end }: Span): boolean {
  return start <= instant && instant <= end
}

/** Whether a clause singles out some resources of a record. */
export function isSelective ({ selector }: Pick<Clause, 'selector'>): boolean {
  return Object.keys(selector).length > 0
}
