import { allows } from '../security/scope.js'
import type { Principal } from '../security/principal.js'
import type { SubscriptionFacts } from '../consent/subscription.js'
import type { Answer } from '../interaction/answer.js'
import type { Context } from '../interaction/context.js'
import { read } from '../interaction/read.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { SightOf } from './judge.js'

/** The websockets of this process: `http/sockets.ts`. */
export interface Sockets {
  /** The Subscriptions that somebody listens to. */
  readonly bound: () => readonly string[]
  /** Who listens to one: each by the token that they showed. */
  readonly principalsOf: (subscription: string) => readonly Principal[]
  /** Of those who listen to one, by one token. @returns whether anybody heard it */
  readonly ping: (subscription: string, principal: Principal) => boolean
}

export const NO_SOCKETS: Sockets = { bound: () => [], principalsOf: () => [], ping: () => false }

/** Whether somebody may listen to a Subscription. */
export type Bind = (principal: Principal, subscription: string) => Promise<boolean>

export interface BindPorts {
  readonly context: Context
  readonly sightOf: SightOf
  readonly gate: (answer: Answer) => Promise<unknown>
}

/**
 * To bind is to read the Subscription, and traced as that. Another's, one that is not there, and one of another channel are
 * all the same: not bound.
 * @throws OutcomeError where the store or the journal fails
 */
export function createBind ({ context, sightOf, gate }: BindPorts): Bind {
  return async (principal, id) => {
    if (principal.isSecret) return false
    const now = context.clock()
    const sight = await sightOf(principal, now)
    try {
      const answer = await read(context, { sight, type: 'Subscription', id })
      await gate(answer)
      if (answer.body.kind !== 'resource') return false
      const { channel, isActive, until, type } = answer.body.version.facts as SubscriptionFacts
      return channel === 'websocket' && isActive && until > now && allows(principal.scopes, type, 's')
    } catch (error) {
      if (error instanceof OutcomeError && error.status < 500) return false
      throw error
    }
  }
}
