import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { MongoClient } from 'mongodb'
import type { Db } from 'mongodb'

/** More than this many documents are dropped with their database sooner than deleted. */
const MANY = 2000

interface Pooled { readonly _id: string, readonly isFree: boolean }

/** A database of its own on the MongoDB of the tests, without a server; it goes with the test. */
export async function openDatabase (t: Test, name: string): Promise<Db> {
  const client = await new MongoClient(mongoUrl()).connect()
  const db = client.db(`${name}${process.pid}`)
  t.teardown(async () => {
    await db.dropDatabase()
    await client.close()
  })
  return db
}

/**
 * An empty database for a server, nobody else's until the test ends. Files that come later take it again with its
 * collections: to make them and their indexes takes longer than most tests.
 */
export async function borrowDatabase (t: Test): Promise<{ readonly mongo: MongoClient, readonly database: string }> {
  const mongo = await new MongoClient(mongoUrl()).connect()
  const pool = mongo.db('pool').collection<Pooled>('Database')
  const free = await pool.findOneAndUpdate({ isFree: true }, { $set: { isFree: false } })
  const database = free?._id ?? `t${randomUUID().replaceAll('-', '').slice(0, 20)}`
  if (free === null) await pool.insertOne({ _id: database, isFree: false })
  t.teardown(async () => {
    await empty(mongo.db(database))
    await pool.updateOne({ _id: database }, { $set: { isFree: true } })
    await mongo.close()
  })
  return { mongo, database }
}

/** As new: without documents, and without what MongoDB remembers of the last file: its profile, its plans. */
async function empty (db: Db): Promise<void> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
  const counts = await Promise.all(names.map(async name => await db.collection(name).estimatedDocumentCount()))
  const isProfiled = names.includes('system.profile')
  if (isProfiled || counts.reduce((sum, count) => sum + count, 0) > MANY) return await discard(db)
  for (const name of names.filter(each => !each.startsWith('system.'))) {
    await db.collection(name).deleteMany({})
    await db.command({ planCacheClear: name })
  }
}

async function discard (db: Db): Promise<void> {
  await db.command({ profile: 0 })
  await db.dropDatabase()
}

export function mongoUrl (): string {
  const url = process.env['MONGODB_URL']
  if (url === undefined) throw new Error('MONGODB_URL is not set: run the tests with npm test')
  return url
}
