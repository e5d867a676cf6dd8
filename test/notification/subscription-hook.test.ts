/** Rest-hooks: what is told to a subscriber, and what never is, judged when it leaves (`consent.md` 2, 5 *Subscription*). */
import t from 'tap'
import { access, document, label } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, openScene } from '../interaction/scene.js'
import { waitAfter } from '../../src/notification/outbox.js'
import { PROBE } from '../../src/notification/rest.js'
import { allowing, hook, openReceiver, subscriptionsOf } from './subscription-scene.js'

const receiver = await openReceiver(t)
const { origin, calls } = receiver
t.afterEach(() => { calls.length = 0; receiver.status = 200 })
const scene = await openScene(t, { ...allowing(origin), MAX_SUBSCRIPTIONS: '500' })
const { made, put, get, remove, gp, hospital, lab, mongo, database } = scene
const db = mongo.db(database)
const outbox = db.collection('Outbox')
let ahead = 0
const { run, match, worker, warnings } = await subscriptionsOf(scene, origin, { clock: () => Date.now() + ahead })
/** After the longest wait for the next try. */
const later = () => { ahead += 6 * 3600_000 + 1000 }
const endpoint = `${origin}/hook`
const masked = { securityLabel: [label('MASQUE_PS')] }
const search = (id: string) => `DocumentReference?patient=Patient/${id}`

t.test('a deposit that its owner may see is told: nothing but the fact, signed, the same id at each try', async t => {
  const { id, ins, holder } = await scene.open()
  await made(holder, access(id, GP))
  await made(gp, hook(search(id), `${endpoint}?for=me`, { header: ['Authorization: Bearer of-the-receiver', 'X-Tenant: 7'] }))
  const deposit = await made(hospital, document(id))
  receiver.status = 503
  await run()
  t.equal(calls.length, 1)
  await worker.deliverAll()
  t.equal(calls.length, 1, 'not at once')
  receiver.status = 204
  later()
  await worker.deliverAll()
  t.equal(calls.length, 2)
  t.match(calls[0], { method: 'POST', url: '/hook?for=me', body: '', headers: { authorization: 'Bearer of-the-receiver', 'x-tenant': '7', 'webhook-signature': /^v1,/ } })
  t.equal(calls[0]?.headers['webhook-id'], calls[1]?.headers['webhook-id'])
  for (const what of [id, ins, deposit.id, HOSPITAL, 'PETIT']) t.notMatch(JSON.stringify(calls), what)
  t.equal(await outbox.countDocuments(), 0)
  await run()
  t.equal(calls.length, 2, 'and no more')
})

t.test('with a payload it is the reference of what changed, and the delivery is traced as an access of the owner', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  const { id: subscription } = await made(gp, hook(search(id), endpoint, { payload: 'application/fhir+json' }))
  const deposit = await made(hospital, document(id))
  const traces = async () => (await get(holder, `/AuditEvent?patient=Patient/${id}&_count=200`)).json.entry.map(({ resource }: { readonly resource: object }) => JSON.stringify(resource)).filter((text: string) => text.includes(GP) && text.includes('search-type'))
  t.equal((await traces()).length, 0)
  await run()
  t.match(calls, [{ method: 'POST', url: '/hook', headers: { 'content-type': 'application/fhir+json; charset=utf-8' } }])
  t.strictSame(JSON.parse(calls[0]?.body ?? ''), { resourceType: 'Parameters', parameter: [{ name: 'subscription', valueReference: { reference: `Subscription/${subscription}` } }, { name: 'focus', valueReference: { reference: `DocumentReference/${deposit.id}` } }] })
  const [trace, ...more] = await traces()
  t.equal(more.length, 0)
  t.match(trace, `DocumentReference/${deposit.id}`)
})

t.test('where the operator allows it, the resource is put below the endpoint, as its owner sees it', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  await made(gp, hook(search(id), `${origin}/base/`, { payload: 'application/fhir+json' }))
  const deposit = await made(hospital, document(id))
  await (await subscriptionsOf(scene, origin, { payload: 'resources' })).run()
  t.match(calls, [{ method: 'PUT', url: `/base/DocumentReference/${deposit.id}` }])
  t.strictSame(JSON.parse(calls[0]?.body ?? ''), (await get(gp, `/DocumentReference/${deposit.id}`)).json)
})

t.test('P19 what its owner may not see is told to nobody, not even that it was', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  await made(gp, hook(search(id), endpoint))
  await made(lab, hook(search(id), endpoint))
  await made(scene.operator, hook(search(id), endpoint))
  await made(hospital, document(id, masked))
  await run()
  t.equal(calls.length, 0)
  t.equal(await outbox.countDocuments(), 0)
  await made(hospital, document(id))
  await run()
  t.equal(calls.length, 1, 'what only the professional may see is told to them alone')
})

t.test('P19 what is hidden after it was written and before it is told is told to nobody', async t => {
  const { id, holder } = await scene.open()
  await made(holder, access(id, GP))
  await made(gp, hook(search(id), endpoint))
  const deposit = await made(hospital, document(id))
  await match()
  const current = (await get(holder, `/DocumentReference/${deposit.id}`)).json
  t.equal((await put(holder, { ...current, ...masked })).status, 200)
  await run()
  t.equal(calls.length, 0)
  t.equal(await outbox.countDocuments(), 0)
})

t.test('P19 a choice that is revoked between a try that failed and the next ends it: nothing is told', async t => {
  const { id, holder } = await scene.open()
  const choice = await made(holder, access(id, GP))
  await made(gp, hook(search(id), endpoint))
  await made(hospital, document(id))
  receiver.status = 500
  await run()
  t.equal(calls.length, 1)
  receiver.status = 200
  t.equal((await put(holder, { ...choice, status: 'inactive' })).status, 200)
  later()
  await worker.deliverAll()
  t.equal(calls.length, 1)
  await made(hospital, document(id))
  await run()
  t.equal(calls.length, 1, 'and nothing of what comes after')
  t.equal(await outbox.countDocuments(), 0)
})

t.test('what does not match is not told; criteria that lead over a reference are asked like a search', async t => {
  const { id, ins, holder } = await scene.open()
  await made(holder, hook(`${search(id)}&status=superseded`, `${origin}/no`))
  await made(holder, hook(`DocumentReference?status=current&patient:Patient.identifier=urn:oid:1.2.250.1.213.1.4.10|${ins}`, `${origin}/yes`))
  await made(holder, hook('Observation?code=1-8', `${origin}/no`))
  await made(hospital, document(id))
  await run()
  t.strictSame(calls.map(({ url }) => url), ['/yes'])
})

t.test('nothing of a secret session is told', async t => {
  const { id, ins, holder } = await scene.open({ birthDate: new Date(Date.now() - 16 * 365.25 * 86_400_000).toISOString().slice(0, 10) })
  await made(holder, hook(search(id), endpoint))
  const secret = await scene.professional(GP2, undefined, { Connexion_Secrete: true, ins: `urn:oid:1.2.250.1.213.1.4.10|${ins}` })
  await made(secret, document(id))
  await run()
  t.equal(calls.length, 0)
})

t.test('a change by its owner is told too; a deletion is not', async t => {
  const { id, holder } = await scene.open()
  await made(hospital, hook(search(id), endpoint))
  const deposit = await made(hospital, document(id))
  await run()
  t.equal(calls.length, 1)
  t.equal((await remove(hospital, `/DocumentReference/${deposit.id}`)).status, 204)
  await run()
  t.equal(calls.length, 1)
  t.ok(holder)
})

t.test('one that is turned off or deleted is told nothing more, of what is due neither', async t => {
  const { id, holder } = await scene.open()
  const one = await made(holder, hook(search(id), `${origin}/one`))
  const two = await made(holder, hook(search(id), `${origin}/two`))
  await made(hospital, document(id))
  await match()
  t.equal((await put(holder, { ...one, status: 'off' })).status, 200)
  t.equal((await remove(holder, `/Subscription/${two.id}`)).status, 204)
  await run()
  t.equal(calls.length, 0)
  t.equal(await outbox.countDocuments(), 0)
  t.equal((await put(holder, { ...one, status: 'requested' })).json.status, 'active')
  await made(hospital, document(id))
  await run()
  t.strictSame(calls.map(({ url }) => url), ['/one'])
})

t.test('its end is its end', async t => {
  const { id, holder } = await scene.open()
  let now = Date.now()
  const { id: subscription } = await made(holder, hook(search(id), endpoint, {}, { end: new Date(now + 3600_000).toISOString() }))
  const clocked = await subscriptionsOf(scene, origin, { clock: () => now })
  await made(hospital, document(id))
  await clocked.match()
  now += 3600_001
  await clocked.run()
  await made(hospital, document(id))
  await clocked.run()
  t.equal(calls.length, 0)
  await clocked.worker.retire()
  t.equal((await get(holder, `/Subscription/${subscription}`)).json.status, 'off')
})

t.test('calls that go on failing are given up after a day, and the Subscription is in error until its owner asks anew', async t => {
  const { id, holder } = await scene.open()
  const subscription = await made(holder, hook(search(id), endpoint))
  await made(hospital, document(id))
  receiver.status = 500
  await run()
  for (let attempt = 2; attempt <= 9; attempt++) {
    later()
    await worker.deliverAll()
    t.equal(calls.length, attempt)
  }
  const failed = (await get(holder, `/Subscription/${subscription.id}`)).json
  t.match(failed, { status: 'error', error: /endpoint/ })
  receiver.status = 200
  await made(hospital, document(id))
  await run()
  t.equal(calls.length, 9)
  t.equal((await put(holder, { ...failed, status: 'requested' })).json.status, 'active')
  t.notOk((await get(holder, `/Subscription/${subscription.id}`)).json.error)
  await made(hospital, document(id))
  await run()
  t.equal(calls.length, 10)
  t.match(warnings.splice(0), [{ way: 'rest-hook', attempts: 9, reason: 'WebhookError status-500' }])
  await outbox.deleteMany({})
})

t.test('an endpoint that fails is left alone for a while, whatever else it is to be told; that is no try, and nobody else waits', async t => {
  const { id, holder } = await scene.open()
  await made(holder, hook(search(id), `${origin}/failing`))
  const { id: other, holder: another } = await scene.open()
  await made(another, hook(search(other), `${origin}/other`))
  receiver.status = 500
  await made(hospital, document(id))
  await run()
  t.strictSame(calls.map(({ url }) => url), ['/failing'])
  receiver.status = 200
  for (let count = 0; count < 3; count++) await made(hospital, document(id))
  await made(hospital, document(other))
  await run()
  t.strictSame(calls.map(({ url }) => url), ['/failing', '/other'])
  t.strictSame((await outbox.find().toArray()).map(({ attempts }) => attempts).toSorted(), [0, 0, 0, 1])
  later()
  await run()
  // One asks whether it is there again; the others follow.
  ahead += PROBE + 1000
  await run()
  t.equal(calls.length, 6)
  t.equal(await outbox.countDocuments(), 0)
})

t.test('an endpoint that fails is tried ever later, however much it is to be told, by whatever process, and given up after nine tries', async t => {
  const { id, holder } = await scene.open()
  const subscription = await made(holder, hook(search(id), endpoint))
  const due = async () => Math.min(...(await outbox.find({ subscription: subscription.id }).toArray()).map(({ at }) => at as number))
  receiver.status = 500
  for (let attempt = 1; attempt <= 9; attempt++) {
    await made(hospital, document(id))
    const telling = await subscriptionsOf(scene, origin, { clock: () => Date.now() + ahead })
    const began = Date.now() + ahead
    await telling.run()
    await made(hospital, document(id))
    await telling.run()
    t.equal(calls.length, attempt)
    if (attempt === 9) break
    t.ok(await due() >= began + waitAfter(attempt), `after ${attempt}`)
    ahead = await due() - Date.now() + 1
  }
  t.equal((await get(holder, `/Subscription/${subscription.id}`)).json.status, 'error')
  ahead += PROBE
  await run()
  t.equal(calls.length, 9)
  t.equal(await outbox.countDocuments({ at: { $exists: true } }), 0, 'what waited is given up with it')
  await outbox.deleteMany({})
})

t.test('what was written before a crash is told after it', async t => {
  const { id, holder } = await scene.open()
  await made(holder, hook(search(id), endpoint))
  await made(hospital, document(id))
  const dying = await subscriptionsOf(scene, origin, { outbox: { take: async () => undefined, done: async () => {}, postpone: async () => {}, rest: async () => {}, forget: async () => {}, bury: async () => {} } })
  await dying.run()
  t.equal(calls.length, 0, 'it was matched, and its process ended')
  await scene.restart()
  const other = await subscriptionsOf(scene, origin)
  await made(hospital, document(id))
  await other.run()
  t.equal(calls.length, 2)
})

t.test('no redirect is followed, and an origin that is allowed no more is not called', async t => {
  const { id, holder } = await scene.open()
  await made(holder, hook(search(id), endpoint))
  await made(hospital, document(id))
  receiver.status = 302
  const fresh = await subscriptionsOf(scene, origin)
  await fresh.run()
  t.strictSame(calls.map(({ url }) => url), ['/hook'])
  const without = await subscriptionsOf(scene, 'https://elsewhere.example', { clock: () => Date.now() + waitAfter(1) })
  await without.worker.deliverAll()
  t.equal(calls.length, 1)
  t.match(await outbox.findOne({}), { attempts: 2 })
  await outbox.deleteMany({})
})
