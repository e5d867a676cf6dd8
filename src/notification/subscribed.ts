/**
 * From what was written to the Subscriptions that ask for it. Each of them that could is asked once here, so that nothing is
 * put down for those that do not match; whether something is told is judged when it is told, and each time it is tried.
 */
import pLimit from 'p-limit'
import type { TraceFacts } from '../consent/family.js'
import type { SubscriptionFacts } from '../consent/subscription.js'
import { and, compare, equals, isIn } from '../filter/filter.js'
import type { Context } from '../interaction/context.js'
import { ANYBODY, matching } from '../interaction/criteria.js'
import { current } from '../interaction/directory.js'
import { openGrant } from '../interaction/grant.js'
import type { Due, Kept, Version } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { SightOf } from './judge.js'
import { nameOf } from './outbox.js'

export interface MatchPorts {
  readonly context: Context
  readonly sightOf: SightOf
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

/** How many Subscriptions are asked at the same time. */
const AT_ONCE = 8

/** @throws OutcomeError where the store fails: nothing of it is lost, it is matched again */
export async function matchAll (ports: MatchPorts, traces: readonly Version[]): Promise<void> {
  const due: Due[] = []
  for (const trace of traces) due.push(...await dueOf(ports, trace))
  if (due.length > 0) await ports.context.store.commit({ changes: [], traces: [], due })
}

/** What one write makes due. */
async function dueOf (ports: MatchPorts, trace: Version): Promise<readonly Due[]> {
  const { store, clock } = ports.context
  const { about: [about = ''] } = trace.facts as TraceFacts
  const [type = '', id = ''] = about.split('/')
  if (id === '') return []
  const filter = and(current, equals('facts.type', type), equals('facts.isActive', true),
    isIn('facts.patients', [trace.patient ?? ANYBODY, ANYBODY]), compare('facts.until', 'gt', clock()))
  const limit = pLimit(AT_ONCE)
  const due: Due[] = []
  for await (const batch of store.heads({ type: 'Subscription', filter, sort: [] })) {
    const matched = await Promise.all(batch.map(async each => await limit(async () => await isMatched(ports, each, id))))
    due.push(...batch.filter((_, index) => matched[index] === true).map(({ id: subscription, facts }): Due => {
      const { channel } = facts as SubscriptionFacts
      return { id: `${channel}|${subscription}|${trace.id}`, way: channel, patient: trace.patient ?? '', about, at: clock(), subscription }
    }))
  }
  return due
}

/** One that cannot be asked, whatever is tried, holds up no other. */
async function isMatched ({ context, sightOf, warn }: MatchPorts, subscription: Kept, id: string): Promise<boolean> {
  try {
    const { principal, criteria } = openGrant(context.keyring, subscription.id, (subscription.facts as SubscriptionFacts).grant)
    return await matching(context, await sightOf(principal, context.clock()), criteria, id) !== undefined
  } catch (error) {
    if (error instanceof OutcomeError && error.status >= 500 && error.kind !== 'bug') throw error
    warn({ subscription: subscription.id, reason: nameOf(error) }, 'a Subscription could not be asked')
    return false
  }
}
