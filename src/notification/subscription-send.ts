/**
 * What a Subscription tells. It is judged when it leaves, at each try: as its owner, by the rules of a search of theirs, the
 * choices as they are then. What they would not find is not told, not even that it was. What they would find passes the
 * gate like an answer: decided once more, traced as their access, and only then sent.
 */
import type { Subscription } from '@medplum/fhirtypes'
import type { SubscriptionFacts } from '../consent/subscription.js'
import type { Answer, Body } from '../interaction/answer.js'
import { parsedHeader } from '../interaction/admit/subscription-header.js'
import type { Context } from '../interaction/context.js'
import { matching } from '../interaction/criteria.js'
import { openGrant } from '../interaction/grant.js'
import { accesses } from '../interaction/search.js'
import type { Kept, Version } from '../interaction/store.js'
import type { Principal } from '../security/principal.js'
import type { SightOf } from './judge.js'
import { idOf } from './letter.js'
import { MOST_ATTEMPTS, waitAfter } from './outbox.js'
import type { Deliver, Outbox, Taken } from './outbox.js'
import { ReceiverFailed } from './rest.js'
import type { Rests } from './rest.js'
import type { Sockets } from './sockets.js'
import { WebhookError } from './webhook.js'
import type { Call } from './webhook.js'

export interface SubscriptionSendPorts {
  readonly context: Context
  readonly sightOf: SightOf
  /** The one gate: it decides, writes the trace, and makes the bytes. */
  readonly gate: (answer: Answer) => Promise<{ readonly payload: unknown, readonly headers: Readonly<Record<string, string>> }>
  readonly payload: 'ids' | 'resources'
  /** undefined where the server calls nobody. */
  readonly webhook: { readonly mayCall: (endpoint: string) => boolean, readonly call: (endpoint: string, call: Call) => Promise<void> } | undefined
  readonly sockets: Sockets
  readonly rests: Rests
  readonly outbox: Outbox
}

/** How long what a socket that closed in between did not hear waits for the next one, ms. */
const SOON = 1000

export function createSubscriptionSend ({ context, sightOf, gate, payload, webhook, sockets, rests, outbox }: SubscriptionSendPorts): Readonly<Record<'rest-hook' | 'websocket', Deliver>> {
  const { store, clock } = context

  /** The Subscription of what is due, as it is now; undefined where it asks for nothing any more. */
  async function asking ({ subscription = '', way }: Taken, now: number): Promise<{ readonly kept: Kept, readonly facts: SubscriptionFacts } | undefined> {
    const kept = await store.read('Subscription', subscription)
    const facts = kept?.facts as SubscriptionFacts | undefined
    if (kept === undefined || facts === undefined || kept.isDeleted) return undefined
    return facts.isActive && facts.until > now && facts.channel === way ? { kept, facts } : undefined
  }

  /** What passes the gate of one change, told as `bodyOf` says; undefined for what its owner may not be told of. */
  async function passed (principal: Principal, criteria: string, { about }: Taken, now: number, bodyOf: (version: Kept) => Body) {
    const sight = await sightOf(principal, now)
    const found = await matching(context, sight, criteria, about.split('/')[1] ?? '')
    if (found === undefined) return undefined
    const { request, version } = found
    const body = bodyOf(version)
    return { body, version, released: await gate({ status: 200, headers: {}, body, sight, accesses: accesses(context, sight, request, [{ version }]) }) }
  }

  /** An endpoint that fails is left alone, and with it all that it is to be told; one that is given up asks for nothing more. */
  async function failed (subscription: Version, failures: number, error: unknown): Promise<ReceiverFailed> {
    const until = clock() + waitAfter(failures)
    await rests.fail(restKey(subscription), failures, until)
    if (failures < MOST_ATTEMPTS) await outbox.rest(subscription.id, until)
    return new ReceiverFailed(error, failures)
  }

  return {
    'rest-hook': async (due, now) => {
      const asked = await asking(due, now)
      const opened = asked === undefined ? undefined : await store.opened(asked.kept)
      if (asked === undefined || opened === undefined) return 'done'
      const { channel: { endpoint = '', payload: wanted, header = [] } } = JSON.parse(opened.text) as Subscription
      const entered = await rests.enter(restKey(opened), now)
      if ('until' in entered) {
        await outbox.rest(opened.id, entered.until)
        return { later: entered.until, isUntried: true }
      }
      // Nobody is asked, and no access is traced, for a call that is not made.
      if (webhook?.mayCall(endpoint) !== true) throw await failed(opened, entered.failures + 1, new WebhookError('not-allowed'))
      const { principal, criteria } = openGrant(context.keyring, opened.id, asked.facts.grant)
      const told = await passed(principal, criteria, due, now, version => wanted === undefined ? { kind: 'nothing' } : bodyOf(opened, version, payload))
      if (told === undefined) return 'done'
      const { body, version, released } = told
      const calling = webhook.call(endpoint, {
        id: idOf(due.id),
        now,
        body: (released.payload as string | Buffer).toString(),
        headers: Object.fromEntries(header.flatMap(line => { const pair = parsedHeader(line); return pair === undefined ? [] : [pair] })),
        ...wanted === undefined ? {} : { contentType: released.headers['content-type'] ?? wanted },
        // R4: with a payload the endpoint is a base, and the resource is put there.
        ...body.kind === 'resource' ? { method: 'PUT', path: `${version.type}/${version.id}` } as const : {}
      })
      await calling.catch(async (error: unknown) => { throw await failed(opened, entered.failures + 1, error) })
      if (entered.failures > 0) await rests.end(restKey(opened))
      return 'done'
    },

    websocket: async (due, now) => {
      const asked = await asking(due, now)
      if (asked === undefined) return 'done'
      const { kept: { id }, facts } = asked
      const { criteria } = openGrant(context.keyring, id, facts.grant)
      // Who listens asks in their own name: each by the token that they showed, not by one that they had, nor by another's.
      const principals = sockets.principalsOf(id)
      const heard = await Promise.all(principals.map(async principal => {
        const told = await passed(principal, criteria, due, now, () => ({ kind: 'nothing' }))
        return told === undefined ? undefined : sockets.ping(id, principal)
      }))
      // Where none of those who may hear it is there any more, it waits for the next one.
      const isMissed = heard.includes(false) && !heard.includes(true)
      return principals.length === 0 || isMissed ? { later: now + SOON } : 'done'
    }
  }
}

/** Its owner's update begins anew. */
function restKey ({ id, version }: Version): string {
  return `Subscription/${id}|${version}`
}

/** With a payload: the reference of what changed, or, where the operator allows it, all that its owner sees of it. */
function bodyOf ({ id }: Version, version: Kept, payload: 'ids' | 'resources'): Body {
  if (payload === 'resources') return { kind: 'resource', version }
  return { kind: 'parameters', parameters: [{ name: 'subscription', value: { valueReference: { reference: `Subscription/${id}` } } }, { name: 'focus', version }] }
}
