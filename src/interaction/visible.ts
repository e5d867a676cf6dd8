/**
 * What of a type the caller may see, as narrowly as the query allows: the part of every search that the client does not
 * write. Each step over a reference asks it again.
 */
import { hasPatientGround, isOwned, isShared } from '../consent/family.js'
import { isFindable } from '../consent/situation.js'
import { and, isIn, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Question } from '../search/request.js'
import type { Context } from './context.js'
import { current } from './directory.js'
import { nobodies } from './nobody.js'
import type { Sight } from './sight.js'

/** Patients that one search by `_id` or `identifier`, or over a reference, may touch. */
export const MOST_CANDIDATES = 200

/** What of the type this caller may see, as narrowly as the query allows (`design.md` 4). */
export async function visibleFilter (context: Context, sight: Sight, request: Question): Promise<Filter> {
  const { type, patients } = request
  if (isShared(type) || isOwned(type)) return await sight.anywhere(type)
  const bound = sight.caller.patient
  if (patients !== null) {
    if (patients.length > MOST_CANDIDATES) throw tooMany()
    return await visibleAmong(sight, request, patients)
  }
  if (bound !== undefined) return await visibleAmong(sight, request, [bound])
  if (request.byId || request.byIdentifier) {
    const known = await context.store.distinct(type, and(request.filter, current), 'patient', MOST_CANDIDATES)
    // Too many to ask each: then only those who have a word about the caller, whatever else matches unseen.
    if (known.length <= MOST_CANDIDATES) return await visibleOf(sight, request, known)
  }
  return await sight.anywhere(type)
}

/**
 * The same of each patient whom the ids of a query lead to. In the place of one of whom nothing is seen, and of an id that
 * leads nowhere, stands somebody who is not there: so the choices of as many are read, and MongoDB is asked in the same way.
 */
async function visibleOf (sight: Sight, request: Question, known: readonly string[]): Promise<Filter> {
  const count = namedIn(request.filter)
  const others = nobodies(count + 1 - known.length)
  await sight.enter([...known, ...others])
  const filterOf = async (patient: string) => await visibleAmong(sight, request, [patient])
  const seen = (await Promise.all(known.map(filterOf))).filter(({ kind }) => kind !== 'none')
  return or(...seen, ...await Promise.all(others.slice(0, Math.max(0, count - seen.length)).map(filterOf)))
}

async function visibleAmong (sight: Sight, request: Question, patients: readonly string[]): Promise<Filter> {
  const full = await sight.among(request.type, patients)
  if (request.type !== 'Patient' || !isByIdentifierAlone(request)) return full
  await sight.enter(patients)
  return or(full, isIn('_id', patients.filter(patient => isSubsetted(sight, patient))))
}

/** Any other professional or structure finds a patient by `identifier` alone, and sees that and no more. */
function isSubsetted (sight: Sight, patient: string): boolean {
  const { kind, mode } = sight.caller.principal
  if ((kind !== 'professional' && kind !== 'structure') || !isFindable(sight.account(patient))) return false
  if (mode !== 'normal' && sight.caller.patient !== patient) return false
  const situation = sight.situation(patient)
  if (situation?.stands === 'treating') return false
  return situation?.stands !== 'professional' || !hasPatientGround(situation)
}

/** How many ids and identifiers a query names. */
function namedIn (filter: Filter): number {
  switch (filter.kind) {
    case 'and': case 'or': return filter.of.reduce((sum, part) => sum + namedIn(part), 0)
    case 'not': return namedIn(filter.of)
    case 'in': return filter.field === '_id' || filter.field === 'found' ? filter.values.length : 0
    default: return 0
  }
}

const HOW_TO_ANSWER: readonly string[] = ['_format', '_pretty', '_count', '_total', '_summary', '_elements', '_include', '_revinclude']

function isByIdentifierAlone (request: Question): boolean {
  const names = request.applied.map(([name]) => name).filter(name => !HOW_TO_ANSWER.includes(name))
  return request.byIdentifier && names.length === 1 && names[0] === 'identifier'
}

function tooMany (): OutcomeError {
  return new OutcomeError('too-costly', { diagnostics: `One search may concern at most ${MOST_CANDIDATES} patients` })
}
