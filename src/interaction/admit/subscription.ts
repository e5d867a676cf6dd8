/**
 * Subscriptions (`consent.md` 5: any caller, for what they may see). Each is of who makes it, and says nothing about what
 * they may see: that is judged when something is told. It lives for a bounded time, in which nobody asks for its owner's
 * token again; an update with a fresh one begins that anew.
 */
import type { Resource, Subscription } from '@medplum/fhirtypes'
import type { Channel, SubscriptionFacts } from '../../consent/subscription.js'
import { compileSubscription } from '../../consent/subscription.js'
import { and } from '../../filter/filter.js'
import { intervalOf } from '../../filter/interval.js'
import type { Context } from '../context.js'
import { readCriteria } from '../criteria.js'
import { current } from '../directory.js'
import { sealGrant } from '../grant.js'
import { NO_RECORD } from '../nobody.js'
import type { Sight } from '../sight.js'
import { broken, forbidden } from './admission.js'
import type { Admission, Admitter } from './admission.js'
import { checkHeaders } from './subscription-header.js'

/** What the operator sets for them. */
export interface SubscriptionBounds {
  /** Of one owner. */
  readonly most: number
  /** How long one lives, ms. */
  readonly life: number
  /** Whether the server serves websockets. */
  readonly hasSockets: boolean
}

const DAY = 24 * 3600_000
/** The longest Subscription, as JSON. */
const MOST_TEXT = 16 * 1024
export const PAYLOAD = 'application/fhir+json'

export const subscription: Admitter = {
  create: async (context, sight, resource, id) => {
    const { most } = context.subscriptions
    const admission = admit(context, sight, resource as Subscription, id)
    // Read before they are counted, and taken with the write: of two at once neither counts without the other.
    await sight.enter([NO_RECORD])
    const count = await context.store.count('Subscription', and(current, compileSubscription(sight.caller)))
    if (count >= most) throw broken(`A caller has at most ${most} Subscriptions`, 'Subscription', 'too-costly')
    return { ...admission, turns: [sight.turn(NO_RECORD)] }
  },
  update: async (context, sight, before, resource) => admit(context, sight, resource as Subscription, before.id),
  remove: async (_context, _sight, { facts }) => ({ facts: { ...facts as SubscriptionFacts, isActive: false, grant: '' } satisfies SubscriptionFacts })
}

function admit (context: Context, sight: Sight, resource: Subscription, id: string): Admission {
  const { owner, principal, now } = sight.caller
  // An emergency lasts an hour, and of a secret session nothing leaves.
  if (owner === undefined || principal.mode !== 'normal' || principal.isSecret || principal.migrator !== undefined) {
    throw forbidden({ diagnostics: 'A Subscription is made in no emergency, and in no secret session' })
  }
  checkSize(resource)
  const { type, patients } = readCriteria(context, sight, resource.criteria ?? '')
  const channel = channelOf(context, resource)
  const until = endOf(context, resource, now)
  if (resource.status === 'error') throw broken('Only the server says that it failed: ask for it anew with `requested`', 'Subscription.status')
  const { error, ...asked } = resource
  const isActive = asked.status !== 'off'
  const facts: SubscriptionFacts = {
    owner, isActive, channel, type, patients, until, grant: sealGrant(context.keyring, id, { principal, criteria: asked.criteria ?? '' })
  }
  return { patient: null, resource: { ...asked, status: isActive ? 'active' : 'off', end: asked.end ?? new Date(until).toISOString() }, facts, claims: [] }
}

function checkSize (resource: Resource & Pick<Subscription, 'contained' | 'modifierExtension' | 'channel'>): void {
  if (JSON.stringify(resource).length > MOST_TEXT) throw broken('A Subscription is no longer than its criteria, its channel and its reason need', 'Subscription', 'too-long')
  if (resource.contained !== undefined) throw broken('A Subscription contains nothing', 'Subscription.contained')
  // What changes what it means, and is not known, is not passed over.
  if (resource.modifierExtension !== undefined || resource.channel?.modifierExtension !== undefined) throw broken('This modifier is not known', 'Subscription.modifierExtension', 'extension')
}

/** The channel, if this server serves it. */
function channelOf (context: Context, { channel }: Subscription): Channel {
  const { type, endpoint, payload, header = [] } = channel ?? {}
  switch (type) {
    case 'rest-hook':
      if (endpoint === undefined || !context.mayCall(endpoint)) throw broken('This server calls no such endpoint', 'Subscription.channel.endpoint', 'value')
      if (payload !== undefined && payload !== PAYLOAD) throw broken(`A payload is ${PAYLOAD}, or there is none`, 'Subscription.channel.payload', 'not-supported')
      checkHeaders(header)
      return type
    case 'websocket':
      if (!context.subscriptions.hasSockets) throw broken('This server serves no websockets', 'Subscription.channel.type', 'not-supported')
      if (endpoint !== undefined) throw broken('A websocket is opened by its client: it has no endpoint', 'Subscription.channel.endpoint')
      if (payload !== undefined) throw broken('A websocket tells the id of the Subscription, and nothing else', 'Subscription.channel.payload', 'not-supported')
      if (header.length > 0) throw broken('A websocket has no headers', 'Subscription.channel.header')
      return type
    default: throw broken('The channels of this server are rest-hook and websocket', 'Subscription.channel.type', 'not-supported')
  }
}

/** The end that is asked for, or else the last one that may be. */
function endOf ({ subscriptions: { life } }: Context, { end }: Subscription, now: number): number {
  const last = now + life
  if (end === undefined) return last
  const asked = intervalOf(end)?.lo ?? 0
  if (asked <= now) throw broken('It ends before it begins', 'Subscription.end')
  if (asked > last) throw broken(`A Subscription ends within ${Math.floor(life / DAY)} days: update it to go on`, 'Subscription.end')
  return asked
}
