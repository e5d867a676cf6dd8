/**
 * Which resource each entry of a transaction is about, before anything is done (R4 http.html#trules): the one that its
 * address names, the one that its criteria match in the store, or a new one.
 */
import { cloneJson } from '../json/literal.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Permission } from '../security/scope.js'
import { refusal } from './answer.js'
import type { Answer } from './answer.js'
import { entryPlace, inEntry } from './bundle.js'
import type { Read, Request } from './bundle.js'
import { existing, hasId, withId } from './conditional.js'
import { needScope } from './context.js'
import type { Context } from './context.js'
import { interactionOf } from './entry.js'
import type { Asked } from './entry.js'
import { match, trace, unmatched } from './match.js'
import type { Criteria } from './match.js'
import { NO_RECORD } from './nobody.js'

/** One entry, ready to be done. */
export interface Step {
  readonly index: number
  readonly request: Request
  /** The id of the resource; the server's new one for what is created. Undefined for a search. */
  readonly id?: string
  /** What must match nothing for it to be created. */
  readonly condition?: Criteria
  /** What is known to be answered without doing anything. */
  readonly answer?: Answer
  /** The entry whose document takes this Binary's content, and the place of its attachment there. */
  readonly owner?: { readonly index: number, readonly content: number }
  /** The entry that uses this Medication, to which it belongs. */
  readonly user?: number
}

/** @throws OutcomeError naming the entry, for what is no request, and for two creations on one condition */
export async function targets (context: Context, entries: readonly Read[], asked: Asked): Promise<readonly Step[]> {
  const requests = entries.map((read, index): Request => {
    if ('error' in read) throw new OutcomeError(read.error.kind, inEntry(read.error, index), { headers: { ...read.error.headers } })
    return cloned(read.request)
  })
  checkConditions(requests)
  const steps: Step[] = []
  for (const [index, request] of requests.entries()) steps.push({ index, ...await target(context, request, asked) })
  return steps
}

/** What is rewritten is a copy: a request that begins anew begins with what was sent. */
function cloned (request: Request): Request {
  const { resource, patch } = request
  return { ...request, ...resource === undefined ? {} : { resource: cloneJson(resource) }, ...patch === undefined ? {} : { patch: cloneJson(patch) } }
}

/** A second creation on the same condition would find the first, or not, by their order. */
function checkConditions (requests: readonly Request[]): void {
  const seen = new Set<string>()
  for (const [index, { type, ifNoneExist }] of requests.entries()) {
    if (ifNoneExist === undefined) continue
    const key = JSON.stringify([type, ifNoneExist])
    if (seen.has(key)) throw new OutcomeError('invalid-request', { diagnostics: 'Another entry has the same condition', expression: `${entryPlace(index)}.request.ifNoneExist` })
    seen.add(key)
  }
}

const PERMISSION: Readonly<Record<Exclude<Request['method'], 'GET'>, Permission>> = { POST: 'c', PUT: 'u', PATCH: 'u', DELETE: 'd' }

async function target (context: Context, request: Request, asked: Asked): Promise<Omit<Step, 'index'>> {
  const { method, type, id, query, ifNoneExist, resource } = request
  const { sight, prefer } = asked
  const criteria = method === 'GET' ? undefined : method === 'POST' ? ifNoneExist : query
  if (criteria === undefined || method === 'GET') {
    const known = method === 'POST' ? context.newId() : id
    return known === undefined ? { request } : { request, id: known }
  }
  try {
    needScope(asked, type, PERMISSION[method])
    await sight.enter([NO_RECORD])
    const found = await match(context, asked, type, criteria)
    const isNew = found.version === undefined && !found.isSeveral && (method === 'POST' || (method === 'PUT' && !hasId(resource) && request.ifMatch === undefined))
    if (isNew) {
      await trace(context, asked, found)
      return { request: { ...request, method: 'POST' }, id: context.newId(), condition: criteria }
    }
    if (found.version === undefined) return { request, answer: unmatched(sight, interactionOf(request), found) }
    if (method === 'POST') return { request, id: found.version.id, answer: existing(asked, found, prefer) }
    return { request: method === 'PUT' ? { ...request, resource: withId(resource, found.version.id) } : request, id: found.version.id }
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status >= 500 || error.kind === 'contention') throw error
    return { request, answer: refusal(sight, error, [{ interaction: interactionOf(request), type, patient: sight.caller.patient ?? null, outcome: '4' }]) }
  }
}
