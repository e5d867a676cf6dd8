import { isWithin, paris, spanOf } from '../scenario.js'
import { permits } from './choice.js'
import { isAuthorInPerson, isAuthorStructure, isHolder, isOwn } from './party.js'
import type { Question } from './question.js'

// Callers whose standing depends on choices, errors or scopes.

export function isRepresentative (q: Question): boolean {
  const found = q.world.relatedPersons.find(({ resource }) => resource.id === q.caller.relatedPerson)
  if (q.caller.kind !== 'representative' || q.caller.ins !== q.world.ins || found === undefined) return false
  if (found.resource.active === false || !isWithin(found.resource.period, q.now)) return false
  const birth = spanOf(q.world.birthDate)
  const isMinor = birth !== undefined && q.now < paris(birth[0]).plus({ years: 18 }).toMillis()
  // READING: a delegation without any period, or whose period names no instant, or written by somebody other than the holder, makes no helper.
  return found.represents === 'protected-adult' || (found.represents === 'minor' && isMinor) ||
    permits(q, ['delegation'], 'any').some(({ resource, by = 'holder' }) => (resource.provision?.period?.start ?? resource.provision?.period?.end) !== undefined && by === 'holder')
}

export function seesErrors (q: Question): boolean {
  return q.document.resource.status !== 'entered-in-error' || isHolder(q) || isRepresentative(q) || isAuthorInPerson(q) || isAuthorStructure(q) || isOwn(q)
}

/** READING: an application reads documents by a `patient/` scope, as everything here; a scope with a query is not judged by this model and opens nothing. */
export function hasScope (scope = ''): boolean {
  return scope.split(' ').some(one => /^patient\/(DocumentReference|\*)\.(read|\*|c?ru?d?s?)$/.test(one))
}
