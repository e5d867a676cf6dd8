import { MongoBulkWriteError, MongoNetworkTimeoutError } from 'mongodb'
import type { Db, Document } from 'mongodb'
import type { Version } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { DURABLE } from './client.js'
import { coalesce } from './coalesce.js'
import { electionIn } from './fence.js'
import type { Election, Fence } from './fence.js'
import type { Sealing, StoredVersion } from './stored.js'

const DUPLICATE_KEY = 11000

/**
 * Traces of what changes nothing, durable when it resolves; those that come while others are under way go together.
 * Every answer waits for one: they go by the plain command, which costs the driver a third less than its bulk of inserts.
 * It is the fence too: what was read under other elections than this write is not to be told (`fence.ts`).
 */
export function createAppend (db: Db, sealing: Sealing, fence: Fence): (traces: readonly Version[], under: readonly Election[]) => Promise<void> {
  // One at a time: each is a durable write, and the dearest command of a read.
  const insertTogether = coalesce<readonly StoredVersion[], Election | undefined>(async lists => {
    const election = await insert(db, fence, lists.flat())
    return () => election
  }, { atOnce: 1 })
  return async (traces, under) => {
    const election = await insertTogether(await Promise.all(traces.map(async trace => await sealing.toTrace(trace))))
    if (under.some(begun => begun !== election)) throw new OutcomeError('store-unavailable')
  }
}

/**
 * @returns the election in which they are durable
 * @throws MongoError when one of them may not be there, or not durable
 */
export async function insert (db: Db, fence: Pick<Fence, 'confirm'>, traces: readonly StoredVersion[]): Promise<Election | undefined> {
  const reply = await db.command({ insert: 'AuditEvent', documents: [...traces], ordered: false, writeConcern: DURABLE })
    .catch((error: unknown): Document | undefined => {
      // Whoever waits for it has waited long enough: they are told nothing, whether it is there or not.
      if (error instanceof MongoNetworkTimeoutError) throw error
      return undefined
    })
  if (reply !== undefined && reply['writeErrors'] === undefined && reply['writeConcernError'] === undefined) return electionIn(reply)
  // Whatever it was: once more in the driver's own way, with its retries. What arrived the first time is there already.
  try {
    await db.collection<StoredVersion>('AuditEvent').insertMany([...traces], { ordered: false })
  } catch (error) {
    if (!isThereAlready(error)) throw error
  }
  return await fence.confirm()
}

function isThereAlready (error: unknown): boolean {
  return error instanceof MongoBulkWriteError && error.result.getWriteConcernError() === undefined &&
    [error.writeErrors].flat().every(({ code }) => code === DUPLICATE_KEY)
}
