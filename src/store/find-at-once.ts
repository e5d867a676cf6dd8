import { MongoError, MongoNetworkTimeoutError } from 'mongodb'
import type { Db, Document, Long, Sort } from 'mongodb'
import { MAX_TIME_EXPIRED } from './failure.js'

/** A question whose answer is one reply of MongoDB, most often. */
export interface Question {
  readonly filter: Document
  readonly projection?: Document
  readonly sort?: Sort
  /** 0 for all. */
  readonly limit?: number
  readonly hint?: Document
  /** ms */
  readonly maxTimeMS: number
}

/** More than one reply holds by itself: no second round trip for the rest. */
const WHOLE = 2000

/**
 * All that is found. By the plain command, which costs the driver a third less than its cursor; whatever fails, or does
 * not fit into one reply, is asked once more in the driver's own way, with its retries. Not so what took too long, in
 * MongoDB or on the way to it: who asked has waited for as long as they are to wait.
 */
export async function findAtOnce<Found extends Document> (db: Db, collection: string, question: Question): Promise<readonly Found[]> {
  const { filter, sort, limit = 0, ...options } = question
  try {
    const { cursor } = await db.command({
      find: collection, filter, ...options, ...sort === undefined ? {} : { sort }, limit, batchSize: WHOLE, readConcern: { level: 'majority' }
    }) as { readonly cursor: { readonly id: Long | number, readonly firstBatch: readonly Found[] } }
    if (cursor.id === 0) return cursor.firstBatch
    await db.command({ killCursors: collection, cursors: [cursor.id] })
  } catch (error) {
    if (!(error instanceof MongoError) || error instanceof MongoNetworkTimeoutError || error.code === MAX_TIME_EXPIRED) throw error
  }
  return await db.collection(collection).find<Found>(filter, { ...options, batchSize: WHOLE }).sort(sort ?? {}).limit(limit).toArray()
}
