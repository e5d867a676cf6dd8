/**
 * Containers (`consent.md` 2) as MongoDB keeps them: the ids of what they hold, and nothing of what the rules read of it.
 * A search asks first which of what its candidates hold is meant, then for the containers by those ids; to what was found,
 * the facts of its items are joined. So nothing is out of step, and a change of an item, a mask say, is one write however
 * many hold it. Whoever forgets to ask finds an item in each container that nobody sees.
 */
import type { ClientSession, Db, Document } from 'mongodb'
import { NOBODYS, itemOf } from '../consent/facts.js'
import type { Facts, Item } from '../consent/facts.js'
import { CONTAINERS, RECORD_TYPES } from '../consent/record-type.js'
import { widen } from '../filter/evaluate.js'
import { all, and, exists, isIn, none, not, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Kept } from '../interaction/store.js'
import { paired } from './authored.js'
import { SEARCH_TIME } from './client.js'
import { ITEMS, toMongo } from './to-mongo.js'

/** The ids of what a container holds, by type. */
export type Held = Readonly<Record<string, readonly string[]>>
type Named = Document & { _id: string }
type Headed = Named & { readonly type: string, readonly head: string }
type ItemsFilter = Extract<Filter, { kind: 'element' }>
interface Reading { readonly db: Db, readonly session?: ClientSession | undefined }

export function isContainer (type: string): boolean {
  return CONTAINERS.includes(type)
}

/** The facts of a version as they are stored; those of a container apart from what it holds. */
export function withoutItems (type: string, facts: unknown): { readonly facts: unknown, readonly held?: Held } {
  if (!isContainer(type)) return { facts }
  const { items = [NOBODYS], ...own } = facts as Facts
  const held: Record<string, string[]> = {}
  for (const item of items) (held[item.type] ??= []).push(item.id)
  return { facts: { ...own, items: [NOBODYS] }, held }
}

/**
 * A filter on containers without a word about their items: the ids stand for those that it meant. As many commands whether
 * there is a candidate or not, and whatever it holds: what is hidden costs what is absent costs.
 */
export async function resolved (reading: Reading, type: string, filter: Filter): Promise<Filter> {
  if (!isContainer(type)) return filter
  const asked = elementsOf(filter)
  const held = await candidates(reading, type, widen(filter, field => field === ITEMS))
  const meansOf = await meant(reading, held, asked.map(({ of }) => of))
  const found = new Map(asked.map((each, index): readonly [Filter, Filter] =>
    [each, or(not(exists('held')), ...[...held].map(([itemType, ids]) => isIn(`held.${itemType}`, meansOf(index, itemType, ids))))]))
  return replaced(filter, leaf => found.get(leaf) ?? leaf)
}

/** All that the containers hold that may satisfy a filter. */
async function candidates ({ db, session }: Reading, type: string, filter: Filter): Promise<ReadonlyMap<string, readonly string[]>> {
  const pairs = await db.collection(type).aggregate<{ readonly _id: { readonly k: string, readonly v: string } }>([
    { $match: toMongo(paired(filter)) },
    { $project: { _id: 0, held: { $objectToArray: '$held' } } },
    { $unwind: '$held' },
    { $unwind: '$held.v' },
    { $group: { _id: { k: '$held.k', v: '$held.v' } } }
  ], { batchSize: WHOLE, maxTimeMS: SEARCH_TIME, ...within(session) }).toArray()
  const held = new Map<string, string[]>()
  for (const { _id: { k, v } } of pairs) {
    const ids = held.get(k)
    if (ids === undefined) held.set(k, [v])
    else ids.push(v)
  }
  return held
}

/** Of the filter at an index, those of some items of a type that it means. */
type Means = (index: number, type: string, ids: readonly string[]) => readonly string[]

/**
 * Which items each of some filters means, of all types in one command. What it asks for is what a filter does not mean: so
 * what is not there any more, or of no type of the record, is meant in any case. Without a filter it asks all the same.
 */
async function meant (reading: Reading, held: ReadonlyMap<string, readonly string[]>, filters: readonly Filter[]): Promise<Means> {
  const branches = Object.keys(RECORD_TYPES).flatMap(type => {
    const named = among(held, type)
    const rename = (field: string) => field === 'id' ? '_id' : field === 'facts.codes' && type === 'DocumentReference' ? 'facts.types' : field
    const ofType = (filter: Filter) => replaced(filter, leaf => leaf.kind === 'in' && leaf.field === 'type' ? leaf.values.includes(type) ? all : none : leaf)
    return (filters.length === 0 ? [all] : filters).map((filter, index) => ({
      coll: type,
      pipeline: [...named, { $match: toMongo(not(ofType(filter)), rename) as Document }, { $project: { _id: { $concat: [`${index}|${type}/`, '$_id'] } } }]
    }))
  })
  const others = new Set((await together<Named>(reading, branches)).map(({ _id }) => _id))
  return (index, type, ids) => ids.filter(id => !others.has(`${index}|${type}/${id}`))
}

/** By their ids alone: MongoDB would weigh each index for the filter that follows, in each branch, were it not for the limit between. */
function among (held: ReadonlyMap<string, readonly string[]>, type: string): readonly Document[] {
  const ids = [...new Set(held.get(type))]
  return [{ $match: { _id: { $in: ids } } }, { $limit: ids.length + 1 }]
}

/** What several collections hold, by one command. */
async function together<Part extends Document> ({ db, session }: Reading, branches: readonly { readonly coll: string, readonly pipeline: readonly Document[] }[]): Promise<readonly Part[]> {
  const [first, ...others] = branches
  return await db.collection(first?.coll ?? '').aggregate<Part>([...first?.pipeline ?? [], ...others.map($unionWith => ({ $unionWith }))],
    { batchSize: WHOLE, maxTimeMS: SEARCH_TIME, ...within(session) }).toArray()
}

/** Versions of containers with their items; others as they are. One command, whatever they hold and whether there are any. */
export async function withItems ({ db, session }: Reading, type: string, versions: readonly (Kept & { readonly held?: Held | undefined })[]): Promise<readonly Kept[]> {
  if (!isContainer(type)) return versions
  const wanted = new Map<string, readonly string[]>()
  for (const { held = {} } of versions) {
    for (const [itemType, ids] of Object.entries(held)) wanted.set(itemType, [...wanted.get(itemType) ?? [], ...ids])
  }
  const found = await together<Headed>({ db, session }, Object.keys(RECORD_TYPES).map(coll =>
    ({ coll, pipeline: [...among(wanted, coll), { $project: { head: 1, type: { $literal: coll } } }] })))
  const items = new Map(found.map(({ _id, type: itemType, head }): readonly [string, Item] =>
    [`${itemType}/${_id}`, itemOf(itemType, _id, (JSON.parse(head) as { readonly facts: Facts }).facts)]))
  return versions.map(({ held, ...version }) => {
    const joined = held === undefined ? [NOBODYS] : Object.entries(held).flatMap(([itemType, ids]) => ids.map(id => items.get(`${itemType}/${id}`) ?? NOBODYS))
    return { ...version, facts: { ...version.facts as Facts, items: joined } }
  })
}

/** As much as one answer of MongoDB holds by itself: what is hidden takes no second one. */
const WHOLE = 100_000

/** What makes a command see the instant of a session. */
export function within (session: ClientSession | undefined): { readonly session?: ClientSession, readonly readConcern?: { readonly level: 'snapshot' } } {
  return session === undefined ? {} : { session, readConcern: { level: 'snapshot' } }
}

function elementsOf (filter: Filter): readonly ItemsFilter[] {
  switch (filter.kind) {
    case 'and': case 'or': return filter.of.flatMap(elementsOf)
    case 'not': return elementsOf(filter.of)
    case 'element': return filter.field === ITEMS ? [filter] : []
    default: return []
  }
}

function replaced (filter: Filter, by: (leaf: Filter) => Filter): Filter {
  switch (filter.kind) {
    case 'and': return and(...filter.of.map(part => replaced(part, by)))
    case 'or': return or(...filter.of.map(part => replaced(part, by)))
    case 'not': return not(replaced(filter.of, by))
    default: return by(filter)
  }
}
