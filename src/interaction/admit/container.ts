/**
 * Containers: a List and a Provenance are seen only by whoever sees all that they hold (`consent.md` 2). What they hold
 * is flattened when they are written; what is read of each item is joined by the store whenever they are read.
 * What it once held it is judged by for ever: no correction of a container shows it to somebody new.
 */
import type { Resource } from '@medplum/fhirtypes'
import { NOBODYS, itemOf } from '../../consent/facts.js'
import type { Facts, Item } from '../../consent/facts.js'
import { familyOf, isShared } from '../../consent/family.js'
import { CONTAINERS, RECORD_TYPES, recordType, referencesAt } from '../../consent/record-type.js'
import { and, equals, isIn } from '../../filter/filter.js'
import type { Context } from '../context.js'
import type { Kept, Write } from '../store.js'
import { broken, unresolved } from './admission.js'

/** Items of one container, those of its containers among them. */
const MOST_ITEMS = 500
/** Containers of one depositor that hold any of the same containers. */
const MOST_HOLDERS = 200
const LITERAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
const PAGE = 500

type Changed = Pick<Kept, 'type' | 'id' | 'facts'>

/** The key under which a container is found by one of its items. */
export function itemKey ({ type, id }: Pick<Item, 'type' | 'id'>): string {
  return `item|${type}/${id}`
}

/** The keys of all that a resource holds by itself; none for what is no container. */
export function itemKeys (resource: Resource): readonly string[] {
  return pointersOf(resource).map(itemKey)
}

function pointersOf (resource: Resource): readonly Pick<Item, 'type' | 'id'>[] {
  const paths = RECORD_TYPES[resource.resourceType]?.items ?? []
  return referencesAt(resource, paths).flatMap(({ reference = '' }) => {
    const [, type, id] = LITERAL.exec(reference) ?? []
    return type === undefined || id === undefined ? [] : [{ type, id }]
  })
}

/**
 * The versions that a container holds by itself, resolved before by `checkReferences`, but for those that it held already.
 * @throws OutcomeError `business-rule` for what belongs to another family: its readers are others than a container's
 */
export async function heldBy (context: Context, resource: Resource): Promise<readonly Kept[]> {
  const expression = `${resource.resourceType}.${recordType(resource.resourceType).items?.[0] ?? ''}`
  const pointers = new Map(pointersOf(resource).map(pointer => [itemKey(pointer), pointer]))
  const held = await Promise.all([...pointers.values()].filter(({ type }) => type !== 'Patient').map(async ({ type, id }) => {
    if (!context.registry.types.includes(type)) throw unresolved(expression)
    if (isShared(type)) return undefined
    if (familyOf(type) !== 'record' || type === 'Binary') throw broken('A container holds resources of the family of records only', expression)
    return await context.store.read(type, id)
  }))
  return held.filter(version => version !== undefined)
}

/**
 * What one depositor may hold how often: what a container holds more is written to all that hold it.
 * @throws OutcomeError `business-rule` beyond that
 */
export async function checkHolding (context: Context, patient: string, { depositor }: Pick<Facts, 'depositor'>, resource: Resource): Promise<void> {
  const { resourceType } = resource
  const containers = pointersOf(resource).filter(({ type }) => CONTAINERS.includes(type))
  if (containers.length === 0) return
  const held = and(equals('patient', patient), isIn('found', containers.map(itemKey)), equals('facts.depositor', depositor))
  if (await context.store.count(resourceType, held) < MOST_HOLDERS) return
  throw broken('What it holds is held too often already', `${resourceType}.${recordType(resourceType).items?.[0] ?? ''}`)
}

/**
 * The facts of a container with those of what it holds.
 * @param id of the container @param known its items so far
 * @throws OutcomeError `business-rule` where it reaches itself, or holds too much
 */
export function withItems (type: string, id: string, facts: Facts, held: readonly Kept[], known: readonly Item[] = []): Facts {
  const items = merged(known, held)
  if (items.some(item => item.type === type && item.id === id)) throw broken('A container does not reach itself', `${type}.${recordType(type).items?.[0] ?? ''}`)
  if (items.length > MOST_ITEMS) throw broken(`A container holds at most ${MOST_ITEMS} resources, those of its containers among them`, `${type}.${recordType(type).items?.[0] ?? ''}`)
  return judgedByItems({ ...facts, items })
}

/** The matrix judges a container as all that it holds: what holds nothing has no type. */
function judgedByItems (facts: Facts): Facts {
  return { ...facts, types: [...new Set((facts.items ?? []).flatMap(item => item.facts.types))] }
}

/** Items with what else is held in its place, and what a container among that holds beside it. */
function merged (known: readonly Item[], held: readonly Changed[], more: readonly Item[] = []): readonly Item[] {
  const added = held.flatMap(({ type, id, facts }) => [...(facts as Facts).items ?? [], itemOf(type, id, facts as Facts)])
  return [...new Map([...known, ...added, ...more].map(item => [itemKey(item), item])).values()]
}

/**
 * The new facts of every container that holds, itself or through others, one that holds more now. A container that would
 * hold too much by that is nobody's to see: neither is its writer told, nor is anything shown that is not judged.
 * @param grown with its new facts
 */
export async function reindexHolders (context: Context, patient: string, grown: Changed): Promise<NonNullable<Write['reindexed']>> {
  const reindexed = new Map<string, Changed>()
  let round: readonly Changed[] = [grown]
  while (round.length > 0) {
    const next: Changed[] = []
    for (const { type, id, ...holder } of await findHolders(context, patient, round)) {
      const known = (reindexed.get(itemKey({ type, id })) ?? holder).facts as Facts
      const items = known.items ?? []
      const held = new Set(items.map(itemKey))
      const all = merged(items, round.filter(each => held.has(itemKey(each))))
      const more = all.length > MOST_ITEMS ? merged(items, [], [NOBODYS]) : all
      if (more.length === items.length) continue
      const changed = { type, id, facts: judgedByItems({ ...known, items: more }) }
      reindexed.set(itemKey(changed), changed)
      next.push(changed)
    }
    round = next
  }
  return [...reindexed.values()]
}

/** The containers that hold one of these by themselves, deleted ones too. */
async function findHolders (context: Context, patient: string, items: readonly Changed[]): Promise<readonly Kept[]> {
  const filter = and(equals('patient', patient), isIn('found', items.map(itemKey)))
  const lists = await Promise.all(CONTAINERS.filter(type => context.registry.types.includes(type)).map(async type => {
    const found: Kept[] = []
    for (let page: readonly Kept[] | undefined; page === undefined || page.length === PAGE;) {
      const last: Kept | undefined = found.at(-1)
      page = await context.store.findKept({ type, filter, sort: [], limit: PAGE, ...last === undefined ? {} : { after: [last.id] } })
      found.push(...page)
    }
    return found
  }))
  return lists.flat()
}
