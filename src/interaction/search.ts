/**
 * R4 search-type (http.html#search). The caller's filter is part of the query in MongoDB, so totals, pages and
 * inclusions count what the caller may see; `release` decides each resource once more.
 */
import type { Access } from '../audit/event.js'
import { isNotification, isOwned, isShared, isTelling } from '../consent/family.js'
import { consentsOf } from '../consent/statement.js'
import { evaluate } from '../filter/evaluate.js'
import { all, and } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { extract } from '../search/extract.js'
import type { Resource } from '../search/path.js'
import { queryOf } from '../search/page.js'
import type { Include, SearchRequest } from '../search/request.js'
import { isResultParameter } from '../search/result.js'
import type { Answer, Entry, Link, Subset } from './answer.js'
import { inCompartment } from './compartment.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { namedBy } from './hidden.js'
import { landed } from './hop.js'
import type { Landed } from './hop.js'
import { include } from './include.js'
import { current } from './directory.js'
import { findPage, linksOf, readPlace, turnOfRecord } from './page-link.js'
import { readQuery } from './query-terms.js'
import { inTime } from './search-time.js'
import type { Sight } from './sight.js'
import type { Judged, Kept } from './store.js'
import { visibleFilter } from './visible.js'

export interface Search extends Asking {
  readonly type: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly lenient: boolean
  /** Only what is in the compartment of this patient (R4 compartmentdefinition-patient.html). */
  readonly compartment?: string
  readonly wording?: Wording
}

/** An operation that is a search in other words: its name, its address, and what its parameters say as those of a search. */
export interface Wording {
  readonly name: string
  readonly path: string
  /** @throws OutcomeError for parameters that say nothing there */
  readonly words: (given: Search['parameters']) => Worded
}

export interface Worded {
  readonly parameters: Search['parameters']
  /** What parameters of a search cannot say. */
  readonly filter?: Filter
  /** Of a search over several types, those that are asked. */
  readonly types?: readonly string[]
  readonly includes?: readonly Include[]
}

/** One type of a search, understood: its filter holds what the client asks and what the caller may see. */
export interface Prepared { readonly request: Landed, readonly filter: Filter }

export async function search (whole: Context, asking: Search): Promise<Answer> {
  const context = inTime(whole)
  const { sight, type, compartment, wording } = asking
  needScope(asking, type, 's')
  const path = wording?.path ?? (compartment === undefined ? type : `Patient/${compartment}/${type}`)
  const place = readPlace(context, asking, path, asking.parameters, asking.lenient)
  const { parameters, filter: beside = all }: Worded = wording?.words(place.parameters) ?? place
  const read = readQuery(context, type, parameters, place.lenient, sight.caller.now)
  const prepared = await prepare(context, asking, { ...read, filter: and(read.filter, beside) }, compartment)
  const { request, filter } = prepared
  const page = await findPage(context, sight, request, filter, place)
  const matches = await shown(context, sight, [prepared], page.found)
  const entries = [...matches, ...await include(context, asking, request, matches)]
  const total = request.total === 'none' ? undefined : page.counted ?? await counted(context, sight, request, filter)
  const links = linksOf(context, asking, path, wording === undefined ? request : { ...request, applied: place.parameters }, { ...page, lenient: place.lenient, link: place.link })
  return searchset(sight, request, { links, entries, total, accesses: tracedAs(wording, accesses(context, sight, request, entries)) })
}

/** The accesses of a search, or of the operation that it is. */
export function tracedAs (wording: Pick<Wording, 'name'> | undefined, accesses: readonly Access[]): readonly Access[] {
  if (wording === undefined) return accesses
  return accesses.map(({ query, ...access }): Access => ({ ...access, interaction: 'operation', ...query === undefined ? {} : { query: query.replace(/^[^?]*/, wording.name) } }))
}

/**
 * Accurate, or none: who asks beyond one record for no total in particular waits for no long count. In records it is the
 * choices of each that would be counted under; there it is told where the page holds all.
 */
export async function counted ({ store, limits }: Context, sight: Sight, request: Landed, filter: Filter): Promise<number | undefined> {
  const { type, patients, total, isCount, count } = request
  if (patients !== null || sight.caller.patient !== undefined || total !== undefined || isCount || count === 0) return await store.count(type, filter, turnOfRecord(sight, request))
  if (!isShared(type) && type !== 'Patient') return undefined
  const found = await store.count(type, filter, undefined, limits.total)
  return found > limits.total ? undefined : found
}

export async function prepare (context: Context, asking: Asking, read: SearchRequest, compartment?: string): Promise<Prepared> {
  const request = await landed(context, asking, compartment === undefined ? read : inCompartment(context, read, compartment))
  return { request, filter: and(request.filter, current, await visibleFilter(context, asking.sight, request)) }
}

/** The entries of what was found, each as much of it as this caller sees. */
export async function shown (context: Context, sight: Sight, prepared: readonly Prepared[], found: readonly Kept[]): Promise<readonly Entry[]> {
  // A record that was not asked for by name: its choices are read now, and one that came since the search is heeded.
  await sight.enter(found.flatMap(({ patient }) => patient ?? []))
  const entries = await Promise.all(found.map(async (version): Promise<readonly Entry[]> => {
    const request = prepared.find(each => each.request.type === version.type)?.request
    if (request === undefined || !(isNamed(sight, request) || sight.decide(version).permit)) return []
    const subset = await subsetOf(context, sight, request, version)
    return [subset === undefined ? { version, mode: 'match' } : { version, mode: 'match', subset }]
  }))
  return entries.flat()
}

interface Found extends Pick<Answer, 'accesses'> { readonly links: readonly Link[], readonly entries: readonly Entry[], readonly total: number | undefined }

/** The Bundle of a search. */
export function searchset (sight: Sight, { isCount, shape, ignored }: SearchRequest, { links, entries, total, accesses }: Found): Answer {
  const body = { kind: 'searchset', ...total === undefined ? {} : { total }, links, entries: isCount ? [] : entries, ...shape === undefined ? {} : { shape }, ignored } as const
  return { status: 200, headers: {}, body, sight, accesses }
}

function isNamed (sight: Sight, { patients, byId, byIdentifier }: SearchRequest): boolean {
  return patients !== null || byId || byIdentifier || sight.caller.patient !== undefined
}

/** The one identifier that was asked for, of a patient whom the caller finds by nothing else. */
async function subsetOf (context: Context, sight: Sight, request: SearchRequest, version: Kept): Promise<Subset | undefined> {
  if (version.type !== 'Patient' || sight.decide(version).permit) return undefined
  const { identifier = [] } = JSON.parse((await context.store.opened(version))?.text ?? '{}') as { identifier?: readonly { system?: string, value?: string }[] }
  const shown = identifier.find(one =>
    evaluate(request.filter, { ...extract(context.registry, { resourceType: 'Patient', identifier: [one] } as Resource, context.hash) }))
  const account = sight.account(version.id)
  return { system: shown?.system ?? '', value: shown?.value ?? '', isActive: account === 'open' || account === 'active' }
}

/**
 * One trace for each patient concerned: those whom the query names and exist, and those of whom something was
 * disclosed; one that names nobody where there is none. The query is kept where it concerns one patient only.
 */
export function accesses (
  context: Context, sight: Sight, request: Landed, entries: readonly { readonly version: Judged }[], interaction: 'search-type' | 'search-system' = 'search-type'
): readonly Access[] {
  const { type } = request
  const disclosed = entries.map(({ version }) => version).filter(({ patient }) => patient !== null)
  const named = [...request.patients ?? [], ...request.concerned].filter(patient => sight.account(patient) !== 'none')
  const bound = request.patients === null && sight.caller.patient !== undefined && !isOwned(type) ? [sight.caller.patient] : []
  const patients = [...new Set([...named, ...bound, ...disclosed.map(({ patient }) => patient)])].filter(patient => patient !== null)
  const query = interaction === 'search-type' ? type + traced(context, request) : traced(context, request)
  const common = { interaction, type, outcome: '0' } as const
  if (patients.length === 0) return [{ ...common, patient: null, query }]
  const isAlone = patients.length === 1 && (request.patients?.length ?? 1) <= 1
  return patients.map(patient => {
    const shown = disclosed.filter(version => version.patient === patient)
    return {
      ...common,
      patient,
      disclosed: shown.filter(version => version.type !== 'AuditEvent' && !isNotification(version)).map(({ type, id }) => `${type}/${id}`),
      ...decided(sight, patient, shown),
      isNamed: named.includes(patient) || bound.includes(patient),
      ...isAlone ? { query } : {}
    }
  })
}

/** The query as it is kept: what names one resource is left out, its reader may not know of that resource. */
function traced (context: Context, { type, applied }: SearchRequest): string {
  return queryOf(applied.map(([name, value]) => {
    const [code = ''] = name.split(':')
    const parameter = context.registry.parameter(type, code)
    // What leads to other resources may name one of them.
    const isLeading = name.includes('.') || (parameter === undefined && !isResultParameter(code))
    const isNaming = isLeading || (parameter !== undefined && (parameter.field === '_id' || parameter.isFound || ['uri', 'composite'].includes(parameter.type) ||
      (parameter.type === 'reference' && !['patient', 'subject'].includes(code))))
    return [name, isNaming ? '…' : value]
  }))
}

/** How an access to a whole record was decided that disclosed something of it, or nothing. */
export function decided (sight: Sight, patient: string, disclosed: readonly Judged[]): Pick<Access, 'decision' | 'rests'> {
  const [decision, otherwise] = [patientDecision(sight, patient, disclosed.length > 0), patientDecision(sight, patient, false)]
  if (decision.permit === otherwise.permit) return { decision }
  // What is no trace or notification is named by itself, and so is one that names nothing.
  const on = disclosed.flatMap(version => {
    const named = isTelling(version.type) ? namedBy(version) : []
    return named.length === 0 ? [`${version.type}/${version.id}`] : named
  })
  return { decision, rests: { on: [...new Set(on)], otherwise } }
}

/** The outcome of rules 1 to 10 for the whole record. */
export function patientDecision (sight: Sight, patient: string, isDisclosed: boolean) {
  const situation = sight.situation(patient)
  if (situation === undefined) return { permit: isDisclosed, rule: 0, choices: [] }
  switch (situation.stands) {
    case 'shut': return { permit: isDisclosed, rule: situation.rule, choices: situation.choices }
    case 'holder': return { permit: situation.isOpen, rule: situation.isOpen ? 3 : 1, choices: [] }
    case 'representative': return { permit: situation.isOpen, rule: situation.isOpen ? 4 : 1, choices: situation.choices }
    case 'application': return { permit: true, rule: 5, choices: consentsOf(situation.statements) }
    case 'treating': return { permit: true, rule: 7, choices: [situation.choice] }
    case 'structure': return { permit: isDisclosed, rule: 9, choices: [] }
    case 'professional': {
      const isGrounded = situation.grounds.length > 0
      return { permit: isGrounded || isDisclosed, rule: isGrounded || !isDisclosed ? 10 : 9, choices: consentsOf(situation.grounds) }
    }
  }
}
