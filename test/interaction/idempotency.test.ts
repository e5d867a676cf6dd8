/** Idempotency-Key: what is sent again is done once, answered as before, and shows no more than a read would. */
import t from 'tap'
import type { Test } from 'tap'
import { as } from '../helper/app.js'
import { access, block, document, label, patient, person } from '../helper/resource.js'
import type { TestResponse } from '../helper/app.js'
import { GP, HOSPITAL, LAB, PRACTICE, look, newIns, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { post, get, put, remove, operator, lab, hospital, mongo, database } = scene
const keyed = (key: string, more: Readonly<Record<string, string>> = {}) => ({ 'idempotency-key': `"${key}"`, ...more })
const count = async (type: string, filter: object) => await mongo.db(database).collection(type).countDocuments(filter)
const told = ({ status, headers }: TestResponse) => [status, headers['location'], headers['etag'], headers['last-modified']]

/** Asserts that a retry was answered as the first, with nothing new written. */
function same (t: Test, first: TestResponse, again: TestResponse): void {
  t.equal(first.status, 201)
  t.strictSame(told(again), told(first), 'the same status and headers')
}

t.test('the same request again is answered as before, and written once', async t => {
  const { id } = await scene.open()
  const body = document(id)
  const first = await post(lab, body, keyed('k1'))
  const again = await post(lab, body, keyed('k1'))
  same(t, first, again)
  t.strictSame(look(again), look(first), 'to the byte')
  t.equal(await count('DocumentReference', { patient: id }), 1)
  const minimal = await post(lab, body, keyed('k1', { prefer: 'return=minimal' }))
  same(t, first, minimal)
  t.equal(minimal.text, '', 'the body is what this request prefers')
})

t.test('without the key the same document is a duplicate, as ever', async t => {
  const { id } = await scene.open()
  const body = document(id)
  t.equal((await post(lab, body)).status, 201)
  refused(t, await post(lab, body), 409, { code: 'duplicate' })
})

t.test('what has nothing unique in it is written once too', async t => {
  const { id, holder } = await scene.open()
  const body = access(id, GP)
  same(t, await post(holder, body, keyed('choice')), await post(holder, body, keyed('choice')))
  t.equal(await count('Consent', { patient: id }), 1)
  const organization = { resourceType: 'Organization', active: true, name: 'Deux fois' }
  same(t, await post(operator, organization, keyed('org')), await post(operator, organization, keyed('org')))
  const body2 = patient(newIns())
  same(t, await post(operator, body2, keyed('patient')), await post(operator, body2, keyed('patient')))
})

t.test('another request under the same key is refused', async t => {
  const { id } = await scene.open()
  t.equal((await post(lab, document(id), keyed('k2'))).status, 201)
  refused(t, await post(lab, document(id), keyed('k2')), 422, { code: 'duplicate', expression: 'Idempotency-Key' })
  t.equal(await count('DocumentReference', { patient: id }), 1)
  const name = { resourceType: 'Organization', name: 'X' }
  t.equal((await post(operator, name, keyed('k3'))).status, 201)
  const other = await scene.request(operator, 'POST', '/Practitioner', { body: name, headers: keyed('k3') })
  refused(t, other, 422, { code: 'duplicate', expression: 'Idempotency-Key' })
})

t.test('another caller\'s key is another key', async t => {
  const { id } = await scene.open()
  const [one, other] = [document(id), document(id)]
  const first = await post(lab, one, keyed('shared'))
  const second = await post(hospital, other, keyed('shared'))
  t.strictSame([first.status, second.status], [201, 201])
  t.not(first.headers['location'], second.headers['location'])
  const [unused, used] = [await post(hospital, { resourceType: 'DocumentReference' }, keyed('never')), await post(hospital, { resourceType: 'DocumentReference' }, keyed('k1'))]
  t.strictSame(look(used), look(unused), 'a key that the laboratory used looks like one that nobody used')
})

t.test('a key is ASCII text in quotes', async t => {
  const { id } = await scene.open()
  for (const key of ['bare', '""', '"é"', '"a" , "b"', `"${'x'.repeat(256)}"`, '"a"b"', '']) {
    refused(t, await post(lab, document(id), { 'idempotency-key': key }), 400, { code: 'invalid', expression: 'Idempotency-Key' })
  }
  for (const key of [`"${'x'.repeat(255)}"`, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '"a\\"b\\\\c"']) {
    t.equal((await post(lab, document(id), { 'idempotency-key': key })).status, 201, key.slice(0, 20))
  }
})

t.test('two at once write once: the other is told to try again', async t => {
  const { id } = await scene.open()
  const body = document(id)
  const answers = await Promise.all(Array.from({ length: 6 }, async () => await post(lab, body, keyed('together'))))
  const made = answers.filter(({ status }) => status === 201)
  const waiting = answers.filter(({ status }) => status === 409)
  t.equal(made.length, 1)
  t.equal(waiting.length, 5)
  for (const answer of waiting) {
    refused(t, answer, 409, { code: 'conflict', expression: 'Idempotency-Key' })
    t.equal(answer.headers['retry-after'], '1')
  }
  t.equal(await count('DocumentReference', { patient: id }), 1)
  const [first] = made
  if (first !== undefined) same(t, first, await post(lab, body, keyed('together')))
})

t.test('a server that died after the write answers the retry when it is back', async t => {
  const { id, holder } = await scene.open()
  const body = block(id, person(GP))
  const lost = await post(holder, body, keyed('lost'))
  await scene.restart()
  same(t, lost, await post(holder, body, keyed('lost')))
  t.equal(await count('Consent', { patient: id }), 1)
})

t.test('what was refused is judged anew', async t => {
  const ins = newIns()
  const body = document('x', { subject: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: ins } } })
  t.equal((await post(lab, body, keyed('early'))).status, 422)
  t.equal((await post(operator, patient(ins))).status, 201)
  t.equal((await post(lab, body, keyed('early'))).status, 201)
})

t.test('a retry shows no more than a read would', async t => {
  const { id, holder } = await scene.open()
  const gp = await scene.token(as.professional(GP, PRACTICE))
  const body = document(id)
  const first = await post(gp, body, keyed('gp'))
  t.ok(first.text.length > 0)
  t.equal((await post(holder, block(id, person(GP)))).status, 201)
  const again = await post(gp, body, keyed('gp'))
  same(t, first, again)
  t.equal(again.text, '', 'the holder has shut them out since')
})

t.test('a retry after a change or a deletion has an empty body, alike', async t => {
  const { id, holder } = await scene.open()
  const [changed, deleted] = [document(id), document(id)]
  const [one, two] = [await post(lab, changed, keyed('changed')), await post(lab, deleted, keyed('deleted'))]
  t.equal((await put(holder, { ...one.json, securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.equal((await remove(lab, `/DocumentReference/${two.json.id}`)).status, 204)
  for (const [first, body, key] of [[one, changed, 'changed'], [two, deleted, 'deleted']] as const) {
    const again = await post(lab, body, keyed(key))
    same(t, first, again)
    t.equal(again.text, '')
  }
})

t.test('what a retry shows is traced', async t => {
  const { id, holder } = await scene.open()
  const body = document(id)
  await post(lab, body, keyed('traced'))
  await post(lab, body, keyed('traced'))
  const { entry } = (await get(holder, `/AuditEvent?patient=Patient/${id}&_sort=date&_count=50`)).json
  const said = entry.map((each: TestResponse['json']) => each.resource.subtype[0].code)
  t.strictSame(said.filter((code: string) => code !== 'search-type'), ['create', 'create', 'read'], 'the record, the document, the second look')
})

t.test('a token that may not create gets no answer of one that might', async t => {
  const { id } = await scene.open()
  const body = document(id)
  t.equal((await post(lab, body, keyed('scope'))).status, 201)
  const reader = await scene.token(as.structure(LAB, { scope: 'system/*.rs' }))
  refused(t, await post(reader, body, keyed('scope')), 403, { code: 'forbidden' })
})

t.test('a receipt holds neither key, caller nor body, and goes after a week', async t => {
  const { id } = await scene.open()
  const body = document(id)
  await post(hospital, body, keyed('a-key-to-look-for'))
  const receipts = mongo.db(database).collection('Receipt')
  const stored = JSON.stringify(await receipts.find().toArray())
  for (const secret of ['a-key-to-look-for', HOSPITAL, String(body.masterIdentifier.value), 'Compte rendu', body.content[0]?.attachment.data ?? '']) t.notMatch(stored, secret)
  t.ok((await receipts.indexes()).some(({ expireAfterSeconds }) => expireAfterSeconds === 7 * 24 * 3600))
})

const bundle = (type: 'batch' | 'transaction', ...entries: readonly (readonly [method: string, url: string, resource?: object])[]) => ({
  resourceType: 'Bundle', type, entry: entries.map(([method, url, resource]) => ({ ...resource === undefined ? {} : { resource }, request: { method, url } }))
})
const postBundle = async (token: string, body: object, key: string, more: Readonly<Record<string, string>> = {}) =>
  await scene.request(token, 'POST', '', { body, headers: keyed(key, more) })

t.test('a transaction under a key is done once: each entry is told where it was', async t => {
  const { id } = await scene.open()
  const body = bundle('transaction', ['POST', 'DocumentReference', document(id)], ['POST', 'DocumentReference', document(id)])
  const first = await postBundle(lab, body, 'whole')
  const again = await postBundle(lab, body, 'whole')
  t.equal(first.status, 200, first.text)
  t.strictSame(look(again), look(first), 'to the byte')
  t.equal(await count('DocumentReference', { patient: id }), 2)
  const shown = await postBundle(lab, body, 'whole', { prefer: 'return=representation' })
  t.strictSame(shown.json.entry.map((entry: TestResponse['json']) => [entry.resource.resourceType, entry.response.location]),
    first.json.entry.map((entry: TestResponse['json']) => ['DocumentReference', entry.response.location]))
  const more = bundle('transaction', ['POST', 'DocumentReference', document(id)])
  refused(t, await postBundle(lab, more, 'whole'), 422, { code: 'duplicate', expression: 'Idempotency-Key' })
  const reader = await scene.token(as.structure(LAB, { scope: 'system/*.rs' }))
  t.equal((await postBundle(reader, body, 'whole')).status, 403)
})

t.test('what a transaction read is read anew, and not kept', async t => {
  const { id, holder } = await scene.open()
  const gp = await scene.token(as.professional(GP, PRACTICE))
  const known = (await post(gp, document(id))).json.id as string
  const body = bundle('transaction', ['GET', `DocumentReference/${known}`], ['POST', 'DocumentReference', document(id)])
  const first = await postBundle(gp, body, 'reading')
  t.equal(first.json.entry[0].resource.id, known, first.text)
  t.strictSame(look(await postBundle(gp, body, 'reading')), look(first))
  t.equal((await post(holder, block(id, person(GP)))).status, 201)
  const again = await postBundle(gp, body, 'reading', { prefer: 'return=representation' })
  t.notOk(again.json.entry[0].resource, 'the holder has shut them out since')
  t.notOk(again.json.entry[1].resource)
  t.equal(again.json.entry[1].response.location, first.json.entry[1].response.location)
})

t.test('a refused transaction leaves no receipt; of a batch each creation is done once', async t => {
  const { id } = await scene.open()
  const failing = bundle('transaction', ['POST', 'DocumentReference', document(id)], ['POST', 'DocumentReference', document('nobody')])
  t.equal((await postBundle(lab, failing, 'failing')).status, 422)
  t.equal((await postBundle(lab, failing, 'failing')).status, 422)
  const body = bundle('batch', ['POST', 'DocumentReference', document(id, { masterIdentifier: undefined })], ['POST', 'DocumentReference', document('nobody')])
  const first = await postBundle(lab, body, 'batch')
  t.strictSame(look(await postBundle(lab, body, 'batch')), look(first))
  t.strictSame(first.json.entry.map((entry: TestResponse['json']) => entry.response.status.slice(0, 3)), ['201', '422'])
  t.equal(await count('DocumentReference', { patient: id }), 1)
})

t.test('of a batch each patch is done once: what it adds is not added twice', async t => {
  const { id } = await scene.open()
  const observation = { resourceType: 'Observation', status: 'final', identifier: [{ system: 'urn:x', value: id }], code: { text: 'x' }, subject: { reference: `Patient/${id}` } }
  const made = (await post(lab, observation)).json.id as string
  const part = [{ name: 'type', valueCode: 'add' }, { name: 'path', valueString: 'Observation' }, { name: 'name', valueString: 'note' }, { name: 'value', valueAnnotation: { text: 'said' } }]
  const adds = { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] }
  const body = bundle('batch', ['PATCH', `Observation/${made}`, adds], ['PATCH', `Observation?identifier=urn:x|${id}`, adds])
  const first = await postBundle(lab, body, 'patches')
  t.strictSame(first.json.entry.map((entry: TestResponse['json']) => entry.response.status), ['200', '200'], first.text)
  t.strictSame(look(await postBundle(lab, body, 'patches')), look(first))
  t.equal((await scene.get(lab, `/Observation/${made}`)).json.note.length, 2)
  const reader = await scene.token(as.structure(LAB, { scope: 'system/*.rs' }))
  t.strictSame((await postBundle(reader, body, 'patches')).json.entry.map((entry: TestResponse['json']) => entry.response.status), ['403', '403'])
})
