import { randomUUID } from 'node:crypto'
import type { Subscription } from '@medplum/fhirtypes'
import type { SubscriptionFacts } from '../consent/subscription.js'
import { and, compare, equals } from '../filter/filter.js'
import { current } from '../interaction/directory.js'
import type { Kept } from '../interaction/store.js'
import { next } from '../interaction/version.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { TraceFeed } from './feed.js'
import { matchAll } from './subscribed.js'
import type { MatchPorts } from './subscribed.js'
import { createSubscriptionSend } from './subscription-send.js'
import type { SubscriptionSendPorts } from './subscription-send.js'
import { createWorker } from './worker.js'
import type { Worker } from './worker.js'

export interface SubscriptionPorts extends SubscriptionSendPorts, MatchPorts {
  /** Of what was written. */
  readonly feed: TraceFeed
}

export interface Subscriptions extends Worker {
  /** Turns off those whose end has come, and forgets what no socket came for. */
  readonly retire: () => Promise<void>
}

/** So many calls are under way at once: an endpoint that is slow holds up no other, unless it has many. */
const CALLS = 4
/** Between two looks into the outbox, ms. */
const LOOK = 500
/** Writes are many: those who wait for them wait for as long again as matching took. */
const REST = 1
/** How long what happened waits for a socket to hear of it, ms. */
const PATIENCE = 24 * 3600_000
const MOST_RETIRED = 1000

/** Puts together what tells subscribers of what changed; nothing is told before it is started. */
export function createSubscriptions (ports: SubscriptionPorts): Subscriptions {
  const { context, feed, outbox, sockets, warn } = ports
  const { store, clock } = context
  const send = createSubscriptionSend(ports)

  /** The server's own word about a Subscription; another version in between is left as it is. */
  async function turn (kept: Kept, change: Partial<Subscription>): Promise<void> {
    const opened = await store.opened(kept)
    if (opened === undefined || kept.isDeleted) return
    const facts: SubscriptionFacts = { ...kept.facts as SubscriptionFacts, isActive: false }
    try {
      await store.commit({ changes: [{ next: next(context, kept, { ...JSON.parse(opened.text) as Subscription, ...change }, facts, clock()), replaces: kept, claims: [] }], traces: [] })
    } catch (error) {
      if (!(error instanceof OutcomeError) || error.kind !== 'contention') throw error
    }
  }

  const common = { outbox, clock, warn }
  const calling = {
    ...common,
    deliver: { 'rest-hook': send['rest-hook'] },
    dead: async ({ subscription = '' }: { readonly subscription?: string }) => {
      const kept = await store.read('Subscription', subscription)
      if (kept !== undefined && (kept.facts as SubscriptionFacts).isActive) await turn(kept, { status: 'error', error: 'The endpoint did not accept what it was sent' })
    }
  }

  return {
    ...createWorker({
      warn,
      clock,
      feed,
      tell: async traces => { await matchAll(ports, traces) },
      deliveries: [...Array.from({ length: CALLS }, () => calling), { ...common, deliver: { websocket: send.websocket }, subscriptions: sockets.bound }],
      owner: randomUUID(),
      look: LOOK,
      rest: REST
    }),
    retire: async () => {
      const over = await store.findKept({ type: 'Subscription', filter: and(current, equals('facts.isActive', true), compare('facts.until', 'le', clock())), sort: [], limit: MOST_RETIRED })
      for (const kept of over) await turn(kept, { status: 'off' })
      await outbox.forget('websocket', clock() - PATIENCE)
    }
  }
}
