/** The family *identity* (`consent.md` 2, 5, 6): who opens a record, who sees whose traits, and what an account's state does. */
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { INS_TEST, as } from '../helper/app.js'
import { access, actor, block, consent, document, emergency, patient, person, treating } from '../helper/resource.js'
import { GP, GP2, MT, isAbsent, look, matches, newIns, openScene, refused } from './scene.js'

const STATUS = 'https://fhir.espace-sante.example/StructureDefinition/account-status'
const state = (valueCode: string) => ({ extension: [{ url: STATUS, valueCode }] })
const scene = await openScene(t)
const { get, post, put, made, ids, gp, hospital, operator } = scene
const byIns = (ins: string, more = '') => `/Patient?identifier=${INS_TEST}|${ins}${more}`
const OLD = 'urn:oid:1.2.250.1.213.1.4.8'

t.test('the operator alone opens a record', async t => {
  const { holder } = await scene.open()
  for (const token of [gp, hospital, holder]) refused(t, await post(token, patient(newIns())), 403, { code: 'forbidden' })
  t.equal((await post(operator, patient(newIns()))).status, 201)
})

t.test('refuses an identity without INS or strict traits', async t => {
  const required = (expression: string) => ({ code: 'required', expression })
  refused(t, await post(operator, patient(newIns(), { identifier: [{ system: 'urn:x', value: '1' }] })), 422, required('Patient.identifier'))
  const { name: _, birthDate: __, gender: ___, ...bare } = patient(newIns())
  refused(t, await post(operator, bare), 422, required('Patient.name'), required('Patient.birthDate'), required('Patient.gender'))
  refused(t, await post(operator, patient(newIns(), { name: [{ text: 'Léa PETIT' }] })), 422, required('Patient.name'))
})

t.test('there is one record per INS, for ever', async t => {
  const ins = newIns()
  const { id, ...first } = await made(operator, patient(ins))
  refused(t, await post(operator, patient(ins)), 409, { code: 'duplicate' })
  const fresh = newIns()
  const identifier = [{ use: 'official', system: INS_TEST, value: fresh }, { use: 'old', system: INS_TEST, value: ins }]
  const lost = await put(operator, { ...first, id, identifier: identifier.slice(0, 1) })
  refused(t, lost, 422, { code: 'business-rule', expression: 'Patient.identifier' })
  t.equal((await put(operator, { ...first, id, identifier })).status, 200)
  for (const taken of [ins, fresh]) refused(t, await post(operator, patient(taken)), 409, { code: 'duplicate' })
  const other = await made(operator, patient(newIns()))
  refused(t, await put(operator, { ...other, identifier: [...other.identifier, { system: INS_TEST, value: fresh }] }), 409, { code: 'duplicate' })
  t.strictSame(await ids(await scene.token(as.holder(ins)), `/Patient?_id=${id}`), [id], 'the old one still names the holder')
})

t.test('others find by identifier alone, and see no more than they asked', async t => {
  const ins = newIns()
  const { id } = await made(operator, patient(ins, { identifier: [{ system: INS_TEST, value: ins }, { system: OLD, value: newIns() }], telecom: [{ system: 'phone', value: '0600000000' }] }))
  const subset = { resourceType: 'Patient', id, meta: { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }] }, identifier: [{ system: INS_TEST, value: ins }], active: true }
  for (const token of [gp, hospital]) {
    const bundle = await get(token, byIns(ins))
    t.strictSame([bundle.json.total, matches(bundle)], [1, [subset]])
    t.strictSame(matches(await get(token, byIns(ins, '&_revinclude=DocumentReference:patient&_count=5'))), [subset])
    for (const more of ['&birthdate=1990-01-02', '&family=PETIT', `&_id=${id}`, '&gender=female', '&active:missing=true']) t.strictSame(await ids(token, byIns(ins, more)), [], more)
    t.strictSame(await ids(token, `/Patient?_id=${id}`), [])
    for (const url of [`/Patient/${id}`, `/Patient/${id}/_history`]) isAbsent(t, await get(token, url))
    t.strictSame(await ids(token, byIns(newIns())), [])
  }
  const { holder } = await scene.open()
  for (const token of [holder, await scene.token(as.application('app', newIns()))]) t.strictSame(await ids(token, byIns(ins)), [], 'another holder does not')
})

t.test('the whole identity is for the holder, the operator, the médecin traitant and whoever has a ground', async t => {
  const { id, ins, holder } = await scene.open()
  const [mt, inEmergency] = [await scene.professional(MT), await scene.token(as.emergency(GP2, '1750000077', ins, 'bris_de_glace'))]
  const selective = await scene.professional('899700000061')
  await made(holder, access(id, GP))
  await made(holder, treating(id, MT))
  await made(holder, emergency(id, 'urgence-ps', 'BTG'))
  await made(holder, consent(id, 'partage', { type: 'permit', actor: actor(person('899700000061')), securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }))
  for (const token of [holder, operator, gp, mt, inEmergency]) {
    t.match((await get(token, `/Patient/${id}`)).json, { id, birthDate: '1990-01-02' })
    t.match(matches(await get(token, byIns(ins)))[0], { name: [{ family: 'PETIT' }] })
  }
  isAbsent(t, await get(selective, `/Patient/${id}`))
  t.match(matches(await get(selective, byIns(ins)))[0].meta.tag[0], { code: 'SUBSETTED' }, 'a ground for some data is none for the identity')
  await made(holder, block(id, person(GP)))
  isAbsent(t, await get(gp, `/Patient/${id}`))
  t.strictSame(Object.keys(matches(await get(gp, byIns(ins)))[0]), ['resourceType', 'id', 'meta', 'identifier', 'active'])
})

t.test('the holder keeps the contact data, and nothing else', async t => {
  const { id, holder } = await scene.open()
  const { json: before } = await get(holder, `/Patient/${id}`)
  const contact = { telecom: [{ system: 'email', value: 'lea@example.org' }], address: [{ city: 'Lyon' }], communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'fr' }] } }] }
  const { json: after, status } = await put(holder, { ...before, ...contact })
  t.equal(status, 200)
  t.match(after, contact)
  const forbidden = (element: string) => ({ code: 'forbidden', expression: `Patient.${element}` })
  refused(t, await put(holder, { ...after, name: [{ family: 'GRAND', given: ['Léa'] }], birthDate: '1980-01-01' }), 403, forbidden('name'), forbidden('birthDate'))
  refused(t, await put(holder, { ...after, deceasedBoolean: true }), 403, forbidden('deceasedBoolean'))
  refused(t, await put(holder, { ...after, ...state('active') }), 403, forbidden('extension'))
  await made(holder, access(id, GP))
  refused(t, await put(gp, { ...after, telecom: [] }), 422, { code: 'invariant', expression: 'Patient.telecom' })
  refused(t, await put(gp, { ...after, gender: 'other' }), 403, { code: 'forbidden' })
  isAbsent(t, await put(hospital, after))
  t.equal((await put(operator, { ...after, name: [{ family: 'GRAND', given: ['Léa'] }] })).status, 200)
})

async function stage (code: string) {
  const record = await scene.open()
  const { id, holder } = record
  const resource = await made(hospital, document(id))
  const choice = await made(holder, access(id, GP))
  const { json } = await get(operator, `/Patient/${id}`)
  const set = async (valueCode: string) => await put(operator, { ...json, ...state(valueCode) })
  const { status } = await set(code)
  if (status !== 200) throw new Error(`not set: ${status}`)
  return { ...record, resource, choice, set }
}

for (const code of ['notified', 'opposed', 'suspended', 'closed', 'deleted']) {
  t.test(`${code}: nobody sees the record, its holder only its choices`, async t => {
    const { id, ins, holder, resource, choice, set } = await stage(code)
    const url = `/DocumentReference/${resource.id}`
    for (const token of [holder, gp, hospital]) {
      isAbsent(t, await get(token, url))
      t.strictSame(await ids(token, `/DocumentReference?patient=${id}`), [])
      isAbsent(t, await get(token, `/Patient/${id}`))
      t.strictSame(await ids(token, `/AuditEvent?patient=${id}`), [])
    }
    t.notOk((await ids(hospital, '/DocumentReference?_count=200')).includes(resource.id))
    t.equal((await get(holder, `/Consent/${choice.id}`)).status, 200)
    isAbsent(t, await get(gp, `/Consent/${choice.id}`))
    t.equal((await get(operator, `/Patient/${id}`)).status, 200)
    refused(t, await post(hospital, document(id)), 422, { code: 'not-found', expression: 'DocumentReference.subject' })
    const found = matches(await get(gp, byIns(ins)))
    t.strictSame(found.map(({ active }) => active), ['suspended', 'closed'].includes(code) ? [false] : [])
    if (code === 'notified' || code === 'opposed') t.strictSame(look(await get(gp, byIns(ins)), ins), look(await get(gp, byIns('1'.repeat(15))), '1'.repeat(15)))
    t.equal((await set('active')).status, 200)
    for (const token of [holder, gp, hospital]) t.equal((await get(token, url)).status, 200, 'it comes back whole')
  })
}

t.test('the state of an account is one that is known, said with every update', async t => {
  const { json } = await post(operator, patient(newIns(), state('active')))
  refused(t, await put(operator, { ...json, ...state('nonsense') }), 422, { code: 'code-invalid', expression: 'Patient.extension' })
  const { extension: _, ...without } = json
  refused(t, await put(operator, without), 422, { code: 'required', expression: 'Patient.extension' })
})

t.test('a holder whose INS has no record sees nothing', async t => {
  const nobody = await scene.token(as.holder(newIns()))
  const { id } = await scene.open()
  isAbsent(t, await get(nobody, `/Patient/${id}`))
  for (const type of ['Patient', 'DocumentReference', 'Consent', 'AuditEvent']) {
    const bundle: TestResponse = await get(nobody, `/${type}`)
    t.strictSame([bundle.status, bundle.json.total], [200, 0], type)
  }
})
