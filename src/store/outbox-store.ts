import type { ClientSession, Db } from 'mongodb'
import type { Due } from '../interaction/store.js'
import type { Outbox } from '../notification/outbox.js'

/** Without `at` nobody takes it: it is dead, and waits for the operator. */
interface StoredDue extends Omit<Due, 'id' | 'at'> {
  _id: string
  at?: number
  attempts: number
  /** When it was put down, ms: what nobody comes for is forgotten by it. */
  put?: number
  reason?: string
}

const open = (db: Db) => db.collection<StoredDue>('Outbox')

/** Puts down what is to be done, within the transaction of its cause; what is there already stays as it is. */
export async function addDue (db: Db, list: readonly Due[], session?: ClientSession): Promise<void> {
  if (list.length === 0) return
  await open(db).bulkWrite(list.map(({ id, ...due }) => ({ updateOne: { filter: { _id: id }, update: { $setOnInsert: { ...due, put: due.at, attempts: 0 } }, upsert: true } })),
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
      const { _id, at = now, reason, put, ...due } = taken
      return { id: _id, at, ...due }
    },
    done: async due => { await collection.deleteOne(mine(due)) },
    postpone: async (due, at, attempts) => { await collection.updateOne(mine(due), { $set: { at, attempts } }) },
    forget: async (way, before) => { await collection.deleteMany({ way, put: { $lt: before } }) },
    bury: async (due, reason) => {
      await collection.updateOne({ _id: due.id }, { $set: { way: due.way, patient: due.patient, about: due.about, attempts: due.attempts, reason }, $unset: { at: '' } }, { upsert: true })
    }
  }
}
