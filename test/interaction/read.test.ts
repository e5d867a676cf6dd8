/** read, vread, HEAD and their headers (R4 http.html#read, #vread, #cread); what is hidden looks like what is absent. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import { access, document, label, patient } from '../helper/resource.js'
import { GP, isAbsent, look, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, put, gp, hospital, request } = scene
const { id: patientId, holder } = await scene.open()
const first = await scene.made(hospital, document(patientId))
const url = `/DocumentReference/${first.id}`
const second = (await put(hospital, { ...first, description: 'second version' })).json
await scene.made(holder, access(patientId, GP))
const masked = await scene.made(hospital, document(patientId, { securityLabel: [label('MASQUE_PS')] }))
const gone = await scene.made(hospital, document(patientId))
const goneForAll = await scene.made(hospital, document(patientId, { securityLabel: [label('MASQUE_PS')] }))
for (const { id } of [gone, goneForAll]) await scene.remove(hospital, `/DocumentReference/${id}`)

t.test('returns the current version with its ETag and Last-Modified', async t => {
  const { status, headers, json } = await get(gp, url)
  t.equal(status, 200)
  t.strictSame(json, second)
  t.equal(json.description, 'second version')
  t.not(json.meta.versionId, first.meta.versionId)
  t.match(headers, {
    etag: `W/"${second.meta.versionId}"`,
    'last-modified': new Date(second.meta.lastUpdated).toUTCString(),
    'content-type': 'application/fhir+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff'
  })
})

t.test('returns one version with its own ETag', async t => {
  const { status, headers, json } = await get(gp, `${url}/_history/${first.meta.versionId}`)
  t.strictSame([status, headers['etag'], json], [200, `W/"${first.meta.versionId}"`, first])
})

t.test('returns Not Found on a version that is none, and on one of another resource', async t => {
  for (const version of [randomUUID(), masked.meta.versionId, '1']) isAbsent(t, await get(gp, `${url}/_history/${version}`))
})

t.test('answers HEAD with the headers of GET and no body', async t => {
  const [head, whole] = [await request(gp, 'HEAD', url), await get(gp, url)]
  t.strictSame([head.status, head.text], [200, ''])
  t.strictSame(look(head).headers, look(whole).headers)
  const absent = await request(gp, 'HEAD', `/DocumentReference/${masked.id}`)
  t.strictSame([absent.status, absent.text], [404, ''])
})

t.test('returns Not Modified where the client has the version', async t => {
  const etag = `W/"${second.meta.versionId}"`
  for (const tags of [etag, `"x", ${etag}`, '*']) {
    const { status, text, headers } = await get(gp, url, { 'if-none-match': tags })
    t.strictSame([status, text, headers['etag']], [304, '', etag], tags)
  }
  t.equal((await get(gp, url, { 'if-none-match': `W/"${first.meta.versionId}"` })).status, 200, 'an older version')
  const changed = new Date(second.meta.lastUpdated).toUTCString()
  t.equal((await get(gp, url, { 'if-modified-since': changed })).status, 304)
  t.equal((await get(gp, url, { 'if-modified-since': new Date(Date.parse(changed) - 60_000).toUTCString() })).status, 200)
})

t.test('returns Not Found for what is hidden even to a client that has the version', async t => {
  for (const tags of [`W/"${masked.meta.versionId}"`, '*']) isAbsent(t, await get(gp, `/DocumentReference/${masked.id}`, { 'if-none-match': tags }))
})

t.test('hidden is absent, byte for byte', async t => {
  const nobody = randomUUID()
  const hidden = [`/DocumentReference/${masked.id}`, `/DocumentReference/${masked.id}/_history`, `/DocumentReference/${masked.id}/_history/${masked.meta.versionId}`,
    `/DocumentReference/${goneForAll.id}`]
  for (const address of hidden) {
    const there = await get(gp, address)
    isAbsent(t, there)
    t.strictSame(look(there), look(await get(gp, address.replace(/[^/]{36}(?=$|\/_)/, nobody))), address)
  }
})

t.test('returns Gone on a deleted resource', async t => {
  for (const token of [gp, hospital, holder]) {
    const response = await get(token, `/DocumentReference/${gone.id}`)
    refused(t, response, 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
    t.match(response.headers['etag'], /^W\/"[^"]+"$/)
  }
  refused(t, await get(holder, `/DocumentReference/${goneForAll.id}`), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
})

t.test('returns Not Acceptable for what is no FHIR JSON', async t => {
  refused(t, await get(gp, url, { accept: 'application/fhir+xml' }), 406, { code: 'not-supported', expression: 'Accept' })
  refused(t, await get(gp, `${url}?_format=xml`), 406, { code: 'not-supported', expression: '_format' })
  for (const accept of ['application/fhir+json', 'application/json', 'text/html, */*;q=0.1', 'application/fhir+json; fhirVersion=4.0']) {
    t.equal((await get(gp, url, { accept })).status, 200, accept)
  }
  t.equal((await get(gp, `${url}?_format=json`, { accept: 'application/fhir+xml' })).status, 200, '_format is stronger')
})

t.test('an unknown type is known to nobody', async t => {
  for (const address of ['/MedicationKnowledge/x', '/Nonsense', '/DocumentReference/x/y']) {
    refused(t, await get(gp, address), 404, { code: 'not-found' })
    refused(t, await get(undefined, address), 401, { code: 'login', details: 'MSG_AUTH_REQUIRED' })
  }
})

t.test('an id that is none is as absent as an unknown one', async t => {
  for (const id of ['a'.repeat(65), 'a_b', '%20', '%00', 'a'.repeat(4000)]) isAbsent(t, await get(gp, `/DocumentReference/${id}`))
})

t.test('refuses a token that is not ours, has ended, or says nothing', async t => {
  const challenge = 'Bearer error="invalid_token"'
  for (const token of ['x.y.z', await scene.token({ ...as.operator, life: '-2h' }), `${gp.slice(0, -6)}AAAAAA`]) {
    const response = await get(token, url)
    refused(t, response, 401, { code: 'login', details: 'MSG_AUTH_REQUIRED' })
    t.equal(response.headers['www-authenticate'], challenge)
  }
  refused(t, await get(await scene.token({ actor: 'somebody' }), url), 401, { code: 'login', details: 'MSG_AUTH_REQUIRED' })
})

t.test('a scope narrows, the same whether or not the resource is there', async t => {
  const narrow = await scene.professional(GP, undefined, { scope: 'user/Patient.rs user/DocumentReference.s' })
  for (const id of [first.id, randomUUID()]) refused(t, await get(narrow, `/DocumentReference/${id}`), 403, { code: 'forbidden' })
  t.equal((await get(narrow, `/DocumentReference?patient=Patient/${patientId}`)).status, 200)
})

t.test('every answer has a request id of its own, chosen by the server', async t => {
  const ids = await Promise.all([1, 2].map(async () => (await get(gp, url, { 'x-request-id': 'mine' })).headers['x-request-id']))
  t.equal(new Set([...ids, 'mine']).size, 3)
})

t.test('a patient is read in full by whoever has a ground', async t => {
  const { json, status } = await get(gp, `/Patient/${patientId}`)
  t.equal(status, 200)
  t.match(json, { name: patient('').name, birthDate: '1990-01-02' })
  isAbsent(t, await get(hospital, `/Patient/${patientId}`))
})
