/** Totals under the turn of their record (decisions/0016): what one filter found under it, it still finds. */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { inWords } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'

export interface KnownTotals {
  /** @param under the record and its turn; undefined where nothing proves a total, and none is kept */
  readonly get: (type: string, filter: Filter, under: string | undefined) => number | undefined
  readonly set: (type: string, filter: Filter, under: string | undefined, total: number) => void
}

const MOST = 20_000

export function createKnownTotals (): KnownTotals {
  const totals = new LRUCache<string, number>({ max: MOST })
  const keyOf = (type: string, filter: Filter, under: string) => hash('sha256', `${type}|${under}|${inWords(filter)}`, 'base64')
  return {
    get: (type, filter, under) => under === undefined ? undefined : totals.get(keyOf(type, filter, under)),
    set: (type, filter, under, total) => { if (under !== undefined) totals.set(keyOf(type, filter, under), total) }
  }
}
