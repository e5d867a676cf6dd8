import type { Consent, ConsentProvision, ConsentProvisionActor } from '@medplum/fhirtypes'
import { CONFIDENTIALITY, TRE_A07 } from '../../src/consent/label.js'
import { ID_NAT_PS, ID_NAT_ST } from '../../src/security/identity.js'
import { CONSENT_KIND } from '../../src/terminology/canonical.js'
import type { Chance } from './chance.js'
import type { Directory } from './directory.js'
import { patientReference } from './identifier.js'
import { LOINC } from './terminology.js'

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const PCF = 'https://profiles.ihe.net/ITI/PCF'

type Who = NonNullable<ConsentProvisionActor['reference']>
export const person = (value: string): Who => ({ type: 'Practitioner', identifier: { system: ID_NAT_PS, value } })
export const structure = (value: string): Who => ({ type: 'Organization', identifier: { system: ID_NAT_ST, value } })
export const actor = (reference: Who): NonNullable<ConsentProvision['actor']> => [{
  role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }, reference
}]
export const purposes = (...codes: readonly string[]) => codes.map(code => ({ system: ACT_REASON, code }))
const MASKED = [{ system: TRE_A07, code: 'MASQUE_PS' }]

/** What a holder chose (`consent.md` 3), most of them little: who treats them, who may look, who may not, and in an emergency. */
export function choicesOf (chance: Chance, ins: string, date: string, directory: Directory): readonly Consent[] {
  const doctor = chance.pick(chance.pick(directory.practice).staff).id
  const another = chance.pick(chance.pick(directory.hospital).staff).id
  const blocked = chance.pick(directory.practice)
  const made: readonly (readonly [percent: number, kind: string, profile: string, provision: ConsentProvision])[] = [
    [65, 'medecin-traitant', 'Basic', { type: 'permit', actor: actor(person(doctor)) }],
    [45, 'acces-ps', 'Basic', { type: 'permit', actor: actor(person(another)) }],
    [20, 'acces-ps', 'Basic', { type: 'permit', actor: actor(structure(chance.pick(directory.practice).id)) }],
    [6, 'blocage', 'Basic', { type: 'deny', actor: actor(chance.percent(70) ? person(chance.pick(blocked.staff).id) : structure(blocked.id)) }],
    [55, 'urgence-ps', 'Intermediate', { type: 'permit', purpose: purposes('BTG') }],
    [60, 'urgence-samu', 'Intermediate', { type: 'permit', purpose: purposes('ETREAT') }],
    [10, 'urgence-masques', 'Advanced', { type: 'permit', purpose: purposes('BTG', 'ETREAT'), securityLabel: MASKED }],
    [3, 'defaut-confidentialite', 'Advanced', { type: 'permit', securityLabel: MASKED }],
    [4, 'partage', 'Advanced', { type: 'deny', securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] }]
  ]
  return made.filter(([percent]) => chance.percent(percent)).map(([, kind, profile, provision]) => choiceOf(ins, date, { kind, profile, provision }))
}

/** One choice of a holder, by its kind. @param profile of PCF: `Basic`, `Intermediate`, `Advanced` */
export function choiceOf (ins: string, date: string, { kind, profile, provision }: { readonly kind: string, readonly profile: string, readonly provision: ConsentProvision }): Consent {
  return {
    resourceType: 'Consent',
    meta: { profile: [`${PCF}/StructureDefinition/IHE.PCF.consent${profile}`] },
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: LOINC, code: '59284-0' }] }, { coding: [{ system: CONSENT_KIND, code: kind }] }],
    patient: patientReference(ins),
    dateTime: date,
    performer: [patientReference(ins)],
    organization: [{ display: 'Mon espace santé' }],
    sourceAttachment: { title: 'Conditions générales acceptées' },
    policy: [{ uri: `${PCF}/Policy-basic-normal` }],
    provision
  }
}
