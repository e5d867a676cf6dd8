import { MongoClient } from 'mongodb'
import type { TopologyDescription } from 'mongodb'

/** Acknowledged by a majority, and journalled. */
export const DURABLE = { w: 'majority', j: true, wtimeout: 8000 } as const

/**
 * The most that a command waits for an answer, ms: longer than a write for its majority, and so short that a read which
 * the driver asks once more, of another primary, is answered within half a minute.
 */
const ANSWER_TIME = 12_000

/**
 * The one client. Writes are acknowledged by a majority and journalled, reads are of majority-committed data on the
 * primary: at client level, because a transaction takes its concerns from there (`security.md` c).
 */
export function createClient (url: string): MongoClient {
  const client = new MongoClient(url, {
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: 8000 },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    retryWrites: true,
    retryReads: true,
    ignoreUndefined: false,
    serverSelectionTimeoutMS: 5000,
    connectTimeoutMS: 3000,
    waitQueueTimeoutMS: 5000,
    socketTimeoutMS: ANSWER_TIME,
    maxIdleTimeMS: 60_000,
    maxPoolSize: 32,
    minPoolSize: 4
  })
  client.on('topologyDescriptionChanged', ({ newDescription }) => { elections.set(client, primaryOf(newDescription)) })
  return client
}

const elections = new WeakMap<MongoClient, string | undefined>()

/** The `electionId` of the primary that the driver sends to; undefined while it knows none. */
export function electionOf (client: MongoClient): string | undefined {
  return elections.get(client)
}

function primaryOf ({ servers }: TopologyDescription): string | undefined {
  return [...servers.values()].find(({ type }) => type === 'RSPrimary')?.electionId?.toHexString()
}

/** The most that a search, and that a read may take in MongoDB, ms. */
export const SEARCH_TIME = 5000
export const READ_TIME = 2000
