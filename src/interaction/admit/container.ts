/**
 * Containers: a List and a Provenance are seen only by whoever sees all that they hold (`consent.md` 2). What is read of
 * each item stands among the container's own facts, flattened, and follows the item in the transaction that changes it.
 * What it once held it is judged by for ever: no correction of a container shows it to somebody new.
 */
import type { Resource } from '@medplum/fhirtypes'
import { itemOf } from '../../consent/facts.js'
import type { Facts, Item } from '../../consent/facts.js'
import { familyOf, isShared } from '../../consent/family.js'
import { CONTAINERS, RECORD_TYPES, recordType, referencesAt } from '../../consent/record-type.js'
import { and, equals, isIn } from '../../filter/filter.js'
import type { Context } from '../context.js'
import type { Version, Write } from '../store.js'
import { broken, unresolved } from './admission.js'

/** Items of one container, those of its containers among them. */
const MOST_ITEMS = 500
/** Containers of one depositor that hold any of the same resources. */
const MOST_HOLDERS = 2000
const LITERAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
const PAGE = 500

type Changed = Pick<Version, 'type' | 'id' | 'facts'>

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
export async function heldBy (context: Context, resource: Resource): Promise<readonly Version[]> {
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
 * What one depositor may hold how often: each change of an item, a mask say, is written to all that hold it.
 * @throws OutcomeError `business-rule` beyond that
 */
export async function checkHolding (context: Context, patient: string, { depositor }: Pick<Facts, 'depositor'>, resource: Resource): Promise<void> {
  const { resourceType } = resource
  const held = and(equals('patient', patient), isIn('found', itemKeys(resource)), equals('facts.depositor', depositor))
  if (await context.store.count(resourceType, held) < MOST_HOLDERS) return
  throw broken('What it holds is held too often already', `${resourceType}.${recordType(resourceType).items?.[0] ?? ''}`)
}

/**
 * The facts of a container with those of what it holds.
 * @param id of the container @param known its items so far
 * @throws OutcomeError `business-rule` where it reaches itself, or holds too much
 */
export function withItems (type: string, id: string, facts: Facts, held: readonly Version[], known: readonly Item[] = []): Facts {
  const items = merged(known, held)
  if (items.some(item => item.type === type && item.id === id)) throw broken('A container does not reach itself', `${type}.${recordType(type).items?.[0] ?? ''}`)
  if (items.length > MOST_ITEMS) throw broken(`A container holds at most ${MOST_ITEMS} resources, those of its containers among them`, `${type}.${recordType(type).items?.[0] ?? ''}`)
  return judgedByItems({ ...facts, items })
}

/** The matrix judges a container as all that it holds: what holds nothing has no type. */
function judgedByItems (facts: Facts): Facts {
  return { ...facts, types: [...new Set((facts.items ?? []).flatMap(item => item.facts.types))] }
}

/** Items with what changed in their place, and what a changed container holds beside it. */
function merged (known: readonly Item[], changed: readonly Changed[]): readonly Item[] {
  const items = new Map(known.map(item => [itemKey(item), item]))
  for (const { type, id, facts } of changed) {
    for (const item of [...(facts as Facts).items ?? [], itemOf(type, id, facts as Facts)]) items.set(itemKey(item), item)
  }
  return [...items.values()]
}

/**
 * The new facts of every container of a record that holds, itself or through others, something whose facts change.
 * @param changed with their new facts
 */
export async function reindexHolders (context: Context, patient: string, changed: readonly Changed[]): Promise<NonNullable<Write['reindexed']>> {
  const reindexed = new Map<string, Changed>()
  let round = changed
  while (round.length > 0) {
    const holders = await findHolders(context, patient, round)
    const next: Changed[] = []
    for (const { type, id, ...holder } of holders) {
      const known = (reindexed.get(itemKey({ type, id })) ?? changed.find(each => each.type === type && each.id === id) ?? holder).facts as Facts
      const held = new Set((known.items ?? []).map(itemKey))
      const facts = judgedByItems({ ...known, items: merged(known.items ?? [], round.filter(each => held.has(itemKey(each)))) })
      if (JSON.stringify(facts) === JSON.stringify(known)) continue
      reindexed.set(itemKey({ type, id }), { type, id, facts })
      next.push({ type, id, facts })
    }
    round = next
  }
  return [...reindexed.values()]
}

/** The containers that hold one of these by themselves, deleted ones too. */
async function findHolders (context: Context, patient: string, items: readonly Changed[]): Promise<readonly Version[]> {
  const filter = and(equals('patient', patient), isIn('found', items.map(itemKey)))
  const lists = await Promise.all(CONTAINERS.filter(type => context.registry.types.includes(type)).map(async type => {
    const found: Version[] = []
    for (let page: readonly Version[] | undefined; page === undefined || page.length === PAGE;) {
      const last: Version | undefined = found.at(-1)
      page = await context.store.find({ type, filter, sort: [], limit: PAGE, ...last === undefined ? {} : { after: [last.id] } })
      found.push(...page)
    }
    return found
  }))
  return lists.flat()
}
