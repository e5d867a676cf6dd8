/**
 * R4 history (http.html#history) of one resource, one type, or all, newest first: the versions that are visible when
 * each is judged by what the rules read of it, under the labels of the current one, and the current one is visible too.
 * What was deleted is not read any more: the history of one resource is gone, the others hold none of its versions.
 */
import { OF_RECORD } from '../audit/event.js'
import type { Access } from '../audit/event.js'
import { familyOf, isTelling } from '../consent/family.js'
import { all, and, exists, none, not } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { PAGE, queryOf } from '../search/page.js'
import { allows } from '../security/scope.js'
import { versionHeaders } from './answer.js'
import type { Answer, Body, Link } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { readHistoryParameters } from './history-parameters.js'
import type { HistoryParameters } from './history-parameters.js'
import { CURRENT_FACTS, absent, access, refuse } from './read.js'
import { decided } from './search.js'
import type { Sight } from './sight.js'
import type { HistoryPage, HistoryQuery, Judged } from './store.js'

type Parameters = readonly (readonly [name: string, value: string])[]
export interface InstanceHistory extends Asking { readonly type: string, readonly id: string, readonly parameters: Parameters }
export interface TypeHistory extends Asking { readonly type: string, readonly parameters: Parameters }
export interface SystemHistory extends Asking { readonly types: readonly string[], readonly parameters: Parameters }

/** More versions than this are not counted. */
const COUNT_TO = 10_000
/** The type under which an access to all types is traced. */
export const OF_ALL = 'Patient'

/** history-instance: refused like a read where there is nothing to see. */
export async function history (context: Context, { sight, type, id, parameters }: InstanceHistory): Promise<Answer> {
  needScope({ sight }, type, 'r')
  const path = `${type}/${id}/_history`
  const read = readHistoryParameters(context, sight, { path, type }, parameters)
  const current = await context.store.read(type, id)
  const refused = await refuse(context, { sight, type, id }, 'history-instance', current)
  if (refused !== undefined || current === undefined) return refused ?? absent(sight, type, 'history-instance')
  // What this one tells of was judged with it.
  const filter = await sight.among(type, current.patient === null ? [] : [current.patient])
  const body = await pageOf(context, { sight, path, parameters }, read, { types: [{ type, filter }], id })
  return { status: 200, headers: versionHeaders(current), body, sight, accesses: [access(sight, type, 'history-instance', current, '0')] }
}

/** history-type: on the terms of a search on the type without a patient. SMART counts it as a search. */
export async function typeHistory (context: Context, { sight, type, parameters }: TypeHistory): Promise<Answer> {
  needScope({ sight }, type, 's')
  return await allOf(context, { sight, type, path: `${type}/_history`, parameters }, [type])
}

/** history-system: the history of each type that the scopes reach. @param types those that declare history-type */
export async function systemHistory (context: Context, { sight, types, parameters }: SystemHistory): Promise<Answer> {
  const within = types.filter(type => allows(sight.caller.principal.scopes, type, 's'))
  if (within.length === 0) throw new OutcomeError('scope-insufficient')
  return await allOf(context, { sight, path: '_history', parameters }, within)
}

interface Place extends Asking { readonly path: string, readonly parameters: Parameters, readonly type?: string }

/**
 * Nobody judges here what messages tell of: notifications are left out; nor whose accounts are open, of what the operator was
 * asked: they find nothing.
 */
function unjudged ({ caller: { principal } }: Sight, type: string): Filter {
  if (!isTelling(type)) return all
  return principal.kind === 'operator' ? none : not(exists('facts.told'))
}

async function allOf (context: Context, place: Place, names: readonly string[]): Promise<Answer> {
  const { sight } = place
  const read = readHistoryParameters(context, sight, place, place.parameters)
  const types = await Promise.all(names.map(async type => ({ type, filter: and(await sight.anywhere(type), unjudged(sight, type)) })))
  const body = await pageOf(context, place, read, { types })
  return { status: 200, headers: {}, body, sight, accesses: accesses(place, names, read, body.entries) }
}

type HistoryBody = Extract<Body, { kind: 'history' }>

async function pageOf (context: Context, { sight, path, parameters }: Place, read: HistoryParameters, what: Pick<HistoryQuery, 'types' | 'id'>): Promise<HistoryBody> {
  const { count, repeated, shape, ...when } = read
  const { entries, total } = await context.store.history({ ...what, ...when, currentFacts: CURRENT_FACTS, limit: count + 1, countTo: COUNT_TO })
  const page = entries.slice(0, count)
  // A record that was not asked for by name: its choices are read now, and one that came since is heeded.
  const fresh = new Set(page.flatMap(({ version: { patient } }) => patient === null || sight.situation(patient) !== undefined ? [] : patient))
  await sight.enter([...fresh])
  const links: Link[] = [{ relation: 'self', url: link(context, path, parameters) }]
  const last = page.at(-1)?.version
  if (entries.length > count && last !== undefined) {
    const { principal, now } = sight.caller
    const after = [last.at, last.type, last.id]
    links.push({ relation: 'next', url: link(context, path, [[PAGE, context.pages.write({ path, parameters: repeated, lenient: false, after }, principal.subject, now)]]) })
  }
  const shown = page.filter(({ version, current }) => !fresh.has(version.patient ?? '') || (sight.decide(version).permit && sight.decide(current).permit))
  return { kind: 'history', ...total === undefined ? {} : { total }, links, entries: shown, ...shape === undefined ? {} : { shape } }
}

/**
 * One trace for each record of which something was disclosed, and for the record that the token names: how many there are
 * must not tell of a type that is hidden from their reader.
 */
function accesses ({ sight, type: only }: Place, names: readonly string[], { repeated }: HistoryParameters, entries: HistoryPage['entries']): readonly Access[] {
  const type = only ?? (names.some(name => familyOf(name) === 'record') ? OF_RECORD : OF_ALL)
  const common = { interaction: only === undefined ? 'history-system' : 'history-type', type, outcome: '0' } as const
  const bound = sight.caller.patient
  const groups = new Map<string, Map<string, Judged>>()
  if (bound !== undefined) groups.set(bound, new Map())
  for (const { version } of entries) {
    const { type, id, patient } = version
    if (patient === null) continue
    groups.set(patient, (groups.get(patient) ?? new Map<string, Judged>()).set(`${type}/${id}`, version))
  }
  const query = queryOf(repeated)
  if (groups.size === 0) return [{ ...common, patient: null, query }]
  return [...groups].map(([patient, disclosed]) => ({
    ...common,
    patient,
    disclosed: [...disclosed.keys()],
    ...decided(sight, patient, [...disclosed.values()]),
    isNamed: patient === bound,
    query
  }))
}

function link (context: Context, path: string, parameters: Parameters): string {
  return `${context.base}/${path}${queryOf(parameters)}`
}
