/** Reading a content in part (RFC 9110, 14), its length without it, and as it goes: chunk by chunk through the gate. */
import { Agent, request as ask } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { as, startApp } from '../helper/app.js'
import { document, patient } from '../helper/resource.js'
import { isAbsent, newIns, refused } from './scene.js'

const app = await startApp(t)
const operator = await app.token(as.operator)
const hospital = await app.token(as.structure('1750712184'))
const { json: { id: patientId } } = await app.request(operator, 'POST', '/Patient', { body: patient(newIns()) })
const BYTES = Buffer.from(Array.from({ length: 600_000 }, (_, index) => 32 + (index * 7 + (index >> 8)) % 90))
const content = { attachment: { contentType: 'text/plain', data: BYTES.toString('base64') } }
const { json: owner } = await app.request(hospital, 'POST', '/DocumentReference', { body: document(patientId, { content: [content] }) })
const url = `/${owner.content[0].attachment.url as string}`
const get = async (headers: Readonly<Record<string, string>> = {}, method: 'GET' | 'HEAD' = 'GET', token = hospital) => await app.request(token, method, url, { headers: { accept: '*/*', ...headers } })

t.test('says that it has parts', async t => {
  const { status, headers, bytes } = await get()
  t.match([status, headers], [200, { 'accept-ranges': 'bytes', 'content-length': '600000', etag: 'W/"1"' }])
  t.ok(bytes.equals(BYTES))
})

t.test('returns one range, within a chunk, across chunks, to the end, from the end', async t => {
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 0], ['bytes=10-99', 10, 99], ['bytes=262115-262116', 262_115, 262_116], ['bytes=262000-525000', 262_000, 525_000], ['bytes=599999-', 599_999, 599_999],
    ['bytes=599000-9999999', 599_000, 599_999], ['bytes=-5', 599_995, 599_999], ['bytes=-9999999', 0, 599_999], ['Bytes = 5-6', 5, 6], ['bytes=524231-524232', 524_231, 524_232]
  ] as const) {
    const response = await get({ range })
    t.strictSame([response.status, response.headers['content-range'], response.headers['content-length']], [206, `bytes ${start}-${end}/600000`, String(end - start + 1)], range)
    t.ok(response.bytes.equals(BYTES.subarray(start, end + 1)), range)
  }
})

t.test('returns all of it where no single range is asked for', async t => {
  for (const range of ['bytes=0-1,5-6', 'bytes=5-2', 'bytes=', 'bytes=-', 'bytes=a-b', 'items=0-1', 'bytes=0-1x']) {
    const response = await get({ range })
    t.strictSame([response.status, response.bytes.length, response.headers['content-range']], [200, 600_000, undefined], range)
  }
  const fhir = await get({ range: 'bytes=0-1', accept: 'application/fhir+json' })
  t.strictSame([fhir.status, fhir.headers['accept-ranges'], fhir.json.data.length], [200, undefined, 800_000], 'a FHIR Binary is whole')
})

t.test('refuses a range beyond it', async t => {
  for (const range of ['bytes=600000-', 'bytes=600000-600001', 'bytes=-0']) {
    const response = await get({ range })
    refused(t, response, 416, { code: 'value', expression: 'Range' })
    t.equal(response.headers['content-range'], 'bytes */600000')
  }
})

t.test('If-Range sends the part of the same content only', async t => {
  const { headers } = await get()
  for (const tag of ['"1"', 'W/"1"', headers['last-modified'] ?? '']) t.equal((await get({ range: 'bytes=0-1', 'if-range': tag })).status, 206, tag)
  for (const tag of ['"2"', 'W/"2"', 'Thu, 01 Jan 1970 00:00:00 GMT', 'x']) t.equal((await get({ range: 'bytes=0-1', 'if-range': tag })).status, 200, tag)
  t.equal((await get({ range: 'bytes=600000-', 'if-range': '"2"' })).status, 200)
  t.equal((await get({ range: 'bytes=0-1', 'if-none-match': 'W/"1"' })).status, 304, 'If-None-Match comes first')
})

t.test('HEAD says the same and reads nothing', async t => {
  for (const headers of [{}, { range: 'bytes=5-9' }, { accept: 'application/fhir+json' }] as const) {
    const [whole, head] = [await get(headers), await get(headers, 'HEAD')]
    const { date, 'x-request-id': id, ...said } = whole.headers
    t.match(head.headers, said)
    t.strictSame([head.status, head.text], [whole.status, ''])
  }
})

t.test('P18 what is hidden has no parts', async t => {
  const stranger = await app.token(as.structure('1690000012'))
  for (const headers of [{}, { range: 'bytes=0-1' }, { range: 'bytes=9999999-' }]) isAbsent(t, await get(headers, 'GET', stranger))
})

t.test('over a connection: long as it says, and broken off where a chunk is not what was sealed', async t => {
  const address = new URL(await app.app.server.listen({ port: 0, host: '127.0.0.1' }))
  const agent = new Agent()
  t.teardown(() => { agent.destroy() })
  const open = async () => await new Promise<IncomingMessage>((resolve, reject) => {
    ask({ host: address.hostname, port: address.port, path: `/fhir${url}`, agent, headers: { authorization: `Bearer ${hospital}`, accept: '*/*' } }, resolve).once('error', reject).end()
  })
  const whole = await open()
  t.strictSame([whole.headers['content-length'], whole.headers['transfer-encoding']], ['600000', undefined])
  t.ok(Buffer.concat(await whole.toArray()).equals(BYTES))
  const chunks = app.mongo.db(app.database).collection('content.chunks')
  const filter = { files_id: url.split('/')[2] as never }
  const [first, second] = await chunks.find(filter).sort({ n: 1 }).toArray()
  await chunks.updateOne({ ...filter, n: second?.['n'] }, { $set: { data: first?.['data'] } })
  const broken = await open()
  const received: Buffer[] = []
  await t.rejects(async () => { for await (const part of broken) received.push(part as Buffer) })
  t.ok(BYTES.subarray(0, Buffer.concat(received).length).equals(Buffer.concat(received)), 'no byte that is not the content\'s')
})
