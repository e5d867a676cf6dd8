/**
 * How much a patch may ask for. A resource is bounded by its bytes; a patch repeats itself (`copy` of what was just
 * copied), nests (`add` inside what was just added) and walks long lists once for each operation: all of these are paid
 * from one purse.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Fault } from '../outcome/outcome-error.js'

/** The patches that the guides publish have three operations; a record of a thousand entries is no resource. */
export const maxOperations = 500
/** As a body may have (`json/inspect.ts`). */
export const maxDepth = 64
export const maxPathLength = 1_024
/** Values and characters that `copy` may multiply: a resource is read in its tenth. */
const maxCopied = 1 << 20
/** Elements that the paths, the insertions and the removals of one patch may pass. */
const maxPassed = 500_000

const refusedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Whether a name belongs to JavaScript's prototypes: no element has it, and no path may have it. */
export function isRefusedName (name: string): boolean {
  return refusedNames.has(name)
}

/** What one patch may still do. */
export interface Purse {
  /** @throws OutcomeError too-costly */
  pass (elements: number, place: string): void
  /** Pays for the copy of a value that will stand `depth` levels deep. @throws OutcomeError too-costly */
  copy (value: unknown, depth: number, place: string): void
}

export function newPurse (): Purse {
  let passed = maxPassed
  let copied = maxCopied
  return {
    pass (elements, place) {
      passed -= elements
      if (passed < 0) throw tooCostly(place)
    },
    copy (value, depth, place) {
      copied -= weigh(value, depth, copied, place)
      if (copied < 0) throw tooCostly(place)
    }
  }
}

/**
 * Looks at a value that a patch brings in, before it is put `depth` levels deep.
 * @throws OutcomeError invalid-request when the result would be deeper than a body may be, or a name in it is not allowed
 */
export function checkBrought (value: unknown, depth: number, place?: string): void {
  weigh(value, depth, Number.POSITIVE_INFINITY, place)
}

/** Counts values and characters, and stops when there are more than `limit`. */
function weigh (value: unknown, depth: number, limit: number, place?: string): number {
  if (typeof value === 'string') return value.length + 1
  if (typeof value !== 'object' || value === null) return 1
  if (depth >= maxDepth) throw malformed(`The resource would have more than ${maxDepth} levels`, place)
  let weight = 1
  for (const name of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    if (typeof name === 'string' && isRefusedName(name)) throw malformed('This name is not allowed', place)
    weight += (typeof name === 'string' ? name.length : 0) + weigh(Reflect.get(value, name), depth + 1, limit - weight, place)
    if (weight > limit) break
  }
  return weight
}

function tooCostly (expression: string): OutcomeError {
  return new OutcomeError('too-costly', { diagnostics: 'The patch asks for too much', expression })
}

/** A patch that cannot be understood: 400. */
export function malformed (diagnostics: string, expression?: string): OutcomeError {
  return new OutcomeError('invalid-request', faultOf(diagnostics, expression))
}

/** A patch that does not fit the resource as it stands: 422. */
export function inapplicable (diagnostics: string, expression?: string): OutcomeError {
  return new OutcomeError('inapplicable-patch', faultOf(diagnostics, expression))
}

function faultOf (diagnostics: string, expression: string | undefined): Fault {
  return expression === undefined ? { diagnostics } : { diagnostics, expression }
}
