/**
 * Bodies that are no JSON: where a route takes them they are handed over unread, and only as fast as they are used.
 * Anywhere else they are refused unread.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OutcomeError } from '../outcome/outcome-error.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route takes bodies of any media type, of any length that it bounds itself. */
    takesRaw?: boolean
  }
}

/** How long a body may take to arrive, ms: one that is kept in memory, and one that streams. */
const BUFFERED_TIME = 30_000
export const STREAMED_TIME = 600_000
const LITTLE = 1024 * 1024

export function addRawBodies (server: FastifyInstance): void {
  server.addContentTypeParser('*', async (request: FastifyRequest, body: Readable) => {
    if (request.routeOptions.config.takesRaw !== true) throw new OutcomeError('unsupported-media')
    return body
  })
  server.addHook('preParsing', async (request, _reply, body) => {
    if (request.routeOptions.config.takesRaw === true) return body
    const { raw, headers } = request
    // Without either there is no body to wait for (RFC 9112, 6.3).
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return body
    const timer = setTimeout(() => { if (!raw.complete) raw.destroy(new OutcomeError('timeout')) }, BUFFERED_TIME).unref()
    raw.once('close', () => { clearTimeout(timer) })
    return body
  })
}

/** The bytes of an unread body. To stop reading does not close the connection: an answer has still to go. */
export async function * bytesOf (body: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield * body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw new OutcomeError('invalid-request', { diagnostics: 'The body broke off' }, { cause: error })
  }
}

export function isUnread (body: unknown): body is Readable {
  return body instanceof Readable
}

/** Whether much of a body is left that nobody will read: the connection ends with the answer. A little is read and dropped. */
export function isLeftUnread (request: FastifyRequest): boolean {
  if (request.routeOptions.config?.takesRaw !== true || request.raw.complete !== false) return false
  return (lengthOf(request) ?? Infinity) > LITTLE
}

/** What `Content-Length` says. */
export function lengthOf ({ headers }: Pick<FastifyRequest, 'headers'>): number | undefined {
  return headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
}
