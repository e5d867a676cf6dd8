import type { Due } from '../interaction/store.js'

/** What waits in the outbox as the operator is told of it: neither whose it is, nor of what it tells. Instants in ms. */
export interface Letter {
  readonly id: string
  readonly way: Due['way']
  readonly attempts: number
  readonly since: number
  /** When it is due; undefined for what is dead. */
  readonly at?: number
  readonly died?: number
  /** The name of what failed last. */
  readonly reason?: string
}

interface Letters {
  /** How many by each way. */
  readonly counts: Readonly<Record<string, number>>
  /** Those that wait, or are dead, longest. */
  readonly letters: readonly Letter[]
}

export interface Survey { readonly waiting: Letters, readonly dead: Letters }

/** The outbox for the operator: what is dead is tried again or given up on their word; what waits is left alone. */
export interface DeadLetters {
  /** @param most of each sort that are listed */
  readonly survey: (most: number) => Promise<Survey>
  /** @returns how many of these were dead, and are due now as if for the first time */
  readonly retry: (ids: readonly string[] | 'all', now: number) => Promise<number>
  /** @returns how many of these were dead, and are gone */
  readonly drop: (ids: readonly string[] | 'all') => Promise<number>
}
