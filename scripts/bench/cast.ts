/** Who is in the dataset: all identities are synthetic. */
import { ID_NAT_PS, ID_NAT_ST } from '../../src/security/identity.js'

export const INS = 'urn:oid:1.2.250.1.213.1.4.10'

/** The general practitioner who reads, in a practice of their own; every patient of the dataset gives them access. */
export const DOCTOR = { id: '899700218896', profession: '10', structure: '1690000012' } as const
/** Another one, with grounds on as many patients as a search may span. */
export const COLLEAGUE = { ...DOCTOR, id: '899700366240' } as const
/** The hospital whose software deposits. */
export const HOSPITAL = { structure: '1750712184' } as const

export const person = (value: string, display: string) => ({ type: 'Practitioner', identifier: { system: ID_NAT_PS, value }, display })
export const structure = (value: string, display: string) => ({ type: 'Organization', identifier: { system: ID_NAT_ST, value }, display })

export function patientOf (ins: string) {
  return {
    resourceType: 'Patient',
    active: true,
    identifier: [{ use: 'official', system: INS, value: ins }],
    name: [{ use: 'official', family: 'PETIT', given: ['Léa', 'Marie'] }],
    birthDate: '1990-01-02',
    gender: 'female'
  } as const
}

/** The choice that is the doctor's ground. */
export function accessOf (patient: string, doctor: string = DOCTOR.id) {
  const category = (system: string, code: string) => ({ coding: [{ system, code }] })
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: category('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
    category: [category('http://loinc.org', '59284-0'), category('https://fhir.espace-sante.example/CodeSystem/consent-kind', 'acces-ps')],
    patient: { reference: `Patient/${patient}` },
    dateTime: '2026-01-22',
    performer: [{ reference: `Patient/${patient}` }],
    organization: [{ display: 'Mon espace santé' }],
    sourceAttachment: { title: 'Conditions' },
    policy: [{ uri: 'https://profiles.ihe.net/ITI/PCF/Policy-basic-normal' }],
    provision: {
      type: 'permit',
      actor: [{
        role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
        reference: person(doctor, 'Dr Claire MARTIN')
      }]
    }
  } as const
}
