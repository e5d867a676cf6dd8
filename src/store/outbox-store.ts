import type { ClientSession, Db } from 'mongodb'
import type { Due } from '../interaction/store.js'
import type { DeadLetters, Letter } from '../notification/dead-letter.js'
import type { Outbox } from '../notification/outbox.js'

/** Without `at` nobody takes it: it is dead, and waits for the operator. */
interface StoredDue extends Omit<Due, 'id' | 'at'> {
  _id: string
  at?: number
  attempts: number
  /** What failed last, by name. */
  reason?: string
  /** Since when it is there, and dead, ms. */
  since: number
  died?: number
}

const open = (db: Db) => db.collection<StoredDue>('Outbox')

/** Puts down what is to be done, within the transaction of its cause; what is there already stays as it is. */
export async function addDue (db: Db, list: readonly Due[], session?: ClientSession): Promise<void> {
  if (list.length === 0) return
  await open(db).bulkWrite(list.map(({ id, ...due }) => ({ updateOne: { filter: { _id: id }, update: { $setOnInsert: { ...due, attempts: 0, since: Date.now() } }, upsert: true } })),
    session === undefined ? {} : { session })
}

/** The outbox on MongoDB. Who takes something moves its instant on: if they die, it is due again then. */
export function createOutbox (db: Db): Outbox {
  const collection = open(db)
  /** Of whom it was taken by last: who was slower than their lease changes nothing any more. */
  const mine = ({ id, attempts }: Parameters<Outbox['done']>[0]) => ({ _id: id, attempts })
  return {
    take: async (now, lease, { ways, subscriptions } = { ways: [] }) => {
      const which = { ...ways.length === 0 ? {} : { way: { $in: [...ways] } }, ...subscriptions === undefined ? {} : { subscription: { $in: [...subscriptions] } } }
      const taken = await collection.findOneAndUpdate({ at: { $lte: now }, ...which }, { $set: { at: now + lease }, $inc: { attempts: 1 } }, { sort: { at: 1 }, returnDocument: 'after' })
      if (taken === null) return undefined
      const { _id, at = now, reason, since, died, ...due } = taken
      return { id: _id, at, ...due }
    },
    done: async due => { await collection.deleteOne(mine(due)) },
    postpone: async (due, at, attempts, reason) => { await collection.updateOne(mine(due), { $set: { at, attempts, ...reason === undefined ? {} : { reason } }, ...reason === undefined ? { $unset: { reason: '' } } : {} }) },
    rest: async (subscription, until) => { await collection.updateMany({ subscription, at: { $lt: until } }, { $set: { at: until } }) },
    forget: async (way, before) => { await collection.deleteMany({ way, since: { $lt: before } }) },
    bury: async (due, reason) => {
      await collection.updateOne({ _id: due.id }, { $set: { way: due.way, patient: due.patient, about: due.about, attempts: due.attempts, reason, died: Date.now() }, $setOnInsert: { since: Date.now() }, $unset: { at: '' } }, { upsert: true })
    }
  }
}

/** The same for the operator. What a record is, and what a letter is about, is not read. */
export function createDeadLetters (db: Db): DeadLetters {
  const collection = open(db)
  const isDead = { at: { $exists: false } }
  const named = (ids: readonly string[] | 'all') => ids === 'all' ? isDead : { ...isDead, _id: { $in: [...ids] } }
  const list = async (filter: typeof isDead | { at: { $exists: true } }, order: 'at' | 'died', most: number): Promise<readonly Letter[]> => {
    const found = await collection.find(filter, { projection: { patient: 0, about: 0 }, sort: { [order]: 1, _id: 1 }, limit: most }).toArray()
    return found.map(({ _id, way, at, attempts, since, died, reason }) => ({
      id: _id, way, attempts, since, ...at === undefined ? {} : { at }, ...died === undefined ? {} : { died }, ...reason === undefined ? {} : { reason }
    }))
  }
  return {
    survey: async most => {
      const [counted, waiting, dead] = await Promise.all([
        collection.aggregate<{ readonly _id: { readonly way: Letter['way'], readonly isDead: boolean }, readonly count: number }>([
          { $group: { _id: { way: '$way', isDead: { $eq: [{ $type: '$at' }, 'missing'] } }, count: { $sum: 1 } } }, { $sort: { _id: 1 } }
        ]).toArray(),
        list({ at: { $exists: true } }, 'at', most),
        list(isDead, 'died', most)
      ])
      const counts = (ofDead: boolean) => Object.fromEntries(counted.filter(({ _id }) => _id.isDead === ofDead).map(({ _id, count }) => [_id.way, count]))
      return { waiting: { counts: counts(false), letters: waiting }, dead: { counts: counts(true), letters: dead } }
    },
    retry: async (ids, now) => (await collection.updateMany(named(ids), { $set: { at: now, attempts: 0 }, $unset: { died: '' } })).modifiedCount,
    drop: async ids => (await collection.deleteMany(named(ids))).deletedCount
  }
}
