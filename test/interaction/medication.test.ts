/** A Medication comes with what uses it (`consent.md` 2), is seen with it and goes with it. */
import t from 'tap'
import { access, consent } from '../helper/resource.js'
import { GP, isAbsent, matches, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, hospital, made, open, post, put, remove } = scene

const CIS = 'urn:oid:1.2.3.4'
const code = (value: string) => ({ coding: [{ system: CIS, code: value }] })
const MASK = { system: 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument', code: 'MASQUE_PS' }
const ONE = 'urn:uuid:11111111-1111-4111-8111-111111111111'
type Entry = Readonly<Record<string, unknown>>
const entry = (resource: { resourceType: string }, more: object = {}, request: object = {}): Entry => ({ resource, request: { method: 'POST', url: resource.resourceType, ...request }, ...more })
const medication = (value: string, more: object = {}, fullUrl = ONE) => entry({ resourceType: 'Medication', code: code(value), ...more } as { resourceType: string }, { fullUrl })
const uses = (patient: string, more: object = {}, type = 'MedicationRequest', request: object = {}) => entry({
  resourceType: type, status: 'active', ...type === 'MedicationRequest' ? { intent: 'order' } : {}, medicationReference: { reference: ONE }, subject: { reference: `Patient/${patient}` }, ...more
} as { resourceType: string }, {}, request)
const bundle = (...list: readonly Entry[]) => ({ resourceType: 'Bundle', type: 'transaction', entry: list })
const send = async (token: string, ...list: readonly Entry[]) => await scene.request(token, 'POST', '', { body: bundle(...list) })
const address = (response: { json: { entry: readonly { response: { location: string } }[] } }, index: number) => /\/fhir(\/\w+\/[^/]+)/.exec(response.json.entry[index]?.response.location ?? '')?.[1] ?? ''

async function stage (value: string, more: object = {}) {
  const patient = await open()
  await made(patient.holder, access(patient.id, GP))
  const answer = await send(lab, medication(value), uses(patient.id, more))
  t.equal(answer.status, 200, answer.text)
  return { ...patient, drug: address(answer, 0), request: address(answer, 1) }
}

t.test('it comes before or after what uses it, and is found, included and read', async t => {
  const { id, holder, drug, request } = await stage('60000001')
  t.strictSame((await get(gp, request)).json.medicationReference, { reference: drug.slice(1) })
  t.strictSame((await get(gp, drug)).json.code, code('60000001'))
  for (const token of [gp, lab, holder]) t.strictSame(await ids(token, `/Medication?code=${CIS}|60000001`), [drug.split('/')[2]])
  t.equal(matches(await get(gp, `/MedicationRequest?patient=${id}&_include=MedicationRequest:medication`), 'include').length, 1)
  isAbsent(t, await get(hospital, drug))
  t.strictSame(await ids(hospital, `/Medication?code=${CIS}|60000001`), [])
  const own = await send(holder, uses(id, {}, 'MedicationStatement'), medication('60000002'))
  t.equal(own.status, 200, own.text)
  t.equal((await get(gp, address(own, 1))).status, 200)
})

t.test('B13 P17 what hides or shows the one hides or shows the other', async t => {
  const { holder, drug, request } = await stage('60000003')
  const seen = (await get(gp, request)).json
  const masked = await put(holder, { ...seen, meta: { security: [MASK] } })
  t.equal(masked.status, 200, masked.text)
  isAbsent(t, await get(gp, drug))
  isAbsent(t, await get(gp, `${drug}/_history`))
  t.strictSame(await ids(gp, `/Medication?code=${CIS}|60000003`), [])
  t.equal((await get(lab, drug)).status, 200)
  await put(holder, seen)
  t.equal((await get(gp, drug)).status, 200)
  t.equal((await put(lab, { ...seen, status: 'entered-in-error' })).status, 200)
  isAbsent(t, await get(gp, drug))
  t.equal((await get(lab, drug)).status, 200)
})

t.test('a choice about one, or about its substance, reaches both', async t => {
  const [one, other] = [await stage('60000004'), await stage('60000005')]
  const deny = (patient: string, more: object) => consent(patient, 'partage', { type: 'deny', ...more })
  await made(one.holder, deny(one.id, { code: [code('60000004')] }))
  for (const url of [one.drug, one.request]) isAbsent(t, await get(gp, url))
  await made(other.holder, deny(other.id, { data: [{ meaning: 'instance', reference: { reference: other.request.slice(1) } }] }))
  for (const url of [other.drug, other.request]) isAbsent(t, await get(gp, url))
  const later = { resourceType: 'MedicationStatement', status: 'active', medicationReference: { reference: one.drug.slice(1) }, subject: { reference: `Patient/${one.id}` } }
  const statement = await made(lab, later)
  isAbsent(t, await get(gp, `/MedicationStatement/${statement.id}`))
  t.equal((await put(lab, { ...statement, status: 'stopped' })).status, 200, 'a correction keeps its codes')
  isAbsent(t, await get(gp, `/MedicationStatement/${statement.id}`))
  refused(t, await post(hospital, later), 422, { code: 'not-found', expression: 'MedicationStatement.medicationReference' })
})

t.test('it goes with what uses it', async t => {
  const { drug, request, id } = await stage('60000006')
  const later = await made(lab, { resourceType: 'MedicationStatement', status: 'active', medicationReference: { reference: drug.slice(1) }, subject: { reference: `Patient/${id}` } })
  t.equal((await remove(lab, request)).status, 204)
  t.equal((await get(lab, drug)).status, 410)
  isAbsent(t, await get(hospital, drug))
  t.strictSame(await ids(lab, `/Medication?code=${CIS}|60000006`), [])
  t.equal((await put(lab, { ...later, status: 'stopped' })).status, 200)
})

t.test('alone, for two, in a batch, with labels of its own: refused, and nothing is written', async t => {
  const { id } = await open()
  const alone = { code: 'business-rule', expression: 'Medication' }
  refused(t, await post(lab, { resourceType: 'Medication', code: code('60000007') }), 422, alone)
  refused(t, await send(lab, medication('60000007')), 422, { ...alone, expression: 'Bundle.entry[0].resource' })
  refused(t, await send(lab, medication('60000007'), uses(id), uses(id, {}, 'MedicationStatement')), 422, { code: 'business-rule', expression: 'Bundle.entry[2].resource.medicationReference' })
  refused(t, await send(lab, medication('60000007', { meta: { security: [MASK] } }), uses(id)), 422, { code: 'business-rule', expression: 'Bundle.entry[0].resource.meta.security' })
  const list = entry({ resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${id}` }, entry: [{ item: { reference: ONE } }] } as { resourceType: string })
  refused(t, await send(lab, medication('60000007'), list), 422, { ...alone, expression: 'Bundle.entry[0].resource' })
  const batch = await scene.request(lab, 'POST', '', { body: { ...bundle(medication('60000007')), type: 'batch' } })
  t.equal(batch.json.entry[0].response.status, '422')
  t.strictSame(await ids(lab, `/Medication?code=${CIS}|60000007`), [])
  t.equal((await send(lab, list, medication('60000007'), uses(id))).status, 200, 'a list may hold it beside what uses it')
})

t.test('what uses it was there already: neither is written again', async t => {
  const { id } = await open()
  const identifier = [{ system: 'urn:oid:1.2.3', value: id }]
  const once = { ifNoneExist: `identifier=urn:oid:1.2.3|${id}` }
  const [first, second] = [await send(lab, medication('60000008'), uses(id, { identifier }, 'MedicationRequest', once)), await send(lab, medication('60000008'), uses(id, { identifier }, 'MedicationRequest', once))]
  t.strictSame([first, second].map(({ json }) => json.entry.map((one: { response: { status: string } }) => one.response.status)), [['201', '201'], ['200', '200']])
  t.equal((await ids(lab, `/Medication?code=${CIS}|60000008`)).length, 1)
})
