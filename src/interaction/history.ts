import { compileIn, familyOf } from '../consent/family.js'
import { substitute } from '../filter/evaluate.js'
import type { Indexed } from '../filter/evaluate.js'
import { all } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { PAGE, queryOf } from '../search/page.js'
import { versionHeaders } from './answer.js'
import type { Answer, Link } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { CURRENT_FACTS, absent, access, refuse, underCurrentLabels } from './read.js'
import type { Sight } from './sight.js'
import type { Version } from './store.js'

export interface History extends Asking {
  readonly type: string
  readonly id: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/**
 * R4 history-instance (http.html#history), newest first: the versions that are visible when each is judged by what the
 * rules read of it, under the labels of the current one. What was deleted is not read any more.
 */
export async function history (context: Context, asking: History): Promise<Answer> {
  const { sight, type, id, parameters } = asking
  needScope(asking, type, 'r')
  const { count, before } = readParameters(context, asking)
  const current = await context.store.read(type, id)
  const refused = await refuse(sight, type, 'history-instance', current)
  if (refused !== undefined || current === undefined) return refused ?? absent(sight, type, 'history-instance')
  const filter = olderFilter(sight, current)
  const isFirst = before === undefined
  const older = await context.store.history(type, id, filter, { limit: count + 1, before: before ?? current.revision })
  const versions = [...isFirst ? [current] : [], ...older.map(version => underCurrentLabels(version, current))]
  const page = versions.slice(0, count)
  const total = 1 + await context.store.countHistory(type, id, filter)
  const links: Link[] = [{ relation: 'self', url: link(context, asking, parameters) }]
  const last = page.at(-1)
  if (versions.length > page.length && last !== undefined) {
    const { principal, now } = sight.caller
    const token = context.pages.write({ path: path(asking), parameters: [['_count', String(count)]], lenient: false, after: [last.revision] }, principal.subject, now)
    links.push({ relation: 'next', url: link(context, asking, [[PAGE, token]]) })
  }
  return {
    status: 200,
    headers: versionHeaders(current),
    body: { kind: 'history', total, links, entries: page },
    sight,
    accesses: [access(sight, type, 'history-instance', current, '0')]
  }
}

function olderFilter (sight: Sight, current: Version): Filter {
  const { type, patient } = current
  const situation = patient === null ? undefined : sight.situation(patient)
  // The rules of identity and directory read nothing that changes from version to version.
  if (situation === undefined || familyOf(type) === 'identity') return all
  const known = { patient, facts: current.facts, _id: current.id } as unknown as Indexed
  const isKnown = (field: string) => field === '_id' || field === 'patient' || CURRENT_FACTS.some(name => field === `facts.${name}`)
  return substitute(compileIn(situation, type, new Set()), isKnown, known)
}

function readParameters (context: Context, asking: History): { readonly count: number, readonly before?: number } {
  const { sight: { caller }, parameters } = asking
  const token = parameters.find(([name]) => name === PAGE)?.[1]
  const page = token === undefined ? undefined : context.pages.read(token, caller.principal.subject, caller.now)
  if (token !== undefined && (page === undefined || page.path !== path(asking) || parameters.length > 1)) throw new OutcomeError('absent')
  const given = page?.parameters ?? parameters
  const unknown = given.map(([name]) => name).filter(name => !['_count', '_format', '_pretty'].includes(name))
  if (unknown.length > 0) {
    throw new OutcomeError('unknown-parameter', unknown.map(name => ({ diagnostics: `The parameter \`${name.slice(0, 64)}\` is not supported`, expression: name.slice(0, 64) })))
  }
  const text = given.find(([name]) => name === '_count')?.[1] ?? String(context.limits.defaultCount)
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new OutcomeError('invalid-parameter', { diagnostics: 'The parameter `_count` must be a positive number', expression: '_count' })
  const before = page?.after[0]
  return { count: Math.min(Number(text), context.limits.count), ...typeof before === 'number' ? { before } : {} }
}

function path ({ type, id }: History): string {
  return `${type}/${id}/_history`
}

function link (context: Context, asking: History, parameters: History['parameters']): string {
  return `${context.base}/${path(asking)}${queryOf(parameters)}`
}
