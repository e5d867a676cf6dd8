/** Minimal valid resources for the tests: all identities are synthetic. */
import { createHash, randomUUID } from 'node:crypto'
import { INS_TEST } from './app.js'

export const TRE_A07 = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const KIND = 'https://fhir.espace-sante.example/CodeSystem/consent-kind'
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

/** A label, as `securityLabel` holds it. */
export const label = (code: string, system = TRE_A07) => ({ coding: [{ system, code }] })
export const purpose = (code: string) => ({ system: ACT_REASON, code })

/** An allergy that is not an error says whether it is active (R4 ait-1). */
export const ACTIVE_ALLERGY = { clinicalStatus: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }] } }

export function patient (ins: string, more: object = {}) {
  return {
    resourceType: 'Patient',
    identifier: [{ use: 'official', system: INS_TEST, value: ins }],
    name: [{ use: 'official', family: 'PETIT', given: ['Léa'] }],
    birthDate: '1990-01-02',
    gender: 'female',
    ...more
  }
}

/** A deposit by ITI-105, its size and hash right. */
export function document (patientId: string, more: Readonly<Record<string, unknown>> = {}, content = `content ${randomUUID()}`) {
  const bytes = Buffer.from(content)
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` },
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    category: [{ coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument', code: '10' }] }],
    subject: { reference: `Patient/${patientId}` },
    date: '2026-06-12T10:00:00+02:00',
    content: [{
      attachment: {
        contentType: 'text/plain',
        title: 'Compte rendu',
        data: bytes.toString('base64'),
        size: bytes.length,
        hash: createHash('sha1').update(bytes).digest('base64')
      }
    }],
    ...more
  }
}

export const person = (id: string) => ({ type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: id } })
export const structure = (id: string) => ({ type: 'Organization', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.2', value: id } })
export const actor = (reference: object) => [{ role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }, reference }]

/** A choice of one kind; without a kind, a PCF consent. */
export function consent (patientId: string, kind: string | undefined, provision: object, more: object = {}) {
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [
      { coding: [{ system: 'http://loinc.org', code: '59284-0' }] },
      ...kind === undefined ? [] : [{ coding: [{ system: KIND, code: kind }] }]
    ],
    patient: { reference: `Patient/${patientId}` },
    dateTime: '2026-11-22',
    performer: [{ reference: `Patient/${patientId}` }],
    organization: [{ display: 'Mon espace santé' }],
    sourceAttachment: { title: 'Conditions' },
    policy: [{ uri: 'https://profiles.ihe.net/ITI/PCF/Policy-basic-normal' }],
    provision,
    ...more
  }
}

export const access = (patientId: string, practitioner: string) => consent(patientId, 'acces-ps', { type: 'permit', actor: actor(person(practitioner)) })
export const block = (patientId: string, who: object) => consent(patientId, 'blocage', { type: 'deny', actor: actor(who) })
export const treating = (patientId: string, practitioner: string) => consent(patientId, 'medecin-traitant', { type: 'permit', actor: actor(person(practitioner)) })
export const emergency = (patientId: string, kind: 'urgence-ps' | 'urgence-samu', code: 'BTG' | 'ETREAT') => consent(patientId, kind, { type: 'permit', purpose: [purpose(code)] })
