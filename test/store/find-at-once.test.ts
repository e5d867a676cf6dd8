/** A question to MongoDB in one command, and all of its answer. */
import { MongoServerError } from 'mongodb'
import t from 'tap'
import { findAtOnce } from '../../src/store/find-at-once.js'
import { openDatabase } from '../helper/database.js'

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
