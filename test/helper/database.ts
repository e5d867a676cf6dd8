import type { Test } from 'tap'
import { MongoClient } from 'mongodb'
import type { Db } from 'mongodb'

/** A database of its own on the MongoDB of the tests, without a server; it goes with the test. */
export async function openDatabase (t: Test, name: string): Promise<Db> {
  const client = await new MongoClient(process.env['MONGODB_URL'] ?? '').connect()
  const db = client.db(`${name}${process.pid}`)
  t.teardown(async () => {
    await db.dropDatabase()
    await client.close()
  })
  return db
}
