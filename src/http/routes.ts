/**
 * The routes, made of the CapabilityStatement: a type and an interaction exist exactly when they are declared there.
 * Each row calls one interaction; its answer goes through `release`.
 */
import type { Readable } from 'node:stream'
import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { toTrace } from '../audit/trace.js'
import type { InteractionCode } from '../audit/event.js'
import { refusal } from '../interaction/answer.js'
import type { Answer } from '../interaction/answer.js'
import { readContent } from '../interaction/content.js'
import type { Context } from '../interaction/context.js'
import { create } from '../interaction/create.js'
import { remove } from '../interaction/delete.js'
import { deposit } from '../interaction/deposit.js'
import type { Deposit } from '../interaction/deposit.js'
import { OF_ALL, history, systemHistory, typeHistory } from '../interaction/history.js'
import { read } from '../interaction/read.js'
import { search } from '../interaction/search.js'
import type { Sight } from '../interaction/sight.js'
import { update } from '../interaction/update.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { release, releaseError, releasePublic } from '../release/release.js'
import type { ReleasePorts } from '../release/release.js'
import { EmergencyRefused } from '../security/principal.js'
import type { Principal } from '../security/principal.js'
import { isUnchanged, needJson, readPrefer, readTags } from './header.js'
import { bytesOf, isUnread, lengthOf } from './raw.js'
import { send } from './server.js'

export interface RoutePorts {
  readonly context: Context
  readonly release: ReleasePorts
  readonly statement: CapabilityStatement
  readonly authenticate: (header: string | undefined, now: number) => Promise<Principal>
  readonly sightOf: (principal: Principal, now: number) => Promise<Sight>
  readonly isReady: () => Promise<boolean>
}

interface Params { id: string, version: string }
type Handle = (context: Context, sight: Sight, request: FastifyRequest) => Promise<Answer>
interface Row { readonly method: HTTPMethods, readonly path: string, readonly interaction: InteractionCode, readonly handle: Handle }

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** How often a write begins anew that others overtake. */
const MOST_ATTEMPTS = 8
const ID = /^[A-Za-z0-9\-.]{1,64}$/

/** The rows of each interaction code, on a type. @throws Error at start for a code that is not built */
function rowsOf (type: string, code: string): readonly Row[] {
  const row = (method: HTTPMethods, path: string, interaction: InteractionCode, handle: Handle): Row => ({ method, path, interaction, handle })
  switch (code) {
    case 'read': return [row('GET', `/${type}/:id`, 'read', async (context, sight, request) => type === 'Binary'
      ? await readContent(context, { sight, id: idOf(request), ...wanted(request) })
      : await read(context, { sight, type, id: idOf(request) }))]
    case 'vread': return [row('GET', `/${type}/:id/_history/:version`, 'vread', async (context, sight, request) => {
      const { version } = request.params as Params
      return type === 'Binary'
        ? await readContent(context, { sight, id: idOf(request), version, ...wanted(request) })
        : await read(context, { sight, type, id: idOf(request), version })
    })]
    case 'history-instance': return [row('GET', `/${type}/:id/_history`, 'history-instance', async (context, sight, request) =>
      await history(context, { sight, type, id: idOf(request), parameters: query(request) }))]
    case 'history-type': return [row('GET', `/${type}/_history`, 'history-type', async (context, sight, request) =>
      await typeHistory(context, { sight, type, parameters: query(request) }))]
    case 'create': return [row('POST', `/${type}`, 'create', async (context, sight, request) => type === 'Binary' && isUnread(request.body)
      ? await deposit(context, { sight, ...raw(request, request.body) })
      : await create(context, { sight, type, resource: bodyOf(request), prefer: readPrefer(request.headers).prefer }))]
    case 'update': return [row('PUT', `/${type}/:id`, 'update', async (context, sight, request) =>
      await update(context, { sight, type, id: idOf(request), resource: bodyOf(request), prefer: readPrefer(request.headers).prefer, ...ifMatch(request) }))]
    case 'delete': return [row('DELETE', `/${type}/:id`, 'delete', async (context, sight, request) =>
      await remove(context, { sight, type, id: idOf(request), ...ifMatch(request) }))]
    case 'search-type': return [
      row('GET', `/${type}`, 'search-type', async (context, sight, request) =>
        await search(context, { sight, type, parameters: query(request), lenient: readPrefer(request.headers).lenient })),
      row('POST', `/${type}/_search`, 'search-type', async (context, sight, request) =>
        await search(context, { sight, type, parameters: [...query(request), ...form(request)], lenient: readPrefer(request.headers).lenient }))
    ]
    default: throw new Error(`capability-statement.json declares ${type} ${code}, which is not built`)
  }
}

/** The rows of each interaction code on the whole server. @throws Error at start for a code that is not built */
function systemRowsOf (code: string, resources: readonly CapabilityStatementRestResource[]): readonly Row[] {
  switch (code) {
    case 'history-system': {
      const types = resources.filter(({ interaction = [] }) => interaction.some(({ code }) => code === 'history-type')).map(({ type }) => type)
      return [{
        method: 'GET',
        path: '/_history',
        interaction: 'history-system',
        handle: async (context, sight, request) => await systemHistory(context, { sight, types, parameters: query(request) })
      }]
    }
    default: throw new Error(`capability-statement.json declares ${code}, which is not built`)
  }
}

/** Adds every declared route, the public ones, and what answers everything else. */
export function addRoutes (server: FastifyInstance, ports: RoutePorts): void {
  const base = new URL(ports.context.base).pathname.replace(/\/+$/, '')
  const metadata = JSON.stringify({ ...ports.statement, implementation: { ...ports.statement.implementation, url: ports.context.base } })
  server.get('/livez', async (_request, reply) => await send(reply, releasePublic('{"status":"alive"}')))
  server.get('/readyz', async (_request, reply) => await send(reply,
    await ports.isReady() ? releasePublic('{"status":"ready"}') : releaseError(new OutcomeError('store-unavailable'))))
  server.get(`${base}/metadata`, async (request, reply) => {
    needJson(request.headers, formatOf(request))
    return await send(reply, releasePublic(metadata))
  })
  const { resource: resources = [], interaction = [] } = ports.statement.rest?.[0] ?? {}
  for (const { type, interaction = [] } of resources) addRows(server, base, type, interaction.flatMap(({ code = '' }) => rowsOf(type, code)), ports)
  addRows(server, base, OF_ALL, interaction.flatMap(({ code = '' }) => systemRowsOf(code, resources)), ports)
  server.setNotFoundHandler(async (request, reply) => {
    // Who is not known learns nothing of which addresses exist.
    await ports.authenticate(request.headers.authorization, request.instant)
    return await send(reply, releaseError(new OutcomeError('unknown-url')))
  })
}

/** @param type what an access by one of these rows is traced as */
function addRows (server: FastifyInstance, base: string, type: string, rows: readonly Row[], ports: RoutePorts): void {
  for (const path of new Set(rows.map(row => row.path))) {
    const list = rows.filter(row => row.path === path)
    for (const row of list) {
      server.route({
        method: row.method,
        url: base + path,
        config: { takesRaw: type === 'Binary' && row.interaction === 'create' },
        onRequest: async request => { await authenticate(request, ports, type, row.interaction) },
        handler: async (request, reply) => await answer(request, reply, type, row, ports)
      })
    }
    const allowed = list.flatMap(({ method }) => method === 'GET' ? ['GET', 'HEAD'] : [method])
    server.route({
      method: METHODS.filter(method => !allowed.includes(method)),
      url: base + path,
      onRequest: async request => {
        request.principal = await ports.authenticate(request.headers.authorization, request.instant)
        throw new OutcomeError('method', [], { headers: { allow: allowed.join(', ') } })
      },
      handler: async () => {}
    })
  }
}

/** An emergency that is declared in part is refused before any record is touched, and told to the holder whom it names. */
async function authenticate (request: FastifyRequest, ports: RoutePorts, type: string, interaction: InteractionCode): Promise<void> {
  try {
    request.principal = await ports.authenticate(request.headers.authorization, request.instant)
  } catch (error) {
    if (error instanceof EmergencyRefused) {
      const sight = await ports.sightOf(error.principal, request.instant)
      const access = { interaction, type, patient: sight.caller.patient ?? null, decision: { permit: false, rule: 0, choices: [] }, outcome: '4' } as const
      await ports.context.store.append([toTrace(access, sight.caller, ports.context)])
    }
    throw error
  }
}

async function answer (request: FastifyRequest, reply: FastifyReply, type: string, row: Row, ports: RoutePorts): Promise<FastifyReply> {
  const { principal, instant } = request
  if (principal === null) throw new OutcomeError('unauthenticated')
  if (type !== 'Binary' || row.method !== 'GET') needJson(request.headers, formatOf(request))
  const released = await release(await attempt(), ports.release)
  const isRead = row.method === 'GET' && (released.status === 200 || released.status === 206)
  if (isRead && isUnchanged(request.headers, released.headers)) {
    reply.released = released
    return await reply.code(304).headers({ ...released.headers }).removeHeader('content-type').removeHeader('content-length').removeHeader('content-range').send()
  }
  return await send(reply, released)

  /** What an interaction refuses is traced like what it answers. A write that another one overtook begins anew. */
  async function attempt (left = MOST_ATTEMPTS): Promise<Answer> {
    const sight = await ports.sightOf(principal as Principal, instant)
    try {
      return await row.handle(ports.context, sight, request)
    } catch (error) {
      if (error instanceof OutcomeError && error.kind === 'contention' && left > 1) return await attempt(left - 1)
      if (!(error instanceof OutcomeError) || error.status >= 500) throw error
      return refusal(sight, error, [{ interaction: row.interaction, type, patient: sight.caller.patient ?? null, outcome: '4' }])
    }
  }
}

function idOf (request: FastifyRequest): string {
  const { id } = request.params as Params
  if (!ID.test(id)) throw new OutcomeError('absent')
  return id
}

function bodyOf (request: FastifyRequest): unknown {
  if (request.body === undefined || request.body === null) throw new OutcomeError('unparsable', { diagnostics: 'The body is empty' })
  if (request.body instanceof URLSearchParams) throw new OutcomeError('unsupported-media')
  return request.body
}

/** What a read of a content asks for. */
function wanted ({ headers }: FastifyRequest) {
  return { accept: headers.accept ?? '', range: headers.range, ifRange: headers['if-range'] as string | undefined }
}

function raw (request: FastifyRequest, body: Readable): Omit<Deposit, 'sight'> {
  return {
    contentType: request.headers['content-type'] ?? '',
    securityContext: request.headers['x-security-context'] as string | undefined,
    length: lengthOf(request),
    once: async take => await (request.upload ??= take(bytesOf(body))),
    prefer: readPrefer(request.headers).prefer
  }
}

function ifMatch (request: FastifyRequest): { readonly ifMatch?: readonly string[] } {
  const tags = readTags(request.headers['if-match'])
  return tags === undefined ? {} : { ifMatch: tags }
}

function query (request: FastifyRequest): readonly (readonly [string, string])[] {
  const url = request.raw.url ?? ''
  const start = url.indexOf('?')
  return start < 0 ? [] : [...new URLSearchParams(url.slice(start + 1))]
}

function form (request: FastifyRequest): readonly (readonly [string, string])[] {
  if (request.body === undefined || request.body === null) return []
  if (!(request.body instanceof URLSearchParams)) throw new OutcomeError('unsupported-media', { diagnostics: 'A search by POST is application/x-www-form-urlencoded', expression: 'Content-Type' })
  return [...request.body]
}

function formatOf (request: FastifyRequest): string | null {
  return query(request).find(([name]) => name === '_format')?.[1] ?? null
}
