/**
 * A search over several types: R4 search-system (`_type` says which), and all of a patient's compartment
 * (http.html#vsearch). Only what each of the types understands can be asked; each type is asked with the filter of its own
 * search, and what is found is put in one order.
 */
import { familyOf } from '../consent/family.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { invalidParameter } from '../search/fault.js'
import type { PageToken } from '../search/page.js'
import type { SearchRequest } from '../search/request.js'
import { allows } from '../security/scope.js'
import type { Answer, Entry } from './answer.js'
import type { Asking, Context } from './context.js'
import { include } from './include.js'
import { inOrder } from './overlay-order.js'
import { findPage, linksOf, readPlace } from './page-link.js'
import type { Page, Place } from './page-link.js'
import { readQuery } from './query-terms.js'
import { accesses, counted, prepare, searchset, shown, tracedAs } from './search.js'
import type { Prepared, Worded, Wording } from './search.js'
import { inTime } from './search-time.js'

export interface SearchAll extends Asking {
  /** The types that can be searched. */
  readonly types: readonly string[]
  readonly parameters: PageToken['parameters']
  readonly lenient: boolean
  readonly compartment?: string
  readonly wording?: Wording
}

export async function searchAll (whole: Context, asking: SearchAll): Promise<Answer> {
  const context = inTime(whole)
  const { sight, compartment, wording } = asking
  const path = wording?.path ?? (compartment === undefined ? '' : `Patient/${compartment}/*`)
  const place = readPlace(context, asking, path, asking.parameters, asking.lenient)
  const said: Worded = wording?.words(place.parameters) ?? place
  const types = typesOf({ sight, types: said.types ?? asking.types }, said.parameters)
  const prepared: Prepared[] = []
  for (const read of readAll(context, types, sight.caller.now, { ...place, parameters: said.parameters })) prepared.push(await prepare(context, asking, read, compartment))
  const [first] = prepared
  if (first === undefined) throw new OutcomeError('bug')
  const pages = await Promise.all(prepared.map(async ({ request, filter }) => await findPage(context, sight, request, filter, place)))
  const page = inOne(pages, first.request, place)
  const matches = await shown(context, sight, prepared, page.found)
  const entries = [...matches, ...await include(context, asking, { ...first.request, includes: said.includes ?? first.request.includes }, matches)]
  const totals = first.request.total === 'none' ? [undefined] : await Promise.all(prepared.map(async ({ request, filter }, index) => pages[index]?.counted ?? await counted(context, sight, request, filter)))
  // Of a type that was not counted, all together are not either.
  const total = totals.reduce((sum, one) => sum === undefined || one === undefined ? undefined : sum + one, 0)
  const { ignored } = first.request
  const request = { ...first.request, applied: place.parameters.filter(([name]) => !ignored.includes(name)) }
  return searchset(sight, request, { links: linksOf(context, asking, path, request, { ...page, lenient: place.lenient, link: place.link }), entries, total, accesses: tracedAs(wording, tracesOf(context, asking, prepared, entries)) })
}

/** The types that are asked: those that `_type` names, or all that the scopes reach. */
function typesOf ({ sight, types }: Pick<SearchAll, 'sight' | 'types'>, parameters: PageToken['parameters']): readonly string[] {
  const isInScope = (type: string) => allows(sight.caller.principal.scopes, type, 's')
  const named = parameters.filter(([name]) => name === '_type').map(([, value]) => value.split(','))
  if (named.flat().some(type => !types.includes(type))) throw invalidParameter('_type', 'takes types that are searched here')
  const asked = types.filter(type => named.every(list => list.includes(type)))
  if (asked.length === 0 && named.length > 1) throw invalidParameter('_type', 'names no type that is in each of its lists')
  const within = named.length === 0 ? asked.filter(isInScope) : asked
  if (within.length === 0 || !within.every(isInScope)) throw new OutcomeError('scope-insufficient')
  return within
}

/** The query as each type understands it; what one of them does not know is left out of all, under lenient handling. */
function readAll (context: Context, types: readonly string[], now: number, { parameters, lenient }: Place): readonly SearchRequest[] {
  const asked = parameters.filter(([name]) => name !== '_type')
  const read = (given: PageToken['parameters']) => types.map(type => readQuery(context, type, given, lenient, now))
  const ignored = [...new Set(read(asked).flatMap(request => request.ignored))]
  return ignored.length === 0 ? read(asked) : read(asked.filter(([name]) => !ignored.includes(name))).map(request => ({ ...request, ignored }))
}

/** One page of the pages of each type: each holds as much as there could be of it in all. */
function inOne (pages: readonly Page[], { sort, count }: SearchRequest, { isBack = false }: Place): Page {
  const all = pages.flatMap(({ found }) => found).toSorted(inOrder(sort))
  const isCut = all.length > count
  const found = isBack ? all.slice(Math.max(0, all.length - count)) : all.slice(0, count)
  const has = (which: 'hasNext' | 'hasPrevious') => pages.some(page => page[which])
  return { found, hasNext: has('hasNext') || (isCut && !isBack), hasPrevious: has('hasPrevious') || (isCut && isBack) }
}

/** One for each patient, of whatever types something is told: how many there are must not tell of a type that is hidden from their reader. */
function tracesOf (context: Context, { sight }: SearchAll, prepared: readonly Prepared[], entries: readonly Entry[]): Answer['accesses'] {
  const asked = prepared.find(({ request: { type } }) => familyOf(type) === 'record') ?? prepared[0]
  if (asked === undefined) return []
  const concerned = [...new Set(prepared.flatMap(({ request }) => request.concerned))]
  return accesses(context, sight, { ...asked.request, concerned }, entries, 'search-system')
}
