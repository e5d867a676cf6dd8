import type { Db } from 'mongodb'
import type { Memory } from '../notification/send.js'

interface StoredMemory { _id: string, at: number, forgotten: Date }

/** Longer than any wait between two mails, ms. */
const LIFE = 7 * 24 * 3600_000

/** When who was told last, for a week. */
export function createMemory (db: Db): Memory {
  const collection = db.collection<StoredMemory>('Sent')
  return {
    last: async key => (await collection.findOne({ _id: key }))?.at,
    note: async (key, at) => { await collection.updateOne({ _id: key }, { $set: { at, forgotten: new Date(at + LIFE) } }, { upsert: true }) }
  }
}
