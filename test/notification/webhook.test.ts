/** Webhooks: to origins of the configuration alone, signed, never by a redirect, never into our own network; nothing of a record in them. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createHmac } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { waitAfter } from '../../src/notification/outbox.js'
import { WebhookError, createWebhook, keyOf } from '../../src/notification/webhook.js'
import { as } from '../helper/app.js'
import { document } from '../helper/resource.js'
import { GP, HOSPITAL, PRACTICE, openScene, refused } from '../interaction/scene.js'
import { MINOR, beginning, legalOf, tellAll, workerOf } from './scene.js'

interface Received { readonly url: string, readonly headers: IncomingHttpHeaders, readonly body: string }
const received: Received[] = []
let status = 204
const receiver = createServer((request, response) => {
  text(request).then(body => {
    received.push({ url: request.url ?? '', headers: request.headers, body })
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
  }, () => {})
})
await new Promise<void>(resolve => { receiver.listen(0, '127.0.0.1', resolve) })
t.teardown(() => { receiver.close() })
t.afterEach(() => { received.length = 0; status = 204 })
const { port } = receiver.address() as AddressInfo
const origin = `http://127.0.0.1:${port}`
const secret = 'a secret of at least thirty-two characters'
const allowed = { origins: [origin, `http://localhost:${port}`], secret, isPrivateAllowed: true }
const PREFERENCE = 'https://fhir.espace-sante.example/StructureDefinition/notification-preference'

t.test('the receiver can tell that it comes from here', async t => {
  const webhook = createWebhook(allowed)
  const now = Date.now()
  await webhook.send(`${origin}/hook?for=me`, 'the-id', now)
  const [{ url, headers, body } = { url: '', headers: {} as IncomingHttpHeaders, body: '' }] = received
  t.equal(url, '/hook?for=me')
  t.strictSame(JSON.parse(body), { type: 'activity', timestamp: new Date(now).toISOString() })
  t.match(headers, { 'content-type': 'application/json', 'webhook-id': 'the-id', 'webhook-timestamp': String(Math.floor(now / 1000)) })
  const expected = createHmac('sha256', createHmac('sha256', secret).update(origin).digest()).update(`the-id.${Math.floor(now / 1000)}.${body}`).digest('base64')
  t.equal(headers['webhook-signature'], `v1,${expected}`)
  t.notSame(keyOf(secret, origin), keyOf(secret, 'https://other.example'), 'each receiver has a key of its own')
})

t.test('nothing but the configured origins is called', async t => {
  const webhook = createWebhook(allowed)
  const others = [`http://127.0.0.1:${port + 1}/`, `https://127.0.0.1:${port}/`, `http://127.0.0.1.example.org:${port}/`, `http://user@127.0.0.1:${port}/`, `http://user:x@127.0.0.1:${port}/`, 'file:///etc/passwd', 'nonsense', '', `${origin}.evil.example/`, `http://2130706433.example:${port}/`]
  for (const endpoint of others) {
    t.notOk(webhook.mayCall(endpoint), endpoint)
    await t.rejects(webhook.send(endpoint, 'x', 0), { code: 'not-allowed' }, endpoint)
  }
  t.ok(webhook.mayCall(`http://2130706433:${port}/`), 'an address spelled otherwise is the same one')
  t.equal(received.length, 0)
})

t.test('an address of a private network is refused, as a number and as what a name leads to', async t => {
  const names = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1', '192.168.1.1', '169.254.169.254', '172.16.0.1', '100.64.0.1', '0.0.0.0', '[fd00::1]', '[fe80::1]']
  const webhook = createWebhook({ origins: names.map(name => new URL(`http://${name}:${port}`).origin), secret, isPrivateAllowed: false })
  for (const name of names) {
    await t.rejects(webhook.send(`http://${name}:${port}/`, 'x', 0), { code: 'private-address' }, name)
  }
  t.equal(received.length, 0)
})

t.test('no redirect is followed, and what is no success fails', async t => {
  const webhook = createWebhook(allowed)
  for (status of [302, 400, 410, 500]) await t.rejects(webhook.send(`${origin}/`, 'x', 0), { code: `status-${status}` })
  t.strictSame(received.map(({ url }) => url), ['/', '/', '/', '/'])
})

t.test('a holder asks for it, within what the configuration allows, and it is tried again', async t => {
  const env = { WEBHOOK_ORIGINS: origin, WEBHOOK_SECRET: secret, WEBHOOK_PRIVATE: 'allow' }
  const scene = await openScene(t, env)
  const { made, hospital, get, put, mongo, database } = scene
  const db = mongo.db(database)
  await beginning(scene)
  const { id, ins, holder } = await scene.open()
  const { json } = await get(holder, `/Patient/${id}`)
  const wanting = (endpoint: string) => ({ ...json, extension: [{ url: PREFERENCE, extension: [{ url: 'way', valueCode: 'webhook' }, { url: 'kind', valueCode: 'deposit' }, { url: 'endpoint', valueUrl: endpoint }] }] })
  refused(t, await put(holder, wanting('https://hooks.example.org/x')), 422, { code: 'value', expression: 'Patient.extension' })
  t.equal((await put(holder, wanting(`${origin}/hooks/1`))).status, 200)
  let now = Date.now()
  const webhook = createWebhook(allowed)
  const { worker, warnings } = workerOf(scene, { clock: () => now, ports: { webhook: webhook.send } })
  await tellAll(scene, worker)
  await worker.deliverAll()
  received.length = 0
  const deposit = await made(hospital, document(id))
  status = 503
  await tellAll(scene, worker)
  await worker.deliverAll()
  t.equal(received.length, 1)
  status = 204
  await worker.deliverAll()
  t.equal(received.length, 1, 'not at once')
  now += 31_000
  await worker.deliverAll()
  t.equal(received.length, 2)
  t.equal(received[0]?.headers['webhook-id'], received[1]?.headers['webhook-id'], 'the same, for its receiver')
  for (const what of [id, ins, deposit.id, HOSPITAL, 'PETIT']) t.notMatch(JSON.stringify(received), what)
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  await worker.deliverAll()
  t.equal(received.length, 2)
  t.strictSame(warnings, [])
  t.equal(await db.collection('Outbox').countDocuments(), 0)
})

t.test('what is hidden from a legal representative is told to no receiver while there is one', async t => {
  const scene = await openScene(t, { WEBHOOK_ORIGINS: origin, WEBHOOK_SECRET: secret, WEBHOOK_PRIVATE: 'allow' })
  const { made, gp, get, put, hospital } = scene
  await beginning(scene)
  const minor = await scene.open(MINOR)
  const { json } = await get(minor.holder, `/Patient/${minor.id}`)
  t.equal((await put(minor.holder, { ...json, extension: [{ url: PREFERENCE, extension: [{ url: 'way', valueCode: 'webhook' }, { url: 'endpoint', valueUrl: `${origin}/hooks/2` }] }] })).status, 200)
  await legalOf(scene, minor)
  const hidden = await made(await scene.token(as.professional(GP, PRACTICE, { Connexion_Secrete: true })), document(minor.id))
  const { worker } = workerOf(scene, { ports: { webhook: createWebhook(allowed).send } })
  const run = async () => {
    await tellAll(scene, worker)
    await worker.deliverAll()
    return received.splice(0).length
  }
  await run()
  t.equal((await get(gp, `/DocumentReference/${hidden.id}`)).status, 200)
  t.equal(await run(), 0)
  await made(hospital, document(minor.id))
  t.equal(await run(), 1, 'of what a representative sees it is')
})

/** Two holders who want to hear by webhook of deposits, each at an endpoint of their own. */
async function hooked (t: Test, endpoints: readonly string[]) {
  const scene = await openScene(t, { WEBHOOK_ORIGINS: endpoints.map(endpoint => new URL(endpoint).origin).join(','), WEBHOOK_SECRET: secret, WEBHOOK_PRIVATE: 'allow' })
  await beginning(scene)
  const ids: string[] = []
  for (const valueUrl of endpoints) {
    const { id, holder } = await scene.open()
    const { json } = await scene.get(holder, `/Patient/${id}`)
    const extension = [{ url: PREFERENCE, extension: [{ url: 'way', valueCode: 'webhook' }, { url: 'kind', valueCode: 'deposit' }, { url: 'endpoint', valueUrl }] }]
    if ((await scene.put(holder, { ...json, extension })).status !== 200) throw new Error('not preferred')
    ids.push(id)
  }
  const outbox = scene.mongo.db(scene.database).collection<{ readonly _id: string, readonly way: string }>('Outbox')
  await tellAll(scene, workerOf(scene, { ports: { webhook: async () => {} } }).worker)
  await outbox.deleteMany({})
  await scene.mongo.db(scene.database).collection('Feed').updateOne({}, { $set: { until: 0 } })
  return { scene, outbox, deposit: async () => { for (const id of ids) await scene.made(scene.hospital, document(id)) } }
}

t.test('an origin that does not answer is left alone for a while, others are not; one that answers badly is asked for each', async t => {
  const { scene, outbox, deposit } = await hooked(t, ['https://gone.example/a', 'https://gone.example/b', 'https://bad.example/a', 'https://bad.example/b'])
  const called: string[] = []
  let isGone = true
  let now = Date.now()
  const { worker } = workerOf(scene, {
    clock: () => now,
    ports: {
      webhook: async endpoint => {
        called.push(endpoint)
        if (endpoint.startsWith('https://bad')) throw new WebhookError('status-404')
        if (isGone) throw Object.assign(new Error('nothing came'), { code: 'UND_ERR_HEADERS_TIMEOUT' })
      }
    }
  })
  await deposit()
  await tellAll(scene, worker)
  now = Date.now() + 1000
  await worker.deliverAll()
  t.strictSame(called.splice(0).toSorted().map(endpoint => new URL(endpoint).origin), ['https://bad.example', 'https://bad.example', 'https://gone.example'])
  now += waitAfter(1) + 1
  await worker.deliverAll()
  t.equal(called.splice(0).filter(endpoint => endpoint.startsWith('https://gone')).length, 1)
  isGone = false
  now += waitAfter(2) + 1
  await worker.deliverAll()
  t.strictSame(called.splice(0).filter(endpoint => endpoint.startsWith('https://gone')).toSorted(), ['https://gone.example/a', 'https://gone.example/b'], 'until it answers')
  t.equal(await outbox.countDocuments(), 2)
})

t.test('a receiver that hangs holds up nothing that goes another way', async t => {
  const { scene, outbox, deposit } = await hooked(t, ['https://slow.example/a'])
  const answering = new AbortController()
  const { worker } = workerOf(scene, { ports: { webhook: async () => { if (!answering.signal.aborted) await once(answering.signal, 'abort') } } })
  await deposit()
  await tellAll(scene, worker)
  await outbox.insertOne({ _id: 'trace|gone', way: 'trace', patient: 'nobody', about: 'AuditEvent/gone', at: Date.now() + 1, attempts: 0 } as never)
  await wait(2)
  const delivering = worker.deliverAll()
  const until = Date.now() + 10_000
  while (await outbox.countDocuments({ way: 'trace' }) > 0 && Date.now() < until) await wait(20)
  t.strictSame((await outbox.find().toArray()).map(({ way }) => way), ['webhook'])
  answering.abort()
  await delivering
  t.equal(await outbox.countDocuments(), 0)
})
