/**
 * The compiled rules of records, as they are at this instant. What is read of them grows with the choices; a large body
 * that is known already is not sent again, for MongoDB to say that its stamp is still the same is enough.
 */
import { LRUCache } from 'lru-cache'
import type { Db, Document } from 'mongodb'
import { READ_TIME } from './client.js'
import { coalesce } from './coalesce.js'
import { findAtOnce } from './find-at-once.js'
import type { StoredRules } from './stored.js'

/** Characters from which on a body is remembered: what is smaller is sent in no time. */
const LARGE = 16_384
/** Characters of all bodies that are remembered. */
const MEMORY = 32 * 1024 * 1024
/** Rules that are read together: those of 200 records for all that a caller is. */
const MOST = 1000

type Sent = Omit<StoredRules, 'body'> & Partial<Pick<StoredRules, 'body'>>

/** @returns the rules of an id (`rulesId`); undefined where there are none */
export function createRulesReader (db: Db): (id: string) => Promise<StoredRules | undefined> {
  const bodies = new LRUCache<string, Pick<StoredRules, 'stamp' | 'body'>>({ maxSize: MEMORY, sizeCalculation: ({ body }) => body.length })

  return coalesce<string, StoredRules | undefined>(async given => {
    const ids = [...new Set(given)]
    const known = new Map(ids.flatMap(id => {
      const remembered = bodies.get(id)
      return remembered === undefined ? [] : [[placeOf(id, remembered.stamp), remembered.body] as const]
    }))
    const found = await findAtOnce<Sent>(db, 'Rules', { filter: { _id: { $in: ids } }, ...known.size === 0 ? {} : { projection: without([...known.keys()]) }, maxTimeMS: READ_TIME })
    const byId = new Map(found.map((sent): readonly [string, StoredRules] => {
      const { body = known.get(placeOf(sent._id, sent.stamp)) ?? '' } = sent
      if (body.length >= LARGE) bodies.set(sent._id, { stamp: sent.stamp, body })
      return [sent._id, { ...sent, body }]
    }))
    return id => byId.get(id)
  }, { most: MOST })
}

function placeOf (id: string, stamp: string): string {
  return `${id}|${stamp}`
}

/** All but the bodies of those. */
function without (known: readonly string[]): Document {
  const isKnown = { $in: [{ $concat: ['$_id', '|', '$stamp'] }, known] }
  return { patient: 1, actor: 1, stamp: 1, speaks: 1, turn: 1, body: { $cond: [isKnown, '$$REMOVE', '$body'] } }
}
