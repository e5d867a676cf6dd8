/**
 * Webhooks in the shape of Standard Webhooks (standardwebhooks.com): `webhook-id`, `webhook-timestamp` and
 * `webhook-signature` over both and the body. Called are origins of the configuration alone, compared whole; what they
 * resolve to is looked at when the connection is made, so that a name cannot lead into our own network; no redirect is
 * followed, and nothing of an answer is read but its status.
 */
import { createHmac } from 'node:crypto'
import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { Agent, request } from 'undici'

export interface WebhookPorts {
  /** `https://host[:port]`. */
  readonly origins: readonly string[]
  readonly secret: string
  /** Whether addresses of private networks, and our own, may be called. */
  readonly isPrivateAllowed: boolean
}

const TIME = 10_000

/** What is sent. */
export interface Call {
  /** The same for the same, however often it is tried. */
  readonly id: string
  readonly now: number
  readonly body: string
  readonly contentType?: string
  readonly method?: 'POST' | 'PUT'
  /** Below the endpoint: `Type/id`. */
  readonly path?: string
  /** In small letters, checked by who took them; those of this file win. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Webhook {
  readonly mayCall: (endpoint: string) => boolean
  readonly call: (endpoint: string, call: Call) => Promise<void>
  readonly send: (endpoint: string, id: string, now: number) => Promise<void>
}

/** Thrown by a call that did not succeed; its name and code are all that is told. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError'
  readonly code: string

  constructor (code: string) {
    super(code)
    this.code = code
  }
}

export function createWebhook ({ origins, secret, isPrivateAllowed }: WebhookPorts): Webhook {
  const isRefused = (address: string) => !isPrivateAllowed && ipaddr.process(address).range() !== 'unicast'
  const agent = new Agent({
    connect: {
      timeout: TIME,
      lookup: (hostname, options, callback) => {
        lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
          if (error !== null) callback(error, [])
          else if (addresses.some(({ address }) => isRefused(address))) callback(new WebhookError('private-address'), [])
          else if (options.all === true) callback(null, addresses)
          else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
        })
      }
    },
    headersTimeout: TIME,
    bodyTimeout: TIME,
    maxHeaderSize: 16 * 1024
  })

  const mayCall = (endpoint: string): boolean => {
    const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
    return url !== undefined && url.username === '' && url.password === '' && url.hash === '' && origins.includes(url.origin)
  }

  async function call (endpoint: string, { id, now, body, contentType, method = 'POST', path, headers = {} }: Call): Promise<void> {
    if (!mayCall(endpoint)) throw new WebhookError('not-allowed')
    const url = new URL(endpoint)
    if (path !== undefined) url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`
    // An address in the place of a name is not looked up.
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (ipaddr.isValid(host) && isRefused(host)) throw new WebhookError('private-address')
    const at = Math.floor(now / 1000)
    const signature = createHmac('sha256', keyOf(secret, url.origin)).update(`${id}.${at}.${body}`).digest('base64')
    const { statusCode, body: answer } = await request(url, {
      method,
      dispatcher: agent,
      headers: {
        ...headers,
        ...contentType === undefined ? {} : { 'content-type': contentType },
        'webhook-id': id,
        'webhook-timestamp': String(at),
        'webhook-signature': `v1,${signature}`
      },
      body
    })
    await answer.dump({ limit: 1024 })
    if (statusCode < 200 || statusCode > 299) throw new WebhookError(`status-${statusCode}`)
  }

  return {
    mayCall,
    call,
    send: async (endpoint, id, now) => {
      await call(endpoint, { id, now, body: JSON.stringify({ type: 'activity', timestamp: new Date(now).toISOString() }), contentType: 'application/json' })
    }
  }
}

/** The key of one receiver: none can sign what another one is sent. */
export function keyOf (secret: string, origin: string): Buffer {
  return createHmac('sha256', secret).update(origin).digest()
}
