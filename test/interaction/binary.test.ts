/** ITI-68: the content of a document, raw or as a Binary, for whom the document is there. */
import { createHash, randomUUID } from 'node:crypto'
import t from 'tap'
import { access, document, label } from '../helper/resource.js'
import { GP, HOSPITAL, isAbsent, look, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, post, put, made, gp, hospital, lab, request } = scene
const { id: patientId, holder } = await scene.open()
await made(holder, access(patientId, GP))
const BYTES = Buffer.from([0x25, 0x50, 0x44, 0x46, 0, 1, 2, 0xfe, 0xff, 10])

function attachment (bytes: Buffer, more: object = {}) {
  return { attachment: { contentType: 'application/pdf', data: bytes.toString('base64'), size: bytes.length, hash: createHash('sha1').update(bytes).digest('base64'), ...more } }
}
const deposit = async (more: object = {}, ...contents: object[]) => await made(hospital, document(patientId, { content: contents.length > 0 ? contents : [attachment(BYTES)], ...more }))
const urlOf = (resource: { content: { attachment: { url: string } }[] }, index = 0) => `/${resource.content[index]?.attachment.url ?? ''}`
const first = await deposit()
const url = urlOf(first)

t.test('a deposit leaves an address, a size and a hash in place of its content', async t => {
  const { data, ...rest } = first.content[0].attachment
  t.equal(data, undefined)
  t.strictSame(rest, { contentType: 'application/pdf', url: url.slice(1), size: BYTES.length, hash: createHash('sha1').update(BYTES).digest('base64') })
  const without = await deposit({}, { attachment: { contentType: 'application/octet-stream', data: BYTES.toString('base64') } })
  t.match(without.content[0].attachment, { size: rest.size, hash: rest.hash }, 'also where none were given')
})

t.test('returns the same bytes by the document\'s own type', async t => {
  for (const accept of ['application/pdf', 'application/*', '*/*', 'text/html, application/pdf;q=0.5']) {
    const response = await get(gp, url, { accept })
    t.strictSame([response.status, response.headers['content-type'], response.bytes.equals(BYTES)], [200, 'application/pdf', true], accept)
  }
  t.match((await get(gp, url)).headers, { etag: 'W/"1"', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
})

t.test('returns a Binary where FHIR is asked for', async t => {
  for (const accept of ['application/fhir+json', 'application/json']) {
    const response = await get(gp, url, { accept })
    t.equal(response.headers['content-type'], 'application/fhir+json; charset=utf-8')
    t.strictSame(response.json, {
      resourceType: 'Binary',
      id: url.split('/')[2],
      meta: { versionId: '1' },
      contentType: 'application/pdf',
      securityContext: { reference: `DocumentReference/${first.id}` },
      data: BYTES.toString('base64')
    })
  }
})

t.test('the form that is wanted most is answered, and what _format says goes before that', async t => {
  const typeOf = async (accept: string, query = '', of = url) => (await get(gp, of + query, { accept })).headers['content-type']
  t.equal(await typeOf('application/fhir+json;q=0.1, application/pdf'), 'application/pdf')
  t.equal(await typeOf('application/pdf;q=0.1, application/fhir+json'), 'application/fhir+json; charset=utf-8')
  t.equal(await typeOf('application/pdf', '?_format=json'), 'application/fhir+json; charset=utf-8')
  t.equal(await typeOf('application/fhir+json', '?_format=application/pdf'), 'application/pdf')
  refused(t, await get(gp, `${url}?_format=xml`), 406, { code: 'not-supported', expression: 'Accept' })
  const own = await deposit({}, { attachment: { contentType: 'application/json', data: Buffer.from('{}').toString('base64') } })
  t.equal(await typeOf('application/json', '', `/${own.content[0].attachment.url as string}`), 'application/json', 'a document of JSON is asked for by its own type')
})

t.test('returns Not Acceptable for another type', async t => {
  refused(t, await get(gp, url, { accept: 'image/png' }), 406, { code: 'not-supported', expression: 'Accept' })
})

t.test('has one version, answers HEAD, and Not Modified', async t => {
  t.ok((await get(gp, `${url}/_history/1`)).bytes.equals(BYTES))
  isAbsent(t, await get(gp, `${url}/_history/2`))
  const head = await request(gp, 'HEAD', url, { headers: { accept: 'application/pdf' } })
  t.strictSame([head.status, head.text, head.headers['content-type']], [200, '', 'application/pdf'])
  const same = await get(gp, url, { 'if-none-match': 'W/"1"' })
  t.strictSame([same.status, same.text], [304, ''])
})

t.test('is there for whom the document is, and absent to others, whatever they accept or have', async t => {
  const masked = urlOf(await deposit({ securityLabel: [label('MASQUE_PS')] }, attachment(Buffer.from('%PDF masked'))))
  for (const token of [hospital, holder]) t.equal((await get(token, masked)).status, 200)
  const unknown = `/Binary/${randomUUID()}`
  for (const headers of [{}, { accept: 'image/png' }, { 'if-none-match': 'W/"1"' }]) {
    for (const token of [gp, lab, scene.operator]) {
      const hidden = await get(token, masked, headers)
      isAbsent(t, hidden)
      t.strictSame(look(hidden), look(await get(token, unknown, headers)))
    }
  }
  t.equal((await get(undefined, url)).status, 401)
})

t.test('goes with the document: masked, deleted', async t => {
  const resource = await deposit({}, attachment(Buffer.from('%PDF to be deleted')))
  t.equal((await get(gp, urlOf(resource))).status, 200)
  const { json } = await put(holder, { ...resource, securityLabel: [label('MASQUE_PS')] })
  isAbsent(t, await get(gp, urlOf(resource)))
  t.equal((await get(hospital, urlOf(json))).status, 200)
  await scene.remove(hospital, `/DocumentReference/${resource.id}`)
  refused(t, await get(hospital, urlOf(resource)), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
  isAbsent(t, await get(gp, urlOf(resource)))
})

t.test('a document may have more than one, large ones too', async t => {
  const large = Buffer.alloc(3 * 1024 * 1024, '%PDF grand document ')
  const resource = await deposit({}, attachment(large), attachment(Buffer.from('<x/>'), { contentType: 'text/xml; charset=utf-8' }))
  t.ok((await get(gp, urlOf(resource, 0))).bytes.equals(large))
  const second = await get(gp, urlOf(resource, 1), { accept: 'text/xml' })
  t.strictSame([second.status, second.text, second.headers['content-type']], [200, '<x/>', 'text/xml; charset=utf-8'])
})

t.test('refuses what is not what it says', async t => {
  const place = 'DocumentReference.content[1].attachment'
  const of = async (more: object) => await post(hospital, document(patientId, { content: [attachment(BYTES), attachment(Buffer.from('%PDF second'), more)] }))
  refused(t, await of({ size: 5, hash: createHash('sha1').update('other').digest('base64') }), 422,
    { code: 'business-rule', expression: `${place}.size` }, { code: 'business-rule', expression: `${place}.hash` })
  refused(t, await of({ hash: createHash('sha256').update('%PDF second').digest('base64') }), 422, { code: 'business-rule', expression: `${place}.hash` })
  refused(t, await of({ url: 'http://example.org/x' }), 422, { code: 'business-rule', expression: `${place}.url` })
  refused(t, await of({ contentType: undefined }), 422, { code: 'invariant', expression: place })
})

t.test('refuses what is larger than ten mebibytes', async t => {
  const response = await post(hospital, document(patientId, { content: [attachment(Buffer.alloc(10 * 1024 * 1024 + 1))] }))
  refused(t, response, 413, { code: 'too-long', expression: 'DocumentReference.content[0].attachment' })
  refused(t, await request(hospital, 'POST', '/DocumentReference', { body: `"${'a'.repeat(15 * 1024 * 1024)}"` }), 413, { code: 'too-long' })
})

t.test('belongs to one document for ever', async t => {
  const of = (reference: string) => document(patientId, { content: [{ attachment: { contentType: 'application/pdf', url: reference } }] })
  const expression = 'DocumentReference.content[0].attachment.url'
  for (const token of [hospital, gp]) {
    const taken = await post(token, of(url.slice(1)))
    refused(t, taken, 422, { code: 'not-found', expression })
    t.strictSame(look(taken), look(await post(token, of(`Binary/${randomUUID()}`))), 'as if it were not there')
    refused(t, await post(token, of(`http://127.0.0.1:8080/fhir${url}`)), 422, { code: 'not-found', expression })
  }
})

t.test('is neither searched, changed nor deleted', async t => {
  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    const response = await request(hospital, method, method === 'GET' ? '/Binary' : url, method === 'PUT' ? { body: {} } : {})
    t.ok([404, 405].includes(response.status), `${method} ${response.status}`)
  }
})

t.test('needs a scope of its own', async t => {
  const narrow = await scene.professional(GP, undefined, { scope: 'user/DocumentReference.rs' })
  for (const address of [url, `/Binary/${randomUUID()}`]) refused(t, await get(narrow, address), 403, { code: 'forbidden' })
  t.equal((await get(await scene.professional('899700000042', HOSPITAL), url)).status, 200, 'a colleague of the depositor needs no choice')
})
