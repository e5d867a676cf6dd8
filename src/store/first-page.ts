/**
 * The first page of a search: with its total in one scan, or, where it is known under the turn of its record which versions
 * it had (decisions/0016), by their ids, together with whatever else is read by its id at that time.
 */
import type { ClientSession, Db } from 'mongodb'
import type { Filter } from '../filter/filter.js'
import type { FirstPage, FirstPageQuery, Kept, PageQuery, ResourceStore } from '../interaction/store.js'
import { paired } from './authored.js'
import { isContainer, within } from './held.js'
import { hintOf, isInOrder } from './hint.js'
import { toSort } from './keyset.js'
import type { Known, KnownPage } from './known-total.js'
import { toKept } from './stored.js'
import type { ReadBack } from './stored.js'
import { toMongo } from './to-mongo.js'

/** What a first page asks of the store around it. */
export interface FirstPagePorts {
  readonly db: Db
  readonly knownOf: (type: string, filter: Filter, under: string | undefined) => Known
  /** The reader of a type by id: what is asked at once goes together. */
  readonly readerOf: (type: string) => (id: string) => Promise<ReadBack | undefined>
  readonly found: (query: PageQuery, session?: ClientSession) => Promise<readonly ReadBack[]>
  readonly kept: (type: string, list: readonly ReadBack[], session?: ClientSession) => Promise<readonly Kept[]>
  readonly atOnce: <T>(type: string, filter: Filter, work: (filter: Filter, session?: ClientSession) => Promise<T>) => Promise<T>
  /** ms */
  readonly searchTime: number
}

/** Longer pages are found anew: they would hold up what is read by one id. */
const LONGEST = 50

export function createFirstPage (ports: FirstPagePorts): ResourceStore['firstPage'] {
  return async ({ under, ...query }) => {
    const { type, filter, sort, limit } = query
    const known = ports.knownOf(type, filter, under)
    // What a container holds changes what of it is seen.
    const isKept = sort.length === 0 && limit <= LONGEST && !isContainer(type)
    const page = isKept ? known.page(limit) : undefined
    const same = page === undefined ? undefined : await asItWas(ports, type, page)
    const answer = same ?? await anew(ports, query, known)
    if (isKept && same === undefined) known.setPage(limit, answer.versions, answer.hasMore)
    const total = answer.total ?? (answer.hasMore ? known.total() : answer.versions.length)
    return total === undefined ? answer : { ...answer, total }
  }
}

/** A known page; undefined where one of its matches is not any more as it was. */
async function asItWas ({ readerOf }: FirstPagePorts, type: string, { matches, hasMore }: KnownPage): Promise<FirstPage | undefined> {
  const read = await Promise.all(matches.map(async ([id]) => await readerOf(type)(id)))
  const versions = read.flatMap(stored => stored === undefined ? [] : [toKept(type, stored)])
  const isSame = versions.length === matches.length && versions.every(({ version, isDeleted }, index) => !isDeleted && version === matches[index]?.[1])
  return isSame ? { versions, hasMore, isRemembered: true } : undefined
}

async function anew ({ db, found, kept, atOnce, searchTime }: FirstPagePorts, query: Omit<FirstPageQuery, 'under'>, known: Known): Promise<FirstPage> {
  const { type, sort, limit } = query
  return await atOnce(type, query.filter, async (filter, session) => {
    if (known.total() !== undefined || sort.length > 0 || !isInOrder(type, filter)) {
      const list = await found({ ...query, filter, limit: limit + 1 }, session)
      return { versions: await kept(type, list.slice(0, limit), session), hasMore: list.length > limit }
    }
    const [answer] = await db.collection(type).aggregate<{ readonly total: number, readonly page: readonly ReadBack[] }>([
      { $match: toMongo(paired(filter)) },
      { $sort: toSort(sort) },
      { $group: { _id: null, total: { $sum: 1 }, page: { $firstN: { n: limit, input: { _id: '$_id', head: '$head', body: '$body', held: '$held' } } } } }
    ], { ...hintOf(type, filter), maxTimeMS: searchTime, ...within(session) }).toArray()
    const { total = 0, page = [] } = answer ?? {}
    known.setTotal(total)
    return { versions: await kept(type, page, session), hasMore: total > limit, total }
  })
}
