/**
 * The versions of many resources, current and superseded, newest first: one pipeline for the histories of one resource,
 * one type and all types.
 *
 * A superseded version is shown when the current one is permitted and it is permitted itself under the labels of the
 * current one (`consent.md` 4 *Versions*). Both are asked inside MongoDB: each superseded version is joined to its
 * current one, takes its labels over, and passes the caller's filter twice. Nothing of the current version is copied, so
 * nothing can be out of step with it. All reads of one history are of one instant: page and total belong together.
 */
import type { ClientSession, Db, Document, MongoClient } from 'mongodb'
import type { Facts } from '../consent/facts.js'
import { widen } from '../filter/evaluate.js'
import type { Filter } from '../filter/filter.js'
import type { HistoryPage, HistoryQuery, Kept, ResourceStore } from '../interaction/store.js'
import { SEARCH_TIME } from './client.js'
import { translated } from './failure.js'
import { isContainer, resolved, withItems } from './held.js'
import { history } from './indexes.js'
import { READ_BACK, factsIn, toKept } from './stored.js'
import type { ReadBack } from './stored.js'
import { toMongo } from './to-mongo.js'

/** In a history, the id of the resource is not that of the stored document. */
const inHistory = (field: string) => field === '_id' ? 'id' : field
const inCurrent = (field: string) => `current.${field}`
/** What is read back, and what orders it; of a superseded version, the head of the current one too. */
const LEAN = { type: 1, id: 1, at: 1 } as const
const READ = { ...LEAN, ...READ_BACK, current: 1 } as const
const ORDER = { at: -1, type: 1, id: 1 } as const

interface Found extends ReadBack { readonly type: string, readonly id: string, readonly current?: string }
interface Earliest { readonly _id: { readonly type: string, readonly id: string }, readonly at: number }
interface Branch { readonly collection: string, readonly pipeline: readonly Document[] }
/** The versions of one type, in two steps: an order that an index has stands between them. */
interface Versions { readonly collection: string, readonly type: string, readonly match: Document, readonly rest: readonly Document[] }

export function createHistory (client: MongoClient, db: Db): ResourceStore['history'] {
  return async asked => await translated(async () => await client.withSession({ snapshot: true }, async session => {
    const types: HistoryQuery['types'][number][] = []
    // One after the other: the first command sets the instant.
    for (const { type, filter } of asked.types) if (filter.kind !== 'none') types.push({ type, filter: await resolved({ db, session }, type, filter) })
    const query = { ...asked, types }
    const branches = types.flatMap(({ type, filter }) => branchesOf(query, type, filter))
    if (branches.length === 0) return { entries: [], total: 0 }
    const found = await run<Found>(db, session, paged(query, branches))
    const [counted] = await run<{ readonly total: number }>(db, session, counting(query, branches))
    const total = counted?.total ?? 0
    const first = found.length === 0 ? [] : await run<Earliest>(db, session, earliest(query, found))
    return { entries: await kept({ db, session }, query.currentFacts, found, first), ...total > query.countTo ? {} : { total } }
  }))
}

async function run<Result extends Document> (db: Db, session: ClientSession, { collection, pipeline }: Branch): Promise<readonly Result[]> {
  return await db.collection(collection).aggregate<Result>([...pipeline], { session, readConcern: { level: 'snapshot' }, maxTimeMS: SEARCH_TIME }).toArray()
}

interface Reading { readonly db: Db, readonly session: ClientSession }

async function kept (reading: Reading, currentFacts: readonly string[], found: readonly Found[], first: readonly Earliest[]): Promise<HistoryPage['entries']> {
  const began = new Map(first.map(({ _id: { type, id }, at }) => [`${type}/${id}`, at]))
  const list = found.map(stored => toKept(stored.type, stored))
  const versions = new Map((await Promise.all([...new Set(list.map(({ type }) => type))].map(async type =>
    await withItems(reading, type, list.filter(version => version.type === type))))).flat().map(version => [nameOf(version), version]))
  return found.flatMap(({ current, ...stored }) => {
    const version = versions.get(nameOf(JSON.parse(stored.head) as Kept))
    if (version === undefined) return []
    const { type, id, patient } = version
    // All that a container ever held is what the current one holds: it was joined to this version.
    const facts = current === undefined ? version.facts : isContainer(type) ? { ...factsIn(current) as Facts, items: (version.facts as Facts).items } : factsIn(current)
    return [{ version: { ...version, facts: underCurrent(version.facts, facts, currentFacts) }, current: { type, id, patient, facts }, isFirst: version.at <= (began.get(`${type}/${id}`) ?? version.at) }]
  })
}

/** Ids of versions tell them apart, but for those of a Binary, which has one. */
function nameOf ({ id, version }: Pick<Kept, 'id' | 'version'>): string {
  return `${id}|${version}`
}

/** The facts of a version as MongoDB was asked of them: what is said of the resource as a whole is the current one's. */
function underCurrent (facts: unknown, current: unknown, names: readonly string[]): unknown {
  if (!isObject(facts) || !isObject(current)) return facts
  return { ...facts, ...Object.fromEntries(names.flatMap(name => name in current ? [[name, current[name]]] : [])) }
}

function isObject (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** The visible versions of one type: the current ones, then the superseded ones. */
function branchesOf ({ id, currentFacts }: Pick<HistoryQuery, 'id' | 'currentFacts'>, type: string, filter: Filter): readonly [current: Versions, superseded: Versions] {
  const ofOne = id === undefined ? [] : [{ id: { $eq: id } }]
  const isCurrent = (field: string) => currentFacts.some(name => field === `facts.${name}`) || field.startsWith('held')
  const labels = { ...Object.fromEntries(currentFacts.map(name => [`facts.${name}`, `$current.facts.${name}`])), held: '$current.held' }
  return [
    {
      collection: type,
      type,
      match: { $and: [{ deleted: { $eq: false } }, ...ofOne, toMongo(filter)] },
      rest: [{ $set: { type } }, { $project: READ }]
    },
    {
      collection: history(type),
      type,
      // What holds whatever the labels are: so that an index serves.
      match: { $and: [{ deleted: { $eq: false } }, ...ofOne, toMongo(widen(filter, isCurrent), inHistory)] },
      rest: [
        { $lookup: { from: type, localField: 'id', foreignField: '_id', as: 'current' } },
        { $unwind: '$current' },
        { $match: { $and: [{ 'current.deleted': { $eq: false } }, toMongo(filter, inCurrent)] } },
        { $set: labels },
        { $match: toMongo(filter, inHistory) },
        { $set: { type, current: '$current.head' } },
        { $project: READ }
      ]
    }
  ]
}

/** A page: each branch gives as many as the page has, and of these the newest are taken. */
function paged (query: HistoryQuery, branches: readonly Versions[]): Branch {
  const page = [{ $match: after(query) }, { $sort: ORDER }, { $limit: query.limit }]
  const { collection, pipeline } = union(branches.map(({ collection, type, match, rest }) => ({
    collection,
    pipeline: query.during === undefined
      ? [{ $match: { $and: [match, ...since(query), afterIn(query, type)] } }, { $sort: { at: -1, id: 1 } }, ...rest, { $limit: query.limit }]
      : [{ $match: match }, ...rest]
  })))
  return { collection, pipeline: [...pipeline, ...during(query), ...page] }
}

function counting (query: HistoryQuery, branches: readonly Versions[]): Branch {
  const { collection, pipeline } = union(branches.map(({ collection, match, rest }) => ({
    collection,
    pipeline: [{ $match: { $and: [match, ...query.during === undefined ? since(query) : []] } }, ...rest, { $project: LEAN }]
  })))
  return { collection, pipeline: [...pipeline, ...during(query), { $limit: query.countTo + 1 }, { $count: 'total' }] }
}

/**
 * Of each resource of a page, the first superseded version that this caller may see: what they see first is to them a
 * creation, whatever came before it. Asked of every page in the same way, so that it takes no longer where there is more.
 */
function earliest ({ types, currentFacts }: HistoryQuery, found: readonly Found[]): Branch {
  const branches = types.flatMap(({ type, filter }) => {
    const ids = [...new Set(found.filter(each => each.type === type).map(({ id }) => id))]
    if (ids.length === 0) return []
    const [, { collection, match, rest }] = branchesOf({ currentFacts }, type, filter)
    return [{ collection, pipeline: [{ $match: { $and: [{ id: { $in: ids } }, match] } }, ...rest, { $project: LEAN }] }]
  })
  const { collection, pipeline } = union(branches)
  return { collection, pipeline: [...pipeline, { $group: { _id: { type: '$type', id: '$id' }, at: { $min: '$at' } } }] }
}

function union ([first, ...others]: readonly Branch[]): Branch {
  return {
    collection: first?.collection ?? '',
    pipeline: [...first?.pipeline ?? [], ...others.map(({ collection, pipeline }) => ({ $unionWith: { coll: collection, pipeline } }))]
  }
}

function since (query: HistoryQuery): readonly Document[] {
  return query.since === undefined ? [] : [{ at: { $gte: query.since } }]
}

/**
 * The versions that were current at some instant of `during`. A version ends where the next one begins that this caller
 * may see: one that is hidden ends nothing.
 */
function during (query: HistoryQuery): readonly Document[] {
  if (query.during === undefined) return []
  const { lo, hi } = query.during
  return [
    { $setWindowFields: { partitionBy: { type: '$type', id: '$id' }, sortBy: { at: 1 }, output: { until: { $shift: { output: '$at', by: 1, default: null } } } } },
    { $match: { $and: [{ at: { $lte: hi } }, { $or: [{ until: { $eq: null } }, { until: { $gt: lo } }] }] } },
    ...since(query).map(since => ({ $match: since }))
  ]
}

/** The same, where the type is known. */
function afterIn ({ after }: HistoryQuery, type: string): Document {
  if (after === undefined) return {}
  if (type > after.type) return { at: { $lte: after.at } }
  return type < after.type ? { at: { $lt: after.at } } : { $or: [{ at: { $lt: after.at } }, { at: { $eq: after.at }, id: { $gt: after.id } }] }
}

/** Keyset: instant, type, id. Instants of one resource rise, so that no two versions have the same key. */
function after ({ after }: HistoryQuery): Document {
  if (after === undefined) return {}
  const { at, type, id } = after
  return { $or: [{ at: { $lt: at } }, { at: { $eq: at }, type: { $gt: type } }, { at: { $eq: at }, type: { $eq: type }, id: { $gt: id } }] }
}
