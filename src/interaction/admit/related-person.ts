/**
 * Who stands around the holder (`consent.md` 5 *RelatedPerson*): legal representatives are the operator's to write,
 * helpers and entourage the holder's. Neither changes what the other wrote; what others write would represent nobody.
 */
import type { RelatedPerson } from '@medplum/fhirtypes'
import type { Sight } from '../sight.js'
import { broken, forbidden, unresolved } from './admission.js'
import type { Admitter } from './admission.js'
import { checkReferences, patientId } from './reference.js'

type Writer = 'operator' | 'holder'
export interface RelatedPersonFacts { readonly by: Writer }

export const relatedPerson: Admitter = {
  create: async (context, sight, resource, id) => {
    const given = resource as RelatedPerson
    const patient = await patientId(context, given.patient) ?? 'nobody'
    await sight.enter([patient])
    const by = writerOf(sight, patient)
    const account = sight.account(patient)
    if (account !== 'open' && account !== 'active') throw unresolved('RelatedPerson.patient')
    const draft = { ...given, id, patient: { reference: `Patient/${patient}` } }
    await checkReferences(context, sight, patient, draft)
    return { patient, resource: draft, facts: { by } satisfies RelatedPersonFacts, claims: [] }
  },

  update: async (context, sight, before, resource) => {
    const patient = before.patient ?? ''
    checkWriter(sight, patient, before.facts as RelatedPersonFacts)
    if ((resource as RelatedPerson).patient.reference !== `Patient/${patient}`) throw broken('A related person stays with their patient', 'RelatedPerson.patient')
    await checkReferences(context, sight, patient, resource)
    return { patient, resource, facts: before.facts, claims: [] }
  },

  remove: async (_context, sight, before) => {
    checkWriter(sight, before.patient ?? '', before.facts as RelatedPersonFacts)
    return { facts: before.facts }
  }
}

/** Whoever may not write is refused alike, whether or not the record exists. */
function writerOf ({ caller, situation }: Sight, patient: string): Writer {
  if (caller.principal.kind === 'operator') return 'operator'
  if (situation(patient)?.stands === 'holder') return 'holder'
  throw forbidden()
}

function checkWriter (sight: Sight, patient: string, { by }: RelatedPersonFacts): void {
  if (writerOf(sight, patient) !== by) throw forbidden()
}
