/**
 * The criteria of a Subscription: a query, read by the very parser of searches, and asked of one resource by the very search
 * that its owner could make, within what they may see at that instant.
 */
import { isNotification, isOwned, isShared, isTelling, familyOf } from '../consent/family.js'
import { catalogue } from '../outcome/catalogue.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Fault } from '../outcome/outcome-error.js'
import type { Question } from '../search/request.js'
import { isResultParameter } from '../search/result.js'
import { allows } from '../security/scope.js'
import { broken } from './admit/admission.js'
import type { Context } from './context.js'
import { isDefinition } from './definition-store.js'
import type { Landed } from './hop.js'
import { pairsOf } from './query.js'
import { readQuery } from './query-terms.js'
import { prepare } from './search.js'
import { inTime } from './search-time.js'
import type { Sight } from './sight.js'
import type { Kept } from './store.js'

const CRITERIA = /^([A-Z][A-Za-z]{1,63})(?:\?(.*))?$/
const PLACE = 'Subscription.criteria'
/** The longest criteria, characters. */
export const MOST_CRITERIA = 1024
/** Of nobody: to whom criteria are bound that name no patient, of an owner who is bound to none. */
export const ANYBODY = '*'

interface Criteria { readonly type: string, readonly parameters: ReturnType<typeof pairsOf> }

function split (text: string): Criteria {
  const [, type, query = ''] = CRITERIA.exec(text) ?? []
  if (type === undefined) throw broken('The criteria are a type and a query, as in `Observation?patient=1`', PLACE, 'value')
  return { type, parameters: pairsOf(query) }
}

/**
 * What is to be known of criteria beside the Subscription: the type that they ask, and the patients to whom they are bound.
 * @throws OutcomeError `business-rule` where they are no query that this caller may make, or that one resource answers
 */
export function readCriteria (context: Context, sight: Sight, text: string): { readonly type: string, readonly patients: readonly string[] } {
  if (text.length > MOST_CRITERIA) throw broken(`The criteria have at most ${MOST_CRITERIA} characters`, PLACE, 'too-long')
  const { type, parameters } = split(text)
  if (!context.declares(type, 'search-type') || isOwned(type) || familyOf(type) === 'trace' || isDefinition(type)) throw broken('Nobody is told of resources of this type', PLACE, 'not-supported')
  const { principal: { scopes }, patient, now } = sight.caller
  if (!allows(scopes, type, 's') || !allows(scopes, type, 'r')) throw broken('The scopes of the token allow no search of this type', PLACE, 'forbidden')
  const shaping = parameters.map(([name]) => name).find(name => isResultParameter(name.split(':', 1)[0] ?? name))
  if (shaping !== undefined) throw broken(`\`${shaping.slice(0, 64)}\` says how to answer a search, and one resource answers criteria`, PLACE, 'not-supported')
  const request = understood(() => readQuery(context, type, parameters, false, now))
  if (!leadsWithin(request, scopes)) throw broken('The scopes of the token allow no search of what the criteria lead to', PLACE, 'forbidden')
  if (leadsOverTelling(request)) throw broken('Nobody is told by what traces or messages point to', PLACE, 'not-supported')
  const patients = isShared(type) ? [ANYBODY] : request.patients ?? [patient ?? ANYBODY]
  // It is asked at every write of the type: where a step begins in every record, each would cost what that finds there.
  if (!isShared(type) && patients.includes(ANYBODY) && request.hops.length > 0 && !request.hops.some(({ bindsToPatient }) => bindsToPatient)) {
    throw broken('Criteria that lead to other resources name a patient', PLACE, 'too-costly')
  }
  return { type, patients }
}

/** What a search would refuse, the criteria are refused for, at their place. */
function understood<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status >= 500) throw error
    const { code, text } = catalogue[error.kind]
    const faults: readonly Fault[] = error.faults.length === 0 ? [{ diagnostics: text }] : error.faults
    throw new OutcomeError('business-rule', faults.map(fault => ({ diagnostics: fault.diagnostics, expression: PLACE, code: fault.code ?? code })))
  }
}

/** Whether each step to another type leads to one that the scopes allow. */
function leadsWithin ({ hops }: Pick<Question, 'hops'>, scopes: Parameters<typeof allows>[0]): boolean {
  return hops.every(({ questions, beside }) => beside !== undefined || questions.some(question => allows(scopes, question.type, 's') && leadsWithin(question, scopes)))
}

/** Whether a step leads over what is judged one by one: at every write of the type it would be again. */
function leadsOverTelling ({ hops }: Pick<Question, 'hops'>): boolean {
  return hops.some(({ questions }) => questions.some(question => isTelling(question.type) || leadsOverTelling(question)))
}

/**
 * One resource, if it answers the criteria and this caller may see it now: asked of MongoDB as their own search for it
 * would be, and decided on like each match of it. What refuses that search is no match.
 * @throws OutcomeError where the store fails, so that it is asked again
 */
export async function matching (whole: Context, sight: Sight, text: string, id: string): Promise<{ readonly request: Landed, readonly version: Kept } | undefined> {
  const context = inTime(whole)
  const { type, parameters } = split(text)
  const { scopes } = sight.caller.principal
  if (!allows(scopes, type, 's') || !allows(scopes, type, 'r')) return undefined
  try {
    const asked = readQuery(context, type, [...parameters, ['_id', id]], false, sight.caller.now)
    const { request, filter } = await prepare(context, { sight }, asked)
    const [version] = await context.store.findKept({ type, filter, sort: [], limit: 1 })
    if (version === undefined || isNotification(version)) return undefined
    await sight.enter(version.patient === null ? [] : [version.patient])
    return sight.decide(version).permit ? { request, version } : undefined
  } catch (error) {
    if (error instanceof OutcomeError && error.status < 500) return undefined
    throw error
  }
}
