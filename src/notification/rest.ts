/**
 * Receivers that fail are left alone, ever longer, by all processes together: what waits for one of them holds up nobody
 * else's. How often one failed in a row is kept for it, not for what it was to be told, however much that is.
 */
export interface Rests {
  /** Whether a receiver may be tried. One that failed last is tried by one at a time: who gets it, has it for `PROBE` ms. */
  readonly enter: (key: string, now: number) => Promise<Entered>
  /** It failed so many times in a row, and is left alone until then, ms. Of several tries at once one counts. */
  readonly fail: (key: string, failures: number, until: number) => Promise<void>
  /** It answered. */
  readonly end: (key: string) => Promise<void>
}

/** How often it failed in a row by now; or until when it is left alone, ms. */
export type Entered = { readonly failures: number } | { readonly until: number }

/** Longer than any try takes, ms. */
export const PROBE = 60_000

/** Thrown where what failed is the receiver: how often in a row counts, and not how often this was tried. */
export class ReceiverFailed extends Error {
  override readonly name = 'ReceiverFailed'
  readonly failures: number

  constructor (cause: unknown, failures: number) {
    super('the receiver failed', { cause })
    this.failures = failures
  }
}
