/**
 * What is declared of what is kept, as rows: each address with its method, what an access by it is traced as, and the interaction it calls.
 */
import type { CapabilityStatementRest, CapabilityStatementRestResource } from '@medplum/fhirtypes'
import type { HTTPMethods } from 'fastify'
import type { InteractionCode } from '../audit/event.js'
import type { Answer } from '../interaction/answer.js'
import { batch } from '../interaction/batch.js'
import { readBundle } from '../interaction/bundle.js'
import { checkElsewhere } from '../interaction/bundle-elsewhere.js'
import { checkMigratedEntries } from '../interaction/bundle-migration.js'
import { readContent } from '../interaction/content.js'
import type { Context } from '../interaction/context.js'
import { createUnlessExists, patchMatching, removeMatching, updateMatching } from '../interaction/conditional.js'
import { create } from '../interaction/create.js'
import { DEFINITION_TYPES, conditionalsOf } from '../interaction/declared.js'
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
import { bodyOf, form, idOf, ifMatch, ifNoneExist, patchOf, query, raw, wanted } from './asked.js'
import type { Params, Requested } from './asked.js'
import { entryRoutes } from './entry-routes.js'
import { readPrefer } from './header.js'
import { keyed } from './once.js'
import { operationRows } from './operations.js'
import { isUnread } from './raw.js'

/** @param sightOf another sight of the same request, for what is to be seen afresh */
export type Handle = (context: Context, sight: Sight, request: Requested, sightOf: () => Promise<Sight>) => Promise<Answer>
export interface Row {
  readonly method: HTTPMethods
  readonly path: string
  readonly interaction: InteractionCode
  /** What an access by it is traced as, where that is not the type on which it is declared. */
  readonly type?: string
  readonly handle: Handle
  /** Whether an operation changes nothing. */
  readonly isSafe?: true
  /** Whether it answers CSV to who wants that. */
  readonly hasTable?: true
  /** Whether it answers NDJSON, and for long. */
  readonly isFile?: true
}

/** A row with the type that an access by it is traced as. */
export interface TypedRow extends Row { readonly type: string }

const OF_PATIENT = 'http://hl7.org/fhir/CompartmentDefinition/patient'

/** @throws Error at start for what is declared and not built */
export function declaredRows ({ resource: declared = [], interaction = [], compartment = [] }: Partial<CapabilityStatementRest>, context: Context): readonly TypedRow[] {
  const resources = declared.filter(({ type }) => !DEFINITION_TYPES.includes(type))
  const rows: readonly TypedRow[] = ([
    ...resources.map(resource => {
      const codes = [...(resource.interaction ?? []).map(({ code = '' }) => code), ...conditionalsOf(resource)]
      return [resource.type, [...codes.flatMap(code => rowsOf(resource.type, code)), ...(resource.operation ?? []).flatMap(operation => operationRows(resource.type, operation))]] as const
    }),
    ...systemRows(interaction.map(({ code = '' }) => code), resources, () => rows),
    ...compartmentRows(context, compartment, resources)
  ] as const).flatMap(([type, list]) => list.map(row => ({ type, ...row })))
  return rows
}

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
function systemRows (codes: readonly string[], resources: readonly CapabilityStatementRestResource[], all: () => readonly TypedRow[]): readonly (readonly [type: string, rows: readonly Row[]])[] {
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
      const asks = readBundle(context, bodyOf(request), entryRoutes(all(), request))
      const { type, entries } = asks
      checkMigratedEntries(sight, entries)
      checkElsewhere(asks)
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

type Searching = (context: Context, asking: Pick<Search, 'sight' | 'parameters' | 'lenient'>, request: Requested) => Promise<Answer>

function oneSearched (type: string, compartmentOf?: (request: Requested) => string): Searching {
  return async (context, asking, request) => await search(context, { ...asking, type, ...compartmentOf === undefined ? {} : { compartment: compartmentOf(request) } })
}

function allSearched (resources: readonly CapabilityStatementRestResource[], compartmentOf?: (request: Requested) => string): Searching {
  const types = resources.filter(({ interaction = [] }) => interaction.some(({ code }) => code === 'search-type')).map(({ type }) => type)
  return async (context, asking, request) => await searchAll(context, { ...asking, types, ...compartmentOf === undefined ? {} : { compartment: compartmentOf(request) } })
}

/** A search by GET and by POST; parameters of the address count in both. */
function searchRows (interaction: InteractionCode, path: string, searching: Searching): readonly Row[] {
  const handle = (parameters: (request: Requested) => Search['parameters']): Handle => async (context, sight, request) =>
    await searching(context, { sight, parameters: parameters(request), lenient: readPrefer(request.headers).lenient }, request)
  return [
    { method: 'GET', path, interaction, handle: handle(query) },
    { method: 'POST', path: `${path}/_search`, interaction, handle: handle(request => [...query(request), ...form(request)]) }
  ]
}
