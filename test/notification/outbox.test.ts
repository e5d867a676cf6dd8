/** What is due is done by one process at a time, again after a crash, ever later after failures, and not for ever. */
import t from 'tap'
import { addDue, createDeadLetters, createOutbox } from '../../src/store/outbox-store.js'
import { LEASE, deliverNext, nameOf, waitAfter } from '../../src/notification/outbox.js'
import type { Deliver, DeliveryPorts } from '../../src/notification/outbox.js'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { openDatabase } from '../helper/database.js'

const db = await openDatabase(t, 'outbox')
const collection = db.collection<{ _id: string, at?: number, attempts: number, reason?: string }>('Outbox')
const outbox = createOutbox(db)
const put = async (id: string, at = 0) => { await addDue(db, [{ id, way: 'mail', patient: 'p', about: `Communication/${id}`, at }]) }
t.afterEach(async () => { await collection.deleteMany({}) })

function ports (mail: Deliver, clock: () => number): DeliveryPorts & { readonly warnings: object[] } {
  const warnings: object[] = []
  return { outbox, clock, deliver: { mail, webhook: mail, announcement: mail, trace: mail }, warn: fields => { warnings.push(fields) }, warnings }
}

t.test('each is done once, the longest due first, and not before it is due', async t => {
  for (const [id, at] of [['b', 2], ['a', 1], ['c', 10]] as const) await put(id, at)
  const done: string[] = []
  const at = ports(async ({ id }) => { done.push(id); return 'done' }, () => 5)
  while (await deliverNext(at));
  t.strictSame(done, ['a', 'b'])
  t.strictSame((await collection.find().toArray()).map(({ _id }) => _id), ['c'])
})

t.test('what is there already stays as it is', async t => {
  await put('a', 1)
  await outbox.take(5, LEASE)
  await put('a', 0)
  t.match(await collection.find().toArray(), [{ _id: 'a', at: 5 + LEASE, attempts: 1 }])
})

t.test('several processes share it: none does what another one is at', async t => {
  for (let id = 0; id < 40; id++) await put(String(id))
  const done: string[] = []
  const at = ports(async ({ id }) => { done.push(id); return 'done' }, () => 5)
  await Promise.all([1, 2, 3, 4].map(async () => { while (await deliverNext(at)); }))
  t.strictSame(done.toSorted(), [...new Set(done)].toSorted())
  t.equal(done.length, 40)
})

t.test('who dies leaves it to others, after the lease', async t => {
  await put('a')
  t.ok(await outbox.take(0, LEASE), 'taken, and never heard of again')
  const done: string[] = []
  const early = ports(async ({ id }) => { done.push(id); return 'done' }, () => LEASE - 1)
  t.notOk(await deliverNext(early))
  t.ok(await deliverNext({ ...early, clock: () => LEASE }))
  t.strictSame(done, ['a'])
})

t.test('who is slower than their lease strikes off nothing that is another one\'s by now', async t => {
  await put('a')
  const slow = await outbox.take(0, LEASE)
  const other = await outbox.take(LEASE, LEASE)
  if (slow === undefined || other === undefined) throw new Error('not taken')
  await outbox.done(slow)
  t.equal(await collection.countDocuments(), 1)
  await outbox.done(other)
  t.equal(await collection.countDocuments(), 0)
})

t.test('what fails is tried again, ever later, and dead in the end: the operator is told, by its name alone', async t => {
  await put('a')
  let now = 0
  const failing = ports(async () => { throw Object.assign(new Error('patient@example.org is not there'), { code: 'EENVELOPE', responseCode: 550 }) }, () => now)
  const tries: number[] = []
  for (let guard = 0; guard < 100; guard++) {
    const due = await collection.findOne({ _id: 'a' })
    if (due?.at === undefined) break
    now = due.at
    tries.push(now)
    await deliverNext(failing)
  }
  t.equal(tries.length, 9)
  const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
  t.strictSame(waits, [1, 2, 3, 4, 5, 6, 7, 8].map(waitAfter))
  t.ok(waits.every((wait, index) => wait >= (waits[index - 1] ?? 0)))
  t.strictSame(failing.warnings, [{ due: 'a', way: 'mail', attempts: 9, reason: 'Error EENVELOPE 550' }])
  t.match(await collection.findOne({ _id: 'a' }), { reason: 'Error EENVELOPE 550', attempts: 9 })
  now += 1e12
  t.notOk(await deliverNext(failing), 'nobody takes it any more')
  t.equal(await createDeadLetters(db).retry(['a'], now), 1)
  t.ok(await deliverNext({ ...failing, deliver: { ...failing.deliver, mail: async () => 'done' } }), 'until the operator says so')
  t.equal(await collection.countDocuments(), 0)
})

t.test('what is not to be done yet waits without having failed', async t => {
  await put('a')
  await deliverNext(ports(async () => ({ later: 77 }), () => 5))
  t.match(await collection.findOne({ _id: 'a' }), { at: 77, attempts: 0 })
})

t.test('a failure is named, never quoted', async t => {
  t.equal(nameOf(new OutcomeError('store-unavailable')), 'store-unavailable')
  t.equal(nameOf(new TypeError('secret')), 'TypeError')
  t.equal(nameOf('secret'), 'string')
})
