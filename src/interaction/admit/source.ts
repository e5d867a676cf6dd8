import type { Resource } from '@medplum/fhirtypes'
import { labelsOf, markOf } from '../../consent/label.js'
import { isMigrating } from '../migration.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken } from './admission.js'
import { withoutMark } from './deposit-label.js'

/**
 * Since when a deposit is in the record: the instant of the request or, of what is migrated, the one that its source gives
 * as `meta.lastUpdated`.
 * @throws OutcomeError `business-rule` for a source that gives none, or one that is still to come
 */
export function depositedAt (sight: Sight, { resourceType, meta }: Resource): number {
  const { now } = sight.caller
  if (!isMigrating(sight)) return now
  const expression = `${resourceType}.meta.lastUpdated`
  if (meta?.lastUpdated === undefined) throw broken('The instant of the source is needed', expression, 'required')
  const instant = Date.parse(meta.lastUpdated)
  if (!(instant <= now)) throw broken('The source had it at no instant that has been', expression)
  return instant
}

/**
 * A deposit as its source had it: what waited to be announced there for a month waits no more (`consent.md` 5), though it
 * is remembered that it waited.
 */
export function asInSource<T extends Resource> (context: Pick<Context, 'opensAfter'>, sight: Sight, resource: T): { readonly resource: T, readonly at: number, readonly wasWithheld: boolean } {
  const at = depositedAt(sight, resource)
  const isWithheld = labelsOf(resource).some(label => markOf(label) === 'INVISIBLE_PATIENT')
  if (!isMigrating(sight) || !isWithheld) return { resource, at, wasWithheld: false }
  const isOver = context.opensAfter(at) <= sight.caller.now
  return { resource: isOver ? withoutMark(resource, 'INVISIBLE_PATIENT') : resource, at, wasWithheld: true }
}
