/** What is asked of two databases: plain data, so that it can be drawn again, made small and kept. */
import type { Method } from '../../helper/app.js'

export const CALLERS = ['professional', 'social', 'treating', 'blocked', 'stranger', 'emergency', 'holder', 'representative', 'application', 'structure', 'operator'] as const
export type CallerKind = typeof CALLERS[number]

/**
 * How the two databases differ in one resource: it is in one of them only; its content, an older version of it, or its
 * deletion; or something refers to it that the caller sees, and only in one of them it is there.
 */
export const HOWS = ['extra', 'changed', 'versions', 'deleted', 'referred'] as const
export type How = typeof HOWS[number]

/** What keeps it from a caller who has a ground: a label of its deposit or a later one, a choice, an error, its type, or that it is elsewhere. */
export const WAYS = ['label', 'later', 'denied', 'error', 'matrix', 'elsewhere', 'nobody'] as const
export type Way = typeof WAYS[number]

export interface Hide {
  /** Its name in the requests: `hidden0`. */
  readonly name: string
  readonly type: string
  readonly how: How
  readonly way: Way
  /** Its content is drawn from it. */
  readonly seed: number
}

/** One request. Texts name what is there as `{DocumentReference}`, `{hidden0}`, `{hidden0.version}`, `{nothing}`. */
export interface Ask {
  /** What of the coverage it fills. */
  readonly cells: readonly string[]
  readonly method: Method
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The body is what is read at this address, if it is, with this changed. */
  readonly onto?: string
  /** So many pages behind the answer are asked for too. */
  readonly follow?: readonly string[]
}

export interface Scenario {
  readonly caller: CallerKind
  /** What everybody may see is drawn from it. */
  readonly seed: number
  readonly hides: readonly Hide[]
  readonly asks: readonly Ask[]
}
