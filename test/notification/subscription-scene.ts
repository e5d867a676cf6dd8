/** What the tests of Subscriptions share: a receiver that is called, a worker with a clock of its own, a Subscription. */
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { createSubscriptions } from '../../src/notification/subscriptions.js'
import type { SubscriptionPorts, Subscriptions } from '../../src/notification/subscriptions.js'
import { NO_SOCKETS } from '../../src/notification/sockets.js'
import { createWebhook } from '../../src/notification/webhook.js'
import { release } from '../../src/release/release.js'
import { createOutbox } from '../../src/store/outbox-store.js'
import { createRests } from '../../src/store/rest-store.js'
import { createSealing } from '../../src/store/stored.js'
import { createTraceFeed } from '../../src/store/trace-feed.js'
import type { Scene } from '../interaction/scene.js'
import { tellAll } from './scene.js'

export interface Call { readonly method: string, readonly url: string, readonly headers: IncomingHttpHeaders, readonly body: string }

export interface Receiver {
  readonly origin: string
  readonly calls: Call[]
  /** How the next calls are answered. */
  status: number
}

export const SECRET = 'a secret of at least thirty-two characters'

export async function openReceiver (t: Test): Promise<Receiver> {
  const receiver: Receiver & { origin: string } = { origin: '', calls: [], status: 200 }
  const server = createServer((request, response) => {
    text(request).then(body => {
      receiver.calls.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      response.writeHead(receiver.status, receiver.status === 302 ? { location: '/elsewhere' } : {}).end()
    }, () => {})
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close() })
  receiver.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return receiver
}

export const allowing = (origin: string) => ({ WEBHOOK_ORIGINS: origin, WEBHOOK_SECRET: SECRET, WEBHOOK_PRIVATE: 'allow' })

/** A Subscription by rest-hook. */
export function hook (criteria: string, endpoint: string, channel: object = {}, more: object = {}) {
  return { resourceType: 'Subscription', status: 'requested', reason: 'To look again', criteria, channel: { type: 'rest-hook', endpoint, ...channel }, ...more }
}

/** A Subscription by websocket. */
export function listening (criteria: string, more: object = {}) {
  return { resourceType: 'Subscription', status: 'requested', reason: 'To look again', criteria, channel: { type: 'websocket' }, ...more }
}

export interface Telling {
  readonly worker: Subscriptions
  readonly warnings: object[]
  /** Puts down what all that was written by now makes due, whoever led before. */
  readonly match: () => Promise<void>
  /** The same, and delivers it. */
  readonly run: () => Promise<void>
}

/** A worker as a server has it; several are as several servers. */
export async function subscriptionsOf (scene: Scene, origin: string | undefined, { clock = Date.now, ...ports }: { readonly clock?: () => number } & Partial<SubscriptionPorts> = {}): Promise<Telling> {
  const { app, mongo, database } = scene
  const db = mongo.db(database)
  const context = { ...app.context, clock }
  const warnings: object[] = []
  const feed = createTraceFeed(db, createSealing(app.context.keyring), 'writes')
  const worker = createSubscriptions({
    context,
    sightOf: app.sightOf,
    gate: async answer => await release(answer, { ...context, outline: () => undefined, alarm: message => { warnings.push({ alarm: message }) }, notice: () => {} }),
    payload: 'ids',
    webhook: origin === undefined ? undefined : createWebhook({ origins: [origin], secret: SECRET, isPrivateAllowed: true }),
    sockets: NO_SOCKETS,
    feed,
    outbox: createOutbox(db),
    rests: createRests(db),
    warn: (fields, message) => { warnings.push({ ...fields, message }) },
    ...ports
  })
  await feed.begin(Date.now())
  const match = async () => {
    await db.collection<{ readonly _id: string }>('Feed').updateOne({ _id: 'writes' }, { $set: { until: 0 } })
    await tellAll(scene, worker, 'writes')
  }
  return {
    worker,
    warnings,
    match,
    run: async () => {
      await match()
      await worker.deliverAll()
    }
  }
}
