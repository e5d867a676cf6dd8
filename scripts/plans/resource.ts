/** What the plans are read on: resources with a value for most parameters of the main types. All of it is synthetic. */
import { createHash } from 'node:crypto'
import { ID_NAT_PS, ID_NAT_ST } from '../../src/security/identity.js'

export const INS = 'urn:oid:1.2.250.1.213.1.4.10'
export const HOSPITAL = '1750712184'
const LOINC = 'http://loinc.org'
const NOS = 'https://mos.esante.gouv.fr/NOS'
const MHD = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-'
const DAY = 24 * 3600 * 1000
const CODES = ['11488-4', '11502-2', '34112-3', '18748-4', '57833-6']

const coded = (system: string, code: string) => ({ coding: [{ system, code }] })
const instant = (number: number, hours = 9) => new Date(Date.UTC(2022, 0, 1, hours) + (number % 1400) * DAY).toISOString()
const self = (patient: string) => ({ reference: `Patient/${patient}` })
const hospital = { type: 'Organization', identifier: { system: ID_NAT_ST, value: HOSPITAL } }

export const patientOf = (ins: string, number: number) => ({
  resourceType: 'Patient',
  active: true,
  identifier: [{ use: 'official', system: INS, value: ins }],
  name: [{ use: 'official', family: `PETIT${number}`, given: ['Léa'] }],
  birthDate: `19${String(30 + number % 70)}-0${1 + number % 9}-02`,
  gender: number % 2 === 0 ? 'female' : 'male',
  telecom: [{ system: 'phone', value: `06${String(10_000_000 + number)}` }],
  address: [{ line: [`${number} rue de la Paix`], city: `Ville ${number % 50}`, postalCode: String(10_000 + number % 5000), country: 'FRA' }]
})

type Make = (patient: string, number: number) => object

/** Of a record. */
export const ofRecord: Readonly<Record<string, Make>> = {
  DocumentReference: (patient, number) => {
    const content = Buffer.from(`contenu ${patient} ${number}`)
    return {
      resourceType: 'DocumentReference',
      contained: [{ resourceType: 'Practitioner', id: 'a', identifier: [{ system: ID_NAT_PS, value: `8997${10_000_000 + number % 500}` }], name: [{ family: `Leroy ${number % 300}`, given: ['Anne'] }] }],
      extension: [{ url: 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived', valueBoolean: number % 9 === 0 }],
      masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${createHash('sha256').update(content).digest('hex').slice(0, 32)}` },
      status: number % 20 === 0 ? 'superseded' : 'current',
      type: coded(LOINC, CODES[number % 5] ?? ''),
      category: [coded(`${NOS}/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument`, number % 5 === 4 ? '42' : '10')],
      subject: self(patient),
      date: instant(number),
      author: [{ reference: '#a' }, hospital],
      custodian: hospital,
      description: `Document ${number % 400}`,
      securityLabel: [coded('http://terminology.hl7.org/CodeSystem/v3-Confidentiality', number % 10 === 0 ? 'R' : 'N')],
      content: [{ attachment: { contentType: 'text/plain', language: 'fr-FR', data: content.toString('base64'), size: content.length, hash: createHash('sha1').update(content).digest('base64'), title: 'x', creation: instant(number, 8) } }],
      context: {
        event: [coded('urn:oid:1.2.250.1.213.2.5', `EV${number % 60}`)],
        period: { start: instant(number, 6), end: instant(number, 7) },
        facilityType: coded(`${NOS}/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite`, `SA0${1 + number % 8}`),
        practiceSetting: coded(`${NOS}/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice`, 'ETABLISSEMENT')
      }
    }
  },
  Observation: (patient, number) => ({
    resourceType: 'Observation',
    identifier: [{ system: 'urn:observations', value: `${patient}-${number}` }],
    status: 'final',
    category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
    code: coded(LOINC, CODES[number % 5] ?? ''),
    subject: self(patient),
    effectiveDateTime: instant(number),
    performer: [hospital],
    valueString: `valeur ${number % 100}`
  }),
  List: (patient, number) => ({
    resourceType: 'List',
    identifier: [{ system: 'urn:lists', value: `${patient}-${number}` }],
    status: 'current',
    mode: 'working',
    title: `Lot ${number % 100}`,
    code: coded('https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes', 'submissionset'),
    subject: self(patient),
    date: instant(number),
    source: { type: 'Practitioner', identifier: { system: ID_NAT_PS, value: `8997${10_000_000 + number % 500}` } },
    extension: [{ url: `${MHD}designationType`, valueCodeableConcept: coded('urn:s', `D${number % 20}`) }, { url: `${MHD}sourceId`, valueIdentifier: { system: 'urn:sources', value: `S${number % 30}` } }]
  }),
  Appointment: (patient, number) => ({
    resourceType: 'Appointment',
    identifier: [{ system: 'urn:appointments', value: `${patient}-${number}` }],
    status: 'booked',
    serviceType: [coded('urn:services', `T${number % 30}`)],
    priority: number % 10,
    description: `Rendez-vous ${number % 100}`,
    created: instant(number, 1),
    start: instant(number, 9),
    end: instant(number, 10),
    participant: [{ actor: self(patient), status: 'accepted' }, { actor: hospital, status: 'accepted' }]
  })
}

/** An agenda of the hospital. */
export const scheduleOf = () => ({
  resourceType: 'Schedule',
  contained: [{ resourceType: 'HealthcareService', id: 'service', providedBy: hospital }],
  actor: [{ reference: '#service' }]
})

/** Of everybody; `schedules`: ids. */
export const ofDirectory: Readonly<Record<string, (number: number, schedules: readonly string[]) => object>> = {
  Organization: number => ({
    resourceType: 'Organization',
    active: true,
    identifier: [{ system: ID_NAT_ST, value: String(1_900_000_000 + number) }],
    type: [coded('urn:types', `T${number % 40}`)],
    name: `Clinique ${number}`,
    address: [{ city: `Ville ${number % 90}`, postalCode: String(10_000 + number % 900), country: 'FRA' }]
  }),
  Practitioner: number => ({
    resourceType: 'Practitioner',
    active: true,
    identifier: [{ system: ID_NAT_PS, value: `8997${20_000_000 + number}` }],
    name: [{ family: `Durand${number}`, given: ['Paul'] }],
    telecom: [{ system: 'email', value: `p${number}@example.org` }],
    gender: number % 2 === 0 ? 'female' : 'male'
  }),
  Slot: (number, schedules) => ({
    resourceType: 'Slot',
    identifier: [{ system: 'urn:slots', value: `s${number}` }],
    serviceType: [coded('urn:services', `T${number % 30}`)],
    schedule: { reference: `Schedule/${schedules[number % schedules.length] ?? ''}` },
    status: number % 3 === 0 ? 'busy' : 'free',
    start: instant(number, 9),
    end: instant(number, 10)
  })
}
