/** A content posted alone (R4 binary.html#rest, `consent.md` 5): raw or as a FHIR Binary, claimed by one document, or swept. */
import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import { sweep } from '../../src/interaction/sweep.js'
import type { TestResponse } from '../helper/app.js'
import { startApp } from '../helper/app.js'
import { block, document, structure } from '../helper/resource.js'
import { GP, HOSPITAL, PRACTICE, isAbsent, look, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, post, request, made, gp, hospital, lab, operator, mongo, database } = scene
const { id: patientId, holder } = await scene.open()
const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('base64')
const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(700_000, 'a page of it ')])
const record = `Patient/${patientId}`

interface Raw { readonly type?: string, readonly context?: string | undefined, readonly headers?: Readonly<Record<string, string>> }
const raw = async (token: string, body: Buffer | Readable, { type = 'application/pdf', context = record, headers = {} }: Raw = {}) =>
  await request(token, 'POST', '/Binary', { body, headers: { 'content-type': type, 'x-security-context': context, ...headers } })
const idOf = ({ headers }: TestResponse) => /Binary\/([^/]+)\/_history\/1$/.exec(headers['location'] ?? '')?.[1] ?? ''
const stored = async (token: string, body: Buffer = PDF, more: Raw = {}) => {
  const response = await raw(token, body, more)
  if (response.status !== 201) throw new Error(`not stored: ${response.status} ${response.text}`)
  return idOf(response)
}
const claiming = (id: string, more: object = {}, patient = patientId) => document(patient, { content: [{ attachment: { contentType: 'application/pdf', url: `Binary/${id}`, ...more } }] })
const files = async () => await mongo.db(database).collection('content.files').countDocuments()
const chunks = async () => await mongo.db(database).collection('content.chunks').countDocuments()

t.test('is taken of any media type, and read back by its depositor', async t => {
  for (const [type, bytes] of [['application/pdf', PDF], ['text/plain; charset=utf-8', Buffer.from('texte')], ['application/dicom', Buffer.alloc(300_000)], ['text/xml', Buffer.from('<?xml version="1.0"?><a/>')]] as const) {
    const response = await raw(hospital, bytes, { type })
    t.equal(response.status, 201, type)
    t.match(response.headers, { etag: 'W/"1"', location: /^http:\/\/127\.0\.0\.1:8080\/fhir\/Binary\/[\w-]+\/_history\/1$/ })
    t.strictSame(Object.keys(response.json), ['resourceType', 'id', 'meta', 'contentType', 'securityContext'], 'the answer holds no content')
    for (const url of [`/Binary/${idOf(response)}`, `/Binary/${idOf(response)}/_history/1`]) {
      const read = await get(hospital, url)
      t.strictSame([read.status, read.headers['content-type'], read.bytes.equals(bytes), read.headers['etag']], [200, type, true, 'W/"1"'])
    }
    const fhir = await get(hospital, `/Binary/${idOf(response)}`, { accept: 'application/fhir+json' })
    t.match(fhir.json, { resourceType: 'Binary', contentType: type, securityContext: { reference: record }, data: bytes.toString('base64') })
    t.equal(Number(fhir.headers['content-length']), Buffer.byteLength(fhir.text))
  }
  const minimal = await raw(hospital, PDF, { headers: { prefer: 'return=minimal' } })
  t.strictSame([minimal.status, minimal.text], [201, ''])
})

t.test('is sealed in chunks, whatever the pieces it comes in', async t => {
  for (const size of [1, 262_115, 262_116, 262_117, 524_232, 524_233]) {
    const bytes = Buffer.alloc(size, 'chunk')
    const id = await stored(hospital, bytes, { type: 'text/plain' })
    t.equal(await mongo.db(database).collection('content.chunks').countDocuments({ files_id: id as never }), Math.ceil(size / 262_116), `${size}`)
    t.ok((await get(hospital, `/Binary/${id}`)).bytes.equals(bytes))
  }
  const pieces = Array.from({ length: 3000 }, (_, index) => Buffer.from(`piece ${index} `.repeat(20)))
  const response = await raw(hospital, Readable.from(pieces), { type: 'text/plain' })
  t.ok((await get(hospital, `/Binary/${idOf(response)}`)).bytes.equals(Buffer.concat(pieces)))
})

t.test('only its depositor reads it', async t => {
  const id = await stored(hospital)
  const absent = look(await get(gp, `/Binary/${randomUUID()}`))
  for (const token of [gp, lab, holder, operator, await scene.professional('899700000042', HOSPITAL)]) {
    const response = await get(token, `/Binary/${id}`)
    isAbsent(t, response)
    t.strictSame(look(response), look(await get(token, `/Binary/${randomUUID()}`)))
  }
  t.equal(absent.status, 404)
  const own = await stored(gp)
  t.equal((await get(gp, `/Binary/${own}`)).status, 200)
  for (const token of [hospital, holder, await scene.professional(GP, HOSPITAL), await scene.token({ actor: 'structure', SubjectOrganizationID: PRACTICE })]) isAbsent(t, await get(token, `/Binary/${own}`))
})

t.test('becomes the content of the one document that claims it', async t => {
  const id = await stored(hospital)
  const claimed = await made(hospital, claiming(id, { size: PDF.length, hash: sha1(PDF) }))
  t.strictSame(claimed.content[0].attachment, { contentType: 'application/pdf', url: `Binary/${id}`, size: PDF.length, hash: sha1(PDF) })
  for (const token of [hospital, holder]) {
    const read = await get(token, `/Binary/${id}`)
    t.strictSame([read.status, read.bytes.equals(PDF)], [200, true])
    t.match((await get(token, `/Binary/${id}`, { accept: 'application/fhir+json' })).json.securityContext, { reference: `DocumentReference/${claimed.id}` })
  }
  isAbsent(t, await get(gp, `/Binary/${id}`))
  const without = await made(hospital, document(patientId, { content: [{ attachment: { url: `http://127.0.0.1:8080/fhir/Binary/${await stored(hospital)}` } }] }))
  t.match(without.content[0].attachment, { contentType: 'application/pdf', size: PDF.length, hash: sha1(PDF), url: /^Binary\// }, 'what is known of it need not be said')
  const both = await made(hospital, document(patientId, { content: [{ attachment: { url: `Binary/${await stored(hospital)}` } }, ...document(patientId).content] }))
  for (const { attachment } of both.content) t.equal((await get(holder, `/${attachment.url}`)).status, 200)
  t.equal((await request(hospital, 'DELETE', `/DocumentReference/${claimed.id}`)).status, 204)
  refused(t, await get(hospital, `/Binary/${id}`), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
})

t.test('what is not so is told at its place', async t => {
  const id = await stored(hospital)
  const place = 'DocumentReference.content[0].attachment'
  refused(t, await post(hospital, claiming(id, { contentType: 'text/plain', size: 5, hash: sha1(Buffer.from('other')) })), 422,
    ...['contentType', 'size', 'hash'].map(name => ({ code: 'business-rule', expression: `${place}.${name}` })))
  const twice = document(patientId, { content: [{ attachment: { url: `Binary/${id}` } }, { attachment: { url: `Binary/${id}` } }] })
  refused(t, await post(hospital, twice), 422, { code: 'not-found', expression: 'DocumentReference.content[1].attachment.url' })
  t.equal((await post(hospital, claiming(id))).status, 201, 'and it still waits')
})

t.test('a block stops the reading of its depositor, not the feeding', async t => {
  const { id: blocked, holder: who } = await scene.open()
  await made(who, block(blocked, structure(HOSPITAL)))
  const id = await stored(hospital, PDF, { context: `Patient/${blocked}` })
  isAbsent(t, await get(hospital, `/Binary/${id}`))
  t.equal((await post(hospital, claiming(id, {}, blocked))).status, 201)
  t.equal((await get(who, `/Binary/${id}`)).status, 200)
})

t.test('a FHIR Binary does the same', async t => {
  const body = { resourceType: 'Binary', contentType: 'application/pdf', securityContext: { reference: record }, data: PDF.toString('base64') }
  const response = await post(hospital, body)
  t.equal(response.status, 201)
  const id = idOf(response)
  t.strictSame(response.json, { resourceType: 'Binary', id, meta: { versionId: '1', lastUpdated: response.json.meta.lastUpdated }, contentType: 'application/pdf', securityContext: { reference: record } })
  t.ok((await get(hospital, `/Binary/${id}`)).bytes.equals(PDF))
  isAbsent(t, await get(holder, `/Binary/${id}`))
  t.equal((await post(hospital, claiming(id))).status, 201)
  refused(t, await post(hospital, { ...body, securityContext: undefined }), 422, { code: 'required', expression: 'Binary.securityContext' })
  refused(t, await post(hospital, { ...body, securityContext: { reference: 'Patient/nobody' } }), 422, { code: 'not-found', expression: 'Binary.securityContext' })
  refused(t, await post(hospital, { ...body, contentType: 'image/png' }), 422, { code: 'business-rule', expression: 'Binary.contentType' })
  refused(t, await post(hospital, { ...body, data: undefined }), 422, { code: 'required', expression: 'Binary.data' })
  refused(t, await post(hospital, { ...body, data: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') }), 413, { code: 'too-long', expression: 'Binary.data' })
})

t.test('names the record of a patient whose account is open, and the caller may feed it', async t => {
  const context = (value: string | undefined) => ({ context: value })
  const headers = { 'content-type': 'application/pdf' }
  refused(t, await request(hospital, 'POST', '/Binary', { body: PDF, headers }), 422, { code: 'required', expression: 'X-Security-Context' })
  const unknown = await raw(hospital, PDF, context(`Patient/${randomUUID()}`))
  refused(t, unknown, 422, { code: 'not-found', expression: 'X-Security-Context' })
  const closed = await scene.open({ extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: 'closed' }] })
  t.strictSame(look(await raw(hospital, PDF, context(`Patient/${closed.id}`))), look(unknown))
  t.strictSame(look(await raw(hospital, PDF, context('Organization/1'))), look(unknown))
  const other = await scene.open()
  t.strictSame(look(await raw(other.holder, PDF)), look(unknown), 'a holder feeds their own record only')
  refused(t, await raw(operator, PDF), 403, { code: 'forbidden' })
  refused(t, await raw(await scene.professional(GP, PRACTICE, { scope: 'user/*.rus' }), PDF), 403, { code: 'forbidden' })
  t.equal((await request(undefined, 'POST', '/Binary', { body: PDF, headers })).status, 401)
})

t.test('is what its media type says', async t => {
  const of = async (type: string, bytes: Buffer | string) => await raw(hospital, Buffer.from(bytes), { type })
  const mismatch = { code: 'business-rule', expression: 'Content-Type' }
  for (const [type, bytes] of [['application/pdf', 'text'], ['image/png', PDF], ['image/jpeg', '<svg/>'], ['text/xml', '{"a":1}'], ['application/xml', PDF], ['text/plain', PDF], ['application/hl7-v3+xml', 'ClinicalDocument']] as const) {
    refused(t, await of(type, bytes), 422, mismatch)
  }
  const content = { code: 'business-rule', expression: 'Binary.data' }
  for (const text of ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', '<?xml version="1.0"?><!-- c --><?p i?>\n<!DOCTYPE a><a/>', '<!doctype a><a/>', `<!--${'-'.repeat(70_000)}`, '<?xml version="1.0" encoding="utf-7"?><a/>']) {
    refused(t, await of('text/xml', text), 422, content)
  }
  refused(t, await of('text/xml', Buffer.from('\ufeff<!DOCTYPE a><a/>', 'utf16le')), 422, content)
  for (const text of ['<a>', '<a></b>', '<a>&nothing;</a>', '<a/><b/>', `<a>${'x'.repeat(200_000)}</b>`, Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])]) refused(t, await of('text/xml', text), 422, content)
  for (const text of [`<a>${'x'.repeat(200_000)}&amp;</a>`, '<a/>', '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- <!DOCTYPE --><ClinicalDocument/>']) t.equal((await of('text/xml', text)).status, 201)
  t.equal((await of('text/xml', Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><a/>', 'utf16le'))).status, 201)
  const place = 'DocumentReference.content[0].attachment'
  const attached = async (contentType: string, text: string) => await post(hospital, document(patientId, { content: [{ attachment: { contentType, data: Buffer.from(text).toString('base64') } }] }))
  t.equal((await attached('application/pdf', 'no')).status, 201, 'inside a document, as the published example of ITI-105 has it')
  refused(t, await attached('text/xml', '<!DOCTYPE a><a/>'), 422, { code: 'business-rule', expression: `${place}.data` })
})

t.test('refuses what it cannot take, and keeps nothing of it', async t => {
  const before = [await files(), await chunks()]
  for (const type of ['application/fhir+xml', 'nonsense', '']) t.equal((await raw(hospital, PDF, { type })).status, 415, type)
  t.equal((await raw(hospital, PDF, { headers: { 'content-encoding': 'gzip' } })).status, 415)
  t.equal((await raw(hospital, Buffer.alloc(0))).status, 400)
  refused(t, await raw(hospital, PDF, { headers: { 'content-length': String(50 * 1024 * 1024 + 1) } }), 413, { code: 'too-long' })
  let made = 0
  const endless = Readable.from((function * () { for (;;) { made += 1; yield Buffer.alloc(1024 * 1024, '%PDF') } })())
  refused(t, await raw(hospital, endless), 413, { code: 'too-long' })
  t.ok(made <= 54, `${made} MiB were read`)
  const broken = Readable.from((function * () { yield PDF; throw new Error('the line is cut') })())
  t.not((await raw(hospital, broken).catch(() => ({ status: 0 }))).status, 201)
  for (let turn = 0; turn < 50 && (await files()) > (before[0] ?? 0); turn += 1) await new Promise(resolve => setTimeout(resolve, 100))
  t.strictSame([await files(), await chunks()], before)
})

t.test('leaves a trace that only its depositor and, once claimed, the readers of its document see', async t => {
  const { id: who, holder: mine } = await scene.open()
  const id = await stored(hospital, PDF, { context: `Patient/${who}` })
  const about = async () => (await get(mine, `/AuditEvent?patient=${who}&_count=200`)).json.entry
    .filter((entry: TestResponse['json']) => JSON.stringify(entry).includes(id)).map((entry: TestResponse['json']) => entry.resource.subtype[0].code)
  t.strictSame(await about(), [])
  const { id: owner } = await made(hospital, claiming(id, {}, who))
  t.strictSame(await about(), ['create'])
  t.equal((await get(mine, `/DocumentReference/${owner}`)).status, 200)
})

t.test('is swept when nobody claims it for a day, and what was never finished after an hour', async t => {
  const { app, ...other } = await startApp(t)
  const own = { ...other, operator: await other.token({ actor: 'operator' }), hospital: await other.token({ actor: 'structure', SubjectOrganizationID: HOSPITAL }) }
  const ins = `1${String(Date.now()).padStart(14, '0').slice(0, 14)}`
  const opened = await own.request(own.operator, 'POST', '/Patient', { body: { resourceType: 'Patient', identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: ins }], name: [{ family: 'A', given: ['B'] }], birthDate: '1990-01-01', gender: 'male' } })
  const context = `Patient/${opened.json.id}`
  const put = async () => idOf(await own.request(own.hospital, 'POST', '/Binary', { body: PDF, headers: { 'content-type': 'application/pdf', 'x-security-context': context } }))
  const [claimed, waiting] = [await put(), await put()]
  const kept = await own.request(own.hospital, 'POST', '/DocumentReference', { body: claiming(claimed, {}, opened.json.id) })
  t.equal(kept.status, 201)
  const db = own.mongo.db(own.database)
  await app.context.contents.receive(opened.json.id, 'never-named', Readable.from([PDF]))
  const at = (hours: number) => ({ ...app.context, clock: () => Date.now() + hours * 3600 * 1000 })
  t.equal(await sweep(at(0.9)), 0)
  t.equal(await sweep(at(2)), 1, 'what no transaction named')
  t.equal(await db.collection('content.files').countDocuments(), 2)
  t.equal(await sweep(at(23)), 0)
  t.equal((await own.request(own.hospital, 'GET', `/Binary/${waiting}`)).status, 200)
  t.equal(await sweep(at(25)), 1, 'what no document claimed')
  t.strictSame([await db.collection('content.files').countDocuments(), await db.collection('content.chunks').distinct('files_id')], [1, [claimed]])
  t.equal((await own.request(own.hospital, 'GET', `/Binary/${waiting}`)).status, 410)
  const late = await own.request(own.hospital, 'POST', '/DocumentReference', { body: claiming(waiting, {}, opened.json.id) })
  refused(t, late, 422, { code: 'not-found', expression: 'DocumentReference.content[0].attachment.url' })
  t.ok((await own.request(own.hospital, 'GET', `/Binary/${claimed}`)).bytes.equals(PDF))
  t.equal(await sweep(at(1000)), 0)
})

t.test('takes no Idempotency-Key raw; as a FHIR Binary it is done once under one', async t => {
  const before = await files()
  refused(t, await raw(hospital, PDF, { headers: { 'idempotency-key': '"raw"' } }), 400, { code: 'not-supported', expression: 'Idempotency-Key' })
  t.equal(await files(), before, 'nothing is kept')
  const body = { resourceType: 'Binary', contentType: 'text/plain', securityContext: { reference: record }, data: Buffer.from('une fois').toString('base64') }
  const first = await post(hospital, body, { 'idempotency-key': '"json"' })
  const again = await post(hospital, body, { 'idempotency-key': '"json"' })
  t.strictSame([first.status, again.status, idOf(again), again.headers['etag']], [201, 201, idOf(first), first.headers['etag']])
  t.equal(await files(), before + 1)
})
