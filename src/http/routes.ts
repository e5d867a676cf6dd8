/**
 * The routes, made of the CapabilityStatement: a type and an interaction exist exactly when they are declared there.
 * Each row calls one interaction; its answer goes through `release`.
 */
import type { CapabilityStatement, CapabilityStatementRestResource } from '@medplum/fhirtypes'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { toTrace } from '../audit/trace.js'
import type { InteractionCode } from '../audit/event.js'
import type { Answer } from '../interaction/answer.js'
import { attempt } from '../interaction/attempt.js'
import { batch } from '../interaction/batch.js'
import { readBundle } from '../interaction/bundle.js'
import { checkMigratedEntries } from '../interaction/bundle-migration.js'
import { readContent } from '../interaction/content.js'
import type { Context } from '../interaction/context.js'
import { createUnlessExists, patchMatching, removeMatching, updateMatching } from '../interaction/conditional.js'
import { create } from '../interaction/create.js'
import { conditionalsOf } from '../interaction/declared.js'
import { remove } from '../interaction/delete.js'
import { deposit } from '../interaction/deposit.js'
import { OF_ALL, history, systemHistory, typeHistory } from '../interaction/history.js'
import { patch } from '../interaction/patch.js'
import { read } from '../interaction/read.js'
import { search } from '../interaction/search.js'
import type { Search } from '../interaction/search.js'
import { searchAll } from '../interaction/search-all.js'
import type { Sight } from '../interaction/sight.js'
import { transaction } from '../interaction/transaction.js'
import { update } from '../interaction/update.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { release, releaseError, releasePublic } from '../release/release.js'
import type { ReleasePorts } from '../release/release.js'
import { EmergencyRefused } from '../security/principal.js'
import type { Principal } from '../security/principal.js'
import { bodyOf, form, formatOf, idOf, ifMatch, ifNoneExist, patchOf, prettyOf, query, raw, wanted } from './asked.js'
import type { Params } from './asked.js'
import { isUnchanged, needJson, readPrefer } from './header.js'
import { keyed, once } from './once.js'
import { depositorOf } from './migration.js'
import { isUnread } from './raw.js'
import { send } from './server.js'

export interface RoutePorts {
  readonly context: Context
  readonly release: ReleasePorts
  readonly statement: CapabilityStatement
  readonly authenticate: (header: string | undefined, now: number) => Promise<Principal>
  readonly sightOf: (principal: Principal, now: number) => Promise<Sight>
  readonly isReady: () => Promise<boolean>
  /** The keys of the requests that this server works on. */
  readonly underWay: Set<string>
}

/** @param sightOf another sight of the same request, for what is to be seen afresh */
type Handle = (context: Context, sight: Sight, request: FastifyRequest, sightOf: () => Promise<Sight>) => Promise<Answer>
interface Row { readonly method: HTTPMethods, readonly path: string, readonly interaction: InteractionCode, readonly handle: Handle }

const OF_PATIENT = 'http://hl7.org/fhir/CompartmentDefinition/patient'
const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The rows of each interaction code, on a type. @throws Error at start for a code that is not built */
function rowsOf (type: string, code: string): readonly Row[] {
  const row = (method: HTTPMethods, path: string, interaction: InteractionCode, handle: Handle): Row => ({ method, path, interaction, handle })
  switch (code) {
    case 'read': return [row('GET', `/${type}/:id`, 'read', async (context, sight, request) => type === 'Binary'
      ? await readContent(context, { sight, id: idOf(request), parameters: query(request), ...wanted(request) })
      : await read(context, { sight, type, id: idOf(request), parameters: query(request) }))]
    case 'vread': return [row('GET', `/${type}/:id/_history/:version`, 'vread', async (context, sight, request) => {
      const { version } = request.params as Params
      return type === 'Binary'
        ? await readContent(context, { sight, id: idOf(request), version, parameters: query(request), ...wanted(request) })
        : await read(context, { sight, type, id: idOf(request), version, parameters: query(request) })
    })]
    case 'history-instance': return [row('GET', `/${type}/:id/_history`, 'history-instance', async (context, sight, request) =>
      await history(context, { sight, type, id: idOf(request), parameters: query(request) }))]
    case 'history-type': return [row('GET', `/${type}/_history`, 'history-type', async (context, sight, request) =>
      await typeHistory(context, { sight, type, parameters: query(request) }))]
    case 'create': return [row('POST', `/${type}`, 'create', async (context, sight, request) => {
      const criteria = ifNoneExist(context, type, request)
      if (type === 'Binary' && isUnread(request.body)) return await deposit(context, { sight, ...raw(request, request.body) })
      const asking = { sight, type, resource: bodyOf(request), prefer: readPrefer(request.headers).prefer, keyed: keyed(context, sight, request) }
      return criteria === undefined ? await create(context, asking) : await createUnlessExists(context, { ...asking, criteria })
    })]
    case 'update': return [row('PUT', `/${type}/:id`, 'update', async (context, sight, request) =>
      await update(context, { sight, type, id: idOf(request), resource: bodyOf(request), prefer: readPrefer(request.headers).prefer, ...ifMatch(request) }))]
    case 'delete': return [row('DELETE', `/${type}/:id`, 'delete', async (context, sight, request) =>
      await remove(context, { sight, type, id: idOf(request), ...ifMatch(request) }))]
    case 'patch': return [row('PATCH', `/${type}/:id`, 'patch', async (context, sight, request) =>
      await patch(context, { sight, type, id: idOf(request), patch: patchOf(request), prefer: readPrefer(request.headers).prefer, ...ifMatch(request) }))]
    case 'conditionalUpdate': return [row('PUT', `/${type}`, 'update', async (context, sight, request) =>
      await updateMatching(context, { sight, type, criteria: query(request), resource: bodyOf(request), prefer: readPrefer(request.headers).prefer, ...ifMatch(request) }))]
    case 'conditionalPatch': return [row('PATCH', `/${type}`, 'patch', async (context, sight, request) =>
      await patchMatching(context, { sight, type, criteria: query(request), patch: patchOf(request), prefer: readPrefer(request.headers).prefer, ...ifMatch(request) }))]
    case 'conditionalDelete': return [row('DELETE', `/${type}`, 'delete', async (context, sight, request) =>
      await removeMatching(context, { sight, type, criteria: query(request), ...ifMatch(request) }))]
    case 'conditionalCreate': return []
    case 'search-type': return searchRows('search-type', `/${type}`, oneSearched(type))
    default: throw new Error(`capability-statement.json declares ${type} ${code}, which is not built`)
  }
}

/**
 * The rows of the interactions on the whole server, by what an access by them is traced as. A Bundle of a type that is
 * not declared is refused.
 * @throws Error at start for a code that is not built
 */
function systemRows (codes: readonly string[], resources: readonly CapabilityStatementRestResource[]): readonly (readonly [type: string, rows: readonly Row[]])[] {
  for (const code of codes) {
    if (!['batch', 'transaction', 'history-system', 'search-system'].includes(code)) throw new Error(`capability-statement.json declares ${code}, which is not built`)
  }
  const types = resources.filter(({ interaction = [] }) => interaction.some(({ code }) => code === 'history-type')).map(({ type }) => type)
  const history: Row = {
    method: 'GET',
    path: '/_history',
    interaction: 'history-system',
    handle: async (context, sight, request) => await systemHistory(context, { sight, types, parameters: query(request) })
  }
  const bundle: Row = {
    method: 'POST',
    path: '',
    interaction: 'transaction',
    handle: async (context, sight, request, sightOf) => {
      const { type, entries } = readBundle(context, bodyOf(request))
      checkMigratedEntries(sight, entries)
      if (!codes.includes(type)) throw new OutcomeError('method', [], { headers: { allow: 'POST' } })
      const { prefer, lenient } = readPrefer(request.headers, 'minimal')
      const asked = { sight, prefer, lenient, keyed: keyed(context, sight, request) }
      return type === 'batch' ? await batch(context, entries, sightOf, asked) : await transaction(context, entries, asked)
    }
  }
  return [
    ['Bundle', codes.includes('batch') || codes.includes('transaction') ? [bundle] : []],
    [OF_ALL, codes.includes('history-system') ? [history] : []],
    [OF_ALL, codes.includes('search-system') ? searchRows('search-system', '', allSearched(resources)) : []]
  ]
}

/**
 * The rows of the compartments that are declared: a search within the compartment of a patient, for each type in it.
 * @throws Error at start for a compartment that is not built
 */
function compartmentRows ({ compartment }: Context, declared: readonly string[], resources: readonly CapabilityStatementRestResource[]): readonly (readonly [type: string, rows: readonly Row[]])[] {
  const other = declared.find(url => url !== OF_PATIENT)
  if (other !== undefined) throw new Error(`capability-statement.json declares the compartment ${other}, which is not built`)
  if (declared.length === 0) return []
  const types = resources.filter(({ type, interaction = [] }) => compartment(type) !== undefined && interaction.some(({ code }) => code === 'search-type')).map(({ type }) => type)
  return [
    ...types.map(type => [type, searchRows('search-type', `/Patient/:id/${type}`, oneSearched(type, idOf))] as const),
    // The address ends with an asterisk; to the router that is an expression.
    [OF_ALL, searchRows('search-system', '/Patient/:id/:all(^\\*$)', allSearched(resources.filter(({ type }) => types.includes(type)), idOf))]
  ]
}

type Searching = (context: Context, asking: Pick<Search, 'sight' | 'parameters' | 'lenient'>, request: FastifyRequest) => Promise<Answer>

function oneSearched (type: string, compartmentOf?: (request: FastifyRequest) => string): Searching {
  return async (context, asking, request) => await search(context, { ...asking, type, ...compartmentOf === undefined ? {} : { compartment: compartmentOf(request) } })
}

function allSearched (resources: readonly CapabilityStatementRestResource[], compartmentOf?: (request: FastifyRequest) => string): Searching {
  const types = resources.filter(({ interaction = [] }) => interaction.some(({ code }) => code === 'search-type')).map(({ type }) => type)
  return async (context, asking, request) => await searchAll(context, { ...asking, types, ...compartmentOf === undefined ? {} : { compartment: compartmentOf(request) } })
}

/** A search by GET and by POST; parameters of the address count in both. */
function searchRows (interaction: InteractionCode, path: string, searching: Searching): readonly Row[] {
  const handle = (parameters: (request: FastifyRequest) => Search['parameters']): Handle => async (context, sight, request) =>
    await searching(context, { sight, parameters: parameters(request), lenient: readPrefer(request.headers).lenient }, request)
  return [
    { method: 'GET', path, interaction, handle: handle(query) },
    { method: 'POST', path: `${path}/_search`, interaction, handle: handle(request => [...query(request), ...form(request)]) }
  ]
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
  const { resource: resources = [], interaction = [], compartment = [] } = ports.statement.rest?.[0] ?? {}
  const rows = [
    ...resources.map(resource => {
      const codes = [...(resource.interaction ?? []).map(({ code = '' }) => code), ...conditionalsOf(resource)]
      return [resource.type, codes.flatMap(code => rowsOf(resource.type, code))] as const
    }),
    ...systemRows(interaction.map(({ code = '' }) => code), resources),
    ...compartmentRows(ports.context, compartment, resources)
  ].flatMap(([type, list]) => list.map(row => ({ ...row, type })))
  addRows(server, base, rows, ports)
  server.setNotFoundHandler(async (request, reply) => {
    // Who is not known learns nothing of which addresses exist.
    await ports.authenticate(request.headers.authorization, request.instant)
    return await send(reply, releaseError(new OutcomeError('unknown-url')))
  })
}

/** @param rows each with the type that an access by it is traced as */
function addRows (server: FastifyInstance, base: string, rows: readonly (Row & { readonly type: string })[], ports: RoutePorts): void {
  for (const path of new Set(rows.map(row => row.path))) {
    const list = rows.filter(row => row.path === path)
    for (const row of list) {
      server.route({
        method: row.method,
        url: base + path === '' ? '/' : base + path,
        config: { takesRaw: row.type === 'Binary' && row.interaction === 'create' },
        onRequest: async request => { await authenticate(request, ports, row.type, row.interaction) },
        handler: async (request, reply) => await answer(request, reply, row.type, row, ports)
      })
    }
    const allowed = list.flatMap(({ method }) => method === 'GET' ? ['GET', 'HEAD'] : [method])
    server.route({
      method: METHODS.filter(method => !allowed.includes(method)),
      url: base + path === '' ? '/' : base + path,
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
  const { instant } = request
  const principal = await depositorOf(ports.context, request, row.interaction)
  if (type !== 'Binary' || row.method !== 'GET') needJson(request.headers, formatOf(request))
  const sightOf = async () => await ports.sightOf(principal, instant)
  const isPretty = prettyOf(request)
  const released = await release(await once(request, ports.underWay, async () =>
    await attempt(sightOf, { interaction: row.interaction, type }, async sight => await row.handle(ports.context, sight, request, sightOf))), ports.release, { isPretty })
  const isRead = row.method === 'GET' && (released.status === 200 || released.status === 206)
  if (isRead && isUnchanged(request.headers, released.headers)) {
    reply.released = released
    return await reply.code(304).headers({ ...released.headers }).removeHeader('content-type').removeHeader('content-length').removeHeader('content-range').send()
  }
  return await send(reply, released)
}
