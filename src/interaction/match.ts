/**
 * The criteria of a conditional interaction or reference (R4 http.html#ccreate, #cond-update, #3.1.0.7.1): asked with the
 * caller's own filter, so that what is hidden matches nothing.
 */
import type { Access, InteractionCode } from '../audit/event.js'
import { toTrace } from '../audit/trace.js'
import { isTelling } from '../consent/family.js'
import { and } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { isResultParameter } from '../search/result.js'
import { refusal } from './answer.js'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { current } from './directory.js'
import { landed } from './hop.js'
import { readQuery } from './query-terms.js'
import { accesses } from './search.js'
import { inTime } from './search-time.js'
import type { Sight } from './sight.js'
import type { Kept } from './store.js'
import { findTraces } from './trace-search.js'
import { visibleFilter } from './visible.js'

export type Criteria = readonly (readonly [name: string, value: string])[]

/** What criteria match: nothing, one resource, or several. */
export interface Match {
  readonly version?: Kept
  readonly isSeveral: boolean
  /** What a search with these criteria leaves in the journal. */
  readonly accesses: readonly Access[]
}

/** What an address may say beside criteria. */
const HOW_TO_ANSWER: readonly string[] = ['_format', '_pretty']

/**
 * Needs the scope of a search: an answer tells whether something is there.
 * @throws OutcomeError for criteria that cannot be asked, or that are none
 */
export async function match (whole: Context, asking: Asking, type: string, given: Criteria): Promise<Match> {
  needScope(asking, type, 's')
  const context = inTime(whole)
  const { sight } = asking
  const criteria = given.filter(([name]) => !HOW_TO_ANSWER.includes(name))
  const aside = criteria.map(([name]) => name).filter(name => isResultParameter(name.split(':')[0] ?? name))
  if (aside.length > 0 || criteria.length === 0) {
    throw new OutcomeError('invalid-request', { diagnostics: 'The criteria must be search parameters of the type, at least one', expression: aside[0] ?? 'criteria' })
  }
  const request = await landed(context, asking, readQuery(context, type, criteria, false, sight.caller.now))
  const visible = await visibleFilter(context, sight, request)
  const filter = and(request.filter, current, visible)
  const found = isTelling(type)
    ? (await findTraces(context, sight, { ...request, sort: [], count: 2, total: 'none', isCount: false }, filter, {})).found
    : await context.store.findKept({ type, filter, sort: [], limit: 2 })
  await sight.enter(found.flatMap(({ patient }) => patient ?? []))
  // A patient who is found by an identifier alone is found here too, and seen no further.
  const seen = type === 'Patient' ? found : found.filter(version => sight.decide(version).permit)
  const [version] = seen
  return {
    ...version === undefined || seen.length > 1 ? {} : { version },
    isSeveral: seen.length > 1,
    accesses: accesses(context, sight, request, seen.length === 1 ? seen.map(each => ({ version: each })) : [])
  }
}

/**
 * Writes what a search leaves in the journal where no answer carries it: for a reference, or for a condition that nothing
 * meets, the rest of the request may still be refused.
 */
export async function trace (context: Context, { sight }: Asking, { accesses }: Match): Promise<void> {
  const ofRecords = accesses.filter(({ patient }) => patient !== null)
  if (ofRecords.length > 0) await context.store.append(ofRecords.map(access => toTrace(access, sight.caller, context)), [sight.election])
}

/** What is answered where not exactly one resource matches: what nothing matches is deleted without effect (R4 http.html#cdelete). */
export function unmatched (sight: Sight, interaction: InteractionCode, { isSeveral, accesses: searched }: Match): Answer {
  const accesses = searched.map(({ disclosed, ...access }): Access => ({ ...access, interaction, outcome: '4' }))
  if (interaction === 'delete' && !isSeveral) return { status: 204, headers: {}, body: { kind: 'nothing' }, sight, accesses }
  return refusal(sight, new OutcomeError(isSeveral ? 'several-matches' : 'absent'), accesses)
}
