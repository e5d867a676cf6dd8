/**
 * The resource store on MongoDB: current versions in one collection per type, superseded ones in another, compiled
 * rules and keys beside them. One write is one transaction; what may be asked often at once is coalesced.
 */
import type { AbstractCursor, ClientSession, Collection, Db, Document, MongoClient } from 'mongodb'
import type { Keyring } from '../crypto/keyring.js'
import { startsWith } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Kept, PageQuery, Receipt, ResourceStore } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { createAppend } from './append.js'
import { paired } from './authored.js'
import { READ_TIME, SEARCH_TIME } from './client.js'
import { coalesce } from './coalesce.js'
import { translated } from './failure.js'
import { createFence } from './fence.js'
import { findAtOnce } from './find-at-once.js'
import { createFirstPage } from './first-page.js'
import { isContainer, resolved, within, withItems } from './held.js'
import { hintOf } from './hint.js'
import { history } from './indexes.js'
import { afterMatch, computed, isStored, toSort } from './keyset.js'
import { createKnown } from './known-total.js'
import { createCommit } from './commit.js'
import { createRulesReader } from './rules-reader.js'
import { READ_BACK, createSealing, rulesId, toKept } from './stored.js'
import type { ReadBack, StoredReceipt, StoredRules, StoredVersion } from './stored.js'
import { toMongo } from './to-mongo.js'
import type { Criteria } from './to-mongo.js'
import { createHistory } from './versions.js'

/** More than one answer of MongoDB holds by itself: no second round trip for the rest. */
const WHOLE = 2000
/** What is read of a long list at a time. */
const BATCH = 1000
/** The most records that a search without a patient steps around. */
const MOST_SHUT = 10_000

/** How versions are read in order. */
interface Reading { readonly project: Document, readonly limit?: number, readonly session?: ClientSession | undefined, readonly batch?: number }

export function createResourceStore (client: MongoClient, db: Db, keyring: Keyring, searchTime = SEARCH_TIME): ResourceStore {
  const sealing = createSealing(keyring)
  const versions = (name: string): Collection<StoredVersion> => db.collection<StoredVersion>(name)
  const rulesCollection = db.collection<StoredRules>('Rules')
  const knownOf = createKnown()
  const readers = new Map<string, (id: string) => Promise<ReadBack | undefined>>()

  function readerOf (type: string): (id: string) => Promise<ReadBack | undefined> {
    let reader = readers.get(type)
    if (reader === undefined) {
      reader = coalesce(async ids => {
        const found = await findAtOnce<ReadBack>(db, type, { filter: { _id: { $in: [...new Set(ids)] } }, projection: READ_BACK, maxTimeMS: READ_TIME })
        const byId = new Map(found.map(stored => [stored._id, stored]))
        return id => byId.get(id)
      })
      readers.set(type, reader)
    }
    return reader
  }

  const rules = createRulesReader(db)

  const receipts = coalesce<string, Receipt | undefined>(async ids => {
    const found = await db.collection<StoredReceipt>('Receipt').find({ _id: { $in: [...new Set(ids)] } }, { maxTimeMS: READ_TIME }).toArray()
    const byId = new Map(found.map(({ _id, at, ...receipt }) => [_id, { id: _id, at: at.getTime(), ...receipt }]))
    return id => byId.get(id)
  })

  const fence = createFence(client, db)
  const append = createAppend(db, sealing, fence)

  async function kept (type: string, list: readonly ReadBack[], session?: ClientSession): Promise<readonly Kept[]> {
    return await withItems({ db, session }, type, list.map(stored => toKept(type, stored)))
  }

  /** All that is asked of containers at once is asked of one instant: what is meant, what is found, what it holds. */
  async function atOnce<T> (type: string, filter: Filter, work: (filter: Filter, session?: ClientSession) => Promise<T>): Promise<T> {
    if (!isContainer(type)) return await work(filter)
    return await client.withSession({ snapshot: true }, async session => await work(await resolved({ db, session }, type, filter), session))
  }

  /** Versions in the order of a page, from its place on. */
  function inOrder<Part extends Document> (query: Omit<PageQuery, 'limit'>, { project, limit, session, batch = WHOLE }: Reading): AbstractCursor<Part> {
    const { type, filter, sort, after, isBack } = query
    const options = { batchSize: batch, ...hintOf(type, filter), maxTimeMS: searchTime, ...within(session) }
    const collection = db.collection<Part & StoredVersion>(type)
    if (isStored(sort)) return collection.find(pageFilter(query) as never, { projection: project, ...options }).sort(toSort(sort, isBack)).limit(limit ?? 0) as unknown as AbstractCursor<Part>
    return collection.aggregate<Part>([
      { $match: toMongo(filter) },
      computed(sort),
      ...after === undefined ? [] : [{ $match: afterMatch(sort, after, isBack) }],
      { $sort: toSort(sort, isBack) },
      ...limit === undefined ? [] : [{ $limit: limit }],
      { $project: { ...project, sort: 1 } }
    ], options)
  }

  async function found (query: PageQuery, session?: ClientSession): Promise<readonly ReadBack[]> {
    const { type, filter, sort, limit, isBack } = query
    if (session !== undefined || !isStored(sort)) return await inOrder<ReadBack>(query, { project: READ_BACK, limit, session }).toArray()
    return await findAtOnce<ReadBack>(db, type, { filter: pageFilter(query), projection: READ_BACK, sort: toSort(sort, isBack), limit, ...hintOf(type, filter), maxTimeMS: searchTime })
  }

  async function findKept (query: PageQuery): Promise<readonly Kept[]> {
    return await translated(async () => await atOnce(query.type, query.filter, async (filter, session) =>
      await kept(query.type, await found({ ...query, filter }, session), session)))
  }

  const firstPage = createFirstPage({ db, knownOf, readerOf, found, kept, atOnce, searchTime })

  return {
    read: async (type, id) => await translated(async () => {
      const stored = await readerOf(type)(id)
      const [version] = await kept(type, stored === undefined ? [] : [stored])
      return version
    }),

    neighbour: async (type, id) => await translated(async () => {
      const found = await findAtOnce<ReadBack>(db, type, { filter: { _id: { $gte: id } }, projection: READ_BACK, sort: { _id: 1 }, limit: 1, maxTimeMS: READ_TIME })
      const [version] = await kept(type, found)
      return version
    }),

    readVersion: async (type, id, version) => await translated(async () => {
      const stored = await versions(history(type)).findOne({ _id: `${id}|${version}` }, { projection: READ_BACK, maxTimeMS: READ_TIME })
      return stored === null ? undefined : toKept(type, stored)
    }),

    findKept,

    find: async query => {
      const list = await findKept(query)
      return (await translated(async () => await Promise.all(list.map(async version => await sealing.opened(version) ?? [])))).flat()
    },

    heads: async function * (query) {
      const cursor = inOrder<Pick<ReadBack, 'head' | 'sort'>>(query, { project: { head: 1 }, batch: BATCH })
      try {
        while (await translated(async () => await cursor.hasNext())) {
          yield cursor.readBufferedDocuments().map(stored => toKept(query.type, stored))
        }
      } finally {
        await cursor.close()
      }
    },

    opened: async version => await translated(async () => await sealing.opened(version)),
    bytes: async version => await translated(async () => await sealing.bytes(version)),

    firstPage: async query => await translated(async () => await firstPage(query)),

    count: async (type, filter, under, most) => await translated(async () => {
      const known = knownOf(type, filter, under)
      const total = known.total() ?? await atOnce(type, filter, async (filter, session) =>
        await versions(type).countDocuments(toMongo(paired(filter)), { ...hintOf(type, filter), ...most === undefined ? {} : { limit: most + 1 }, maxTimeMS: searchTime, ...within(session) }))
      known.setTotal(total)
      return total
    }),

    history: createHistory(client, db),

    distinct: async (type, filter, field, limit) => await translated(async () => {
      const found = await atOnce(type, filter, async (filter, session) => await versions(type).aggregate<{ _id: string }>([
        { $match: toMongo(filter) }, { $group: { _id: `$${field}` } }, { $limit: limit + 1 }
      ], { batchSize: limit + 1, maxTimeMS: searchTime, ...within(session) }).toArray())
      return found.flatMap(({ _id }) => _id === null ? [] : [_id])
    }),

    targets: async (type, filter, head, limit) => await translated(async () => {
      const { keys } = toMongo(startsWith('keys', head)) as Document
      const found = await atOnce(type, filter, async (filter, session) => await versions(type).aggregate<{ _id: string }>([
        { $match: toMongo(filter) }, { $project: { _id: 0, keys: 1 } }, { $unwind: '$keys' }, { $match: { keys: keys.$elemMatch } }, { $group: { _id: '$keys' } }, { $limit: limit + 1 }
      ], { ...hintOf(type, filter), maxTimeMS: searchTime, ...within(session) }).toArray())
      return found.map(({ _id }) => _id.slice(head.length))
    }),

    rules: async (patient, actor) => await translated(async () => await rules(rulesId(patient, actor))),

    patientsWithRules: async (actors, lists, limit, now) => await translated(async () => {
      // In the order of an index, and no more than it holds: each patient as often as one of the actors is named.
      const patients = async (speaks: boolean, named: readonly string[], most: number) => {
        const of = { actor: { $in: [...named] } }
        // What is over speaks no more than a block does.
        const wanted = speaks ? { ...of, speaks, until: { $not: { $lt: now } } } : { $or: [{ ...of, speaks }, { ...of, speaks: true, until: { $lt: now } }] }
        const found = await rulesCollection.find(wanted, { projection: { _id: 0, patient: 1 }, limit: most * named.length, batchSize: WHOLE, maxTimeMS: searchTime }).toArray()
        return [...new Set(found.map(({ patient }) => patient))]
      }
      const [granting, other] = await Promise.all([patients(true, [...actors, ...lists], limit + 1), patients(false, actors, MOST_SHUT + 1)])
      if (other.length > MOST_SHUT) throw new OutcomeError('too-costly')
      return { granting, other }
    }),

    patientsSpeaking: async () => await translated(async () => {
      const found = await rulesCollection.find({ actor: '*', speaks: true }, { projection: { _id: 0, patient: 1 }, limit: MOST_SHUT + 1, batchSize: WHOLE, maxTimeMS: searchTime }).toArray()
      if (found.length > MOST_SHUT) throw new OutcomeError('too-costly')
      return found.map(({ patient }) => patient)
    }),

    keysOf: async (type, patient, field, limit) => await translated(async () => {
      const found = await versions(type).aggregate<{ _id: string }>([
        { $match: { patient: { $eq: patient } } }, { $unwind: `$facts.${field}` }, { $group: { _id: `$facts.${field}` } }, { $limit: limit }
      ], { maxTimeMS: searchTime }).toArray()
      return found.map(({ _id }) => _id)
    }),

    receipt: async id => await translated(async () => await receipts(id)),

    commit: createCommit(client, db, sealing),

    enter: async () => await fence.enter().catch(error => { throw new OutcomeError('store-unavailable', [], { cause: error }) }),

    append: async (traces, under) => {
      try {
        await append(traces, under)
      } catch (error) {
        throw error instanceof OutcomeError ? error : new OutcomeError('audit-unavailable', [], { cause: error })
      }
    }
  }
}

function pageFilter ({ filter, sort, after, isBack }: Omit<PageQuery, 'limit' | 'type'>): Criteria {
  const wanted = toMongo(paired(filter))
  return after === undefined ? wanted : { $and: [wanted, afterMatch(sort, after, isBack)] } as Criteria
}
