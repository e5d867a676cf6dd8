import type { CreateIndexesOptions, Db, IndexSpecification } from 'mongodb'
import type { Family } from '../consent/family.js'

type Index = readonly [IndexSpecification, CreateIndexesOptions?]

/** No two resources that are not deleted claim the same: an INS, a document identifier of one structure. */
const CLAIMS: Index = [{ claims: 1 }, { unique: true, partialFilterExpression: { claims: { $exists: true } } }]

const OF_FAMILY: Readonly<Record<Family, readonly Index[]>> = {
  record: [[{ patient: 1, keys: 1 }], [{ patient: 1, _id: 1 }], [{ patient: 1, at: -1 }], [{ found: 1 }], [{ 'facts.authors': 1, at: -1 }], CLAIMS],
  choice: [[{ patient: 1, keys: 1 }], [{ keys: 1 }], [{ found: 1 }], [{ patient: 1, 'facts.actors': 1 }], CLAIMS],
  // Every access writes one: as few index entries as a search within a record can do with.
  trace: [[{ patient: 1, at: -1 }]],
  identity: [[{ keys: 1 }], [{ found: 1 }], CLAIMS],
  directory: [[{ keys: 1 }], [{ found: 1 }], [{ 'facts.names': 1 }]]
}

/** Superseded versions are also asked for by record, by author, or all of a type. */
const OF_HISTORY: Partial<Readonly<Record<Family, readonly Index[]>>> = {
  record: [[{ patient: 1, at: -1 }], [{ 'facts.authors': 1, at: -1 }]],
  choice: [[{ patient: 1, at: -1 }]],
  identity: [[{ patient: 1, at: -1 }]]
}

export const history = (type: string) => `${type}.history`

/**
 * Makes every collection and index, one after the other: MongoDB under Wine does not bear concurrent first writes.
 * @param families the declared types and their families
 */
export async function createCollections (db: Db, families: ReadonlyMap<string, Family>): Promise<void> {
  const existing = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name))
  const create = async (name: string, indexes: readonly Index[]) => {
    if (!existing.has(name)) await db.createCollection(name)
    for (const [keys, options] of indexes) await db.collection(name).createIndex(keys, options)
  }
  for (const [type, family] of families) {
    await create(type, OF_FAMILY[family])
    if (family !== 'trace') await create(history(type), [[{ id: 1, revision: -1 }], ...OF_HISTORY[family] ?? []])
  }
  await create('Rules', [[{ actor: 1, patient: 1 }]])
  await create('Key', [])
  await create('content.files', [[{ filename: 1, uploadDate: 1 }], [{ uploadDate: 1 }, { partialFilterExpression: { pending: true } }]])
  await create('content.chunks', [[{ files_id: 1, n: 1 }, { unique: true }]])
}
