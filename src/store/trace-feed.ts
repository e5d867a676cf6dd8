/**
 * The traces as they become durable, in one order, for whoever leads: a change stream, so that a trace costs its writer
 * neither a second write nor an index, and none is overlooked that was committed late. How far they were handled is kept
 * with the data. Where MongoDB has forgotten what came since (its oplog is bounded), the journal itself is read.
 */
import { MongoServerError } from 'mongodb'
import type { ChangeStream, ChangeStreamInsertDocument, Db, FindCursor, ResumeToken, Timestamp } from 'mongodb'
import type { Version } from '../interaction/store.js'
import type { TraceFeed } from '../notification/feed.js'
import { toKept } from './stored.js'
import type { ReadBack, Sealing, StoredVersion } from './stored.js'

interface StoredPosition {
  _id: string
  owner: string
  /** The end of the lease, ms. */
  until: number
  from: Timestamp
  token?: ResumeToken
  /** When the position was kept, ms. */
  at: number
}

/** At most so many traces together. */
const BATCH = 100
/** How long MongoDB waits for more before it says that there is none, ms. */
const AWAIT = 500
/** The traces that are read anew where MongoDB forgot what came since: from this long before, ms. A write takes less. */
const MARGIN = 3600_000
/** ChangeStreamHistoryLost, ChangeStreamFatalError (a token that is not there), and tokens that cannot be read. */
const LOST: readonly unknown[] = [286, 280, 260, 9, 15, 50811]

/** Which traces follow; the position of each is kept under its name. */
const WANTED = {
  /** Accesses that were permitted, to a record, of somebody who is not its holder. */
  traces: (prefix = '') => ({ [`${prefix}patient`]: { $ne: null }, [`${prefix}facts.isPermitted`]: true, [`${prefix}facts.by`]: { $ne: 'holder' } }),
  /** Versions that were written, whosever; of a secret session nothing leaves (decision 0029). */
  writes: (prefix = '') => ({ [`${prefix}facts.isWrite`]: true, [`${prefix}facts.isPermitted`]: true, [`${prefix}facts.isSecret`]: { $ne: true } })
} as const
const pipelineOf = (wanted: (prefix?: string) => object) => [
  { $match: { operationType: 'insert', ...wanted('fullDocument.') } },
  { $project: { operationType: 1, 'fullDocument._id': 1, 'fullDocument.head': 1, 'fullDocument.body': 1 } }
]

type Change = ChangeStreamInsertDocument<StoredVersion>

export function createTraceFeed (db: Db, sealing: Sealing, which: keyof typeof WANTED = 'traces'): TraceFeed {
  const wanted = WANTED[which]
  const pipeline = pipelineOf(wanted)
  const traces = db.collection<StoredVersion>('AuditEvent')
  const positions = db.collection<StoredPosition>('Feed')

  async function instantOfStore (): Promise<Timestamp> {
    const { operationTime } = await db.command({ hello: 1 })
    return operationTime as Timestamp
  }

  async function opened (list: readonly ReadBack[]): Promise<readonly Version[]> {
    // A trace whose key is no more is told to nobody.
    return (await Promise.all(list.map(async stored => await sealing.opened(toKept('AuditEvent', stored)) ?? []))).flat()
  }

  return {
    begin: async now => {
      if (await positions.findOne({ _id: which }) !== null) return
      await positions.updateOne({ _id: which }, { $setOnInsert: { owner: '', until: 0, from: await instantOfStore(), at: now } }, { upsert: true })
    },

    lead: async (owner, now, life) => {
      const position = await positions.findOneAndUpdate({ _id: which, $or: [{ owner }, { until: { $lt: now } }] }, { $set: { owner, until: now + life } }, { returnDocument: 'after' })
      if (position === null) return undefined
      const watch = (place: { readonly resumeAfter: ResumeToken } | { readonly startAtOperationTime: Timestamp }): ChangeStream<StoredVersion, Change> =>
        traces.watch<StoredVersion, Change>(pipeline, { ...place, batchSize: BATCH, maxAwaitTimeMS: AWAIT })
      let stream = watch(position.token === undefined ? { startAtOperationTime: position.from } : { resumeAfter: position.token })
      let again: FindCursor<ReadBack> | undefined

      async function arrived (): Promise<readonly ReadBack[]> {
        const list: ReadBack[] = []
        while (list.length < BATCH) {
          const change = await stream.tryNext()
          if (change === null) break
          list.push(change.fullDocument)
        }
        return list
      }

      async function readAgain (cursor: FindCursor<ReadBack>): Promise<readonly ReadBack[]> {
        const list: ReadBack[] = []
        while (list.length < BATCH && await cursor.hasNext()) list.push(...cursor.readBufferedDocuments(BATCH - list.length))
        if (list.length > 0) return list
        again = undefined
        return await arrived()
      }

      return {
        next: async () => {
          if (again !== undefined) return await opened(await readAgain(again))
          try {
            return await opened(await arrived())
          } catch (error) {
            if (!(error instanceof MongoServerError) || !LOST.includes(error.code)) throw error
            await stream.close()
            stream = watch({ startAtOperationTime: await instantOfStore() })
            // Opens the stream, so that nothing falls between the two.
            const first = await arrived()
            again = traces.find<ReadBack>({ at: { $gte: position.at - MARGIN }, ...wanted() }, { projection: { head: 1, body: 1 }, batchSize: BATCH })
            return await opened(first.length > 0 ? first : await readAgain(again))
          }
        },
        keep: async (at, life) => {
          const handled = again === undefined ? { token: stream.resumeToken, at } : {}
          const { matchedCount } = await positions.updateOne({ _id: which, owner }, { $set: { until: at + life, ...handled } })
          return matchedCount === 1
        },
        close: async () => {
          await stream.close()
          await again?.close()
        },
        leave: async () => { await positions.updateOne({ _id: which, owner }, { $set: { until: 0 } }) }
      }
    }
  }
}
