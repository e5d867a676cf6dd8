import type { ChoiceFacts } from './family.js'
import { ALWAYS, EVERYONE, isList } from './choice.js'
import type { Choice, Span } from './choice.js'
import type { AccountStatus } from './situation.js'

/** The content of a RulesDocument: what concerns one actor of one record. */
export interface RulesBody {
  readonly choices: readonly Choice[]
  /** For everyone: the account's status, and the instant (ms) at which the holder comes of age. */
  readonly account?: AccountStatus
  readonly majority?: number
  /** For a RelatedPerson: who they are. */
  readonly relative?: Relative
  /** For a person or structure: the teams of the record that list them. */
  readonly teams?: readonly TeamPlace[]
}

/** Who stands around the holder, and since when until when; what they represent only the operator says. */
export interface Relative { readonly represents: 'minor' | 'protected-adult' | null, readonly period: Span }

/** A place in a CareTeam. */
export interface TeamPlace {
  /** `CareTeam/id` */
  readonly team: string
  /** When both the team and this place in it hold, ms. */
  readonly period: Span
  /** Whether it can be a ground: the team is active, and they did not put themselves in it. */
  readonly isGround: boolean
}

/**
 * What is compiled for one actor out of all Consents filed under them.
 * @param before the body that it replaces
 * @param facts of every Consent of the patient that is filed under the actor, deleted ones too
 */
export function compileRules (before: RulesBody | undefined, facts: readonly ChoiceFacts[]): RulesBody {
  return { ...before, choices: facts.flatMap(({ choice }) => choice ?? []) }
}

/**
 * Whether a search without a patient must ask this record: for an actor who is named, when there is more than blocks;
 * for everyone, when some finer choice or block names nobody; for a list, when it is not about emergencies only, which
 * name their patient: a list may be named by very many.
 */
export function speaks (actor: string, { choices, teams = [] }: RulesBody): boolean {
  if (isList(actor)) return choices.some(({ kind, base, exceptions }) => kind === 'blocage' || [base, ...exceptions].some(({ purposes }) => purposes.includes('TREAT') || purposes.includes('*')))
  if (actor !== EVERYONE) return teams.length > 0 || choices.some(({ kind }) => kind !== 'blocage')
  return choices.some(choice => (choice.kind === 'partage' || choice.kind === 'pcf' || choice.kind === 'blocage') &&
    [choice.base, ...choice.exceptions].some(({ actors }) => actors?.includes(EVERYONE) ?? true))
}

/**
 * When the last of what could be a ground is over, ms: after that a record speaks no more of an actor who is named than by a
 * block. Of a list it speaks always.
 */
export function speaksUntil (actor: string, { choices, teams = [] }: RulesBody): number {
  return isList(actor) ? ALWAYS.end : Math.max(0, ...teams.map(({ period }) => period.end), ...choices.filter(({ kind }) => kind !== 'blocage').map(({ period }) => period.end))
}
