/**
 * Websockets for Subscriptions (R4 subscription.html#2.46.7.2): the client opens one with its token, sends `bind <id>`, hears
 * `bound <id>`, and then `ping <id>` each time. They have a port of their own: where a server listens for upgrades at all,
 * Node hands it every request that offers one, those of HTTP clients that would speak HTTP/2 too, without its body.
 * A socket is as old as its token at most; how many there are, what they may say and how long they may be silent is bounded.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { WebSocketServer } from 'ws'
import type { RawData, WebSocket } from 'ws'
import type { Bind, Sockets } from '../notification/sockets.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Principal } from '../security/principal.js'
import { createServer, toOutcome } from './server.js'

export interface SocketPorts {
  readonly logger: FastifyBaseLogger
  readonly authenticate: (header: string | undefined, now: number) => Promise<Principal>
  readonly clock: () => number
  readonly bind: Bind
  /** Sockets of all callers together. */
  readonly most: number
}

export interface SocketServer extends Sockets {
  readonly server: FastifyInstance
}

const PATH = '/ws'
/** Sockets of one caller. */
const MOST_OF_ONE = 10
/** The longest message, bytes, and how many one socket sends in its life. */
const MOST_TEXT = 128
const MOST_MESSAGES = 200
/** How often a socket is asked whether it is still there: one that did not answer since the last time is not, ms. */
const BEAT = 30_000
const BIND = /^bind ([A-Za-z0-9.-]{1,64})$/
/** Of RFC 6455: what was said is not for here; and of its registry: try again. */
const REFUSED = 1008
const LATER = 1013
const LINES: Readonly<Record<number, string>> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests', 503: 'Service Unavailable' }

/** One socket: who opened it, and what it listens to. */
interface Listener {
  readonly socket: WebSocket
  readonly principal: Principal
  readonly bound: Set<string>
  messages: number
  isThere: boolean
  /** What it asked is answered in its order. */
  turn: Promise<void>
}

export function createSocketServer ({ logger, authenticate, clock, bind, most }: SocketPorts): SocketServer {
  const server = createServer(logger, authenticate, clock)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_TEXT, perMessageDeflate: false, clientTracking: false })
  const listeners = new Set<Listener>()
  let opening = 0

  const listenersOf = (subscription: string) => [...listeners].filter(({ bound, socket }) => bound.has(subscription) && socket.readyState === socket.OPEN)

  async function admit (request: IncomingMessage): Promise<Principal> {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || request.url !== PATH) throw new OutcomeError('unknown-url')
    if (listeners.size + opening > most) throw new OutcomeError('store-unavailable')
    return await authenticate(request.headers.authorization, clock())
  }

  /** Counts and opens in one turn of the event loop: no two take the last place. */
  function welcome (principal: Principal, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if ([...listeners].filter(each => each.principal.subject === principal.subject).length >= MOST_OF_ONE) throw new OutcomeError('throttled')
    sockets.handleUpgrade(request, socket, head, opened => { attach(opened, principal) })
  }

  function refuse (socket: Duplex, error: unknown): void {
    const { status, headers } = toOutcome(error)
    const lines = [`HTTP/1.1 ${status} ${LINES[status] ?? 'Refused'}`, 'connection: close', 'content-length: 0', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)]
    socket.end(`${lines.join('\r\n')}\r\n\r\n`)
  }

  function attach (socket: WebSocket, principal: Principal): void {
    const listener: Listener = { socket, principal, bound: new Set(), messages: 0, isThere: true, turn: Promise.resolve() }
    listeners.add(listener)
    const expiry = setTimeout(() => { socket.close(REFUSED) }, Math.min(principal.expires - clock(), 2 ** 31 - 1))
    socket.on('close', () => {
      clearTimeout(expiry)
      listeners.delete(listener)
    })
    socket.on('error', () => { socket.terminate() })
    socket.on('pong', () => { listener.isThere = true })
    socket.on('message', (data, isBinary) => {
      listener.messages++
      const id = isBinary ? undefined : BIND.exec(textOf(data))?.[1]
      if (id === undefined || listener.messages > MOST_MESSAGES) socket.close(REFUSED)
      else listener.turn = listener.turn.then(async () => { await answer(listener, id) })
    })
  }

  async function answer ({ socket, principal, bound }: Listener, id: string): Promise<void> {
    if (socket.readyState !== socket.OPEN) return
    try {
      const isBound = await bind(principal, id)
      if (isBound) bound.add(id)
      else bound.delete(id)
      say(socket, isBound ? 'bound' : 'unbound', id)
    } catch {
      socket.close(LATER)
    }
  }

  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => { socket.destroy() })
    opening++
    admit(request).then(principal => { welcome(principal, request, socket, head) }).catch((error: unknown) => { refuse(socket, error) }).finally(() => { opening-- })
  })
  // Anybody who opens connections and says nothing is let go by the limits of `server.ts`.
  server.server.maxConnections = 2 * most
  server.setNotFoundHandler(async () => { throw new OutcomeError('unknown-url') })
  const beat = setInterval(() => {
    for (const listener of listeners) {
      if (!listener.isThere) listener.socket.terminate()
      listener.isThere = false
      listener.socket.ping()
    }
  }, BEAT).unref()
  server.addHook('preClose', async () => {
    clearInterval(beat)
    for (const { socket } of listeners) socket.close(1001)
    await Promise.all([...listeners].map(async ({ socket, turn }) => { await turn; socket.terminate() }))
  })

  return {
    server,
    bound: () => [...new Set([...listeners].flatMap(({ bound }) => [...bound]))],
    principalsOf: subscription => [...new Set(listenersOf(subscription).map(({ principal }) => principal))],
    ping: (subscription, principal) => {
      const heard = listenersOf(subscription).filter(each => each.principal === principal)
      for (const { socket } of heard) say(socket, 'ping', subscription)
      return heard.length > 0
    }
  }
}

/** All that is ever said: a word of the protocol, and the id that the client itself sent. */
function say (socket: WebSocket, word: 'bound' | 'unbound' | 'ping', id: string): void {
  socket.send(`${word} ${id}`)
}

function textOf (data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : ''
}
