import type { CreateIndexesOptions, Db, IndexDescription } from 'mongodb'
import { EVERYONE } from '../consent/choice.js'
import type { Family } from '../consent/family.js'
import { rulesId } from './stored.js'
import type { StoredRules } from './stored.js'

type Index = readonly [IndexDescription['key'], CreateIndexesOptions?]

/** No two resources that are not deleted claim the same: an INS, a document identifier of one structure. */
const CLAIMS: Index = [{ claims: 1 }, { unique: true, partialFilterExpression: { claims: { $exists: true } } }]

/** Within a record: by key, by instant, and whole, in the order of ids; by the dates of each parameter, see `byDate`. */
const IN_RECORD: readonly Index[] = [[{ patient: 1, keys: 1 }], [{ patient: 1, at: -1 }], [{ patient: 1, _id: 1 }]]
/** Of all resources of a type: the same, and by instant, as a history of all has them. */
const OF_ALL: readonly Index[] = [[{ keys: 1 }], [{ found: 1 }], [{ 'dates.$**': 1 }], [{ at: -1, id: 1 }]]

const OF_FAMILY: Readonly<Record<Family, readonly Index[]>> = {
  record: [...IN_RECORD, [{ found: 1 }], [{ 'facts.authors': 1, _id: 1 }], [{ 'facts.authors': 1, at: -1 }], [{ 'facts.origins': 1 }]],
  choice: [...IN_RECORD, [{ keys: 1 }], [{ found: 1 }], [{ patient: 1, 'facts.actors': 1 }], CLAIMS],
  // Every access writes one: as few index entries as a search within a record can do with.
  trace: [[{ patient: 1, at: -1 }]],
  identity: [...IN_RECORD, ...OF_ALL, CLAIMS],
  directory: [...OF_ALL, [{ 'facts.names': 1 }]],
  message: [...IN_RECORD, [{ found: 1 }], [{ 'facts.participants': 1, at: -1 }]],
  agenda: [...IN_RECORD, [{ found: 1 }], [{ 'facts.participants': 1, at: -1 }]],
  'open-agenda': OF_ALL,
  // By who made them, and by what they wait for.
  subscription: [[{ 'facts.owner': 1, _id: 1 }], [{ 'facts.type': 1, 'facts.isActive': 1, 'facts.patients': 1 }], [{ 'facts.isActive': 1, 'facts.until': 1 }]]
}

/** Most of a record are documents; places are searched by where they are. */
const OF_TYPE: Readonly<Record<string, readonly Index[]>> = {
  Location: [...OF_FAMILY.directory, [{ 'points.near': '2dsphere' }]],
  DocumentReference: [...OF_FAMILY.record, CLAIMS]
}

/** What an author made of a day, in whatever record (`authored.ts`). */
const BY_AUTHOR_AND_DATE: Index = [{ 'authored.by': 1, 'authored.lo': 1 }]

/** They need not be acknowledged by a majority one by one: what is written after them is. */
const QUICK = { w: 1, j: false } as const

/** Superseded versions are asked for by resource, and by record, by author or participant, or all of a type. */
const OF_HISTORY: Partial<Readonly<Record<Family, readonly Index[]>>> = {
  record: [[{ patient: 1, at: -1 }], [{ 'facts.authors': 1, at: -1 }]],
  choice: [[{ patient: 1, at: -1 }]],
  identity: [[{ patient: 1, at: -1 }], [{ at: -1, id: 1 }]],
  directory: [[{ at: -1, id: 1 }]],
  'open-agenda': [[{ at: -1, id: 1 }]],
  message: [[{ patient: 1, at: -1 }], [{ 'facts.participants': 1, at: -1 }]],
  agenda: [[{ patient: 1, at: -1 }], [{ 'facts.participants': 1, at: -1 }]]
}

/** How long a retry is known for one (decisions/0011): a week. */
export const RECEIPT_SECONDS = 7 * 24 * 3600

/** The most that indexes of a collection take to be made of what is stored, ms. */
const BUILD_TIME = 3600_000

/** By the dates of one parameter within a record. A wildcard index over all of them would be read whole (`npm run plans`). */
export const byDate = (code: string) => ({ patient: 1, [`dates.${code}.lo`]: 1 })

export const history = (type: string) => `${type}.history`

/**
 * Makes every collection and index, one after the other: MongoDB under Wine does not bear concurrent first writes.
 * @param families the declared types and their families
 * @param datesOf the codes of the date parameters of a type
 */
export async function createCollections (db: Db, families: ReadonlyMap<string, Family>, datesOf: (type: string) => readonly string[] = () => []): Promise<void> {
  const existing = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name))
  const create = async (name: string, indexes: readonly Index[]) => {
    // One command for all indexes of a collection, which makes the collection too.
    if (indexes.length === 0 && !existing.has(name)) await db.createCollection(name)
    if (indexes.length === 0) return
    await db.command({ createIndexes: name, indexes: indexes.map(([key, options = {}]) => ({ key, name: Object.entries(key).flat().join('_'), ...options })), writeConcern: QUICK }, { timeoutMS: BUILD_TIME })
  }
  for (const [type, family] of families) {
    const indexes = OF_TYPE[type] ?? OF_FAMILY[family]
    const isInRecords = indexes.includes(IN_RECORD[0] as Index)
    const dates = datesOf(type)
    await create(type, [...indexes, ...isInRecords ? dates.map((code): Index => [byDate(code)]) : [], ...family === 'record' && dates.includes('date') ? [BY_AUTHOR_AND_DATE] : []])
    if (family !== 'trace') await create(history(type), [[{ id: 1, revision: -1 }], ...OF_HISTORY[family] ?? []])
  }
  // What is over is found by when it ended, however much is in force.
  await create('Rules', [[{ actor: 1, patient: 1 }], [{ actor: 1, speaks: 1, patient: 1 }], [{ actor: 1, speaks: 1, until: 1 }]])
  // Conditions on what belongs to no record take turns here.
  await db.collection<StoredRules>('Rules').updateOne({ _id: rulesId('', EVERYONE) },
    { $setOnInsert: { patient: '', actor: EVERYONE, stamp: '', body: '{"choices":[]}', speaks: false, turn: 0 } }, { upsert: true })
  await create('Key', [])
  await create('Fence', [])
  await create('Index', [])
  await create('Receipt', [[{ at: 1 }, { expireAfterSeconds: RECEIPT_SECONDS }]])
  await create('Feed', [])
  await create('Outbox', [[{ way: 1, at: 1 }], [{ subscription: 1, at: 1 }, { partialFilterExpression: { subscription: { $exists: true } } }]])
  await create('Sent', [[{ forgotten: 1 }, { expireAfterSeconds: 0 }]])
  await create('Rest', [[{ forgotten: 1 }, { expireAfterSeconds: 0 }]])
  await create('Export', [[{ owner: 1, place: 1 }, { unique: true }], [{ until: 1 }, { expireAfterSeconds: 0 }]])
  await create('content.files', [[{ filename: 1, uploadDate: 1 }], [{ uploadDate: 1 }, { partialFilterExpression: { pending: true } }]])
  await create('content.chunks', [[{ files_id: 1, n: 1 }, { unique: true }]])
}
