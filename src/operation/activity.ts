/**
 * `Patient/[id]/$activity`: what was done with a record, for those whose it is (CSP L1111-19): its traces, newest first, by
 * who acted, by whom in particular, and by period. The holder and their representatives ask it; to others it is not
 * there. Which traces they see, and what of each, is what a search of AuditEvent shows them.
 */
import type { Access } from '../audit/event.js'
import { and, compare, isIn } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { intervalOf } from '../filter/interval.js'
import { refusal } from '../interaction/answer.js'
import type { Answer, Link } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import { landed } from '../interaction/hop.js'
import { findPage, linksOf, readPlace } from '../interaction/page-link.js'
import { NOT_THERE, absent, refuse } from '../interaction/read.js'
import { readQuery } from '../interaction/query-terms.js'
import { patientDecision, shown } from '../interaction/search.js'
import { inTime } from '../interaction/search-time.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { invalidParameter, unknownParameters } from '../search/fault.js'
import { queryOf } from '../search/page.js'
import type { PageToken } from '../search/page.js'
import type { ActorKind } from '../security/principal.js'
import { traced } from './why.js'

export interface Activity extends Asking {
  /** The id of the patient. */
  readonly id: string
  readonly parameters: PageToken['parameters']
  /** CSV instead of a Bundle. */
  readonly isTable: boolean
}

const OPERATION = '$activity'
const NAMES: readonly string[] = ['start', 'end', 'by', 'who', '_count', '_page']
const HOW_TO_ANSWER: readonly string[] = ['_format', '_pretty']
const ACTORS: readonly ActorKind[] = ['holder', 'representative', 'professional', 'structure', 'application', 'operator']

/** @throws OutcomeError for parameters that say nothing here; `scope-insufficient` without the scope of a search of AuditEvent */
export async function activity (whole: Context, asking: Activity): Promise<Answer> {
  const context = inTime(whole)
  const { sight, id, isTable } = asking
  needScope(asking, 'AuditEvent', 's')
  const path = `Patient/${id}/${OPERATION}`
  const place = readPlace(context, asking, path, asking.parameters.filter(([name]) => !HOW_TO_ANSWER.includes(name)), false)
  const asked = await read(context, asking, place.parameters)
  const patient = await context.store.read('Patient', id)
  // Whoever does not see the patient walks the way of a read of one who never was.
  const refused = await refuse(context, { sight, type: 'Patient', id }, 'operation', patient)
  if (refused !== undefined || patient === undefined) return traced(refused ?? absent(sight, 'Patient', 'operation'), OPERATION)
  const stands = sight.situation(id)?.stands
  if (stands !== 'holder' && stands !== 'representative') return notTheirs(asking)
  const filter = and(asked.filter, current, asked.actors, asked.period, await sight.among('AuditEvent', [id]))
  const page = await findPage(context, sight, asked.request, filter, place)
  const entries = await shown(context, sight, [{ request: asked.request, filter }], page.found)
  const links = linksOf(context, asking, path, { ...asked.request, applied: place.parameters }, { ...page, lenient: place.lenient, link: place.link })
  const accesses: readonly Access[] = [{ interaction: 'operation', type: 'AuditEvent', patient: id, decision: patientDecision(sight, id, entries.length > 0), query: OPERATION + queryOf(place.parameters), outcome: '0' }]
  const told = { entries, ...page.counted === undefined ? {} : { total: page.counted } }
  return isTable
    ? { status: 200, headers: { link: headerOf(links) }, body: { kind: 'table', entries }, sight, accesses }
    : { status: 200, headers: {}, body: { kind: 'searchset', ...told, links, ignored: [] }, sight, accesses }
}

/** To whom it is not theirs though they see the patient, as to whom there is no such patient. */
function notTheirs ({ sight, id }: Activity): Answer {
  return traced(refusal(sight, new OutcomeError('absent'), [{ interaction: 'operation', type: 'AuditEvent', patient: id, decision: NOT_THERE, outcome: '4' }]), OPERATION)
}

async function read (context: Context, asking: Activity, parameters: PageToken['parameters']) {
  const unknown = parameters.map(([name]) => name).filter(name => !NAMES.includes(name))
  if (unknown.length > 0) throw unknownParameters([...new Set(unknown)])
  const all = (name: string) => parameters.filter(each => each[0] === name).map(([, value]) => value)
  const one = (name: string) => {
    const [value, ...more] = all(name)
    if (more.length > 0) throw invalidParameter(name, 'is given more than once')
    return value
  }
  const who = one('who')
  const count = one('_count')
  const given: PageToken['parameters'] = [['_sort', '-_lastUpdated'], ...who === undefined ? [] : [['agent:identifier', who] as const], ...count === undefined ? [] : [['_count', count] as const]]
  const request = await landed(context, asking, readQuery(context, 'AuditEvent', given, false, asking.sight.caller.now))
  const by = all('by').flatMap(value => value.split(','))
  if (!by.every(value => ACTORS.includes(value as ActorKind))) throw invalidParameter('by', `is one of ${ACTORS.join(', ')}`)
  return { request, filter: request.filter, actors: by.length === 0 ? and() : isIn('facts.by', by), period: and(...bound('start', one('start')), ...bound('end', one('end'))) }
}

/** All of a partial date is meant, at either end. */
function bound (name: 'start' | 'end', value: string | undefined): readonly Filter[] {
  if (value === undefined) return []
  const interval = intervalOf(value)
  if (interval === undefined) throw invalidParameter(name, 'is a date')
  return [name === 'start' ? compare('at', 'ge', interval.lo) : compare('at', 'le', interval.hi)]
}

/** RFC 8288: a table has no place for the pages around it. */
function headerOf (links: readonly Link[]): string {
  return links.filter(({ relation }) => relation !== 'self').map(({ relation, url }) => `<${url}&_format=csv>; rel="${relation}"`).join(', ')
}
