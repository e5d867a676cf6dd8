/** Chains (`consent.md` 4): what replaces a document takes its restrictions over, both ways, whoever set them. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { withFacts } from '../../src/store/stored.js'
import type { TestResponse } from '../helper/app.js'
import { access, block, document, label, structure, treating } from '../helper/resource.js'
import { GP, HOSPITAL, MT, isAbsent, link, look, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, post, put, made, ids, gp, hospital, lab } = scene
const { id: patientId, holder } = await scene.open()
const DOCTOR = '899700000042'
const doctor = await scene.professional(DOCTOR, HOSPITAL)
const mt = await scene.professional(MT)
await made(holder, access(patientId, GP))
await made(holder, treating(patientId, MT))
const deposit = async (more: object = {}, content?: string, token = hospital, patient = patientId) => await made(token, document(patient, { ...more }, content))
const replacing = (...targets: readonly string[]) => ({ relatesTo: targets.map(id => ({ code: 'replaces', target: { reference: `DocumentReference/${id}` } })) })
const MASKED = { securityLabel: [label('MASQUE_PS')] }
const INVISIBLE = { securityLabel: [label('INVISIBLE_PATIENT')] }
const read = async (token: string, { id }: { id: string }) => (await get(token, `/DocumentReference/${id}`))
const status = async (token: string, document: { id: string }) => (await read(token, document)).status
const codes = ({ securityLabel = [] }: TestResponse['json']) => securityLabel.flatMap((one: TestResponse['json']) => one.coding.map(({ code }: { code: string }) => code))
const mask = async (document: { id: string }) => await put(holder, { ...(await read(holder, document)).json, ...MASKED })
const NEVER_TWICE = { code: 'business-rule', expression: 'DocumentReference.securityLabel' }

t.test('what is replaced is superseded, in a version of its own', async t => {
  const first = await deposit()
  const second = await deposit(replacing(first.id))
  const { json } = await read(gp, first)
  t.strictSame([json.status, second.status], ['superseded', 'current'])
  t.not(json.meta.versionId, first.meta.versionId)
  t.equal((await get(gp, `/DocumentReference/${first.id}/_history`)).json.total, 2)
  t.strictSame(await ids(gp, `/DocumentReference?patient=${patientId}&relatesto=DocumentReference/${first.id}`), [second.id])
})

t.test('a replacement takes a mask over', async t => {
  const first = await deposit()
  await mask(first)
  const second = await deposit(replacing(first.id))
  t.strictSame(codes(second), ['MASQUE_PS'])
  const third = await deposit(replacing(second.id))
  for (const one of [first, second, third]) {
    isAbsent(t, await read(gp, one))
    t.equal(await status(mt, one), 200)
  }
})

t.test('a mask reaches back to all that was replaced, and is taken off all of it', async t => {
  const first = await deposit()
  const [second, aside] = [await deposit(replacing(first.id)), await deposit()]
  const third = await deposit(replacing(second.id))
  await mask(third)
  for (const one of [first, second, third]) isAbsent(t, await read(gp, one))
  isAbsent(t, await get(gp, `/DocumentReference/${first.id}/_history/${first.meta.versionId}`))
  t.equal(await status(gp, aside), 200)
  t.strictSame(codes((await read(holder, first)).json), ['MASQUE_PS'], 'it says so itself')
  const { securityLabel: _, ...open } = (await read(holder, first)).json
  t.equal((await put(holder, open)).status, 200)
  for (const one of [first, second, third]) t.equal(await status(gp, one), 200)
})

t.test('a restriction that a replacement brings is that of what it replaces', async t => {
  const first = await deposit()
  await deposit({ ...replacing(first.id), securityLabel: [label('R', 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality')] })
  t.strictSame(codes((await read(holder, first)).json), ['R'])
  const two = [await deposit(), await deposit()]
  await deposit({ ...replacing(...two.map(({ id }) => id)), ...MASKED })
  for (const one of two) isAbsent(t, await read(gp, one))
})

t.test('another structure replaces nothing, and does not learn that it is there', async t => {
  const first = await deposit()
  const response = await post(lab, document(patientId, replacing(first.id)))
  refused(t, response, 422, { code: 'not-found', expression: 'DocumentReference.relatesTo.target' })
  t.strictSame(look(response), look(await post(lab, document(patientId, replacing(randomUUID())))))
  refused(t, await post(gp, document(patientId, replacing(first.id))), 422, { code: 'not-found', expression: 'DocumentReference.relatesTo.target' })
  t.equal((await read(hospital, first)).json.status, 'current')
  const other = await scene.open()
  refused(t, await post(hospital, document(other.id, replacing(first.id))), 422, { code: 'not-found', expression: 'DocumentReference.relatesTo.target' })
})

t.test('a structure that is blocked still replaces its own, and sees nothing of it', async t => {
  const { id, holder } = await scene.open()
  const first = await deposit({}, undefined, hospital, id)
  const blocked = await made(holder, block(id, structure(HOSPITAL)))
  const response = await post(hospital, document(id, replacing(first.id)))
  t.strictSame([response.status, response.text], [201, ''])
  isAbsent(t, await get(hospital, response.headers['location'] ?? ''))
  t.equal((await read(holder, first)).json.status, 'superseded')
  await put(holder, { ...blocked, status: 'inactive' })
  t.equal((await get(hospital, response.headers['location'] ?? '')).status, 200)
})

t.test('the same content by the same structure joins the chain', async t => {
  const content = `the same ${randomUUID()}`
  const first = await deposit({}, content)
  await mask(first)
  const again = await deposit({}, content)
  t.strictSame(codes(again), ['MASQUE_PS'])
  isAbsent(t, await read(gp, again))
  t.equal((await read(hospital, first)).json.status, 'current', 'without replacing it')
  const byOthers = await deposit({}, content, lab)
  t.strictSame([codes(byOthers), await status(gp, byOthers)], [[], 200])
  const elsewhere = await scene.open()
  t.strictSame(codes(await deposit({}, content, hospital, elsewhere.id)), [])
})

t.test('so does the identifier of what was deleted', async t => {
  const first = await deposit()
  await mask(first)
  t.equal((await scene.remove(hospital, `/DocumentReference/${first.id}`)).status, 204)
  const again = await deposit({ masterIdentifier: first.masterIdentifier })
  t.strictSame(codes(again), ['MASQUE_PS'])
  isAbsent(t, await read(gp, again))
})

t.test('a next link leaves out what its chain masked meanwhile', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  const [first, second] = [await deposit({}, undefined, hospital, id), await deposit({}, undefined, hospital, id)]
  const next = link(await get(gp, `/DocumentReference?patient=${id}&_count=1&_sort=_lastUpdated`), 'next') ?? ''
  t.strictSame(await ids(gp, next), [second.id])
  await deposit({ ...replacing(second.id), ...MASKED }, undefined, hospital, id)
  t.strictSame(await ids(gp, next), [])
  t.strictSame(await ids(gp, `/DocumentReference?patient=${id}`), [first.id])
})

t.test('what is to be announced is hidden from the holder, once, until it is released', async t => {
  const first = await deposit(INVISIBLE, undefined, doctor)
  for (const token of [doctor, hospital, mt, gp]) t.equal(await status(token, first), 200)
  isAbsent(t, await read(holder, first))
  t.notOk((await ids(holder, `/DocumentReference?patient=${patientId}&_count=200`)).includes(first.id))
  isAbsent(t, await get(holder, `/${first.content[0].attachment.url}`))
  const second = await deposit(replacing(first.id), undefined, doctor)
  isAbsent(t, await read(holder, second))
  const { securityLabel: _, ...open } = (await read(doctor, second)).json
  t.equal((await put(doctor, open)).status, 200)
  for (const one of [first, second]) t.equal(await status(holder, one), 200)
  refused(t, await put(doctor, { ...open, ...INVISIBLE }), 422, NEVER_TWICE)
  refused(t, await post(doctor, document(patientId, { ...replacing(second.id), ...INVISIBLE })), 422, NEVER_TWICE)
})

t.test('what was never announced is the holder\'s after a month', async t => {
  const first = await deposit(INVISIBLE, undefined, doctor)
  isAbsent(t, await read(holder, first))
  const documents = scene.mongo.db(scene.database).collection<{ _id: string, head: string, facts: { opens: number } }>('DocumentReference')
  const { facts, head } = await documents.findOne({ _id: first.id }) ?? { facts: { opens: 0 }, head: '{}' }
  const days = (facts.opens - Date.parse(first.meta.lastUpdated)) / (24 * 3600 * 1000)
  t.ok(days > 27.9 && days < 31.1, `one calendar month, not ${days} days`)
  await documents.updateOne({ _id: first.id }, { $set: withFacts('DocumentReference', head, { ...facts, opens: Date.now() - 1 }) as object })
  t.equal(await status(holder, first), 200)
  t.ok((await ids(holder, `/DocumentReference?patient=${patientId}&_count=200`)).includes(first.id))
})

t.test('the holder withholds nothing from themselves', async t => {
  const own = { type: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire', code: 'DOCPAT01' }] } }
  refused(t, await post(holder, document(patientId, { ...own, ...INVISIBLE })), 403, { code: 'forbidden', expression: 'DocumentReference.securityLabel' })
  t.equal((await post(holder, document(patientId, { ...own, ...MASKED }))).status, 201)
})
