/** delete (R4 http.html#delete): logical, told to those who could read, absent to others; versions are not read any more. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { access, document, label } from '../helper/resource.js'
import { deleted as removed, transaction } from './bundle.js'
import { GP, GP2, PRACTICE, isAbsent, look, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, put, remove, made, gp, hospital, lab, operator, ids } = scene
const { id: patientId, holder } = await scene.open()
await made(holder, access(patientId, GP))
const deposit = async (more = {}, token = hospital) => await made(token, document(patientId, more))
const deleted = { code: 'deleted', details: 'MSG_DELETED_ID' }
const OWN = { type: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire', code: 'DOCPAT01' }] } }

t.test('returns No Content, then Gone to those who could read and Not Found to others', async t => {
  const { id, meta, content } = await deposit()
  const response = await remove(hospital, `/DocumentReference/${id}`)
  t.strictSame([response.status, response.text], [204, ''])
  t.match(response.headers['etag'], /^W\/"[^"]+"$/)
  t.not(response.headers['etag'], `W/"${meta.versionId}"`)
  const urls = [`/DocumentReference/${id}`, `/DocumentReference/${id}/_history`, `/DocumentReference/${id}/_history/${meta.versionId}`, `/${content[0].attachment.url}`]
  for (const url of urls) {
    for (const token of [hospital, holder, gp]) refused(t, await get(token, url), 410, deleted)
    for (const token of [lab, operator]) isAbsent(t, await get(token, url))
  }
})

t.test('what is deleted is found by no search and included by none', async t => {
  const { id } = await deposit()
  await remove(hospital, `/DocumentReference/${id}`)
  for (const token of [hospital, holder, gp]) {
    t.notOk((await ids(token, `/DocumentReference?patient=Patient/${patientId}&_count=200`)).includes(id))
    t.strictSame(await ids(token, `/DocumentReference?_id=${id}`), [])
  }
  t.notMatch((await get(gp, `/Patient?_id=${patientId}&_revinclude=DocumentReference:patient`)).text, id)
})

t.test('is told no more to those who lost their sight of it', async t => {
  const { id } = await deposit({ securityLabel: [label('MASQUE_PS')] })
  await remove(hospital, `/DocumentReference/${id}`)
  t.strictSame(look(await get(gp, `/DocumentReference/${id}`)), look(await get(gp, `/DocumentReference/${randomUUID()}`)))
  refused(t, await get(holder, `/DocumentReference/${id}`), 410, deleted)
})

t.test('a second time it changes nothing, an update finds it gone, and to others it is as absent as before', async t => {
  const before = await deposit()
  const { headers: { etag } } = await remove(hospital, `/DocumentReference/${before.id}`)
  for (const headers of [{}, { 'if-match': `W/"${before.meta.versionId}"` }]) {
    const again = await remove(hospital, `/DocumentReference/${before.id}`, headers)
    t.strictSame([again.status, again.text, again.headers['etag']], [204, '', etag])
  }
  const twice = await scene.request(hospital, 'POST', '/fhir', { body: transaction(removed(`DocumentReference/${before.id}`)) })
  t.match(twice.json.entry, [{ response: { status: '204', etag } }])
  refused(t, await put(hospital, before), 410, deleted)
  isAbsent(t, await remove(lab, `/DocumentReference/${before.id}`))
})

t.test('only an author deletes, and the holder what they deposited', async t => {
  const { id } = await deposit()
  for (const token of [gp, holder]) refused(t, await remove(token, `/DocumentReference/${id}`), 403, { code: 'forbidden' })
  isAbsent(t, await remove(operator, `/DocumentReference/${id}`))
  isAbsent(t, await remove(await scene.professional(GP2), `/DocumentReference/${id}`))
  t.equal((await get(gp, `/DocumentReference/${id}`)).status, 200)
  const own = await deposit(OWN, holder)
  t.equal((await remove(holder, `/DocumentReference/${own.id}`)).status, 204)
  const inPerson = await deposit({}, gp)
  const colleague = await scene.professional(GP2, PRACTICE)
  t.equal((await remove(colleague, `/DocumentReference/${inPerson.id}`)).status, 204, 'their structure is author too')
})

t.test('returns Precondition Failed where If-Match names another version', async t => {
  const before = await deposit()
  const { json: current } = await put(hospital, { ...before, description: 'second' })
  const stale = await remove(hospital, `/DocumentReference/${before.id}`, { 'if-match': `W/"${before.meta.versionId}"` })
  refused(t, stale, 412, { code: 'conflict', details: 'MSG_VERSION_AWARE_CONFLICT', expression: 'If-Match' })
  t.equal((await remove(hospital, `/DocumentReference/${before.id}`, { 'if-match': `W/"${current.meta.versionId}"` })).status, 204)
})

t.test('an unknown id is absent', async t => {
  isAbsent(t, await remove(hospital, `/DocumentReference/${randomUUID()}`))
})

t.test('the identifier of what was deleted may be given again', async t => {
  const { masterIdentifier, id } = await deposit()
  refused(t, await scene.post(hospital, document(patientId, { masterIdentifier })), 409, { code: 'duplicate' })
  await remove(hospital, `/DocumentReference/${id}`)
  t.equal((await scene.post(hospital, document(patientId, { masterIdentifier }))).status, 201)
})

t.test('a choice that is deleted is no ground any more', async t => {
  const ground = await made(holder, access(patientId, GP2))
  const doctor = await scene.professional(GP2)
  const url = `/DocumentReference?patient=Patient/${patientId}`
  t.ok((await ids(doctor, url)).length > 0)
  t.equal((await remove(holder, `/Consent/${ground.id}`)).status, 204)
  t.strictSame(await ids(doctor, url), [])
  for (const token of [holder, doctor]) refused(t, await get(token, `/Consent/${ground.id}`), 410, deleted)
  isAbsent(t, await get(gp, `/Consent/${ground.id}`))
})

t.test('a record is not deleted by its Patient', async t => {
  const response = await remove(operator, `/Patient/${patientId}`)
  refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  t.equal(response.headers['allow'], 'GET, HEAD, PUT, PATCH')
})
