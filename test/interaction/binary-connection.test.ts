/** `POST /Binary` over real connections: refused without reading on, broken off without leaving anything. */
import { request as ask } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { as, startApp } from '../helper/app.js'
import { patient } from '../helper/resource.js'
import { newIns } from './scene.js'

const app = await startApp(t)
const hospital = await app.token(as.structure('1750712184'))
const { json: { id: patientId } } = await app.request(await app.token(as.operator), 'POST', '/Patient', { body: patient(newIns()) })
const address = new URL(await app.app.server.listen({ port: 0, host: '127.0.0.1' }))
const MIB = Buffer.alloc(1024 * 1024, 'un mebioctet ')
const count = async (name: string) => await app.mongo.db(app.database).collection(name).countDocuments()

function post (headers: Readonly<Record<string, string | number>>): { readonly going: ClientRequest, readonly answer: Promise<IncomingMessage> } {
  const going = ask({
    method: 'POST', host: address.hostname, port: address.port, path: '/fhir/Binary', agent: false, headers: { authorization: `Bearer ${hospital}`, 'content-type': 'text/plain', 'x-security-context': `Patient/${patientId}`, ...headers }
  })
  const answer = new Promise<IncomingMessage>((resolve, reject) => { going.once('response', resolve).once('error', reject) })
  return { going, answer }
}

/** Sends until it is answered or has sent all. @returns the MiB that were taken */
async function send ({ going, answer }: ReturnType<typeof post>, mebibytes: number): Promise<number> {
  const state = { isOver: false }
  answer.catch(() => {}).finally(() => { state.isOver = true }).catch(() => {})
  going.on('error', () => { state.isOver = true })
  let sent = 0
  while (sent < mebibytes && !state.isOver) {
    if (!going.write(MIB)) await Promise.race([new Promise(resolve => going.once('drain', resolve)), answer.catch(() => {})])
    sent += 1
  }
  return sent
}

t.test('what says that it is too large, or is refused for another reason, is not read', async t => {
  for (const [headers, status] of [[{ 'content-length': 51 * MIB.length }, 413], [{ 'content-length': 40 * MIB.length, 'x-security-context': 'Patient/nobody' }, 422], [{ 'x-security-context': 'Patient/nobody' }, 422]] as const) {
    const posting = post(headers)
    const sent = await send(posting, 40)
    const response = await posting.answer
    t.strictSame([response.statusCode, response.headers.connection], [status, 'close'])
    t.ok(sent < 20, `${sent} MiB were sent`)
    posting.going.destroy()
  }
  t.equal(await count('content.files'), 0)
})

t.test('what turns out to be too large is read no further', async t => {
  const posting = post({})
  const sent = await send(posting, 120)
  t.equal((await posting.answer).statusCode, 413)
  t.ok(sent > 49 && sent < 70, `${sent} MiB were sent`)
  posting.going.destroy()
})

t.test('what breaks off leaves nothing', async t => {
  const posting = post({ 'content-length': 20 * MIB.length })
  posting.answer.catch(() => {})
  await send(posting, 3)
  for (let turn = 0; turn < 100 && await count('content.chunks') === 0; turn += 1) await wait(50)
  posting.going.destroy()
  for (let turn = 0; turn < 200 && await count('content.files') + await count('content.chunks') > 0; turn += 1) await wait(100)
  t.strictSame([await count('content.files'), await count('content.chunks'), await count('Binary')], [0, 0, 0])
})

t.test('a little that is refused costs no connection', async t => {
  const posting = post({ 'content-length': 5, 'x-security-context': 'Patient/nobody' })
  posting.going.end('12345')
  const response = await posting.answer
  t.equal(response.statusCode, 422)
  response.resume()
})
