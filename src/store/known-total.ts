/** What one filter found under the turn of its record, it still finds (decisions/0016): totals, and which versions a first page had. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { inWords } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Kept } from '../interaction/store.js'

/** The id and the version of a match. */
type Match = readonly [id: string, version: string]
export interface KnownPage { readonly matches: readonly Match[], readonly hasMore: boolean }

/** What is known under one record, its turn, and one filter on a type. */
export interface Known {
  readonly total: () => number | undefined
  readonly setTotal: (total: number) => void
  /** The first page of at most `limit` matches, in the order of their ids. */
  readonly page: (limit: number) => KnownPage | undefined
  readonly setPage: (limit: number, versions: readonly Kept[], hasMore: boolean) => void
}

const MOST_TOTALS = 20_000
/** Matches of all pages together: those of 4,000 pages of twenty, which are a few megabytes. */
const MOST_MATCHES = 80_000
const NOTHING: Known = { total: () => undefined, setTotal: () => {}, page: () => undefined, setPage: () => {} }

/** @returns what is known; its `under` are the record and its turn, undefined where nothing proves a total, and nothing is kept */
export function createKnown (): (type: string, filter: Filter, under: string | undefined) => Known {
  const totals = new LRUCache<string, number>({ max: MOST_TOTALS })
  const pages = new LRUCache<string, KnownPage>({ maxSize: MOST_MATCHES, sizeCalculation: ({ matches }) => matches.length })
  return (type, filter, under) => {
    if (under === undefined) return NOTHING
    const key = hash('sha256', `${type}|${under}|${inWords(filter)}`, 'base64')
    return {
      total: () => totals.get(key),
      setTotal: total => { totals.set(key, total) },
      page: limit => pages.get(`${limit}|${key}`),
      setPage: (limit, versions, hasMore) => {
        // What found nothing asks again: it must not be told from what is hidden by how fast it is.
        if (versions.length > 0) pages.set(`${limit}|${key}`, { matches: versions.map(({ id, version }) => [id, version]), hasMore })
      }
    }
  }
}
