/** A question to MongoDB in one command, and all of its answer. */
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { MongoClient, MongoNetworkTimeoutError, MongoServerError } from 'mongodb'
import t from 'tap'
import { findAtOnce } from '../../src/store/find-at-once.js'
import { mongoUrl, openDatabase } from '../helper/database.js'

const db = await openDatabase(t, 'find')
const MANY = 2500
await db.collection<{ _id: number }>('Thing').insertMany(Array.from({ length: MANY }, (_, _id) => ({ _id, even: _id % 2 === 0, text: 'x'.repeat(10) })))

async function commands (work: () => Promise<unknown>): Promise<readonly string[]> {
  await db.command({ profile: 2 })
  await work()
  await db.command({ profile: 0 })
  const seen = await db.collection('system.profile').find({ ns: `${db.databaseName}.Thing` }).toArray()
  await db.collection('system.profile').drop()
  return seen.map(({ op }) => String(op))
}

t.test('what one reply holds costs one command: filtered, in order, and no more than was asked', async t => {
  const question = { filter: { even: true }, projection: { even: 1 }, sort: { _id: -1 }, limit: 3, maxTimeMS: 2000 } as const
  t.strictSame(await findAtOnce(db, 'Thing', question), [2498, 2496, 2494].map(_id => ({ _id, even: true })))
  t.strictSame(await commands(async () => await findAtOnce(db, 'Thing', question)), ['query'])
  t.strictSame(await findAtOnce(db, 'Nothing', question), [])
})

t.test('what one reply does not hold is whole all the same', async t => {
  const found = await findAtOnce<{ _id: number }>(db, 'Thing', { filter: {}, sort: { _id: 1 }, maxTimeMS: 2000 })
  t.strictSame(found.map(({ _id }) => _id), Array.from({ length: MANY }, (_, index) => index))
})

t.test('a question that takes too long is not asked again', async t => {
  const slow = async () => await findAtOnce(db, 'Thing', { filter: { $where: 'sleep(50) || true' }, maxTimeMS: 100 })
  await t.rejects(slow(), MongoServerError)
  t.strictSame(await commands(async () => { await slow().catch(() => undefined) }), ['query'])
})

t.test('a question that vanishes on its way is not sent again: who waits has waited long enough', async t => {
  let [isCut, sent] = [false, 0]
  const road = createServer(near => {
    const far = connect(Number(new URL(mongoUrl().replace('mongodb:', 'http:')).port), '127.0.0.1')
    far.pipe(near)
    near.on('data', bytes => {
      if (!isCut) far.write(bytes)
      else if (bytes.includes('Thing')) sent += 1
    })
    for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => {}).on('close', () => { other.destroy() })
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => road.once('listening', resolve))
  const client = await new MongoClient(`mongodb://127.0.0.1:${(road.address() as AddressInfo).port}/?directConnection=true`, { socketTimeoutMS: 500, serverSelectionTimeoutMS: 1000 }).connect()
  t.teardown(async () => {
    await client.close()
    road.close()
  })
  const ask = async () => await findAtOnce(client.db(db.databaseName), 'Thing', { filter: { _id: 1 }, maxTimeMS: 2000 })
  t.equal((await ask()).length, 1)
  isCut = true
  await t.rejects(ask(), MongoNetworkTimeoutError)
  t.equal(sent, 1)
})
