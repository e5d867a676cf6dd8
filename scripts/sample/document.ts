import { createHash } from 'node:crypto'
import type { CodeableConcept, DocumentReference, Patient, Practitioner } from '@medplum/fhirtypes'
import { CONFIDENTIALITY, TRE_A07 } from '../../src/consent/label.js'
import { ID_NAT_PS, ID_NAT_ST } from '../../src/security/identity.js'
import { cdaOf } from './cda.js'
import { INS_TEST, oidOf, patientReference } from './identifier.js'
import { pdfOf } from './pdf.js'
import type { Sheet } from './sheet.js'

/** Where a document comes from: TRE_R02 and TRE_A01 of a structure; nothing for the holder. */
export interface Place { readonly sector: string, readonly setting: string }
export type Form = 'pdf' | 'cda'
export interface Deposit { readonly document: DocumentReference, readonly bytes: Buffer }

const R02 = 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite'
const A01 = 'https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice'
const A00 = 'https://mos.esante.gouv.fr/NOS/TRE_A00-ProducteurDocNonPS/FHIR/TRE-A00-ProducteurDocNonPS'
const FORMAT = 'http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode'
const FORMS = {
  pdf: { contentType: 'application/pdf', format: { system: FORMAT, code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient' } },
  cda: { contentType: 'application/xml', format: { system: FORMAT, code: 'urn:ihe:iti:xds-sd:pdf:2008' } }
} as const

const coded = (system: string, code: string): CodeableConcept => ({ coding: [{ system, code }] })

/**
 * A comprehensive document (`domain.md` 2.2): author and patient as they were are contained, the subject is found by its
 * INS. Its content is beside it: `withData` (ITI-105) or `submission.ts` (ITI-65) say where it goes.
 * @param labels of TRE_A07, beside `N`
 */
export async function depositOf (sheet: Sheet, place: Place | undefined, form: Form, labels: readonly string[]): Promise<Deposit> {
  const pdf = await pdfOf(sheet)
  const bytes = form === 'pdf' ? pdf : cdaOf(sheet, pdf)
  const { contentType, format } = FORMS[form]
  const { person, author, date, kind, title } = sheet
  const structure = { type: 'Organization' as const, identifier: { system: ID_NAT_ST, value: sheet.structureId }, display: sheet.structure }
  const practitioner: Practitioner = {
    resourceType: 'Practitioner', id: 'auteur', identifier: [{ system: ID_NAT_PS, value: author.id }], name: [{ family: author.family, given: [author.given] }]
  }
  const patient: Patient = {
    resourceType: 'Patient',
    id: 'patient',
    identifier: [{ system: INS_TEST, value: person.ins }],
    name: [{ use: 'official', family: person.family, given: [person.given] }],
    gender: person.gender,
    birthDate: person.birthDate
  }
  const document: DocumentReference = {
    resourceType: 'DocumentReference',
    contained: place === undefined ? [patient] : [practitioner, patient],
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:oid:${oidOf(sheet.uuid)}` },
    status: 'current',
    type: { coding: [kind.type] },
    category: [{ coding: [kind.category] }],
    subject: patientReference(person.ins),
    date,
    author: [{ reference: place === undefined ? '#patient' : '#auteur' }],
    ...place === undefined ? {} : { authenticator: { reference: '#auteur' }, custodian: structure },
    securityLabel: [coded(CONFIDENTIALITY, 'N'), ...labels.map(label => coded(TRE_A07, label))],
    content: [{
      attachment: {
        contentType,
        language: 'fr-FR',
        size: bytes.length,
        hash: createHash('sha1').update(bytes).digest('base64'),
        title,
        creation: date
      },
      format
    }],
    context: {
      period: { start: date },
      facilityType: place === undefined ? coded(A00, 'EXP_PATIENT') : coded(R02, place.sector),
      practiceSetting: place === undefined ? coded(A00, 'EXP_PATIENT') : coded(A01, place.setting),
      sourcePatientInfo: { reference: '#patient' }
    }
  }
  return { document, bytes }
}

/** The document with its content in it: one ITI-105 deposit. */
export function withData ({ document, bytes }: Deposit): DocumentReference {
  const [content] = document.content
  return { ...document, content: [{ ...content, attachment: { ...content?.attachment, data: bytes.toString('base64') } }] }
}
