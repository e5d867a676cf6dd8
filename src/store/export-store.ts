import type { Db } from 'mongodb'
import type { ExportJob, ExportJobs } from '../interaction/export-jobs.js'
import { isDuplicate, translated } from './failure.js'

/** `place` numbers those of one owner: the index on both keeps two requests at once from taking the last one. */
interface StoredJob extends Omit<ExportJob, 'id' | 'until'> { _id: string, place: number, until: Date }

/** The exports that were asked for, on MongoDB; it removes itself what is over (`indexes.ts`). */
export function createExportStore (db: Db): ExportJobs {
  const collection = db.collection<StoredJob>('Export')

  async function begin (job: ExportJob, most: number): Promise<number | undefined> {
    const { id, until, ...rest } = job
    await collection.deleteMany({ owner: job.owner, until: { $lte: new Date(job.at) } })
    const taken = await collection.find({ owner: job.owner }, { projection: { place: 1, until: 1 } }).toArray()
    const place = Array.from({ length: most }, (_, index) => index).find(index => !taken.some(each => each.place === index))
    if (place === undefined) return Math.min(...taken.map(each => each.until.getTime()))
    try {
      await collection.insertOne({ _id: id, ...rest, place, until: new Date(until) })
      return undefined
    } catch (error) {
      // Another one took it: there is one place less to try.
      if (isDuplicate(error)) return await begin(job, most)
      throw error
    }
  }

  return {
    begin: async (job, most) => await translated(async () => await begin(job, most)),
    read: async ({ id, owner, now }) => await translated(async () => {
      const stored = await collection.findOne({ _id: id, owner, until: { $gt: new Date(now) } })
      return stored === null ? undefined : { id, owner, at: stored.at, until: stored.until.getTime(), asked: stored.asked }
    }),
    end: async ({ id, owner, now }) => await translated(async () => (await collection.deleteOne({ _id: id, owner, until: { $gt: new Date(now) } })).deletedCount > 0)
  }
}
