/**
 * What traces name and their reader may not know of (`consent.md` 2 *trace*). It is asked for the traces at hand, in
 * batches, so that it costs no more however much of a record is hidden; whatever was not asked counts as hidden.
 */
import { compileIn, familyOf, isOwned, isShared } from '../consent/family.js'
import type { Hidden, TraceFacts } from '../consent/family.js'
import type { Situation } from '../consent/situation.js'
import type { ParticipationFacts, Told } from '../consent/participation.js'
import type { BinaryFacts } from '../consent/unclaimed.js'
import { and, equals, isIn, none, not } from '../filter/filter.js'
import type { Kept, ResourceStore } from './store.js'

interface Asking { readonly store: ResourceStore, readonly types: readonly string[] }
type ByType = Readonly<Record<string, readonly string[] | undefined>>

/** What of a record is hidden from a caller, as far as it was asked. */
export interface Known extends Hidden { readonly hidden: Set<string>, readonly asked: Set<string> }

export function known (hidden = new Set<string>(), asked = new Set<string>()): Known {
  return { hidden, asked, has: reference => hidden.has(reference) || !asked.has(reference) }
}

/** All that a trace, or the notification of one, names; other messages name nothing. */
export function namedBy ({ type, facts }: Pick<Kept, 'type' | 'facts'>): readonly string[] {
  const told: Told & Pick<TraceFacts, 'rests' | 'choices'> | undefined = type === 'AuditEvent' ? facts as TraceFacts : (facts as ParticipationFacts).told
  return told === undefined ? [] : [...told.about, ...told.disclosed, ...told.rests?.on ?? [], ...told.choices ?? []]
}

/** Which of some references (`Type/id`) name what the caller of `situation` may not see. */
export async function hiddenAmong ({ store, types }: Asking, situation: Situation, references: readonly string[]): Promise<readonly string[]> {
  const named = byType(references.filter(reference => isOfRecord(types, reference)))
  // A Binary is hidden with its document; one that has none (yet) from all but its depositor.
  const contents = named['Binary'] === undefined ? [] : await store.findKept({ type: 'Binary', filter: isIn('_id', named['Binary']), sort: [], limit: named['Binary'].length })
  const claimed = contents.flatMap(({ id, facts }) => {
    const document = (facts as BinaryFacts).claimedBy
    return document === null ? [] : [{ id, document }]
  })
  const asked = {
    ...named,
    Binary: contents.map(({ id }) => id).filter(id => !claimed.some(each => each.id === id)),
    DocumentReference: [...named['DocumentReference'] ?? [], ...claimed.map(({ document }) => document)]
  }
  const lists = await Promise.all(Object.entries(asked).map(async ([type, ids = []]) => {
    const unseen = and(equals('patient', situation.patient), isIn('_id', ids), not(compileIn(situation, type)))
    return ids.length === 0 || unseen === none ? [] : (await store.distinct(type, unseen, '_id', ids.length)).map(id => `${type}/${id}`)
  }))
  const hidden = new Set(lists.flat())
  return [...hidden, ...claimed.filter(({ document }) => hidden.has(`DocumentReference/${document}`)).map(({ id }) => `Binary/${id}`)]
}

function isOfRecord (types: readonly string[], reference: string): boolean {
  const [type = ''] = reference.split('/')
  return types.includes(type) && !isShared(type) && !isOwned(type) && familyOf(type) !== 'trace'
}

function byType (references: readonly string[]): ByType {
  const lists: Record<string, string[]> = {}
  for (const reference of new Set(references)) {
    const [type = '', id = ''] = reference.split('/');
    (lists[type] ??= []).push(id)
  }
  return lists
}
