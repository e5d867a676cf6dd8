/**
 * Resources of each declared type, as they are deposited: the least that is accepted, and beside it what the declared
 * search parameters read, of few values, so that what is hidden and what is seen meet the same queries.
 */
import { createHash } from 'node:crypto'
import { ACTIVE_ALLERGY, consent, person, structure } from '../../helper/resource.js'
import { declared } from '../../search/definition.js'
import { pick, resourceOf } from '../../search/random.js'
import { HOOKS } from '../least.js'
import type { Random } from '../../search/random.js'

export type Draft = Readonly<Record<string, unknown>> & { readonly resourceType: string }

/** People of every scenario who never ask. */
export const COLLEAGUE = '899700366240'
export const SOMEBODY = '899700000025'
export const CLIENT = { system: 'https://fhir.espace-sante.example/NamingSystem/client', value: 'app' }
/** The code system of what is said of a resource. */
export const OWN = 'urn:own'

const CODES = ['left', 'right', 'leaf'] as const
const DAYS = ['2026-01-10', '2026-03-05', '2026-07-01'] as const
const code = (random: Random) => ({ coding: [{ system: OWN, code: pick(random, CODES), display: 'Left' }], text: 'something' })
const day = (random: Random) => pick(random, DAYS)

/** Where a draft belongs: a patient, a document, the structure that writes it. */
export interface Place {
  readonly patient: string
  readonly document: string
  readonly author: string
}

type Make = (place: Place, random: Random) => Readonly<Record<string, unknown>>
const subject = ({ patient }: Place) => ({ subject: { reference: `Patient/${patient}` } })
const patient = (place: Place) => ({ patient: { reference: `Patient/${place.patient}` } })

const LEAST: Readonly<Record<string, Make>> = {
  DocumentReference: (place, random) => documentOf(place, random),
  List: (place, random) => ({ status: 'current', mode: 'working', ...subject(place), date: day(random), code: code(random), entry: [{ item: { reference: `DocumentReference/${place.document}` } }] }),
  Observation: (place, random) => ({ status: 'final', code: code(random), ...subject(place), effectiveDateTime: day(random), performer: [structure(place.author)], valueQuantity: { value: pick(random, [1, 5, 9]), unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' } }),
  Condition: (place, random) => ({ code: code(random), ...subject(place), onsetDateTime: day(random) }),
  AllergyIntolerance: (place, random) => ({ ...ACTIVE_ALLERGY, code: code(random), ...patient(place), onsetDateTime: day(random) }),
  Immunization: (place, random) => ({ status: 'completed', vaccineCode: code(random), ...patient(place), occurrenceDateTime: day(random), lotNumber: pick(random, ['a', 'b']) }),
  MedicationStatement: (place, random) => ({ status: 'active', medicationCodeableConcept: code(random), ...subject(place), effectiveDateTime: day(random) }),
  MedicationRequest: (place, random) => ({ status: 'active', intent: 'order', medicationCodeableConcept: code(random), ...subject(place), authoredOn: day(random) }),
  Procedure: (place, random) => ({ status: 'completed', code: code(random), ...subject(place), performedDateTime: day(random) }),
  Encounter: (place, random) => ({ status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, ...subject(place), period: { start: day(random) } }),
  FamilyMemberHistory: (place, random) => ({ status: 'completed', relationship: code(random), ...patient(place), date: day(random) }),
  CareTeam: (place, random) => ({ status: 'active', name: pick(random, ['left', 'right']), ...subject(place), participant: [{ member: person(SOMEBODY) }] }),
  QuestionnaireResponse: (place, random) => ({ status: 'completed', ...subject(place), authored: day(random), questionnaire: pick(random, ['http://a.example/fhir', 'http://a.example/fhir/x']) }),
  Provenance: place => ({ target: [{ reference: `DocumentReference/${place.document}` }], recorded: '2026-01-01T10:00:00Z', agent: [{ who: person(COLLEAGUE) }] }),
  Medication: (_, random) => ({ code: code(random) }),
  Communication: (place, random) => ({ status: 'completed', ...subject(place), sender: structure(place.author), recipient: [person(COLLEAGUE)], sent: `${day(random)}T10:00:00Z`, payload: [{ contentString: pick(random, ['hello', 'goodbye']) }] }),
  Appointment: (place, random) => ({ status: 'booked', start: `${day(random)}T10:00:00Z`, end: `${day(random)}T23:30:00Z`, participant: [{ actor: { reference: `Patient/${place.patient}` }, status: 'accepted' }, { actor: structure(place.author), status: 'accepted' }] }),
  Consent: place => ({ ...consent(place.patient, 'acces-ps', { type: 'permit', actor: [{ role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }, reference: person(SOMEBODY) }] }) }),
  RelatedPerson: (place, random) => ({ ...patient(place), name: [{ family: pick(random, ['Petit', 'Grand']), given: ['Jean'] }] }),
  Patient: (_, random) => ({ telecom: [{ system: 'phone', value: pick(random, ['0102030405', '0605040302']) }] }),
  Practitioner: (_, random) => ({ name: [{ family: pick(random, ['Martin', 'Durand']) }] }),
  PractitionerRole: () => ({ practitioner: person(COLLEAGUE), organization: structure('{author}') }),
  Organization: (_, random) => ({ name: pick(random, ['Clinique', 'Cabinet']) }),
  Location: (_, random) => ({ name: pick(random, ['Salle', 'Bureau']) }),
  HealthcareService: (_, random) => ({ name: pick(random, ['Soins', 'Garde']) }),
  Device: (_, random) => ({ status: 'active', deviceName: [{ name: pick(random, ['scale', 'watch']), type: 'user-friendly-name' }] }),
  Endpoint: () => ({ status: 'active', connectionType: { system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type', code: 'hl7-fhir-rest' }, payloadType: [{ text: 'any' }], address: 'https://elsewhere.example/fhir' }),
  Group: (_, random) => ({ type: 'practitioner', actual: true, name: pick(random, ['A list', 'Another']) }),
  Schedule: () => ({ actor: [{ reference: 'PractitionerRole/{PractitionerRole}' }] }),
  Slot: (_, random) => ({ schedule: { reference: 'Schedule/{Schedule}' }, status: pick(random, ['free', 'busy']), start: '2026-12-01T10:00:00Z', end: '2026-12-01T10:30:00Z' }),
  AuditEvent: place => ({
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
    action: 'R',
    recorded: '2026-01-01T10:00:00Z',
    outcome: '0',
    agent: [{ who: person(COLLEAGUE), requestor: true }],
    source: { observer: structure('{lab}') },
    entity: [{ what: { reference: `Patient/${place.patient}` } }, { what: { reference: `DocumentReference/${place.document}` } }]
  }),
  Subscription: (place, random) => ({ status: 'requested', reason: 'to look again', criteria: `${pick(random, ['Observation', 'DocumentReference'])}?patient=Patient/${place.patient}`, channel: { type: 'rest-hook', endpoint: `${HOOKS}/hook` } })
}

/** The types of which a draft can be made. */
export const DRAFTED: readonly string[] = Object.keys(LEAST)

function documentOf (place: Place, random: Random): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(`content ${Math.floor(random() * 1e9)}`)
  return {
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:oid:1.2.3.${Math.floor(random() * 1e9)}` },
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    category: [{ coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument', code: '10' }] }],
    ...subject(place),
    date: `${day(random)}T10:00:00Z`,
    description: pick(random, ['left', 'right']),
    content: [{ attachment: { contentType: 'text/plain', title: 'Compte rendu', data: bytes.toString('base64'), size: bytes.length, hash: createHash('sha1').update(bytes).digest('base64') } }]
  }
}

/** @throws Error for a type of which no draft is made: its cells of the coverage are empty then */
export function leastOf (type: string, place: Place, random: Random): Draft {
  const make = LEAST[type]
  if (make === undefined) throw new Error(`no draft of ${type}`)
  return { resourceType: type, ...make(place, random) }
}

/** Elements that a search parameter reads, and that decide who sees it, or lead elsewhere: never drawn. */
const DECISIVE = ['id', 'meta', 'status', 'verificationStatus', 'implicitRules', 'contained', 'subject', 'patient', 'participant', 'content', 'relatesTo', 'context', 'type', 'category', 'provision', 'member', 'partOf', 'masterIdentifier', 'securityLabel', 'extension', 'modifierExtension', 'payload', 'actual', 'active', 'mode', 'intent']

/**
 * The same with what the declared parameters read, as far as `faultsOf` finds none in it.
 * @param faultsOf the elements of a draft that are not as R4 wants them
 */
export function richOf (type: string, place: Place, random: Random, faultsOf: (draft: Draft) => readonly string[]): Draft {
  const least = leastOf(type, place, random)
  const parameters = declared.filter(({ resourceType }) => resourceType === type)
  if (parameters.length === 0) return least
  const { resourceType, ...drawn } = resourceOf(random, 'x', parameters)
  let more = Object.fromEntries(Object.entries(drawn).filter(([name, value]) => !DECISIVE.includes(name) && !isRival(name, least) && !JSON.stringify(value).includes('"reference"')))
  for (let tries = 0; tries < 8; tries += 1) {
    const faults = faultsOf({ ...more, ...least })
    if (faults.length === 0) return { ...more, ...least }
    more = Object.fromEntries(Object.entries(more).filter(([name]) => !faults.some(fault => name === fault || new RegExp(`^${fault}[A-Z]`).test(name))))
  }
  return least
}

/** Whether `least` has another type of the same choice. */
function isRival (name: string, least: Draft): boolean {
  const stem = /^(value|onset|abatement|effective|performed|occurrence|deceased|medication|born|age|timing|multipleBirth|serviced)[A-Z]/.exec(name)?.[1]
  return stem !== undefined && Object.keys(least).some(each => each.startsWith(stem))
}
