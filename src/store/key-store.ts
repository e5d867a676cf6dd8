import type { Db } from 'mongodb'
import type { KeyStore } from '../crypto/keyring.js'
import { READ_TIME } from './client.js'
import { coalesce } from './coalesce.js'
import { translated } from './failure.js'
import { findAtOnce } from './find-at-once.js'
import type { StoredKeys } from './stored.js'

/** Where the wrapped keys of records are. */
export function createKeyStore (db: Db): KeyStore {
  const load = coalesce<string, StoredKeys | undefined>(async ids => {
    const found = await findAtOnce<StoredKeys>(db, 'Key', { filter: { _id: { $in: [...ids] } }, maxTimeMS: READ_TIME })
    const byId = new Map(found.map(keys => [keys._id, keys]))
    return id => byId.get(id)
  })
  return {
    load: async patient => await translated(async () => {
      const stored = await load(patient)
      return stored === undefined ? undefined : { record: Buffer.from(stored.record.buffer), trace: Buffer.from(stored.trace.buffer) }
    })
  }
}

/** @param searchTime the most that a search may take, ms */
