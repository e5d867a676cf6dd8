/**
 * Pages of a search: a page is told by the match that it comes after, or before, and each page is asked anew. Keyset, not
 * offset: what arrives or goes moves nothing, so walking on neither skips nor repeats what stays.
 */
import { familyOf, isTelling } from '../consent/family.js'
import type { Family } from '../consent/family.js'
import type { Filter } from '../filter/filter.js'
import { isSame } from '../json/same.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { PAGE, PRESENTATION, queryOf } from '../search/page.js'
import type { PageToken } from '../search/page.js'
import type { SearchRequest } from '../search/request.js'
import type { Link } from './answer.js'
import type { Asking, Context } from './context.js'
import { placeOf } from './overlay-order.js'
import type { Sight } from './sight.js'
import type { FirstPage, FirstPageQuery, Kept } from './store.js'
import { findTraces } from './trace-search.js'

/** What a page is of, as a link keeps it, and where it begins: at the start without `after`; and the link that led to it. */
export type Place = Omit<PageToken, 'path' | 'after'> & { readonly after?: PageToken['after'], readonly link?: string | undefined }

export interface Page {
  readonly found: readonly Kept[]
  readonly hasNext: boolean
  readonly hasPrevious: boolean
  /** The total, where the page's own query tells it. */
  readonly counted?: number
}

/** A link says all of its query; whatever else stands beside it is refused. A link that is not whole does not exist. */
export function readPlace (context: Context, { sight }: Asking, path: string, parameters: PageToken['parameters'], lenient: boolean): Place {
  const token = parameters.find(([name]) => name === PAGE)?.[1]
  if (token === undefined) return { parameters, lenient }
  const page = context.pages.read(token, sight.caller.principal.subject, sight.caller.now)
  const beside = parameters.filter(([name, value]) => !PRESENTATION.includes(name) && !(name === PAGE && value === token))
  if (page === undefined || page.path !== path || (beside.length > 0 && !isSame(beside, page.parameters))) throw new OutcomeError('absent')
  const { after, ...place } = page
  return { ...place, link: token, ...after.length === 0 ? {} : { after } }
}

/** @param filter what is asked and seen; of traces and messages, the candidates */
export async function findPage (context: Context, sight: Sight, request: SearchRequest, filter: Filter, { after, isBack = false, counted }: Place): Promise<Page> {
  const { type, count, sort, isCount } = request
  if (isTelling(type)) {
    // Counted once, for all pages: each is as long a walk as it has matches, not as there are in the record.
    const { found, hasMore, ...total } = await findTraces(context, sight, counted === undefined ? request : { ...request, total: 'none' }, filter, { isBack, ...after === undefined ? {} : { after } })
    return { ...around(found, hasMore, isBack, after), ...counted === undefined ? total : { counted } }
  }
  if (count === 0 || isCount) return { found: [], hasNext: false, hasPrevious: false }
  if (after === undefined) {
    const { versions, total, hasMore } = await firstPage(context, sight, { type, filter, sort, limit: count, under: turnOfRecord(sight, request) })
    return { ...around(versions, hasMore, isBack, after), ...total === undefined ? {} : { counted: total } }
  }
  const list = await context.store.findKept({ type, filter, sort, limit: count + 1, after, isBack })
  return around(list.slice(0, count), list.length > count, isBack, after)
}

/** A page that is remembered is not taken for granted: where one of its matches would be denied, all is asked anew. */
async function firstPage ({ store }: Context, sight: Sight, { under, ...query }: FirstPageQuery): Promise<FirstPage> {
  const page = await store.firstPage({ ...query, under })
  if (page.isRemembered !== true || page.versions.every(version => sight.decide(version).permit)) return page
  return await store.firstPage(query)
}

/** A page that was found from its place on, and which pages are around it. */
function around (found: readonly Kept[], hasMore: boolean, isBack: boolean, after: Place['after']): Page {
  return isBack ? { found: found.toReversed(), hasNext: true, hasPrevious: hasMore } : { found, hasNext: hasMore, hasPrevious: after !== undefined }
}

/** The families whose writes all take turns. A Patient, and a Binary that nobody has claimed yet, change without one. */
const TAKING_TURNS: readonly Family[] = ['record', 'choice', 'message', 'agenda']

/** The one record that a search is bound to and its turn, where that proves that what it finds is still the same. */
export function turnOfRecord (sight: Sight, { type, patients }: SearchRequest): string | undefined {
  const [patient, ...more] = patients ?? []
  if (patient === undefined || more.length > 0 || type === 'Binary' || !TAKING_TURNS.includes(familyOf(type))) return undefined
  const { turn } = sight.turn(patient)
  return turn < 0 ? undefined : `${patient}|${turn}`
}

/** self, by which this page is asked again, and, where there are others, the pages around it. */
export function linksOf (
  context: Context, { sight }: Asking, path: string, { type, applied, sort, count }: SearchRequest, { found, hasNext, hasPrevious, counted, lenient, link }: Page & Pick<Place, 'lenient' | 'link'>
): readonly Link[] {
  // As many as were asked for, or as may be.
  const parameters = applied.map(([name, value]) => [name, name === '_count' && Number(value) > count ? String(count) : value] as const)
  const sealed = (relation: string, after: PageToken['after'], isBack: boolean): Link => {
    const token = { path, parameters, lenient, after, ...isBack ? { isBack } : {}, ...counted !== undefined && isTelling(type) && after.length > 0 ? { counted } : {} }
    return { relation, url: address([[PAGE, context.pages.write(token, sight.caller.principal.subject, sight.caller.now)]]) }
  }
  const [first, last] = [found.at(0), found.at(-1)]
  return [
    { relation: 'self', url: address(link === undefined ? parameters : [...parameters, [PAGE, link]]) },
    ...hasPrevious ? [sealed('first', [], false)] : [],
    ...hasPrevious && first !== undefined ? [sealed('previous', placeOf(first, sort), true)] : [],
    ...hasNext && last !== undefined ? [sealed('next', placeOf(last, sort), false)] : []
  ]

  function address (parameters: PageToken['parameters']): string {
    return `${context.base}${path === '' ? '' : `/${path}`}${queryOf(parameters)}`
  }
}
