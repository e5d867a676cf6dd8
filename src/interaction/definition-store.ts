/**
 * The store with the terminology laid over it: CodeSystem, ValueSet and ConceptMap are read and found like what is stored,
 * by the same filters, and are in no database. They were loaded at the start and never change while the server runs.
 */
import { createHash } from 'node:crypto'
import { evaluate } from '../filter/evaluate.js'
import { extract } from '../search/extract.js'
import type { Registry } from '../search/parameter.js'
import type { Definition } from '../terminology/terms.js'
import { inOrder, isAfter } from './overlay-order.js'
import type { PageQuery, ResourceStore, Version } from './store.js'

const TYPES: readonly string[] = ['CodeSystem', 'ValueSet', 'ConceptMap'] satisfies readonly Definition['resourceType'][]

/** Whether resources of a type are loaded, and not stored. */
export function isDefinition (type: string): boolean {
  return TYPES.includes(type)
}

/**
 * @param loaded the instant that what has no date is as old as, ms
 * @throws Error where two definitions of a type have one id, or one has none
 */
export function withDefinitions (store: ResourceStore, registry: Registry, loaded: number): ResourceStore {
  const definitions = new Map<string, ReadonlyMap<string, Version>>(TYPES.map(type => [type, byId(registry, type, loaded)]))
  const of = (type: string) => definitions.get(type)
  const matching = ({ type, filter, sort, after, isBack }: Omit<PageQuery, 'limit'>) => [...of(type)?.values() ?? []]
    .filter(version => evaluate(filter, { ...version, _id: version.id, deleted: false }))
    .filter(version => after === undefined || isAfter(sort, after, isBack)(version))
    .toSorted(inOrder(sort, isBack))
  return {
    ...store,
    read: async (type, id) => isDefinition(type) ? of(type)?.get(id) : await store.read(type, id),
    neighbour: async (type, id) => isDefinition(type) ? undefined : await store.neighbour(type, id),
    readVersion: async (type, id, version) => isDefinition(type) ? undefined : await store.readVersion(type, id, version),
    findKept: async query => isDefinition(query.type) ? matching(query).slice(0, query.limit) : await store.findKept(query),
    find: async query => isDefinition(query.type) ? matching(query).slice(0, query.limit) : await store.find(query),
    heads: async function * (query) {
      if (isDefinition(query.type)) yield matching(query)
      else yield * store.heads(query)
    },
    opened: async version => isDefinition(version.type) ? of(version.type)?.get(version.id) : await store.opened(version),
    bytes: async version => isDefinition(version.type) ? Buffer.from(of(version.type)?.get(version.id)?.text ?? '') : await store.bytes(version),
    firstPage: async query => {
      if (!isDefinition(query.type)) return await store.firstPage(query)
      const found = matching(query)
      return { versions: found.slice(0, query.limit), hasMore: found.length > query.limit, total: found.length }
    },
    count: async (type, filter, under, most) => isDefinition(type) ? matching({ type, filter, sort: [] }).length : await store.count(type, filter, under, most),
    distinct: async (type, filter, field, limit) => isDefinition(type)
      ? field === '_id' ? matching({ type, filter, sort: [] }).map(({ id }) => id).slice(0, limit + 1) : []
      : await store.distinct(type, filter, field, limit),
    targets: async (type, filter, head, limit) => isDefinition(type) ? [] : await store.targets(type, filter, head, limit)
  }
}

function byId (registry: Registry, type: string, loaded: number): ReadonlyMap<string, Version> {
  const versions = registry.terms.definitions.filter(({ resourceType }) => resourceType === type).map(definition => toVersion(registry, definition, loaded))
  const table = new Map(versions.map(version => [version.id, version]))
  if (table.size < versions.length || table.has('')) throw new Error(`two definitions of the type ${type} have one id, or one has none`)
  return table
}

/** Its version is of its content, so that every server says the same. */
function toVersion (registry: Registry, { resourceType, id = '', meta, ...rest }: Definition, loaded: number): Version {
  const version = createHash('sha256').update(JSON.stringify([id, rest])).digest('hex').slice(0, 32)
  const at = Date.parse(rest.date ?? '') || loaded
  const resource = { resourceType, id, meta: { versionId: version, lastUpdated: new Date(at).toISOString() }, ...rest }
  return {
    type: resourceType,
    id,
    version,
    revision: 1,
    at,
    patient: null,
    isDeleted: false,
    ...extract(registry, resource, null),
    facts: {},
    text: JSON.stringify(resource)
  }
}
