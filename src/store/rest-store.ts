import type { Db } from 'mongodb'
import { PROBE } from '../notification/rest.js'
import type { Rests } from '../notification/rest.js'
import { isDuplicate } from './failure.js'

interface StoredRest { _id: string, failures: number, until: number, forgotten: Date }

/** After so long nobody asks any more how often it failed, ms. */
const LIFE = 2 * 24 * 3600_000

/** The receivers that failed last, on MongoDB; it removes itself what is over (`indexes.ts`). */
export function createRests (db: Db): Rests {
  const collection = db.collection<StoredRest>('Rest')
  return {
    enter: async (key, now) => {
      const rest = await collection.findOne({ _id: key })
      if (rest === null) return { failures: 0 }
      const { failures, until } = rest
      if (until > now) return { until }
      const { modifiedCount } = await collection.updateOne({ _id: key, failures, until }, { $set: { until: now + PROBE } })
      return modifiedCount === 1 ? { failures } : { until: now + PROBE }
    },
    fail: async (key, failures, until) => {
      const set = { $set: { failures, until, forgotten: new Date(until + LIFE) } }
      await collection.updateOne({ _id: key, failures: failures - 1 }, set, { upsert: failures === 1 }).catch((error: unknown) => {
        // Another try that failed at the same time was counted.
        if (!isDuplicate(error)) throw error
      })
    },
    end: async key => { await collection.deleteOne({ _id: key }) }
  }
}
