import { familyOf, isShared } from '../consent/family.js'
import { RECORD_TYPES } from '../consent/record-type.js'
import { parseSearch } from '../search/parse.js'
import type { SearchRequest, Terms } from '../search/request.js'
import type { Context } from './context.js'

/** Types whose `patient` or `subject` is the patient of the record; a Provenance, say, only points at one. An Appointment has one patient. */
export function isByPatient (type: string): boolean {
  return (RECORD_TYPES[type]?.subject ?? null) !== null || ['choice', 'agenda'].includes(familyOf(type))
}

/** Understands a query on one type, each type on its own terms. @param now the instant of the request, ms @throws OutcomeError as `parseSearch` does */
export function readQuery (context: Context, type: string, parameters: readonly (readonly [name: string, value: string])[], lenient: boolean, now: number): SearchRequest {
  const terms = (type: string): Terms => ({ hash: isShared(type) ? null : context.hash, isByPatient: isByPatient(type) })
  return parseSearch(context.registry, type, parameters, { lenient, base: context.base, ...terms(type), terms, limits: context.limits, now })
}
