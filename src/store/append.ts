import { MongoBulkWriteError } from 'mongodb'
import type { Db, Document } from 'mongodb'
import type { Version } from '../interaction/store.js'
import { coalesce } from './coalesce.js'
import type { Sealing, StoredVersion } from './stored.js'

const DURABLE = { w: 'majority', j: true, wtimeout: 8000 } as const
const DUPLICATE_KEY = 11000

/**
 * Traces of what changes nothing, durable when it resolves; those that come while others are under way go together.
 * Every answer waits for one: they go by the plain command, which costs the driver a third less than its bulk of inserts.
 */
export function createAppend (db: Db, sealing: Sealing): (traces: readonly Version[]) => Promise<void> {
  // One at a time: each is a durable write, and the dearest command of a read.
  const insertTogether = coalesce<readonly StoredVersion[], void>(async lists => {
    const stored = lists.flat()
    if (stored.length > 0) await insert(db, stored)
    return () => {}
  }, { atOnce: 1 })
  return async traces => { await insertTogether(await Promise.all(traces.map(async trace => await sealing.toTrace(trace)))) }
}

/** @throws MongoError when one of them may not be there, or not durable */
export async function insert (db: Db, traces: readonly StoredVersion[]): Promise<void> {
  const reply = await db.command({ insert: 'AuditEvent', documents: [...traces], ordered: false, writeConcern: DURABLE })
    .catch((): Document | undefined => undefined)
  if (reply !== undefined && reply['writeErrors'] === undefined && reply['writeConcernError'] === undefined) return
  // Whatever it was: once more in the driver's own way, with its retries. What arrived the first time is there already.
  try {
    await db.collection<StoredVersion>('AuditEvent').insertMany([...traces], { ordered: false })
  } catch (error) {
    if (!isThereAlready(error)) throw error
  }
}

function isThereAlready (error: unknown): boolean {
  return error instanceof MongoBulkWriteError && error.result.getWriteConcernError() === undefined &&
    [error.writeErrors].flat().every(({ code }) => code === DUPLICATE_KEY)
}
