/** Messages (`consent.md` 2 and 5): between those who take part in them, whatever they may see of the record. */
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { access, block, document, person, structure } from '../helper/resource.js'
import { as } from '../helper/app.js'
import { GP, GP2, HOSPITAL, LAB, MT, PRACTICE, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, hospital, made, open, operator, put, remove, post, professional, token } = scene
const FORBIDDEN = { code: 'forbidden' }
const R02 = 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite'

const message = (patient: string, sender: object, recipient: readonly object[], more: object = {}) => ({
  resourceType: 'Communication', status: 'completed', subject: { reference: `Patient/${patient}` }, sender, recipient, payload: [{ contentString: 'hello' }], ...more
})
const self = (patient: string) => ({ reference: `Patient/${patient}` })

t.test('a message is seen by its sender and its recipients, and by nobody else', async t => {
  const { id: patient, holder } = await open()
  const other = await professional(GP2)
  await made(holder, access(patient, GP2))
  const { id } = await made(gp, message(patient, person(GP), [self(patient), structure(HOSPITAL)]))
  for (const token of [gp, holder, hospital]) t.equal((await get(token, `/Communication/${id}`)).status, 200)
  for (const token of [other, lab, operator]) isAbsent(t, await get(token, `/Communication/${id}`))
  t.strictSame(await ids(hospital, '/Communication'), [id], 'without a patient')
  t.strictSame(await ids(other, `/Communication?patient=${patient}`), [])
  const { id: between } = await made(gp, message(patient, person(GP), [structure(HOSPITAL)]))
  isAbsent(t, await get(holder, `/Communication/${between}`))
  t.strictSame(await ids(holder, '/Communication'), [id])
})

t.test('a draft is its sender\'s alone, and only a draft changes', async t => {
  const { id: patient, holder } = await open()
  const draft = await made(gp, message(patient, person(GP), [self(patient)], { status: 'preparation' }))
  isAbsent(t, await get(holder, `/Communication/${draft.id}`))
  t.strictSame(await ids(holder, '/Communication'), [])
  const sent = await put(gp, { ...draft, status: 'completed', payload: [{ contentString: 'better' }] })
  t.equal(sent.status, 200)
  t.equal((await get(holder, `/Communication/${draft.id}`)).json.payload[0].contentString, 'better')
  const whole = await get(holder, `/Communication/${draft.id}/_history`)
  t.equal(whole.json.total, 1, 'the draft is no version of theirs')
  const { id: direct } = await made(gp, message(patient, person(GP), [self(patient)]))
  const shape = ({ json: { entry } }: TestResponse) => entry.map(({ request, response }: TestResponse['json']) => [request, response.status])
  t.strictSame(shape(whole), shape(await get(holder, `/Communication/${direct}/_history`)), 'nor told of: what they see first was created')
  for (const url of ['/Communication/_history', '/_history', '/Communication/_history?_since=2020', `/Communication/_history?_at=${new Date().getFullYear()}`]) {
    const entries = (await get(holder, url)).json.entry.filter(({ fullUrl }: TestResponse['json']) => fullUrl.includes('/Communication/'))
    t.ok(entries.length >= 2 && entries.every(({ request }: TestResponse['json']) => request.method === 'POST'), url)
  }
  t.strictSame(shape(await get(gp, `/Communication/${draft.id}/_history`)).map(([{ method }]: TestResponse['json']) => method), ['PUT', 'POST'])
  isAbsent(t, await get(holder, `/Communication/${draft.id}/_history/${draft.meta.versionId}`))
  refused(t, await put(gp, { ...sent.json, recipient: [self(patient), structure(LAB)] }), 422, { code: 'business-rule', expression: 'Communication.recipient' })
  refused(t, await put(gp, { ...sent.json, status: 'preparation' }), 422, { code: 'business-rule', expression: 'Communication.status' })
  refused(t, await put(holder, { ...sent.json, status: 'stopped' }), 403, FORBIDDEN)
  refused(t, await remove(holder, `/Communication/${draft.id}`), 403, FORBIDDEN)
  t.equal((await remove(gp, `/Communication/${draft.id}`)).status, 204)
  t.equal((await get(holder, `/Communication/${draft.id}`)).status, 410)
})

t.test('the sender is who writes, a patient is needed, a document is deposited', async t => {
  const { id: patient, holder } = await open()
  refused(t, await post(gp, message(patient, person(GP2), [self(patient)])), 403, { ...FORBIDDEN, expression: 'Communication.sender' })
  refused(t, await post(lab, message(patient, structure(HOSPITAL), [self(patient)])), 403, { ...FORBIDDEN, expression: 'Communication.sender' })
  t.equal((await post(gp, message(patient, structure(PRACTICE), [self(patient)]))).status, 201)
  refused(t, await post(gp, message(patient, person(GP), [], { subject: undefined, recipient: undefined })), 422, { code: 'required', expression: 'Communication.subject' })
  refused(t, await post(gp, message(patient, person(GP), [self(patient)], { payload: [{ contentAttachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }] })), 422, { code: 'business-rule', expression: 'Communication.payload[0].contentAttachment' })
  const attachment = { url: 'urn:oid:1.2.3', valueAttachment: { contentType: 'text/plain', data: 'aGVsbG8=' } }
  for (const [more, expression] of [
    [{ extension: [attachment] }, 'extension[0].valueAttachment'],
    [{ payload: [{ contentString: 'x', extension: [{ url: 'urn:oid:1.2.3', extension: [attachment] }] }] }, 'payload[0].extension[0].extension[0].valueAttachment'],
    [{ about: [{ reference: '#p' }], contained: [{ resourceType: 'Practitioner', id: 'p', photo: [{ contentType: 'image/png', data: 'aGVsbG8=' }] }] }, 'contained[0].photo'],
    [{ about: [{ reference: '#b' }], contained: [{ resourceType: 'Binary', id: 'b', contentType: 'text/plain', data: 'aGVsbG8=' }] }, 'contained[0]'],
    [{ about: [{ reference: '#d' }], contained: [{ resourceType: 'DocumentReference', id: 'd', status: 'current', content: [{ attachment: { url: 'http://x/' } }] }] }, 'contained[0].content[0].attachment'],
    [{ about: [{ reference: '#o' }], contained: [{ resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' } }] }, 'contained[0]']
  ] as const) refused(t, await post(gp, message(patient, person(GP), [self(patient)], more)), 422, { code: 'business-rule', expression: `Communication.${expression}` })
  const { id } = await made(lab, document(patient))
  refused(t, await post(gp, message(patient, person(GP), [self(patient)], { payload: [{ contentReference: { reference: `DocumentReference/${id}` } }] })), 422, { code: 'not-found', expression: 'Communication.payload[0].contentReference' })
  refused(t, await post(operator, message(patient, person(GP), [self(patient)])), 403, FORBIDDEN)
  refused(t, await post(holder, message(patient, self(patient), [person(GP)])), 403, { ...FORBIDDEN, expression: 'Communication.inResponseTo' })
})

t.test('the holder answers in an open thread, to who is in it, and writes to a pharmacy', async t => {
  const { id: patient, holder } = await open()
  const first = await made(gp, message(patient, person(GP), [self(patient)]))
  const answer = (to: object, id = first.id) => message(patient, self(patient), [to], { inResponseTo: [{ reference: `Communication/${id}` }] })
  const second = await made(holder, answer(person(GP)))
  t.equal((await get(gp, `/Communication/${second.id}`)).status, 200)
  refused(t, await post(holder, answer(person(GP2))), 403, { ...FORBIDDEN, expression: 'Communication.inResponseTo' })
  refused(t, await post(holder, answer(person(GP), 'none')), 422, { code: 'not-found', expression: 'Communication.inResponseTo[0]' })
  const closing = await put(gp, { ...first, status: 'stopped' })
  t.equal(closing.status, 200)
  for (const id of [first.id, second.id]) refused(t, await post(holder, answer(person(GP), id)), 403, { ...FORBIDDEN, expression: 'Communication.inResponseTo' })

  const number = '1690009999'
  refused(t, await post(holder, message(patient, self(patient), [structure(number)])), 403, { ...FORBIDDEN, expression: 'Communication.inResponseTo' })
  await made(operator, { resourceType: 'Organization', name: 'Pharmacie', identifier: [structure(number).identifier], type: [{ coding: [{ system: R02, code: 'SA33' }] }] })
  t.equal((await post(holder, message(patient, self(patient), [structure(number)]))).status, 201)
  refused(t, await post(holder, message(patient, self(patient), [structure(number), person(GP2)])), 403, { ...FORBIDDEN, expression: 'Communication.inResponseTo' })
})

t.test('a thread is to the holder what they see of it: what happens to a message that is hidden from them closes nothing', async t => {
  const { id: patient, holder } = await open()
  const hidden = await made(gp, message(patient, person(GP), [structure(HOSPITAL)]))
  const told = await made(gp, message(patient, person(GP), [self(patient)], { inResponseTo: [{ reference: `Communication/${hidden.id}` }] }))
  const answer = async () => (await post(holder, message(patient, self(patient), [person(GP)], { inResponseTo: [{ reference: `Communication/${told.id}` }] }))).status
  isAbsent(t, await get(holder, `/Communication/${hidden.id}`))
  t.equal(await answer(), 201)
  t.equal((await put(gp, { ...hidden, status: 'stopped' })).status, 200)
  t.equal(await answer(), 201, 'stopped')
  t.equal((await remove(gp, `/Communication/${hidden.id}`)).status, 204)
  t.equal(await answer(), 201, 'deleted')
  t.equal((await put(gp, { ...told, status: 'stopped' })).status, 200)
  t.equal(await answer(), 403, 'what they see closes it')
})

t.test('a block forbids new messages from the blocked, and leaves the threads', async t => {
  const { id: patient, holder } = await open()
  const { id } = await made(gp, message(patient, person(GP), [self(patient)]))
  const draft = await made(gp, message(patient, person(GP), [self(patient)], { status: 'preparation' }))
  await made(holder, block(patient, person(GP)))
  t.equal((await get(gp, `/Communication/${id}`)).status, 200)
  t.strictSame([...await ids(gp, `/Communication?patient=${patient}`)].sort(), [id, draft.id].sort())
  t.ok((await ids(gp, '/Communication?_count=100')).includes(id), 'without a patient too')
  refused(t, await post(gp, message(patient, person(GP), [self(patient)])), 403, FORBIDDEN)
  refused(t, await put(gp, { ...draft, status: 'completed' }), 403, FORBIDDEN)
})

t.test('when the account closes there are no messages', async t => {
  const { id: patient, holder } = await open()
  const mt = await token(as.professional(MT, PRACTICE))
  const { id } = await made(gp, message(patient, person(GP), [self(patient), person(MT)]))
  const identity = (await get(operator, `/Patient/${patient}`)).json
  const extension = [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: 'closed' }]
  t.equal((await put(operator, { ...identity, extension })).status, 200)
  for (const token of [gp, holder, mt]) {
    isAbsent(t, await get(token, `/Communication/${id}`))
    t.notOk((await ids(token, '/Communication?_count=100')).includes(id))
  }
})
