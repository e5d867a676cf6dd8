/** Websockets (R4 subscription.html, channel websocket): `bind`, `bound`, `ping`; by whom, judged when it is said, and bounded. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { as } from '../helper/app.js'
import { access, document, label } from '../helper/resource.js'
import { GP, GP2, PRACTICE, openScene, refused } from '../interaction/scene.js'
import { allowing, hook, listening, subscriptionsOf } from './subscription-scene.js'

const URL_OF_CLIENTS = 'wss://fhir.example.org/ws'
const scene = await openScene(t, { ...allowing('https://hooks.example.org'), WEBSOCKET_PORT: '0', WEBSOCKET_URL: URL_OF_CLIENTS, MAX_SUBSCRIPTIONS: '100' })
const { made, post, put, get, remove, gp, hospital, token } = scene
const outbox = scene.mongo.db(scene.database).collection('Outbox')
const { sockets } = scene.app
if (sockets === undefined) throw new Error('no websockets are served')
await sockets.server.listen({ port: 0, host: '127.0.0.1' })
const { port } = sockets.server.server.address() as AddressInfo
const { run, match, worker, warnings } = await subscriptionsOf(scene, undefined, { sockets })
t.afterEach(() => { t.strictSame(warnings, []) })

const search = (id: string) => `DocumentReference?patient=Patient/${id}`
const GONE = 'ffffffff-ffff-4fff-8fff-ffffffffffff'

interface Client { readonly socket: WebSocket, readonly heard: string[], readonly closed: Promise<number>, /** Sends something, and waits for what is said to it. */ readonly ask: (text: string) => Promise<string> }

/** A client; @throws the status by which it was refused */
async function open (t: Test, bearer: string | undefined, path = '/ws'): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } })
  const heard: string[] = []
  socket.on('message', (data: Buffer) => { heard.push(data.toString()) })
  const closed = new Promise<number>(resolve => { socket.on('close', resolve) })
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('unexpected-response', (_, { statusCode }) => { reject(new Error(String(statusCode))) })
    socket.on('error', reject)
  })
  t.teardown(() => { socket.terminate() })
  return {
    socket,
    heard,
    closed,
    ask: async text => {
      const answered = once(socket, 'message')
      socket.send(text)
      const [data] = await answered as [Buffer]
      return data.toString()
    }
  }
}

/** What was said to a client by now: an echo of the connection comes after it. */
async function heardBy ({ socket, heard }: Client): Promise<readonly string[]> {
  const pong = once(socket, 'pong')
  socket.ping()
  await pong
  return heard.splice(0)
}

t.test('who owns it binds it, and is pinged of what they may see', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  const { id: subscription } = await made(gp, listening(search(id)))
  const client = await open(t, gp)
  t.equal(await client.ask(`bind ${subscription}`), `bound ${subscription}`)
  client.heard.length = 0
  await made(hospital, document(id))
  await run()
  t.strictSame(await heardBy(client), [`ping ${subscription}`])
  await made(hospital, document(id, { securityLabel: [label('MASQUE_PS')] }))
  await run()
  t.strictSame(await heardBy(client), [], 'P19 of what is hidden there is no ping')
  const deposit = await made(hospital, document(id))
  await match()
  t.equal((await put(holder, { ...(await get(holder, `/DocumentReference/${deposit.id}`)).json, securityLabel: [label('MASQUE_PS')] })).status, 200)
  await run()
  t.strictSame(await heardBy(client), [], 'nor of what was hidden since')
  t.equal(await outbox.countDocuments(), 0)
  const traces = await get(holder, `/AuditEvent?patient=Patient/${id}&_count=200`)
  t.equal(traces.json.entry.map(({ resource }: { readonly resource: object }) => JSON.stringify(resource)).filter((text: string) => text.includes(GP) && text.includes('search-type')).length, 1, 'each ping is an access, and traced')
})

t.test('P19 who binds what is not theirs hears the same as of what never was', async t => {
  const { id, ins, holder } = await scene.open()
  const { id: theirs } = await made(holder, listening(search(id)))
  const { id: called } = await made(gp, hook(search(id), 'https://hooks.example.org/'))
  const gone = await made(gp, listening(search(id)))
  t.equal((await remove(gp, `/Subscription/${gone.id}`)).status, 204)
  const off = await made(gp, listening(search(id)))
  t.equal((await put(gp, { ...off, status: 'off' })).status, 200)
  const client = await open(t, gp)
  for (const other of [GONE, theirs, called, gone.id, off.id]) t.equal(await client.ask(`bind ${other}`), `unbound ${other}`)
  client.heard.length = 0
  await made(hospital, document(id))
  await run()
  t.strictSame(await heardBy(client), [])
  t.equal(await outbox.countDocuments(), 1, 'what its owner did not come for waits for them')
  const secret = await open(t, await token({ ...as.holder(ins), Connexion_Secrete: true }))
  t.equal(await secret.ask(`bind ${theirs}`), `unbound ${theirs}`)
  const narrow = await open(t, await token({ ...as.holder(ins), scope: 'user/Subscription.cruds' }))
  t.equal(await narrow.ask(`bind ${theirs}`), `unbound ${theirs}`, 'nor by a token whose scopes do not reach what it asks')
  const owner = await open(t, holder)
  t.equal(await owner.ask(`bind ${theirs}`), `bound ${theirs}`)
  owner.heard.length = 0
  await worker.deliverAll()
  t.strictSame(await heardBy(owner), [`ping ${theirs}`], 'and is told when they do')
})

t.test('what nobody comes for is forgotten after a day', async t => {
  const { id, holder } = await scene.open()
  await made(holder, listening(search(id)))
  await made(hospital, document(id))
  await run()
  t.equal(await outbox.countDocuments(), 1)
  await worker.retire()
  t.equal(await outbox.countDocuments(), 1)
  await (await subscriptionsOf(scene, undefined, { clock: () => Date.now() + 25 * 3600_000 })).worker.retire()
  t.equal(await outbox.countDocuments(), 0)
})

t.test('one that is deleted pings no more, and an owner who has no right any more neither', async t => {
  const { id, holder } = await scene.open()
  const choice = await made(holder, access(id, GP))
  const { id: one } = await made(gp, listening(search(id)))
  const { id: two } = await made(gp, listening(search(id)))
  const client = await open(t, gp)
  await client.ask(`bind ${one}`)
  await client.ask(`bind ${two}`)
  client.heard.length = 0
  t.equal((await remove(gp, `/Subscription/${one}`)).status, 204)
  await made(hospital, document(id))
  await run()
  t.strictSame(await heardBy(client), [`ping ${two}`])
  await made(hospital, document(id))
  await match()
  t.equal((await put(holder, { ...choice, status: 'inactive' })).status, 200)
  await run()
  t.strictSame(await heardBy(client), [])
  t.equal(await outbox.countDocuments(), 0)
})

t.test('each client that listens hears it, and none that left', async t => {
  const { id, holder } = await scene.open()
  const { id: subscription } = await made(holder, listening(search(id)))
  const clients = [await open(t, holder), await open(t, holder), await open(t, holder)]
  for (const client of clients) await client.ask(`bind ${subscription}`)
  const [left, ...others] = clients
  left?.socket.close()
  await left?.closed
  for (const { heard } of clients) heard.length = 0
  await made(hospital, document(id))
  await run()
  for (const other of others) t.strictSame(await heardBy(other), [`ping ${subscription}`])
  t.strictSame(left?.heard, [])
})

t.test('each is judged by the token that it was opened with, whoever listens beside it', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  const { id: subscription } = await made(gp, listening(search(id)))
  // The same person, in a role that stands outside care.
  const outside = await token(as.professional(GP, PRACTICE, { Secteur_Activite: 'SA24^1.2.250.1.71.4.2.4' }))
  const clients = [await open(t, outside), await open(t, gp), await open(t, outside)]
  for (const client of clients) t.equal(await client.ask(`bind ${subscription}`), `bound ${subscription}`)
  for (const { heard } of clients) heard.length = 0
  await made(hospital, document(id))
  await run()
  t.strictSame(await Promise.all(clients.map(heardBy)), [[], [`ping ${subscription}`], []])
  t.equal(await outbox.countDocuments(), 0)
})

t.test('without a token nothing opens, nor anywhere else', async t => {
  await t.rejects(open(t, undefined), { message: '401' })
  await t.rejects(open(t, 'nonsense'), { message: '401' })
  await t.rejects(open(t, gp, '/'), { message: '404' })
  await t.rejects(open(t, gp, '/ws/'), { message: '404' })
  await t.rejects(open(t, gp, '/fhir/Patient/1'), { message: '404' })
  t.equal((await sockets.server.inject({ method: 'GET', url: '/ws', headers: { authorization: `Bearer ${gp}` } })).statusCode, 404)
  t.equal((await sockets.server.inject({ method: 'GET', url: '/fhir/metadata' })).statusCode, 404)
})

t.test('a token that ends closes what it opened', async t => {
  const client = await open(t, await token({ ...as.professional(GP2, PRACTICE), life: '1s' }))
  t.equal(await client.closed, 1008)
})

t.test('what is said is bounded: what is no bind, is long, or comes without end closes the socket', async t => {
  for (const text of ['', 'bind', 'bind a b', 'bind ../x', 'subscribe x', `bind ${'a'.repeat(65)}`, 'ping x']) {
    const client = await open(t, gp)
    client.socket.send(text)
    t.equal(await client.closed, 1008, JSON.stringify(text))
  }
  const binary = await open(t, gp)
  binary.socket.send(Buffer.from(`bind ${GONE}`), { binary: true })
  t.equal(await binary.closed, 1008)
  const long = await open(t, gp)
  long.socket.send('x'.repeat(10_000))
  t.ok([1006, 1009].includes(await long.closed))
  const talking = await open(t, gp)
  for (let count = 0; count < 201; count++) talking.socket.send(`bind ${GONE}`)
  t.equal(await talking.closed, 1008)
})

t.test('a caller opens so many and no more', async t => {
  const who = await scene.professional('899700055555', PRACTICE)
  const clients = []
  for (let count = 0; count < 10; count++) clients.push(await open(t, who))
  await t.rejects(open(t, who), { message: '429' })
  clients[0]?.socket.close()
  await clients[0]?.closed
  for (let guard = 0; guard < 100; guard++) {
    const opened = await open(t, who).then(() => true, () => false)
    if (opened) return t.pass('until one is closed')
    await wait(10)
  }
  t.fail('it was counted still')
})

t.test('another protocol is not spoken', async t => {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET /ws HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gp}\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n`)
  const [data] = await once(socket, 'data') as [Buffer]
  t.match(data.toString(), /^HTTP\/1\.1 404 /)
  socket.destroy()
})

t.test('a websocket has neither endpoint, headers nor payload', async t => {
  for (const [channel, place] of [[{ endpoint: 'https://hooks.example.org/' }, 'endpoint'], [{ header: ['X-A: 1'] }, 'header'], [{ payload: 'application/fhir+json' }, 'payload']] as const) {
    const answer = await post(gp, listening('Observation', { channel: { type: 'websocket', ...channel } }))
    refused(t, answer, 422, { code: place === 'payload' ? 'not-supported' : 'business-rule', expression: `Subscription.channel.${place}` })
  }
})

t.test('the CapabilityStatement says where they are', async t => {
  const { json } = await get(undefined, '/metadata')
  t.strictSame(json.rest[0].extension, [{ url: 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket', valueUri: URL_OF_CLIENTS }])
})

t.test('a server that closes closes them, and waits for none', async t => {
  const client = await open(t, gp)
  await sockets.server.close()
  t.ok([1001, 1006].includes(await client.closed))
  await t.rejects(open(t, gp))
})
