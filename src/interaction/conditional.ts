/**
 * Conditional interactions (R4 http.html#ccreate, #cond-update): which resource is meant is told by criteria. Nothing
 * matches what the caller may not see. An id chosen by the client never creates.
 */
import { cloneJson } from '../json/literal.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { create, shown } from './create.js'
import type { Create, Preference } from './create.js'
import { remove } from './delete.js'
import { match, trace, unmatched } from './match.js'
import type { Criteria, Match } from './match.js'
import { NO_RECORD } from './nobody.js'
import { patch } from './patch.js'
import { recalled } from './receipt.js'
import type { PatchInteraction } from './patch.js'
import { update } from './update.js'
import type { Write } from './store.js'

export interface Conditional extends Asking { readonly type: string, readonly criteria: Criteria }
interface Written extends Conditional { readonly resource: unknown, readonly prefer: Preference, readonly ifMatch?: readonly string[] }

/** R4 conditional create: what matches is answered, and nothing is written. */
export async function createUnlessExists (context: Context, asking: Conditional & Create): Promise<Answer> {
  const { sight, type, criteria, prefer } = asking
  needScope(asking, type, 'c')
  const known = await recalled(context, sight, asking.keyed, version => shown(sight, version, prefer))
  if (known !== undefined) return known
  await sight.enter([NO_RECORD])
  const found = await match(context, asking, type, criteria)
  if (found.isSeveral) return unmatched(sight, 'create', found)
  if (found.version !== undefined) return existing(asking, found, prefer)
  await trace(context, asking, found)
  return await create(whileUnmatched(context, context, asking), asking)
}

export function existing ({ sight }: Asking, { version, accesses }: Match, prefer: Preference): Answer {
  if (version === undefined) throw new OutcomeError('bug')
  // A patient who is found by an identifier alone is seen no further: no instant and no version of theirs.
  const isSeen = sight.decide(version).permit
  return { status: 200, headers: isSeen ? versionHeaders(version) : {}, body: shown(sight, version, prefer), ...isSeen ? { version } : {}, sight, accesses }
}

/**
 * Of two creations on one condition at once, one is made: the condition is asked again after the turn was read, and the
 * turn is taken with the write, so that whatever came in between makes the request begin anew.
 * @param below where the condition is asked
 */
export function whileUnmatched (context: Context, below: Context, asking: Conditional): Context {
  const isMatched = async () => {
    const { version, isSeveral } = await match(below, asking, asking.type, asking.criteria)
    return version !== undefined || isSeveral
  }
  const commit = async (write: Write): Promise<void> => {
    if (await isMatched()) throw new OutcomeError('contention')
    const { turns = [] } = write
    try {
      await context.store.commit({ ...write, turns: turns.length > 0 ? turns : [asking.sight.turn(NO_RECORD)] })
    } catch (error) {
      // What is there already may be what the condition asks for, written meanwhile.
      if (error instanceof OutcomeError && error.kind === 'duplicate' && await isMatched()) throw new OutcomeError('contention')
      throw error
    }
  }
  return { ...context, store: { ...context.store, commit } }
}

/** R4 conditional update: without a match a body without an id is created, one with an id is of what is not there. */
export async function updateMatching (context: Context, asking: Written): Promise<Answer> {
  const { sight, type, criteria, resource } = asking
  needScope(asking, type, 'u')
  await sight.enter([NO_RECORD])
  const found = await match(context, asking, type, criteria)
  if (found.version !== undefined) return await update(context, { ...asking, id: found.version.id, resource: withId(resource, found.version.id) })
  if (found.isSeveral || hasId(resource) || asking.ifMatch !== undefined) return unmatched(sight, 'update', found)
  await trace(context, asking, found)
  return await create(whileUnmatched(context, context, asking), asking)
}

/** R4 conditional delete of one resource (http.html#cdelete, `single`). */
export async function removeMatching (context: Context, asking: Conditional & { readonly ifMatch?: readonly string[] }): Promise<Answer> {
  needScope(asking, asking.type, 'd')
  const found = await match(context, asking, asking.type, asking.criteria)
  return found.version === undefined ? unmatched(asking.sight, 'delete', found) : await remove(context, { ...asking, id: found.version.id })
}

export async function patchMatching (context: Context, asking: Conditional & Omit<PatchInteraction, 'id'>): Promise<Answer> {
  needScope(asking, asking.type, 'u')
  // Done once, it may match no more.
  const known = await recalled(context, asking.sight, asking.keyed, version => shown(asking.sight, version, asking.prefer))
  if (known !== undefined) return known
  const found = await match(context, asking, asking.type, asking.criteria)
  return found.version === undefined ? unmatched(asking.sight, 'patch', found) : await patch(context, { ...asking, id: found.version.id })
}

export function hasId (resource: unknown): boolean {
  return typeof resource === 'object' && resource !== null && 'id' in resource
}

/** The body of an update by criteria need not say the id. */
export function withId (resource: unknown, id: string): unknown {
  return typeof resource !== 'object' || resource === null || hasId(resource) ? resource : Object.assign(cloneJson(resource), { id })
}
