/**
 * R4 search-type (http.html#search). The caller's filter is part of the query in MongoDB, so totals, pages and
 * inclusions count what the caller may see; `release` decides each resource once more.
 */
import type { Access } from '../audit/event.js'
import { RECORD_TYPES } from '../consent/record-type.js'
import { familyOf, hasPatientGround, isShared } from '../consent/family.js'
import { isFindable } from '../consent/situation.js'
import { evaluate } from '../filter/evaluate.js'
import { and, isIn, none, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { extract } from '../search/extract.js'
import type { Resource } from '../search/path.js'
import { PAGE, queryOf } from '../search/page.js'
import type { PageToken } from '../search/page.js'
import { parseSearch } from '../search/parse.js'
import type { SearchRequest } from '../search/request.js'
import type { Answer, Entry, Link, Subset } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { include } from './include.js'
import { current } from './directory.js'
import { valueAt } from './overlay-order.js'
import type { Sight } from './sight.js'
import type { Version } from './store.js'

export interface Search extends Asking {
  readonly type: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly lenient: boolean
}

/** Patients that one search by `_id` or `identifier` may touch. */
const MOST_CANDIDATES = 200

/** Types whose `patient` or `subject` is the patient of the record; a Provenance, say, only points at one. An Appointment has one patient. */
function isByPatient (type: string): boolean {
  return (RECORD_TYPES[type]?.subject ?? null) !== null || ['choice', 'agenda'].includes(familyOf(type))
}

export async function search (context: Context, asking: Search): Promise<Answer> {
  const { sight, type } = asking
  needScope(asking, type, 's')
  const { parameters, lenient, after } = readPage(context, asking)
  const hash = isShared(type) ? null : context.hash
  const request = parseSearch(context.registry, type, parameters, { lenient, base: context.base, hash, isByPatient: isByPatient(type), limits: context.limits })
  const visible = await visibleFilter(context, sight, request)
  const filter = and(request.filter, current, visible)
  const { found, hasMore, counted } = await findPage(context, request, filter, after)
  // A record that was not asked for by name: its choices are read now, and one that came since the search is heeded.
  await sight.enter(found.flatMap(({ patient }) => patient ?? []))
  const page = found.filter(version => isNamed(sight, request) || sight.decide(version).permit)
  const last = page.at(-1)
  const matches = page.map((version): Entry => {
    const subset = subsetOf(context, sight, request, version)
    return subset === undefined ? { version, mode: 'match' } : { version, mode: 'match', subset }
  })
  const included = await include(context, asking, request, matches.filter(({ subset }) => subset === undefined), matches)
  const entries = [...matches, ...included]
  const links: Link[] = [{ relation: 'self', url: url(context, type, request.applied) }]
  if (hasMore && last !== undefined) links.push({ relation: 'next', url: nextLink(context, asking, request, last) })
  const total = await countAll(context, request, filter, counted)
  return {
    status: 200,
    headers: {},
    body: {
      kind: 'searchset',
      ...total === undefined ? {} : { total },
      links,
      entries: request.isCount ? [] : entries,
      ...request.shape === undefined ? {} : { shape: request.shape },
      ignored: request.ignored
    },
    sight,
    accesses: accesses(context, sight, request, entries)
  }
}

interface Page { readonly found: readonly Version[], readonly hasMore: boolean, readonly counted?: number }

/** A page, and whether another one follows; the first page mostly knows the total too. */
async function findPage (context: Context, request: SearchRequest, filter: Filter, after: PageToken['after'] | undefined): Promise<Page> {
  const { type, sort, count, isCount } = request
  if (count === 0 || filter === none || isCount) return { found: [], hasMore: false }
  if (after !== undefined) {
    const found = await context.store.find({ type, filter, sort, limit: count + 1, after })
    return { found: found.slice(0, count), hasMore: found.length > count }
  }
  const { versions, total, hasMore } = await context.store.firstPage({ type, filter, sort, limit: count })
  return { found: versions, hasMore, ...total === undefined ? {} : { counted: total } }
}

/** A next link says all of its query; whatever stands beside it is refused. A link that is not whole does not exist. */
function readPage (context: Context, { sight, type, parameters, lenient }: Search): Omit<PageToken, 'after' | 'path'> & { after?: PageToken['after'] } {
  const token = parameters.find(([name]) => name === PAGE)?.[1]
  if (token === undefined) return { parameters, lenient }
  const page = context.pages.read(token, sight.caller.principal.subject, sight.caller.now)
  if (page === undefined || page.path !== type || parameters.length > 1) throw new OutcomeError('absent')
  return page
}

/** What of the type this caller may see, as narrowly as the query allows (`design.md` 4). */
export async function visibleFilter (context: Context, sight: Sight, request: SearchRequest): Promise<Filter> {
  const { type, patients } = request
  if (isShared(type)) return await sight.anywhere(type)
  const bound = sight.caller.patient
  if (patients !== null) {
    if (patients.length > MOST_CANDIDATES) throw tooMany()
    return await visibleAmong(sight, request, patients)
  }
  if (bound !== undefined) return await visibleAmong(sight, request, [bound])
  if (request.byId || request.byIdentifier) {
    const candidates = await context.store.distinct(type, and(request.filter, current), 'patient', MOST_CANDIDATES)
    // Too many to ask each: then only those who have a word about the caller, whatever else matches unseen.
    if (candidates.length <= MOST_CANDIDATES) return await visibleAmong(sight, request, candidates)
  }
  return await sight.anywhere(type)
}

async function visibleAmong (sight: Sight, request: SearchRequest, patients: readonly string[]): Promise<Filter> {
  const full = await sight.among(request.type, patients)
  if (request.type !== 'Patient' || !isByIdentifierAlone(request)) return full
  await sight.enter(patients)
  return or(full, isIn('_id', patients.filter(patient => isSubsetted(sight, patient))))
}

function isNamed (sight: Sight, { patients, byId, byIdentifier }: SearchRequest): boolean {
  return patients !== null || byId || byIdentifier || sight.caller.patient !== undefined
}

/** Any other professional or structure finds a patient by `identifier` alone, and sees that and no more. */
function isSubsetted (sight: Sight, patient: string): boolean {
  const { kind, mode } = sight.caller.principal
  if ((kind !== 'professional' && kind !== 'structure') || !isFindable(sight.account(patient))) return false
  if (mode !== 'normal' && sight.caller.patient !== patient) return false
  const situation = sight.situation(patient)
  if (situation?.stands === 'treating') return false
  return situation?.stands !== 'professional' || !hasPatientGround(situation)
}

const HOW_TO_ANSWER: readonly string[] = ['_format', '_pretty', '_count', '_total', '_summary', '_elements', '_include', '_revinclude']

function isByIdentifierAlone (request: SearchRequest): boolean {
  const names = request.applied.map(([name]) => name).filter(name => !HOW_TO_ANSWER.includes(name))
  return request.byIdentifier && names.length === 1 && names[0] === 'identifier'
}

/** The one identifier that was asked for, of a patient whom the caller finds by nothing else. */
function subsetOf (context: Context, sight: Sight, request: SearchRequest, version: Version): Subset | undefined {
  if (version.type !== 'Patient' || sight.decide(version).permit) return undefined
  const { identifier = [] } = JSON.parse(version.text) as { identifier?: readonly { system?: string, value?: string }[] }
  const shown = identifier.find(one =>
    evaluate(request.filter, { ...extract(context.registry, { resourceType: 'Patient', identifier: [one] } as Resource, context.hash) }))
  const account = sight.account(version.id)
  return { system: shown?.system ?? '', value: shown?.value ?? '', isActive: account === 'open' || account === 'active' }
}

async function countAll (context: Context, request: SearchRequest, filter: Filter, known: number | undefined): Promise<number | undefined> {
  if (request.total === 'none') return undefined
  if (known !== undefined) return known
  return filter === none ? 0 : await context.store.count(request.type, filter)
}

function url (context: Context, type: string, parameters: readonly (readonly [string, string])[]): string {
  return `${context.base}/${type}${queryOf(parameters)}`
}

function nextLink (context: Context, { sight, lenient }: Search, { type, applied, sort }: SearchRequest, last: Version): string {
  const values = sort.map(key => valueAt(last, key))
  const after = sort.some(({ field }) => field === '_id') ? values : [...values, last.id]
  const token = context.pages.write({ path: type, parameters: applied, lenient, after }, sight.caller.principal.subject, sight.caller.now)
  return url(context, type, [[PAGE, token]])
}

/**
 * One trace for each patient concerned: those whom the query names and exist, and those of whom something was
 * disclosed; one that names nobody where there is none. The query is kept where it concerns one patient only.
 */
export function accesses (context: Context, sight: Sight, request: SearchRequest, entries: readonly Entry[]): readonly Access[] {
  const { type } = request
  const disclosed = entries.map(({ version }) => version).filter(({ patient }) => patient !== null)
  const named = (request.patients ?? []).filter(patient => sight.account(patient) !== 'none')
  const bound = request.patients === null && sight.caller.patient !== undefined ? [sight.caller.patient] : []
  const patients = [...new Set([...named, ...bound, ...disclosed.map(({ patient }) => patient)])].filter(patient => patient !== null)
  const query = traced(context, request)
  const common = { interaction: 'search-type', type, outcome: '0' } as const
  if (patients.length === 0) return [{ ...common, patient: null, query }]
  const isAlone = patients.length === 1 && (request.patients?.length ?? 1) <= 1
  return patients.map(patient => {
    const shown = disclosed.filter(version => version.patient === patient)
    const decision = patientDecision(sight, patient, shown.length > 0)
    return {
      ...common,
      patient,
      disclosed: shown.filter(({ type }) => type !== 'AuditEvent').map(({ type, id }) => `${type}/${id}`),
      decision,
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
    const isNaming = parameter !== undefined && (parameter.field === '_id' || parameter.isFound || parameter.type === 'uri' ||
      (parameter.type === 'reference' && !['patient', 'subject'].includes(code)))
    return [name, isNaming ? '…' : value]
  }))
}

/** The outcome of rules 1 to 10 for the whole record. */
export function patientDecision (sight: Sight, patient: string, isDisclosed: boolean) {
  const situation = sight.situation(patient)
  if (situation === undefined) return { permit: isDisclosed, rule: 0, choices: [] }
  switch (situation.stands) {
    case 'shut': return { permit: isDisclosed, rule: situation.rule, choices: situation.choices }
    case 'holder': return { permit: situation.isOpen, rule: situation.isOpen ? 3 : 1, choices: [] }
    case 'application': return { permit: true, rule: 5, choices: situation.statements.map(({ consent }) => consent) }
    case 'treating': return { permit: true, rule: 7, choices: [situation.choice] }
    case 'structure': return { permit: isDisclosed, rule: 9, choices: [] }
    case 'professional': {
      const choices = situation.grounds.map(({ consent }) => consent)
      return { permit: choices.length > 0 || isDisclosed, rule: choices.length > 0 || !isDisclosed ? 10 : 9, choices }
    }
  }
}

function tooMany (): OutcomeError {
  return new OutcomeError('too-costly', { diagnostics: `One search may concern at most ${MOST_CANDIDATES} patients` })
}
