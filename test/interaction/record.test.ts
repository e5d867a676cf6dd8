/** Resources of the record that are no documents: deposited by anyone who cares, found, corrected, hidden as documents are. */
import t from 'tap'
import { ACTIVE_ALLERGY, access, consent, label, person } from '../helper/resource.js'
import { GP, GP2, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, hospital, made, open, put, remove, post, professional } = scene

const observation = (patient: string, more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] }],
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: '2026-06-01',
  valueQuantity: { value: 13.50, unit: 'g/dL' },
  ...more
})
const FORBIDDEN = { code: 'forbidden' }
const masked = { meta: { security: label('MASQUE_PS').coding } }

t.test('an observation is deposited without a ground, found with one, and hidden by a mask', async t => {
  const { id: patient, holder } = await open()
  const { id } = await made(lab, observation(patient))
  isAbsent(t, await get(gp, `/Observation/${id}`))
  await made(holder, access(patient, GP))
  t.equal((await get(gp, `/Observation/${id}`)).status, 200)
  t.strictSame(await ids(gp, `/Observation?patient=${patient}&code=http://loinc.org|718-7&category=laboratory&date=2026-06`), [id])
  const before = (await get(holder, `/Observation/${id}`)).json
  t.equal((await put(holder, { ...before, ...masked })).status, 200)
  isAbsent(t, await get(gp, `/Observation/${id}`))
  t.strictSame(await ids(gp, `/Observation?patient=${patient}`), [])
  t.strictSame(await ids(lab, `/Observation?patient=${patient}`), [id], 'its author sees it')
  t.strictSame(await ids(holder, `/Observation?patient=${patient}`), [id])
})

t.test('a correction is its author\'s, and never shows it to somebody new', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const before = await made(lab, observation(patient))
  t.equal((await put(lab, { ...before, status: 'amended', valueQuantity: { value: 14 } })).status, 200)
  refused(t, await put(gp, { ...before, status: 'amended' }), 403, FORBIDDEN)
  isAbsent(t, await put(hospital, { ...before, status: 'amended' }))
  refused(t, await put(lab, { ...before, code: { coding: [{ system: 'http://loinc.org', code: '4548-4' }] } }), 422, { code: 'business-rule', expression: 'Observation.code' })
  refused(t, await put(lab, { ...before, subject: { reference: 'Patient/x' } }), 422, { code: 'business-rule', expression: 'Observation.subject' })
  refused(t, await remove(gp, `/Observation/${before.id}`), 403, FORBIDDEN)
  t.equal((await remove(lab, `/Observation/${before.id}`)).status, 204)
  t.equal((await get(gp, `/Observation/${before.id}`)).status, 410)
})

t.test('a choice about a time goes on covering an observation whose time is corrected', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const before = await made(lab, observation(patient, { effectiveDateTime: '2026-06-01' }))
  await made(holder, consent(patient, 'partage', { type: 'deny', dataPeriod: { start: '2026-05-01', end: '2026-07-01' } }))
  isAbsent(t, await get(gp, `/Observation/${before.id}`))
  t.equal((await put(lab, { ...before, effectiveDateTime: '2025-01-01' })).status, 200)
  isAbsent(t, await get(gp, `/Observation/${before.id}`))
})

t.test('what its structure deposits again under its identifier keeps the mask of what was deleted', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const identified = observation(patient, { identifier: [{ system: 'urn:oid:1.2.3', value: 'A-1' }] })
  const { id } = await made(lab, identified)
  const current = (await get(holder, `/Observation/${id}`)).json
  t.equal((await put(holder, { ...current, ...masked })).status, 200)
  t.equal((await remove(lab, `/Observation/${id}`)).status, 204)
  const again = await made(lab, identified)
  t.match(again.meta.security, [{ code: 'MASQUE_PS' }])
  isAbsent(t, await get(gp, `/Observation/${again.id}`))
  const { id: elsewhere } = await made(hospital, identified)
  t.equal((await get(gp, `/Observation/${elsewhere}`)).status, 200, 'another structure\'s identifier is another')
})

t.test('a choice is about one observation, or about what refers to it', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const { id } = await made(lab, observation(patient))
  const { id: derived } = await made(lab, observation(patient, { derivedFrom: [{ reference: `Observation/${id}` }] }))
  const instance = (meaning: string) => consent(patient, 'partage', { type: 'deny', data: [{ meaning, reference: { reference: `Observation/${id}` } }] })
  const choice = await made(holder, instance('instance'))
  t.strictSame(await ids(gp, `/Observation?patient=${patient}`), [derived])
  t.equal((await remove(holder, `/Consent/${choice.id}`)).status, 204)
  await made(holder, instance('related'))
  t.strictSame(await ids(gp, `/Observation?patient=${patient}`), [])
  refused(t, await post(holder, consent(patient, 'partage', { type: 'deny', data: [{ meaning: 'instance', reference: { reference: 'Observation/none' } }] })), 422, { code: 'not-found', expression: 'Consent.provision.data.reference' })
})

t.test('the matrix judges it as the types that the table gives it', async t => {
  const { id: patient, holder } = await open()
  const nurse = await professional(GP2, undefined, { SubjectRole: ['320^1.2.250.1.71.1.2.7'] })
  await made(holder, access(patient, GP2))
  const { id } = await made(lab, observation(patient))
  isAbsent(t, await get(nurse, `/Observation/${id}`))
})

t.test('what the holder writes shows that the holder said it, and nobody else', async t => {
  const { id: patient, ins, holder } = await open()
  await made(holder, access(patient, GP))
  const self = { reference: `Patient/${patient}` }
  const condition = (more: object = {}) => ({ resourceType: 'Condition', code: { text: 'asthma' }, subject: self, ...more })
  const entry = await made(holder, condition())
  t.strictSame((await get(gp, `/Condition/${entry.id}`)).json.asserter, self)
  t.strictSame((await made(holder, observation(patient))).performer, [self])
  const corrected = await put(holder, condition({ id: entry.id, note: [{ text: 'since childhood' }] }))
  t.strictSame([corrected.status, corrected.json.asserter], [200, self], 'what was left out is kept')
  refused(t, await put(holder, condition({ id: entry.id, asserter: person(GP) })), 422, { code: 'business-rule', expression: 'Condition.asserter' })
  t.strictSame((await made(holder, condition({ recorder: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: ins } } }))).asserter, undefined)
  t.equal((await post(holder, condition({ contained: [{ resourceType: 'RelatedPerson', id: 'r', patient: self }], asserter: { reference: '#r' } }))).status, 201)
  for (const asserter of [person(GP), { display: 'Dr Martin' }, { reference: '#p' }]) {
    refused(t, await post(holder, condition({ contained: [{ resourceType: 'Practitioner', id: 'p' }], evidence: [{ detail: [{ reference: '#p' }] }], asserter })), 422, { code: 'business-rule', expression: 'Condition.asserter' })
  }
  refused(t, await post(holder, { ...observation(patient), performer: [self, person(GP)] }), 422, { code: 'business-rule', expression: 'Observation.performer' })
  const theirs = await made(gp, condition({ asserter: self, recorder: person(GP) }))
  t.strictSame([theirs.asserter, theirs.recorder], [self, person(GP)], 'a professional says whom they had it from')
  t.strictSame((await made(gp, condition())).asserter, undefined)
})

t.test('the holder says what is theirs to say', async t => {
  const { id: patient, holder } = await open()
  const other = await open()
  t.equal((await post(holder, { resourceType: 'AllergyIntolerance', ...ACTIVE_ALLERGY, patient: { reference: `Patient/${patient}` }, code: { text: 'penicillin' } })).status, 201)
  refused(t, await post(holder, { resourceType: 'MedicationRequest', status: 'active', intent: 'order', medicationCodeableConcept: { text: 'x' }, subject: { reference: `Patient/${patient}` } }), 403, FORBIDDEN)
  refused(t, await post(holder, observation(other.id)), 422, { code: 'not-found', expression: 'Observation.subject' })
  refused(t, await post(lab, { resourceType: 'Observation', status: 'final', code: { text: 'x' } }), 422, { code: 'required', expression: 'Observation.subject' })
  refused(t, await post(lab, { resourceType: 'Medication', code: { text: 'x' } }), 422, { code: 'business-rule', expression: 'Medication' })
})
