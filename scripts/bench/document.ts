import { createHash, randomUUID } from 'node:crypto'
import { HOSPITAL, person, structure } from './cast.js'

const LOINC = 'http://loinc.org'
const A03 = 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'
/** Types that a general practitioner may read, and their classes. */
const TYPES = [
  ['11488-4', 'Compte rendu de consultation', '10', 'Compte rendu'],
  ['11502-2', 'Compte rendu d\'examens biologiques', '10', 'Compte rendu'],
  ['34112-3', 'Compte rendu hospitalier', '10', 'Compte rendu'],
  ['18748-4', 'Compte rendu d\'imagerie médicale', '10', 'Compte rendu'],
  ['57833-6', 'Prescription de produits de santé', '42', 'Prescription']
] as const
const FILLER = 'Examen clinique sans particularité; auscultation libre; tension 12/8; traitement inchangé. '.repeat(200)
const DAY = 24 * 3600 * 1000

/** A deposit of a document by the hospital, as ITI-105 has it: unlike every other in identifier and content. */
export function documentOf (patient: string, number: number, bytes: number) {
  const [code, display, family, familyName] = TYPES[number % TYPES.length] ?? TYPES[0]
  const id = randomUUID()
  const content = Buffer.from(`${id}\n${FILLER}`).subarray(0, bytes)
  const date = new Date(Date.UTC(2024, 0, 1, 9) + (number % 900) * DAY).toISOString()
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` },
    status: 'current',
    type: { coding: [{ system: LOINC, code, display }], text: display },
    category: [{ coding: [{ system: A03, code: family, display: familyName }] }],
    subject: { reference: `Patient/${patient}` },
    date,
    author: [
      person(`8997${String(10_000_000 + number % 500)}`, 'Dr Anne LEROY'),
      structure(HOSPITAL.structure, 'Centre hospitalier de démonstration')
    ],
    custodian: structure(HOSPITAL.structure, 'Centre hospitalier de démonstration'),
    description: `${display} du ${date.slice(0, 10)}`,
    content: [{
      attachment: {
        contentType: 'text/plain',
        language: 'fr-FR',
        data: content.toString('base64'),
        size: content.length,
        hash: createHash('sha1').update(content).digest('base64'),
        title: display,
        creation: date
      }
    }],
    context: {
      period: { start: date, end: date },
      facilityType: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite', code: 'SA01', display: 'Etablissement public de santé' }] },
      practiceSetting: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice', code: 'ETABLISSEMENT', display: 'Etablissement de santé' }] }
    }
  } as const
}
