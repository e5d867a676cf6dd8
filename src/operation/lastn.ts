/**
 * `Observation/$lastn` (R4 observation-operation-lastn.html): the last observations of each code, of one patient. The query is a
 * search with the caller's filter in it, and what it finds is grouped: what is hidden takes no place among the last ones, and
 * brings no two codes together.
 */
import type { Observation } from '@medplum/fhirtypes'
import type { Answer } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { placeOf, valueAt } from '../interaction/overlay-order.js'
import { linksOf } from '../interaction/page-link.js'
import { readQuery } from '../interaction/query-terms.js'
import { accesses, prepare, searchset, shown, tracedAs } from '../interaction/search.js'
import type { Prepared } from '../interaction/search.js'
import { inTime } from '../interaction/search-time.js'
import type { Kept } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { faultOf, invalidParameter, tooCostly, unknownParameters } from '../search/fault.js'
import { key } from '../search/key.js'
import type { PageToken } from '../search/page.js'
import { isResultParameter } from '../search/result.js'
import { HOW_TO_ANSWER } from './input.js'
import { newestOf } from './newest.js'
import type { Dated } from './newest.js'
import { patientAsked } from './patient-asked.js'

export interface LastN extends Asking { readonly parameters: PageToken['parameters'] }

const OPERATION = '$lastn'
const TYPE = 'Observation'
/** Observations among which the last ones are looked for. */
export const MOST_LOOKED_AT = 5000
/** How many are read at a time. */
const BATCH = 500
/** A parameter that says which observations: by category, or by something with a code in it. */
const SAYS_WHICH = /^(?:category|(?:combo-|component-)?code(?:-value-[a-z]+)?)(?::|$)/

export async function lastn (whole: Context, asking: LastN): Promise<Answer> {
  const context = inTime(whole)
  const { sight } = asking
  needScope(asking, TYPE, 's')
  const parameters = asking.parameters.filter(([name]) => !HOW_TO_ANSWER.includes(name))
  const { asked, max } = read(patientAsked(sight, parameters, ['patient', 'subject']))
  const prepared = await newestFirst(context, asking, asked)
  const { found, isCut } = await lookedAt(context, prepared)
  if (isCut) throw tooCostly('category', `spans more than ${MOST_LOOKED_AT} observations: ask for fewer codes, or for a shorter time`)
  const last = newestOf(found, max).map(({ version }) => version)
  if (last.length > context.limits.included) throw tooCostly('max', `brings more than ${context.limits.included} observations`)
  const { request } = prepared
  const entries = await shown(context, sight, [prepared], last)
  const links = linksOf(context, asking, `${TYPE}/${OPERATION}`, { ...request, applied: parameters }, { found: [], hasNext: false, hasPrevious: false, lenient: false })
  return searchset(sight, request, { links, entries, total: entries.length, accesses: tracedAs({ name: OPERATION }, accesses(context, sight, request, entries)) })
}

/** The last observation of each code that answers a query, for whom another operation asks: the newest `most`, of those that are newest if there are very many. */
export async function lastOfEach (context: Context, asking: Asking, asked: PageToken['parameters'], most: number): Promise<{ readonly versions: readonly Kept[], readonly isCut: boolean }> {
  const prepared = await newestFirst(context, asking, asked)
  const { found, isCut } = await lookedAt(context, prepared)
  const last = newestOf(found, 1).map(({ version }) => version)
  const told = await shown(context, asking.sight, [prepared], last.slice(0, most))
  return { versions: told.map(({ version }) => version), isCut: isCut || last.length > most }
}

async function newestFirst (context: Context, asking: Asking, asked: PageToken['parameters']): Promise<Prepared> {
  return await prepare(context, asking, readQuery(context, TYPE, [...asked, ['_sort', '-date']], false, asking.sight.caller.now))
}

/** @throws OutcomeError for parameters that say nothing here */
function read (parameters: PageToken['parameters']): { readonly asked: PageToken['parameters'], readonly max: number } {
  const [max = '1', ...more] = parameters.filter(([name]) => name === 'max').map(([, value]) => value)
  if (more.length > 0 || !/^[1-9]\d{0,8}$/.test(max)) throw invalidParameter('max', 'is one whole number, 1 or more')
  const asked = parameters.filter(([name]) => name !== 'max')
  const others = asked.map(([name]) => name).filter(name => isResultParameter(name.split(':')[0] ?? ''))
  if (others.length > 0) throw unknownParameters([...new Set(others)])
  if (!asked.some(([name]) => SAYS_WHICH.test(name))) throw new OutcomeError('invalid-parameter', { ...faultOf('category', 'is needed, or a parameter with a code'), code: 'required' })
  return { asked, max: Number(max) }
}

interface LookedAt { readonly found: readonly (Dated & { readonly version: Kept })[], readonly isCut: boolean }

/** All that this caller sees of what is asked, newest first; the newest, where that is too much. */
async function lookedAt ({ store }: Context, { request, filter }: Prepared): Promise<LookedAt> {
  const { type, sort } = request
  const found: (Dated & { readonly version: Kept })[] = []
  for (let place: { readonly after?: PageToken['after'] } | undefined = {}; place !== undefined;) {
    const page: readonly Kept[] = await store.findKept({ type, filter, sort, limit: BATCH, ...place })
    if (found.length + page.length > MOST_LOOKED_AT) return { found, isCut: true }
    for (const version of page) {
      const opened = await store.opened(version)
      if (opened !== undefined) found.push({ version, codes: codesIn(JSON.parse(opened.text) as Observation), at: sort[0] === undefined ? null : valueAt(version, sort[0]) })
    }
    const last = page.at(-1)
    place = page.length < BATCH || last === undefined ? undefined : { after: placeOf(last, sort) }
  }
  return { found, isCut: false }
}

/** Its codings; of a code without any, its text. */
function codesIn ({ code }: Observation): readonly string[] {
  const { coding = [], text = '' } = code as Partial<Observation['code']>
  const codes = coding.flatMap(({ system = '', code }) => code === undefined ? [] : [key('code', system, code)])
  return codes.length > 0 ? codes : [key('text', text)]
}
