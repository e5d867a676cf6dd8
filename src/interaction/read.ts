import { NIL } from '../audit/event.js'
import type { Access, InteractionCode } from '../audit/event.js'
import type { Decision } from '../consent/decide.js'
import { isNotification, isTelling } from '../consent/family.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { readShapeOf } from '../search/shape.js'
import { refusal, versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { namedBy } from './hidden.js'
import { NOBODY, NOTHING } from './nobody.js'
import type { Sight } from './sight.js'
import type { Kept, Version } from './store.js'

export interface Read extends Asking { readonly type: string, readonly id: string, readonly version?: string, readonly parameters?: readonly (readonly [name: string, value: string])[] }

/** After every id. */
const NO_ID = '~'

/** Who has no account is shut out by rule 1. */
export const NOT_THERE: Decision = { permit: false, rule: 1, choices: [] }

/** R4 http.html#read and #vread. Hidden and absent are the same; deleted is told to whoever could read the last version. */
export async function read (context: Context, asking: Read): Promise<Answer> {
  const { sight, type, id, version } = asking
  needScope(asking, type, 'r')
  const shape = readShapeOf(type, asking.parameters ?? [])
  const interaction = version === undefined ? 'read' : 'vread'
  const current = await context.store.read(type, id)
  const refused = await refuse(context, asking, interaction, current)
  if (refused !== undefined || current === undefined) return refused ?? absent(sight, type, interaction)
  const found = version === undefined || version === current.version ? current : await olderVersion(context, sight, current, version)
  if (found === undefined) return absent(sight, type, interaction)
  return {
    status: 200,
    headers: versionHeaders(found),
    body: { kind: 'resource', version: found, ...shape === undefined ? {} : { shape } },
    sight,
    accesses: [access(sight, type, interaction, found, '0')]
  }
}

/**
 * The refusal of what this caller may not see, or undefined: also the first step of each change.
 * A refused access to a record is traced there; one to nothing names nobody.
 * @param like what an absent one is like, where that is known already; null where it is like nothing
 */
export async function refuse (
  context: Context, { sight, type, id }: Asking & Pick<Read, 'type' | 'id'>, interaction: InteractionCode, current: Kept | undefined, like?: Kept | null
): Promise<Answer | undefined> {
  const judged = current ?? (like === undefined ? await context.store.neighbour(type, id) : like)
  await sight.enter([judged?.patient ?? NOBODY])
  // As much is asked of what names nothing, and of what is absent.
  if (isTelling(type)) await sight.learn(judged?.patient ?? NOBODY, current === undefined ? NOTHING : [...NOTHING, ...namedBy(current)])
  if (current === undefined) return absent(sight, type, interaction)
  const decision = sight.decide(current)
  if (!decision.permit) {
    // As what is absent asked for its neighbour.
    await context.store.neighbour(type, NO_ID)
    return refusal(sight, new OutcomeError('absent'), [access(sight, type, interaction, current, '4')])
  }
  if (current.isDeleted) {
    return refusal(sight, new OutcomeError('deleted', [], { headers: { etag: `W/"${current.version}"` } }),
      [access(sight, type, interaction, current, '4')])
  }
  return undefined
}

/** A version is visible if the current one is and all that a rule reads of it, labels apart, is permitted too. */
async function olderVersion (context: Context, sight: Sight, current: Kept, version: string): Promise<Kept | undefined> {
  const older = await context.store.readVersion(current.type, current.id, version)
  if (older === undefined) return undefined
  const judged = underCurrentLabels(older, current)
  return sight.decide(judged).permit ? judged : undefined
}

/** The fields of the facts that are always those of the current version: its labels, its chain, and all that it ever held. */
export const CURRENT_FACTS: readonly string[] = ['labels', 'tags', 'chain', 'opens', 'items']

/** A version with the labels of the current one: so it is judged. */
export function underCurrentLabels (version: Kept, current: Kept): Kept {
  if (typeof version.facts !== 'object' || typeof current.facts !== 'object') return version
  const labels = Object.fromEntries(Object.entries(current.facts ?? {}).filter(([name]) => CURRENT_FACTS.includes(name)))
  return { ...version, facts: { ...version.facts, ...labels } }
}

/**
 * What every change of a resource begins with. It starts from the version that is read after the turn of its record, so that
 * nothing that came between the two is overlooked: the first reading only tells which record it is. Whoever may not read it
 * is told that there is nothing, whatever they ask; who may, and is refused the change, is traced.
 */
export async function changing (
  context: Context, { sight, type, id }: Asking & Pick<Read, 'type' | 'id'>, interaction: InteractionCode, change: (before: Version) => Promise<Answer>
): Promise<Answer> {
  const seen = await context.store.read(type, id) ?? await context.store.neighbour(type, id) ?? null
  await sight.enter([seen?.patient ?? NOBODY])
  const current = await context.store.read(type, id)
  const refused = await refuse(context, { sight, type, id }, interaction, current, seen)
  const before = refused !== undefined || current === undefined ? undefined : await context.store.opened(current)
  if (before === undefined) return refused ?? absent(sight, type, interaction)
  return await tracingRefusal(sight, interaction, before, async () => await change(before))
}

/** A change that is refused to somebody who may read is traced in the record, like what is refused to others. */
export async function tracingRefusal (sight: Sight, interaction: InteractionCode, before: Kept, change: () => Promise<Answer>): Promise<Answer> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status >= 500 || error.kind === 'contention') throw error
    return refusal(sight, error, [access(sight, before.type, interaction, before, '4')])
  }
}

/** Its trace names nobody and nothing, at the length of one that names somebody and something hidden. */
export function absent (sight: Sight, type: string, interaction: InteractionCode): Answer {
  const about = type === 'AuditEvent' ? {} : { about: `${type}/${NIL}` }
  return refusal(sight, new OutcomeError('absent'), [{ interaction, type, patient: NIL, ...about, decision: NOT_THERE, outcome: '4' }])
}

/** The trace of an access to one resource. A trace about a trace, or about the notification of one, names only the record. */
export function access (sight: Sight, type: string, interaction: InteractionCode, version: Kept, outcome: Access['outcome']): Access {
  return {
    interaction,
    type,
    patient: version.patient,
    ...type === 'AuditEvent' || isNotification(version) ? {} : { about: `${type}/${version.id}` },
    decision: sight.decide(version),
    outcome
  }
}
