/**
 * The HTTP server: what it bounds, how it reads bodies, how it fails. Only this folder knows Fastify.
 * Order: limits of Node, guard and token (`onRequest`, before a body byte is read), strict parsing, one interaction,
 * `release`, and a last look that refuses to send a FHIR body without its receipt.
 */
import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Upload } from '../interaction/upload.js'
import { parseJson } from '../json/parse.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Kind } from '../outcome/catalogue.js'
import { isReleased, releaseError } from '../release/release.js'
import type { Released } from '../release/release.js'
import type { Principal } from '../security/principal.js'
import { isOfR4, isUnchanged } from './header.js'
import { STREAMED_TIME, addRawBodies, isLeftUnread } from './raw.js'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null
    /** The one instant of the request, ms. */
    instant: number
    /** SHA-256 of the body, where an Idempotency-Key asks for it. */
    digest: string | null
    /** What was received of a body that streams: once, however often the request begins anew. */
    upload: Promise<Upload> | null
    /** What the address asks for, once it was read: `query` of `asked.ts`. */
    pairs: readonly (readonly [name: string, value: string])[] | null
  }
  interface FastifyReply { released: Released | null }
}

const BODY_LIMIT = 15 * 1024 * 1024
const JSON_TYPES = ['application/fhir+json', 'application/json', 'application/json-patch+json']
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'",
  'strict-transport-security': 'max-age=31536000'
}

/** @param authenticate reads the token of a request: `authenticate.ts` @param clock the instant, ms */
export function createServer (
  logger: FastifyBaseLogger, authenticate: (header: string | undefined, now: number) => Promise<Principal>, clock: () => number = Date.now
): FastifyInstance {
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // One logger for all: a child for each request costs more than the line that it writes.
    childLoggerFactory: parent => parent,
    bodyLimit: BODY_LIMIT,
    requestTimeout: STREAMED_TIME,
    connectionTimeout: 60_000,
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024, requireHostHeader: true, insecureHTTPParser: false },
    // Longer than any id: what is too long is refused after authentication, like any other address that is not there.
    routerOptions: { maxParamLength: 8192, caseSensitive: true, ignoreTrailingSlash: false },
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: false,
    frameworkErrors: (error, request, reply) => {
      // No hook runs for these: who is not known learns nothing of addresses here either.
      authenticate(request.headers.authorization, clock()).then(() => error, refused => refused)
        .then(async outcome => await send(reply.headers({ ...HEADERS, 'x-request-id': request.id }), releaseError(toOutcome(outcome))))
        .catch(() => reply.raw.destroy())
    }
  })
  server.decorateRequest('principal', null)
  server.decorateRequest('instant', 0)
  server.decorateRequest('digest', null)
  server.decorateRequest('upload', null)
  server.decorateRequest('pairs', null)
  server.decorateReply('released', null)
  addParsers(server)
  addRawBodies(server)
  server.addHook('onRequest', async (request, reply) => {
    request.instant = clock()
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') throw new OutcomeError('unsupported-media', { diagnostics: 'Bodies are read as they are', expression: 'Content-Encoding' })
    reply.headers(HEADERS)
    reply.header('x-request-id', request.id)
  })
  server.addHook('onSend', async (_request, reply, payload) => {
    // Nothing of a record leaves without a receipt, whoever wrote the route.
    if (!isReleased(reply.released)) throw new OutcomeError('bug')
    return payload
  })
  server.addHook('onResponse', async (request, reply) => {
    request.log.info({ reqId: request.id, method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
  })
  server.setErrorHandler(async (error: unknown, request, reply) => {
    const outcome = toOutcome(error)
    if (outcome.status >= 500) request.log.error({ reqId: request.id, kind: outcome.kind, err: describe(error) }, 'failure')
    return await send(reply, releaseError(outcome))
  })
  return server
}

/** Sends what passed the gate. */
export async function send (reply: FastifyReply, released: Released): Promise<FastifyReply> {
  reply.released = released
  // A HEAD says how long the answer is, and reads nothing of it.
  const isHead = reply.request.method === 'HEAD' && released.payload instanceof Readable
  const payload = isHead ? Readable.from([]) : released.payload
  if (isHead) (released.payload as Readable).destroy()
  if (isLeftUnread(reply.request)) reply.header('connection', 'close')
  return await reply.code(released.status).headers(released.headers).send(payload)
}

/** Sends what a read tells, unless the client has it already (R4 http.html#cread). */
export async function sendOnce (request: FastifyRequest, reply: FastifyReply, released: Released): Promise<FastifyReply> {
  const isRead = ['GET', 'HEAD'].includes(request.method) && (released.status === 200 || released.status === 206)
  if (!isRead || !isUnchanged(request.headers, released.headers)) return await send(reply, released)
  reply.released = released
  return await reply.code(304).headers({ ...released.headers }).removeHeader('content-type').removeHeader('content-length').removeHeader('content-range').send()
}

function addParsers (server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    const charset = /charset\s*=\s*"?([\w-]+)/i.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase()
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw new OutcomeError('unsupported-media', { diagnostics: 'JSON is read as UTF-8', expression: 'Content-Type' })
    if (!isOfR4((request.headers['content-type'] ?? '').toLowerCase().split(';').map(part => part.trim()))) throw new OutcomeError('unsupported-media', { diagnostics: 'This server reads FHIR 4.0', expression: 'Content-Type' })
    if (request.headers['idempotency-key'] !== undefined) request.digest = createHash('sha256').update(body).digest('base64')
    return body.length === 0 ? undefined : parseJson(body)
  })
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: 64 * 1024 },
    async (_request: FastifyRequest, body: string) => new URLSearchParams(body))
}

const FRAMEWORK: Readonly<Record<string, Kind>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-request',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'unparsable',
  FST_ERR_BAD_URL: 'unknown-url',
  FST_ERR_MAX_PARAM_LENGTH: 'unknown-url'
}

/** Any error as one of the catalogue. */
export function toOutcome (error: unknown): OutcomeError {
  if (error instanceof OutcomeError) return error
  const { code, statusCode } = error as Partial<FastifyError>
  const kind = code === undefined ? undefined : FRAMEWORK[code]
  if (kind !== undefined) return new OutcomeError(kind, [], { cause: error })
  return new OutcomeError(statusCode !== undefined && statusCode < 500 ? 'invalid-request' : 'bug', [], { cause: error })
}

/** What a log may hold of an error: kinds, codes and where, never a message, which could quote data. */
function describe (error: unknown): unknown {
  const root = error instanceof OutcomeError ? error.cause ?? error : error
  if (!(root instanceof Error)) return typeof root
  return { name: root.name, code: (root as { code?: unknown }).code, stack: root.stack?.split('\n').slice(1, 8) }
}
