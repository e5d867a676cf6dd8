/**
 * Whether what a request read was not of the past (decision 0031). A primary that was deposed and does not know it yet
 * goes on answering; what it answers must never be told.
 *
 * A request begins under an election: that of the primary which the driver knows, in which this process has had a write
 * acknowledged by a majority. It ends with such a write, its trace. Where both were in one election, the primary was the
 * same all the while, and whatever had been acknowledged before the request began was read by it.
 */
import type { Db, MongoClient, ObjectId } from 'mongodb'
import type { Document } from 'mongodb'
import { DURABLE, electionOf } from './client.js'

/** The `electionId` of a primary: another one for each election, of every member. */
export type Election = string

export interface Fence {
  /** Under which election a request begins. Asks MongoDB only when there was another one since. @throws MongoError when there is no primary, or none that a majority follows */
  readonly enter: () => Promise<Election>
  /** The election in which a write is acknowledged by a majority now. */
  readonly confirm: () => Promise<Election | undefined>
}

/** How long a request waits for the driver to hear of an election that MongoDB told of already, ms. */
const PATIENCE = 5000
const PAUSE = 20

export function createFence (client: MongoClient, db: Db): Fence {
  let settled: Election | undefined
  let settling: Promise<Election> | undefined

  async function confirm (): Promise<Election | undefined> {
    return electionIn(await db.command({ update: 'Fence', updates: [{ q: { _id: 'fence' }, u: { $inc: { count: 1 } }, upsert: true }], writeConcern: DURABLE }))
  }

  async function settle (): Promise<Election> {
    for (const deadline = Date.now() + PATIENCE; ; await new Promise(resolve => setTimeout(resolve, PAUSE))) {
      settled = await confirm()
      // The driver has heard of it: it follows no earlier primary from here on.
      if (settled !== undefined && settled === electionOf(client)) return settled
      if (Date.now() > deadline) throw new Error('the election of the primary is not known')
    }
  }

  return {
    enter: async () => {
      const known = electionOf(client)
      if (known !== undefined && known === settled) return known
      settling ??= settle().finally(() => { settling = undefined })
      return await settling
    },
    confirm
  }
}

/** What the reply to a write says of its primary. */
export function electionIn (reply: Document): Election | undefined {
  if (reply['writeConcernError'] !== undefined) return undefined
  return (reply['electionId'] as ObjectId | undefined)?.toHexString()
}
