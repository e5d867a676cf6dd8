/** What is public: whether the server is there, what it declares, and the definitions of its own. Nothing of a record is here. */
import { createHash } from 'node:crypto'
import type { CapabilityStatement } from '@medplum/fhirtypes'
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'
import type { Context } from '../interaction/context.js'
import { DEFINITION_TYPES, conditionalsOf } from '../interaction/declared.js'
import { prettyJson } from '../json/pretty.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { releaseError, releasePublic } from '../release/release.js'
import type { Released } from '../release/release.js'
import type { Principal } from '../security/principal.js'
import { terminologyCapabilities } from '../terminology/capabilities.js'
import { formatOf, idOf, prettyOf, query } from './asked.js'
import { needJson } from './header.js'
import { openApi } from './openapi.js'
import { addOpenApiPage } from './openapi-page.js'
import type { TypedRow } from './rows.js'
import { send, sendOnce } from './server.js'

export interface PublicPorts {
  readonly statement: CapabilityStatement
  readonly context: Pick<Context, 'base' | 'registry'>
  /** The definitions of our own, as JSON, by `Type/id`. */
  readonly definitions: ReadonlyMap<string, string>
  readonly authenticate: (header: string | undefined, now: number) => Promise<Principal>
  readonly isReady: () => Promise<boolean>
}

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** @param rows by which the server answers all else @throws Error at start for a definition that nothing declares, or a declaration of more than to read them */
export function addPublic (server: FastifyInstance, base: string, rows: readonly TypedRow[], ports: PublicPorts): void {
  const { statement, context, isReady } = ports
  const here = { ...statement, implementation: { ...statement.implementation, url: context.base } } as CapabilityStatement
  const metadata = JSON.stringify(here)
  const terminology = JSON.stringify(terminologyCapabilities(here, context.registry.terms))
  server.get('/livez', async (_request, reply) => await send(reply, releasePublic('{"status":"alive"}')))
  server.get('/readyz', async (_request, reply) => await send(reply,
    await isReady() ? releasePublic('{"status":"ready"}') : releaseError(new OutcomeError('store-unavailable'))))
  server.get(`${base}/metadata`, async (request, reply) =>
    await sendOnce(request, reply, shown(query(request).some(([name, value]) => name === 'mode' && value === 'terminology') ? terminology : metadata, request)))
  for (const type of definitionTypes(ports)) {
    server.get(`${base}/${type}/:id`, async (request, reply) => {
      const definition = ports.definitions.get(`${type}/${idOf(request)}`)
      if (definition === undefined) throw new OutcomeError('absent')
      return await sendOnce(request, reply, shown(definition, request))
    })
    refuseOthers(server, `${base}/${type}/:id`, ['GET', 'HEAD'], ports)
  }
  const document = JSON.stringify(openApi(statement, rows, { base: context.base, definitions: ports.definitions }))
  server.get(`${base}/openapi.json`, async (request, reply) => await send(reply, releasePublic(prettyOf(request) ? prettyJson(document) : document, { 'content-type': 'application/json; charset=utf-8' })))
  addOpenApiPage(server, base)
}

function definitionTypes ({ statement, definitions }: PublicPorts): readonly string[] {
  const declared = (statement.rest?.[0]?.resource ?? []).filter(({ type }) => DEFINITION_TYPES.includes(type))
  for (const resource of declared) {
    const more = [...(resource.interaction ?? []).map(({ code }) => code as string), ...conditionalsOf(resource)].find(code => code !== 'read')
    if (more !== undefined) throw new Error(`capability-statement.json declares ${resource.type} ${more}, which is not built`)
  }
  const types = declared.map(({ type }) => type as string)
  const unread = [...definitions.keys()].find(key => !types.includes(key.slice(0, key.indexOf('/'))))
  if (unread !== undefined) throw new Error(`capability-statement.json does not declare how ${unread} is read`)
  return types
}

/** With a tag of its bytes: whoever has them is not sent them again. @throws OutcomeError `not-acceptable`, `invalid-parameter` */
function shown (json: string, request: FastifyRequest): Released {
  needJson(request.headers, formatOf(request))
  return releasePublic(prettyOf(request) ? prettyJson(json) : json, { etag: `W/"${createHash('sha256').update(json).digest('hex').slice(0, 32)}"` })
}

/** Answers the other methods of an address with those that it has, to who is known. */
export function refuseOthers (server: FastifyInstance, path: string, allowed: readonly HTTPMethods[], { authenticate }: Pick<PublicPorts, 'authenticate'>): void {
  server.route({
    method: METHODS.filter(method => !allowed.includes(method)),
    url: path,
    onRequest: async request => {
      request.principal = await authenticate(request.headers.authorization, request.instant)
      throw new OutcomeError('method', [], { headers: { allow: allowed.join(', ') } })
    },
    handler: async () => {}
  })
}
