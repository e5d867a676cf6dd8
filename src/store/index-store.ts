import type { Db } from 'mongodb'
import type { IndexState, IndexStore } from '../interaction/reindex.js'
import type { Version } from '../interaction/store.js'
import { authoredOf } from './authored.js'
import { READ_BACK, toHead, toKept } from './stored.js'
import type { ReadBack, Sealing, StoredVersion } from './stored.js'

interface StoredState extends Omit<IndexState, 'type'> { _id: string }

/** Index values that few resources have: absent where there are none. */
const RARE = ['numbers', 'parts', 'points'] as const

/** Where the index values of stored versions are made anew, and how far that is. */
export function createIndexStore (db: Db, sealing: Sealing): IndexStore {
  const versions = (type: string) => db.collection<StoredVersion>(type)
  const states = db.collection<StoredState>('Index')
  return {
    states: async () => (await states.find().toArray()).map(({ _id, ...state }) => ({ type: _id, ...state })),

    keep: async list => {
      if (list.length === 0) return
      await states.bulkWrite(list.map(({ type, ...state }) => ({ replaceOne: { filter: { _id: type }, replacement: state, upsert: true } })))
    },

    note: async (type, target, after) => {
      await states.updateOne({ _id: type, 'progress.target': target, 'progress.after': { $lt: after } }, { $set: { 'progress.after': after } })
    },

    isEmpty: async type => await versions(type).findOne({}, { projection: { _id: 1 } }) === null,

    count: async type => await versions(type).estimatedDocumentCount(),

    batch: async (type, after, limit) => {
      const found = await versions(type).find<ReadBack & Pick<StoredVersion, 'deleted'>>({ _id: { $gt: after } }, { projection: { ...READ_BACK, deleted: 1 } }).sort({ _id: 1 }).limit(limit).toArray()
      const filed = await Promise.all(found.filter(({ deleted }) => !deleted).map(async ({ deleted, ...stored }) => {
        const version = await sealing.opened(toKept(type, stored))
        // A record whose key is no more reads as absent.
        return version === undefined ? [] : [{ version, proof: stored.head }]
      }))
      return { filed: filed.flat(), last: found.at(-1)?._id }
    },

    refile: async (type, filed) => {
      const { matchedCount } = await versions(type).bulkWrite(filed.map(({ version, proof }) => ({
        updateOne: {
          filter: { _id: version.id, head: proof },
          update: {
            $set: { keys: version.keys, found: version.found, dates: version.dates, sort: version.sort, head: toHead(version), ...authoredOf(version), ...some(version) },
            $unset: Object.fromEntries(RARE.filter(name => version[name] === undefined).map(name => [name, '']))
          }
        }
      })), { ordered: false })
      return matchedCount
    }
  }
}

function some (version: Version): Pick<StoredVersion, typeof RARE[number]> {
  return Object.fromEntries(RARE.flatMap(name => version[name] === undefined ? [] : [[name, version[name]]]))
}
