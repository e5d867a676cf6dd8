/**
 * What is still to be done outside the record: mails, webhooks, announcements, what Subscriptions asked for. Each is taken by one
 * process for a while, done, and struck off; whoever dies in between leaves it to be done again. What fails is tried
 * again, ever later; what fails too often is dead, and the operator is told.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Due } from '../interaction/store.js'
import { ReceiverFailed } from './rest.js'

/** Taken for the so-manieth time. */
export interface Taken extends Due { readonly attempts: number }

export interface Which {
  readonly ways: readonly Due['way'][]
  readonly subscriptions?: readonly string[]
}

export interface Outbox {
  /** What is due longest, of some ways and Subscriptions where they are said, nobody else's until the lease ends. */
  readonly take: (now: number, lease: number, which?: Which) => Promise<Taken | undefined>
  readonly done: (due: Taken) => Promise<void>
  /** @param reason the name of what failed, where something did */
  readonly postpone: (due: Taken, at: number, attempts: number, reason?: string) => Promise<void>
  /** All that waits for a Subscription waits until then, ms, at the least. */
  readonly rest: (subscription: string, until: number) => Promise<void>
  /** Drops what of a way was due before an instant, ms, and nobody came for. */
  readonly forget: (way: Due['way'], before: number) => Promise<void>
  /** Nobody takes it any more: it waits for the operator. */
  readonly bury: (due: Taken, reason: string) => Promise<void>
}

/** Does one thing; `later` is the instant at which it is to be looked at again, without having failed. @throws what failed */
export type Deliver = (due: Taken, now: number) => Promise<'done' | Later>

/** `isUntried`: what failed before counts as it did. */
export interface Later { readonly later: number, readonly isUntried?: true }

export interface DeliveryPorts {
  readonly outbox: Outbox
  readonly clock: () => number
  /** What it does; other ways are left to others. */
  readonly deliver: Partial<Readonly<Record<Due['way'], Deliver>>>
  /** The Subscriptions for which it does that now; for all, where it does not say. */
  readonly subscriptions?: () => readonly string[]
  /** Hears of what is dead. */
  readonly dead?: (due: Taken) => Promise<void>
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

/** How long who takes something has for it, ms: longer than any timeout of a delivery. */
export const LEASE = 120_000
/** The wait after a first failure, ms; each further one is four times as long, at most `LONGEST`. */
const FIRST_WAIT = 30_000
const LONGEST = 6 * 3600_000
/** Nine tries are about a day. */
export const MOST_ATTEMPTS = 9

/** Does what is due longest. @returns false where nothing is due */
export async function deliverNext ({ outbox, clock, deliver, subscriptions, dead, warn }: DeliveryPorts): Promise<boolean> {
  const asked = subscriptions?.()
  if (asked?.length === 0) return false
  const ways = Object.keys(deliver) as Due['way'][]
  const due = await outbox.take(clock(), LEASE, { ways, ...asked === undefined ? {} : { subscriptions: asked } })
  const work = due === undefined ? undefined : deliver[due.way]
  if (due === undefined || work === undefined) return false
  try {
    const done = await work(due, clock())
    if (done === 'done') await outbox.done(due)
    else await outbox.postpone(due, done.later, done.isUntried === true ? due.attempts - 1 : 0)
  } catch (error) {
    const attempts = error instanceof ReceiverFailed ? error.failures : due.attempts
    const reason = nameOf(error instanceof ReceiverFailed ? error.cause : error)
    if (attempts < MOST_ATTEMPTS) await outbox.postpone(due, clock() + waitAfter(attempts), attempts, reason)
    else {
      await outbox.bury({ ...due, attempts }, reason)
      await dead?.(due)
      warn({ due: due.id, way: due.way, attempts, reason }, 'something could not be delivered and waits for the operator')
    }
  }
  return true
}

export function waitAfter (attempts: number): number {
  return Math.min(LONGEST, FIRST_WAIT * 4 ** (attempts - 1))
}

/** What may be kept and logged of a failure: never a message, which could quote an address or a record. */
export function nameOf (error: unknown): string {
  if (error instanceof OutcomeError) return error.kind
  const { code, responseCode } = error as { readonly code?: unknown, readonly responseCode?: unknown }
  const name = error instanceof Error ? error.name : typeof error
  return [name, code, responseCode].filter(part => typeof part === 'string' || typeof part === 'number').join(' ')
}
