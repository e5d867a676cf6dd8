/**
 * Documents: deposit, replacement, correction, labels, deletion (`consent.md` 5). A deposit asks no ground: the account
 * must be open. What the record then does with it, chain, labels, authors, is the server's and nobody sets it.
 */
import type { DocumentReference } from '@medplum/fhirtypes'
import { factsOf } from '../../consent/facts.js'
import type { Facts } from '../../consent/facts.js'
import { fixedFaults, isSameButLabels, labelFaults, standingOf } from '../../consent/right.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import { checkWithheldOnce, forbidden, parsed } from './admission.js'
import type { Admitter } from './admission.js'
import { authorshipOf } from './authorship.js'
import { checkDepositor, checkKind, checkOwnType } from './depositor.js'
import { alignChain, joinChain } from './chain.js'
import { takeContents } from './attachment.js'
import { withDepositLabels } from './deposit-label.js'
import { checkReferences, resolvePatient } from './reference.js'
import { asInSource } from './source.js'
import { contentKey } from '../content.js'

/** The types of documents that a patient deposits (TRE_A05). */
const TRE_A05 = 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire'
const PATIENTS_OWN = /^(?:DOCPAT\d\d|EXPPAT_\d)$/

export const document: Admitter = {
  create: async (context, sight, resource, id) => {
    checkKind(context, sight)
    checkOwnType(sight, isOwnType(resource as DocumentReference))
    const patient = await resolvePatient(context, sight, (resource as DocumentReference).subject, 'DocumentReference.subject')
    const draft: DocumentReference = { ...resource as DocumentReference, id, subject: { ...withoutIdentifier(resource as DocumentReference), reference: `Patient/${patient}` } }
    checkDepositor(sight, patient, draft)
    await checkReferences(context, sight, patient, draft)
    const { resource: attached, contents, claimed, changes, origins } = await takeContents(context, sight, patient, draft)
    const authorship = await authorshipOf(context, sight.caller, patient, attached, origins)
    const { resource: labelled, at, wasWithheld } = asInSource(context, sight, withDepositLabels(sight, patient, attached))
    const joined = await joinChain(context, sight, { patient, document: labelled, id, authorship, at })
    const chain = { ...joined, chain: { ...joined.chain, wasWithheld: joined.chain.wasWithheld || wasWithheld } }
    return {
      patient,
      resource: chain.resource,
      facts: factsOf(chain.resource, authorship, chain.chain),
      claims: authorship.claims,
      found: [...contents.map(content => content.id), ...claimed].map(contentKey),
      contents,
      companions: [...changes, ...chain.companions],
      reindexed: chain.reindexed
    }
  },

  update: async (context, sight, before, resource) => {
    const patient = before.patient ?? ''
    const known = before.facts as Facts
    const old = parsed(before)
    const fresh: DocumentReference = { ...resource as DocumentReference, id: before.id }
    const situation = sight.situation(patient)
    if (situation === undefined) throw forbidden()
    const who = standingOf(sight.caller, situation, known)
    if (!isSameButLabels(old, fresh) && !who.isAuthor) throw forbidden()
    const fixed = fixedFaults(old, fresh)
    if (fixed.length > 0) throw new OutcomeError('business-rule', fixed)
    await checkReferences(context, sight, patient, fresh, old)
    const labels = labelFaults(old, fresh, who)
    if (labels.length > 0) throw forbidden(labels)
    const facts = factsOf(fresh, known, { ids: known.chain, began: known.began, opens: known.opens, wasWithheld: known.wasWithheld })
    checkWithheldOnce(known, facts, 'DocumentReference.securityLabel')
    const { companions, reindexed } = await alignChain(context, sight.caller.now, fresh, known)
    return { patient, resource: fresh, facts, claims: known.claims, companions, reindexed }
  },

  remove: async (_context, sight, before) => {
    const situation = sight.situation(before.patient ?? '')
    if (situation === undefined || !standingOf(sight.caller, situation, before.facts as Facts).isAuthor) throw forbidden()
    return { facts: before.facts }
  }
}

function withoutIdentifier ({ subject }: DocumentReference) {
  const { identifier, ...rest } = subject ?? {}
  return rest
}

/** The types of documents that a patient deposits. */
function isOwnType ({ type }: DocumentReference): boolean {
  const types = type?.coding ?? []
  return types.length > 0 && types.every(({ system, code }) => system === TRE_A05 && PATIENTS_OWN.test(code ?? ''))
}
