/** The least of each type of the record, and of each type a resource that a physician with a ground does not see. */
import { ACTIVE_ALLERGY, block, document, label, person, structure } from '../helper/resource.js'
import { newPerson } from './scene.js'
import type { Cast, Scene } from './scene.js'

const text = { text: 'something' }
const LOINC = 'http://loinc.org'

/** The least that each type asks, by the reference to its patient. */
export const least: Readonly<Record<string, (subject: { readonly reference: string }, document: string) => object>> = {
  List: (subject, document) => ({ status: 'current', mode: 'working', subject, entry: [{ item: { reference: document } }] }),
  Observation: subject => ({ status: 'final', code: text, subject }),
  Condition: subject => ({ code: text, subject }),
  AllergyIntolerance: patient => ({ ...ACTIVE_ALLERGY, code: text, patient }),
  Immunization: patient => ({ status: 'completed', vaccineCode: text, patient, occurrenceDateTime: '2026-01-01' }),
  MedicationStatement: subject => ({ status: 'active', medicationCodeableConcept: text, subject }),
  MedicationRequest: subject => ({ status: 'active', intent: 'order', medicationCodeableConcept: text, subject }),
  Procedure: subject => ({ status: 'completed', code: text, subject }),
  Encounter: subject => ({ status: 'finished', class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' }, subject }),
  FamilyMemberHistory: patient => ({ status: 'completed', relationship: text, patient }),
  QuestionnaireResponse: subject => ({ status: 'completed', subject }),
  Provenance: (_, document) => ({ target: [{ reference: document }], recorded: '2026-01-01T10:00:00Z', agent: [{ who: person('899700000000') }] })
}

/** An origin that a server has to allow, for a Subscription of the holder. */
export const HOOKS = 'https://hooks.example.org'

export type Draft = Readonly<Record<string, unknown>> & { readonly resourceType: string }

/** What is going to be hidden in the record of a cast: of every type that somebody deposits as it stands. */
export function draftsOf ({ holder, hospital, id }: Cast): readonly Draft[] {
  const subject = { reference: `Patient/${holder.id}` }
  const coded = { code: { coding: [{ system: LOINC, code: '718-7', display: 'Secret' }], text: 'Secret' }, identifier: [{ system: 'urn:secret', value: 'secret' }] }
  const more: Readonly<Record<string, object>> = {
    Observation: { ...coded, effectiveDateTime: '2026-02-03T04:05:06Z', valueQuantity: { value: 12.5, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' } },
    Condition: { ...coded, onsetDateTime: '2026-02-03' },
    List: { title: 'Secret', date: '2026-02-03T04:05:06Z' }
  }
  return [
    { ...document(holder.id, { description: 'Secret', date: '2026-02-03T04:05:06Z', content: [{ attachment: { contentType: 'text/plain', language: 'fr', title: 'Secret', data: 'c2VjcmV0' } }] }) },
    ...Object.entries(least).map(([resourceType, make]) => ({ resourceType, ...make(subject, `DocumentReference/${id}`), ...more[resourceType] })),
    { resourceType: 'CareTeam', status: 'active', name: 'Secret', subject, participant: [{ member: person(newPerson()) }] },
    { ...block(holder.id, person(newPerson())) },
    { resourceType: 'Communication', status: 'completed', subject, sender: structure(hospital.structure), recipient: [subject], payload: [{ contentString: 'Secret' }], sent: '2026-02-03T04:05:06Z' },
    { resourceType: 'Appointment', status: 'booked', start: '2027-02-03T04:05:06Z', end: '2027-02-03T04:35:06Z', participant: [subject, structure(hospital.structure)].map(actor => ({ actor, status: 'accepted' })) }
  ]
}

/** Writes them: the holder what is theirs to write, the hospital the rest, and the holder masks it. @returns the id of each type */
export async function hide (scene: Scene, { holder, hospital }: Cast, drafts: readonly Draft[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  for (const draft of drafts) {
    const { resourceType } = draft
    const isOfHolder = resourceType === 'Consent' || resourceType === 'CareTeam'
    const id = await scene.make(isOfHolder ? holder.token : hospital.token, draft)
    ids.set(resourceType, id)
    if (['Consent', 'Communication', 'Appointment'].includes(resourceType)) continue
    const masked = await scene.change(holder.token, `/${resourceType}/${id}`, resourceType === 'DocumentReference' ? { securityLabel: [label('MASQUE_PS')] } : { meta: { security: label('MASQUE_PS').coding } })
    if (masked.status !== 200) throw new Error(`not masked: ${resourceType} ${masked.status} ${masked.text}`)
  }
  return ids
}

/** And what comes otherwise: a medication with its request, a content with its document, a trace; whom the physician has no ground about. */
export async function hideRest (scene: Scene, { holder, hospital }: Cast, ids: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const documentId = ids.get('DocumentReference') ?? ''
  const urn = 'urn:uuid:11111111-1111-4111-8111-111111111111'
  const entry = (resource: { readonly resourceType: string }, more: object = {}) => ({ resource, request: { method: 'POST', url: resource.resourceType }, ...more })
  const request = { resourceType: 'MedicationRequest', status: 'active', intent: 'order', medicationReference: { reference: urn }, subject: { reference: `Patient/${holder.id}` }, meta: { security: label('MASQUE_PS').coding } }
  const body = { resourceType: 'Bundle', type: 'transaction', entry: [entry({ resourceType: 'Medication', code: text } as { resourceType: string }, { fullUrl: urn }), entry(request)] }
  const sent = await scene.request(hospital.token, 'POST', '', { body })
  const { content } = (await scene.request(holder.token, 'GET', `/DocumentReference/${documentId}`)).json
  const [trace = ''] = await scene.ids(holder.token, `/AuditEvent?patient=${holder.id}&entity=DocumentReference/${documentId}&subtype=create`)
  const other = await scene.holder()
  const relative = await scene.make(other.token, { resourceType: 'RelatedPerson', patient: { reference: `Patient/${other.id}` }, name: [{ family: 'Secret' }] })
  const subscription = await scene.make(holder.token, { resourceType: 'Subscription', status: 'requested', reason: 'Secret', criteria: 'Observation?code=secret', channel: { type: 'rest-hook', endpoint: `${HOOKS}/secret` } })
  return new Map([
    ...ids,
    ['Subscription', subscription],
    ['Medication', /Medication\/([^/]+)/.exec(sent.json.entry[0].response.location)?.[1] ?? ''],
    ['Binary', (content[0].attachment.url as string).replace('Binary/', '')],
    ['AuditEvent', trace],
    ['Patient', other.id],
    ['RelatedPerson', relative]
  ])
}
