/**
 * Who feeds a record (`consent.md` 5 *deposit*): professionals and the software of structures whenever the account is
 * open; the holder, their representative and their application with the patient's own types.
 */
import type { Resource } from '@medplum/fhirtypes'
import { depositLabelFaults } from '../../consent/right.js'
import { isOutsideCare } from '../../consent/caller.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { isMigrating } from '../migration.js'
import { forbidden } from './admission.js'

/** Who may feed at all: known before any patient is looked up. */
export function checkKind (context: Context, { caller: { principal } }: Sight): void {
  const isCarer = principal.kind === 'structure' || (principal.kind === 'professional' && principal.person !== undefined && principal.structure !== undefined)
  const mayFeed = isCarer ? !isOutsideCare(principal, context.policy) : ['holder', 'representative', 'application'].includes(principal.kind)
  if (!mayFeed) throw forbidden()
}

/** What is not the patient's own to say is refused to them before anything that it names is looked up: whether that is there is not told. */
export function checkOwnType ({ caller: { principal } }: Sight, isOwnType: boolean): void {
  if (['holder', 'representative', 'application'].includes(principal.kind) && !isOwnType) throw forbidden()
}

/**
 * Holder, representative and application feed their own record, the application with its choice.
 */
export function checkDepositor (sight: Sight, patient: string, draft: Resource): void {
  const { caller: { principal } } = sight
  const situation = sight.situation(patient)
  if (principal.kind === 'representative' && !(situation?.stands === 'representative')) throw forbidden()
  if (principal.kind === 'application' && !(situation?.stands === 'application' && situation.statements.length > 0)) throw forbidden()
  // What a source says of what it kept is taken over: labels only restrict.
  const faults = isMigrating(sight) ? [] : depositLabelFaults(draft, sight.caller)
  if (faults.length > 0) throw forbidden(faults)
}
