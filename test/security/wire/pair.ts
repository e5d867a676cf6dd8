/**
 * Two servers that differ in nothing but what is kept: one clock, one master key, and ids that tell in which step they
 * were drawn, so that what both are told alike has the same ids in both.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import type { MongoClient } from 'mongodb'
import { createApp } from '../../../src/app.js'
import type { App } from '../../../src/app.js'
import { ask, configOf, createIssuer } from '../../helper/app.js'
import { ROOT } from '../../helper/root.js'
import { HOOKS } from '../least.js'
import type { Method, RequestOptions, TestApp, TestResponse } from '../../helper/app.js'
import { createTurnstile } from './turnstile.js'
import type { Turnstile } from './turnstile.js'

export type Which = 'without' | 'with'
export const BOTH: readonly Which[] = ['without', 'with']

export interface Side {
  readonly which: Which
  readonly app: App
  readonly ask: (token: string, method: Method, url: string, options?: RequestOptions) => Promise<TestResponse>
  /** Takes a resource out of the database, with the traces that name it, as if it had never been. */
  readonly forget: (type: string, id: string) => Promise<void>
  /** What a page link of this server holds, sealed. */
  readonly opened: ReadonlyMap<string, string>
}

/** Where a scenario is: what of both servers draws ids and reads the clock. */
interface Step { readonly number: number, readonly instant: number, readonly drawn: Record<Which, number> }

export interface Pair extends Turnstile {
  readonly without: Side
  readonly with: Side
  readonly token: TestApp['token']
  /** Plays by itself: its steps are its own, whatever else goes on. */
  readonly playing: <T>(work: () => Promise<T>) => Promise<T>
  /** Begins the next step: its instant, and its number, which its ids tell. */
  readonly step: () => number
  /** The instant of the step, ms. */
  readonly now: () => number
  readonly close: () => Promise<void>
}

export async function openPair (mongo: MongoClient, databases: Readonly<Record<Which, string>>): Promise<Pair> {
  const { trust, token } = await createIssuer()
  const master = randomBytes(32)
  const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
  const steps = new AsyncLocalStorage<Step>()
  const outside: Step = { number: 0, instant: Date.now(), drawn: { without: 0, with: 0 } }
  const here = () => steps.getStore() ?? outside
  let [count, latest] = [0, outside.instant]
  const open = async (which: Which): Promise<Side> => {
    const app = await createApp({ config: configOf(databases[which], { EXPORT_SETTLE: '0', WEBHOOK_ORIGINS: HOOKS, WEBHOOK_SECRET: 'a secret of at least thirty-two characters' }), logger, trust, master, root: ROOT, clock: () => here().instant, newId: () => idOf(here().number, here().drawn[which]++) })
    // Structures have new names in each scenario: each may feed its traces.
    Object.assign(app.context, { traceSources: { has: () => true } })
    return {
      which,
      app,
      ask: async (token, method, url, options) => await ask(app, token, method, url, options),
      opened: openedBy(app),
      forget: async (type, id) => {
        const db = mongo.db(databases[which])
        await db.collection<{ _id: string }>(type).deleteMany({ _id: id })
        await db.collection(`${type}.history`).deleteMany({ id })
        await db.collection('AuditEvent').deleteMany({ 'facts.about': `${type}/${id}` })
      }
    }
  }
  // One after the other: MongoDB under Wine does not bear concurrent first writes.
  const without = await open('without')
  const whole = await open('with')
  return {
    without,
    with: whole,
    token,
    ...createTurnstile(),
    playing: async work => await steps.run({ ...outside, drawn: { without: 0, with: 0 } }, work),
    step: () => {
      count += 1
      latest = Math.max(Date.now(), latest + 1)
      Object.assign(here(), { number: count, instant: latest, drawn: { without: 0, with: 0 } })
      return count
    },
    now: () => here().instant,
    close: async () => { await Promise.all([without.app.close(), whole.app.close()]) }
  }
}

/** Listens to the making of page links: their seal is another one each time, what is in it must be the same. */
function openedBy ({ context: { pages } }: App): ReadonlyMap<string, string> {
  const opened = new Map<string, string>()
  const { write } = pages
  Object.assign(pages, {
    write: (...given: Parameters<typeof write>) => {
      const sealed = write(...given)
      opened.set(sealed, JSON.stringify(given))
      return sealed
    }
  })
  return opened
}

/** Odd: the order of ids is not that of steps. */
const SCATTER = 0x9e3779b1
const MARK = '-4a11-8e1d-'

/** A UUID that tells its step: `drawnIn`. */
function idOf (step: number, count: number): string {
  const hex = (value: number, length: number) => value.toString(16).padStart(length, '0')
  return `${hex(Math.imul(step, SCATTER) >>> 0, 8)}-${hex(count, 4)}${MARK}${hex(step, 12)}`
}

export const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** In which step an id was drawn; 0 for one that neither server drew. */
export function drawnIn (uuid: string): number {
  return uuid.slice(13, 24) === MARK ? Number.parseInt(uuid.slice(24), 16) : 0
}
