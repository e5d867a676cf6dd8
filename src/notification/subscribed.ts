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
  const { store, clock } = ports.context
  const written = traces.map(trace => writtenBy(trace)).filter(({ id }) => id !== '')
  if (written.length === 0) return
  const filter = and(current, isIn('facts.type', new Set(written.map(({ type }) => type))), equals('facts.isActive', true),
    isIn('facts.patients', new Set([ANYBODY, ...written.map(({ patient }) => patient)])), compare('facts.until', 'gt', clock()))
  const limit = pLimit(AT_ONCE)
  for await (const batch of store.heads({ type: 'Subscription', filter, sort: [] })) {
    const due = (await Promise.all(batch.map(async each => await limit(async () => await dueOf(ports, each, written))))).flat()
    if (due.length > 0) await store.commit({ changes: [], traces: [], due })
  }
}

/** One write: its trace, and what it wrote in whose record. */
interface Written { readonly trace: string, readonly type: string, readonly id: string, readonly patient: string }

function writtenBy ({ id: trace, patient, facts }: Version): Written {
  const [type = '', id = ''] = ((facts as TraceFacts).about[0] ?? '').split('/')
  return { trace, type, id, patient: patient ?? ANYBODY }
}

/** What some writes make due for one Subscription. It is asked of each resource once, however often that was written. */
async function dueOf (ports: MatchPorts, subscription: Kept, written: readonly Written[]): Promise<readonly Due[]> {
  const { channel, type, patients } = subscription.facts as SubscriptionFacts
  const matched = new Map<string, boolean>()
  const due: Due[] = []
  for (const each of written) {
    if (each.type !== type || !(patients.includes(ANYBODY) || patients.includes(each.patient))) continue
    const isDue = matched.get(each.id) ?? await isMatched(ports, subscription, each.id)
    matched.set(each.id, isDue)
    if (isDue) due.push({ id: `${channel}|${subscription.id}|${each.trace}`, way: channel, patient: each.patient, about: `${type}/${each.id}`, at: ports.context.clock(), subscription: subscription.id })
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
