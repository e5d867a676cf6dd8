/**
 * The routes, made of the CapabilityStatement: a type and an interaction exist exactly when they are declared there.
 * Each row calls one interaction; its answer goes through `release`.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toTrace } from '../audit/trace.js'
import type { InteractionCode } from '../audit/event.js'
import { attempt } from '../interaction/attempt.js'
import type { Context } from '../interaction/context.js'
import type { SightOf } from '../interaction/sight.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { release, releaseError } from '../release/release.js'
import type { Released, ReleasePorts } from '../release/release.js'
import { EmergencyRefused } from '../security/principal.js'
import { formatOf, prettyOf } from './asked.js'
import { inTime } from './deadline.js'
import { needJson, wantsCsv } from './header.js'
import type { Downloads } from './downloads.js'
import { once } from './once.js'
import { depositorOf } from './migration.js'
import { addPublic, refuseOthers } from './public.js'
import type { PublicPorts } from './public.js'
import { isUnread } from './raw.js'
import { declaredRows } from './rows.js'
import type { Row, TypedRow } from './rows.js'
import { send, sendOnce } from './server.js'

export interface RoutePorts extends PublicPorts {
  readonly context: Context
  readonly release: ReleasePorts
  readonly sightOf: SightOf
  /** The keys of the requests that this server works on. */
  readonly underWay: Set<string>
  readonly downloads: Downloads
}

/** Adds every declared route, the public ones, and what answers everything else. */
export function addRoutes (server: FastifyInstance, ports: RoutePorts): void {
  const base = new URL(ports.context.base).pathname.replace(/\/+$/, '')
  const rows = declaredRows(ports.statement.rest?.[0] ?? {}, ports.context)
  addPublic(server, base, rows, ports)
  addRows(server, base, rows, ports)
  server.setNotFoundHandler(async (request, reply) => {
    // Who is not known learns nothing of which addresses exist.
    await ports.authenticate(request.headers.authorization, request.instant)
    return await send(reply, releaseError(new OutcomeError('unknown-url')))
  })
}

function addRows (server: FastifyInstance, base: string, rows: readonly TypedRow[], ports: RoutePorts): void {
  for (const path of new Set(rows.map(row => row.path))) {
    const list = rows.filter(row => row.path === path)
    const allowed = list.flatMap(({ method }) => method === 'GET' ? ['GET', 'HEAD'] : [method])
    for (const url of addressesOf(base, path)) {
      for (const row of list) {
        server.route({
          method: row.method,
          url,
          config: { takesRaw: row.type === 'Binary' && row.interaction === 'create' },
          onRequest: async request => { await authenticate(request, ports, row.type, row.interaction) },
          handler: async (request, reply) => await answer(request, reply, row.type, row, ports)
        })
      }
      refuseOthers(server, url, allowed, ports)
    }
  }
}

/** Clients of the whole server put a slash behind the base, or do not. */
function addressesOf (base: string, path: string): readonly string[] {
  return path === '' ? [...new Set([base, `${base}/`])].filter(url => url !== '') : [base + path]
}

/** An emergency that is declared in part is refused before any record is touched, and told to the holder whom it names. */
async function authenticate (request: FastifyRequest, ports: RoutePorts, type: string, interaction: InteractionCode): Promise<void> {
  try {
    request.principal = await ports.authenticate(request.headers.authorization, request.instant)
  } catch (error) {
    if (error instanceof EmergencyRefused) {
      const sight = await ports.sightOf(error.principal, request.instant)
      const access = { interaction, type, patient: sight.caller.patient ?? null, decision: { permit: false, rule: 0, choices: [] }, outcome: '4' } as const
      await ports.context.store.append([toTrace(access, sight.caller, ports.context)], [sight.election])
    }
    throw error
  }
}

async function answer (request: FastifyRequest, reply: FastifyReply, type: string, row: Row, ports: RoutePorts): Promise<FastifyReply> {
  const make = async () => {
    const work = released(request, type, row, ports)
    // What streams has a time of its own.
    return isUnread(request.body) ? await work : await inTime({ isRead: row.method === 'GET' || row.isSafe === true || row.interaction.startsWith('search-'), body: request.body }, work, drop)
  }
  const made = row.isFile === true ? await ports.downloads(request.principal?.subject ?? '', make) : await make()
  return await sendOnce(request, reply, made)
}

function drop ({ payload }: Released): void {
  if (payload instanceof Readable) payload.destroy()
}

async function released (request: FastifyRequest, type: string, row: Row, ports: RoutePorts): Promise<Released> {
  const { instant } = request
  const principal = await depositorOf(ports.context, request, row.interaction)
  const isOther = row.isFile === true || (type === 'Binary' && row.method === 'GET') || (row.hasTable === true && wantsCsv(request.headers, formatOf(request)))
  if (!isOther) needJson(request.headers, formatOf(request))
  const sightOf = async () => await ports.sightOf(principal, instant)
  const isPretty = prettyOf(request)
  return await release(await once(request, ports.underWay, async () =>
    await attempt(sightOf, { interaction: row.interaction, type }, async sight => await row.handle(ports.context, sight, request, sightOf))), ports.release, { isPretty })
}
