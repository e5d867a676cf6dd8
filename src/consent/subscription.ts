/**
 * The family *subscription* (`consent.md` 2): a Subscription is of who made it, in the role of their token. To everybody
 * else, the operator included, it is not there. It is in no record, and gives no sight of one: what it tells is judged when
 * it is told.
 */
import { equals, none } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Caller } from './caller.js'
import type { Decision } from './decide.js'

export type Channel = 'rest-hook' | 'websocket'

/** Kept in clear beside the sealed Subscription: by what it is found when something changes. */
export interface SubscriptionFacts {
  /** The hashed key of its owner. */
  readonly owner: string
  readonly isActive: boolean
  readonly channel: Channel
  /** The type that its criteria ask. */
  readonly type: string
  /** The patients to whom its criteria or its owner bind it; `*` where nothing does. */
  readonly patients: readonly string[]
  /** Its end, ms. */
  readonly until: number
  /** Who asks for what, sealed: `interaction/grant.ts`. */
  readonly grant: string
}

type Owner = Pick<Caller, 'owner'>

export function decideSubscription ({ owner }: Owner, facts: Pick<SubscriptionFacts, 'owner'>): Decision {
  return { permit: owner !== undefined && facts.owner === owner, rule: 0, choices: [] }
}

export function compileSubscription ({ owner }: Owner): Filter {
  return owner === undefined ? none : equals('facts.owner', owner)
}
