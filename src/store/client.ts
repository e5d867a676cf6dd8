import { MongoClient } from 'mongodb'

/**
 * The one client. Writes are acknowledged by a majority and journalled, reads are of majority-committed data on the
 * primary: at client level, because a transaction takes its concerns from there (`security.md` c).
 */
export function createClient (url: string): MongoClient {
  return new MongoClient(url, {
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: 8000 },
    readConcern: { level: 'majority' },
    readPreference: 'primary',
    retryWrites: true,
    retryReads: true,
    ignoreUndefined: false,
    serverSelectionTimeoutMS: 5000,
    connectTimeoutMS: 3000,
    waitQueueTimeoutMS: 5000,
    socketTimeoutMS: 20_000,
    maxIdleTimeMS: 60_000,
    maxPoolSize: 32,
    minPoolSize: 4
  })
}

/** The most that a search, and that a read may take in MongoDB, ms. */
export const SEARCH_TIME = 5000
export const READ_TIME = 2000
