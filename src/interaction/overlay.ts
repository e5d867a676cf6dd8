/**
 * The store as a transaction sees it: what its earlier entries wrote lies over what is there. The interactions read,
 * find and commit as ever; their commits are staged, and `write` gives all of them as one. Nothing reaches the store
 * before that one write.
 *
 * Choices are not laid over: the rules of a record are those of the start of the request, so that no entry gains sight
 * by another one.
 */
import { itemOf } from '../consent/facts.js'
import type { Facts } from '../consent/facts.js'
import { isShared } from '../consent/family.js'
import { CONTAINERS } from '../consent/record-type.js'
import { evaluate } from '../filter/evaluate.js'
import type { Indexed } from '../filter/evaluate.js'
import { and, equals, isIn, not, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { extract } from '../search/extract.js'
import type { Context } from './context.js'
import { inOrder, isAfter, placeOf } from './overlay-order.js'
import { merged } from './overlay-write.js'
import type { Staged } from './overlay-write.js'
import type { Kept, PageQuery, ResourceStore, Version, Write } from './store.js'

export interface Overlay {
  readonly store: ResourceStore
  /** The version that the transaction leaves of a resource, where it writes it. */
  readonly final: (type: string, id: string) => Version | undefined
  /** The version that is in the store of a resource that the transaction changes. */
  readonly base: (type: string, id: string) => Kept | undefined
  /** The commits so far, as one. */
  readonly write: () => Write
  readonly writes: () => readonly Write[]
  /** The resource that claims what one in the store has already; undefined where none does. */
  readonly collision: () => Promise<Version | undefined>
}

/** Containers that one transaction may change by what they hold. */
const MOST_HOLDERS = 200

/** Of one page of what is judged one by one. */
const HEADS = 1000

/** @param context its store is the one below */
export function createOverlay (context: Pick<Context, 'store' | 'registry' | 'hash'>): Overlay {
  const { store } = context
  const staged = new Map<string, Staged>()
  const reindexed = new Map<string, { readonly type: string, readonly id: string, readonly facts: unknown }>()
  const writes: Write[] = []

  async function read (type: string, id: string): Promise<Kept | undefined> {
    const known = staged.get(keyOf(type, id))
    if (known !== undefined) return whole(known.next)
    const version = await store.read(type, id)
    return version === undefined ? undefined : whole({ ...version, facts: reindexed.get(keyOf(type, id))?.facts ?? version.facts })
  }

  /** A container is judged by what the transaction leaves of its items. */
  function whole<One extends Kept> (version: One): One {
    if (!CONTAINERS.includes(version.type)) return version
    const facts = version.facts as Facts
    const items = facts.items?.map(item => {
      const name = keyOf(item.type, item.id)
      const left = staged.get(name)?.next ?? reindexed.get(name)
      return left === undefined ? item : itemOf(item.type, item.id, left.facts as Facts)
    })
    return { ...version, facts: { ...facts, ...items === undefined ? {} : { items } } }
  }

  /** The containers in the store that hold what the transaction changes. */
  async function holders (type: string): Promise<readonly Kept[]> {
    const changed = [...[...staged.values()].flatMap(({ base }) => base ?? []), ...reindexed.values()]
    const patients = [...staged.values()].flatMap(({ next: { patient } }) => patient ?? [])
    if (!CONTAINERS.includes(type) || changed.length === 0 || patients.length === 0) return []
    const holding = or(...changed.map(each => equals(`held.${each.type}`, each.id)))
    const found = await store.findKept({ type, filter: and(isIn('patient', patients), holding), sort: [], limit: MOST_HOLDERS + 1 })
    if (found.length > MOST_HOLDERS) throw new OutcomeError('too-costly')
    return found
  }

  /** The ids of a type that are not as the store has them, and those of them that satisfy a filter. */
  async function laidOver (type: string, filter: Filter): Promise<{ readonly ids: readonly string[], readonly versions: readonly Kept[] }> {
    const changed = [...staged.values()].map(({ next }) => next).filter(next => next.type === type).map(whole)
    const others = new Set([...[...reindexed.values()].filter(each => each.type === type), ...await holders(type)].map(({ id }) => id))
    const refiled = await Promise.all([...others].filter(id => !staged.has(keyOf(type, id))).map(async id => await read(type, id)))
    const versions = [...changed, ...await Promise.all(refiled.flatMap(version => version === undefined ? [] : [withValues(version)]))]
    return { ids: versions.map(({ id }) => id), versions: versions.filter(version => evaluate(filter, indexOf(version))) }
  }

  /** Index values are not read back from the store: here they are made anew. */
  async function withValues (version: Kept): Promise<Kept> {
    const whole = version.isDeleted ? undefined : await store.opened(version)
    if (whole === undefined) return version
    const { found, ...values } = extract(context.registry, JSON.parse(whole.text) as { resourceType: string }, isShared(version.type) ? null : context.hash)
    return { ...whole, ...values }
  }

  async function findKept (query: PageQuery): Promise<readonly Kept[]> {
    const { ids, versions } = await laidOver(query.type, query.filter)
    if (ids.length === 0) return await store.findKept(query)
    const below = await store.findKept({ ...query, filter: and(query.filter, not(isIn('_id', ids))) })
    const above = query.after === undefined ? versions : versions.filter(isAfter(query.sort, query.after, query.isBack))
    return [...below, ...above].toSorted(inOrder(query.sort, query.isBack)).slice(0, query.limit)
  }

  async function * pages (query: Omit<PageQuery, 'limit'>): AsyncGenerator<readonly Kept[]> {
    for (let page = await findKept({ ...query, limit: HEADS }); ;) {
      yield page
      const last = page.at(-1)
      if (last === undefined || page.length < HEADS) return
      page = await findKept({ ...query, limit: HEADS, after: placeOf(last, query.sort) })
    }
  }

  async function commit (write: Write): Promise<void> {
    for (const { next, replaces, claims } of write.changes) {
      const known = staged.get(keyOf(next.type, next.id))
      if (known !== undefined && known.next.version !== replaces?.version) throw new OutcomeError('contention')
      const isTaken = [...staged.values()].some(other => other.next.type === next.type && other.next.id !== next.id && other.claims.some(claim => claims.includes(claim)))
      if (isTaken) throw new OutcomeError('duplicate')
      const base = known === undefined ? replaces : known.base
      staged.set(keyOf(next.type, next.id), { base, next: { ...next, revision: (base?.revision ?? 0) + 1 }, claims })
      reindexed.delete(keyOf(next.type, next.id))
    }
    for (const { type, id, facts } of write.reindexed ?? []) {
      const known = staged.get(keyOf(type, id))
      if (known === undefined) reindexed.set(keyOf(type, id), { type, id, facts })
      else staged.set(keyOf(type, id), { ...known, next: { ...known.next, facts } })
    }
    writes.push(write)
  }

  return {
    final: (type, id) => staged.get(keyOf(type, id))?.next,
    base: (type, id) => staged.get(keyOf(type, id))?.base,
    writes: () => writes,
    collision: async () => {
      for (const { next, claims } of staged.values()) {
        if (claims.length > 0 && await store.count(next.type, and(isIn('claims', claims), not(equals('_id', next.id)))) > 0) return next
      }
      return undefined
    },
    write: () => merged([...staged.values()], [...reindexed.values()], writes),
    store: {
      ...store,
      read,
      findKept,
      find: async query => (await Promise.all((await findKept(query)).map(async version => await store.opened(version) ?? []))).flat(),
      heads: async function * (query) {
        const { ids } = await laidOver(query.type, query.filter)
        if (ids.length === 0) yield * store.heads(query)
        else yield * pages(query)
      },
      commit,
      firstPage: async query => {
        const found = await findKept({ ...query, limit: query.limit + 1 })
        const hasMore = found.length > query.limit
        return { versions: found.slice(0, query.limit), hasMore, ...hasMore ? {} : { total: found.length } }
      },
      count: async (type, filter) => {
        const { ids, versions } = await laidOver(type, filter)
        return versions.length + await store.count(type, ids.length === 0 ? filter : and(filter, not(isIn('_id', ids))))
      },
      targets: async (type, filter, head, limit) => {
        const { ids, versions } = await laidOver(type, filter)
        const below = await store.targets(type, ids.length === 0 ? filter : and(filter, not(isIn('_id', ids))), head, limit)
        const above = versions.flatMap(({ keys }) => keys).filter(key => key.startsWith(head)).map(key => key.slice(head.length))
        return [...new Set([...below, ...above])].slice(0, limit + 1)
      },
      distinct: async (type, filter, field, limit) => {
        const { ids, versions } = await laidOver(type, filter)
        const below = await store.distinct(type, ids.length === 0 ? filter : and(filter, not(isIn('_id', ids))), field, limit)
        const above = versions.map(version => field === '_id' ? version.id : version.patient)
        return [...new Set([...below, ...above])].filter(value => value !== null).slice(0, limit + 1)
      }
    }
  }
}

function keyOf (type: string, id: string): string {
  return `${type}/${id}`
}

/** A version as a filter speaks of it. */
function indexOf (version: Kept): Indexed {
  return { ...version, _id: version.id, deleted: version.isDeleted }
}
