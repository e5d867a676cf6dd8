import type { ChoiceFacts } from './family.js'
import { EVERYONE, isList } from './choice.js'
import type { Choice } from './choice.js'
import type { AccountStatus } from './situation.js'

/** The content of a RulesDocument: the choices that concern one actor; the account's status stands in that for everyone. */
export interface RulesBody { readonly account?: AccountStatus, readonly choices: readonly Choice[] }

/**
 * What is compiled for one actor out of all Consents filed under them.
 * @param before the body that it replaces
 * @param facts of every Consent of the patient that is filed under the actor, deleted ones too
 */
export function compileRules (actor: string, before: RulesBody | undefined, facts: readonly ChoiceFacts[]): RulesBody {
  const choices = facts.flatMap(({ choice }) => choice ?? [])
  return actor === EVERYONE && before?.account !== undefined ? { account: before.account, choices } : { choices }
}

/**
 * Whether a search without a patient must ask this record: for an actor who is named, when there is more than blocks;
 * for everyone, when some finer choice or block names nobody; for a list, when it is not about emergencies only, which
 * name their patient: a list may be named by very many.
 */
export function speaks (actor: string, { choices }: RulesBody): boolean {
  if (isList(actor)) return choices.some(({ kind, base, exceptions }) => kind === 'blocage' || [base, ...exceptions].some(({ purposes }) => purposes.includes('TREAT') || purposes.includes('*')))
  if (actor !== EVERYONE) return choices.some(({ kind }) => kind !== 'blocage')
  return choices.some(choice => (choice.kind === 'partage' || choice.kind === 'pcf' || choice.kind === 'blocage') &&
    [choice.base, ...choice.exceptions].some(({ actors }) => actors?.includes(EVERYONE) ?? true))
}
