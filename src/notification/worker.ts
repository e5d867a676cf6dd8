/**
 * The worker beside the requests. One process leads and writes what the traces tell; every process does what is due in the
 * outbox. Nothing here is needed for an answer: what it has not done yet, it does later, after any crash.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { TraceFeed } from './feed.js'
import type { Version } from '../interaction/store.js'
import { deliverNext, nameOf } from './outbox.js'
import type { DeliveryPorts } from './outbox.js'

export interface WorkerPorts extends Pick<DeliveryPorts, 'clock' | 'warn'> {
  readonly feed: TraceFeed
  /** Handles traces, all of them or it throws: then they come again. */
  readonly tell: (traces: readonly Version[]) => Promise<void>
  /** What it does of the outbox, each by itself: what is slow in one holds up no other. */
  readonly deliveries: readonly DeliveryPorts[]
  /** Who this process is, to the others. */
  readonly owner: string
  /** Between two looks into the outbox, ms. */
  readonly look?: number
  /** Of the time it leaves so many times as much to the requests as telling took. */
  readonly rest?: number
}

export interface Worker {
  /** Tells all that is to be told by now. @returns whether this process leads */
  readonly tellAll: () => Promise<boolean>
  /** Does all that is due by now. */
  readonly deliverAll: () => Promise<void>
  /** Does both for as long as it is not stopped. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** How long a process leads that says nothing more, ms; and how often one that does not lead asks. */
const LEAD = 30_000
const FOLLOW = 5000
/** Between two looks into the outbox, and after a failure, ms. */
const LOOK = 2000
const AFTER_FAILURE = 5000
/** Of the time it leaves this many times as much to the requests as telling took. */
const REST = 8
/** At the least it waits so long for more to tell at once, ms. */
const GATHER = 250

export function createWorker (ports: WorkerPorts): Worker {
  const { feed, tell, deliveries, owner, clock, warn, look = LOOK, rest = REST } = ports
  const stopped = new AbortController()
  const { signal } = stopped
  const loops: Promise<void>[] = []

  /** @param isEndless whether it waits for more */
  async function lead (isEndless: boolean): Promise<boolean> {
    const reader = await feed.lead(owner, clock(), LEAD)
    if (reader === undefined) return false
    let kept = clock()
    try {
      while (!signal.aborted) {
        const traces = await reader.next()
        const arrived = performance.now()
        await tell(traces)
        const isDue = !isEndless || traces.length > 0 || clock() - kept > LEAD / 3
        if (isDue && !await reader.keep(clock(), LEAD)) return false
        if (isDue) kept = clock()
        if (traces.length === 0 && !isEndless) break
        if (isEndless && traces.length > 0) await pause(Math.max(GATHER, rest * (performance.now() - arrived)))
      }
    } finally {
      await reader.close()
    }
    if (signal.aborted) await reader.leave()
    return true
  }

  async function pause (ms: number): Promise<void> {
    await wait(ms, undefined, { signal }).catch(() => {})
  }

  /** Does some work again and again, with a pause in between. */
  async function loop (work: () => Promise<unknown>, between: number): Promise<void> {
    while (!signal.aborted) {
      try {
        await work()
        await pause(between)
      } catch (error) {
        warn({ reason: nameOf(error) }, 'notifications wait')
        await pause(AFTER_FAILURE)
      }
    }
  }

  async function deliver (delivery: DeliveryPorts): Promise<void> {
    while (!signal.aborted && await deliverNext(delivery));
  }

  async function deliverAll (): Promise<void> {
    await Promise.all(deliveries.map(deliver))
  }

  return {
    tellAll: async () => await lead(false),
    deliverAll,
    start: async () => {
      await feed.begin(clock())
      loops.push(loop(async () => await lead(true), FOLLOW), ...deliveries.map(async delivery => { await loop(async () => { await deliver(delivery) }, look) }))
    },
    stop: async () => {
      stopped.abort()
      await Promise.all(loops)
    }
  }
}
