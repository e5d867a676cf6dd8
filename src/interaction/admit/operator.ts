/**
 * The operator in messages (decision 0034): written to by `$report-access` alone, they answer in that thread, all who take
 * part in it, and write to nobody else.
 */
import type { Communication, Reference } from '@medplum/fhirtypes'
import { OPERATOR } from '../../consent/caller.js'
import type { ParticipationFacts } from '../../consent/participation.js'
import { PARTY } from '../../terminology/canonical.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken, forbidden, openParsed } from './admission.js'
import { OPEN, idOf } from './thread.js'

/** How the operator is named; no key comes of it, so nobody makes them take part by naming them. */
export const operatorReference = () => ({ type: 'Organization', identifier: { system: PARTY, value: OPERATOR }, display: 'Opérateur du service' })

export function isOperator ({ identifier }: Reference): boolean {
  return identifier?.system === PARTY && identifier.value === OPERATOR
}

/** @throws OutcomeError `business-rule` for a message to the operator that does not come by the operation */
export function checkNotToOperator ({ recipient = [] }: Communication): void {
  const index = recipient.findIndex(one => isOperator(one as Reference))
  if (index >= 0) throw broken('The operator is asked with $report-access', `Communication.recipient[${index}]`)
}

/**
 * @param participants the keys of whom the operator writes to
 * @throws OutcomeError `forbidden` for what is no answer to all who take part in an open thread with the operator
 */
export async function checkAnswer (context: Context, sight: Sight, patient: string, draft: Communication, participants: readonly string[]): Promise<void> {
  if (draft.status === 'preparation') throw broken('The operator writes no draft', 'Communication.status')
  const [answered, ...others] = draft.inResponseTo ?? []
  const id = answered === undefined ? undefined : idOf(answered)
  const version = id === undefined || others.length > 0 ? undefined : await context.store.read('Communication', id)
  const isTheirs = version !== undefined && !version.isDeleted && version.patient === patient && sight.decide(version).permit
  const question = isTheirs ? await openParsed<Communication>(context, version) : undefined
  if (version === undefined || question === undefined || !OPEN.includes(question.status)) throw forbidden({ diagnostics: 'The operator answers one message that was addressed to them', expression: 'Communication.inResponseTo' })
  const known = (version.facts as ParticipationFacts).participants
  if (known.length !== participants.length || !known.every(key => participants.includes(key))) throw forbidden({ diagnostics: 'The operator answers all who take part', expression: 'Communication.recipient' })
}
