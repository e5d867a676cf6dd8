import type { Resource } from '@medplum/fhirtypes'
import { parseJson } from '../json/parse.js'
import type { Fault } from '../outcome/outcome-error.js'
import type { Context } from './context.js'
import type { Version } from './store.js'

/**
 * The faults that a change makes. What was there before is not held against it, and a profile that was claimed before is not asked
 * again: a patient masks a document whatever its depositor made of it, and what a deposit was is not what is kept (its content
 * has moved, it is superseded). Decision 0035.
 */
export function newFaults ({ validate }: Context, body: unknown, before: Version): readonly Fault[] {
  const old = parseJson(Buffer.from(before.text)) as Resource
  const kept = old.meta?.profile ?? []
  const faults = validate(body, { kept })
  if (faults.length === 0) return faults
  const known = new Set(validate(old, { kept }).map(keyOf))
  return faults.filter(fault => !known.has(keyOf(fault)))
}

function keyOf ({ expression, code, diagnostics }: Fault): string {
  return `${String(expression)} ${String(code)} ${diagnostics}`
}
