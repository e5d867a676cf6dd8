/**
 * A search among traces, and among messages, some of which are notifications of traces. Whether one is there for its
 * reader hangs on what it names, which may be anything of its record: they are read in order, in batches, and each batch is
 * judged. So a page, a total and a step count what the reader may see, whatever is hidden, and however much.
 */
import type { Filter } from '../filter/filter.js'
import { tooCostly } from '../search/fault.js'
import type { Question, SearchRequest } from '../search/request.js'
import type { Context } from './context.js'
import { namedBy } from './hidden.js'
import { NOBODY, NOTHING } from './nobody.js'
import { isAfter } from './overlay-order.js'
import type { Sight } from './sight.js'
import type { Kept, PageQuery } from './store.js'

interface Found { readonly found: readonly Kept[], readonly hasMore: boolean, readonly counted?: number }

/** @param filter the candidates, as `Sight.among` has them @param place where the page before ended, or after which one it comes */
export async function findTraces (context: Context, sight: Sight, request: SearchRequest, filter: Filter, { after, isBack = false }: Pick<PageQuery, 'after' | 'isBack'>): Promise<Found> {
  const { type, sort, total, isCount } = request
  const count = isCount ? 0 : request.count
  // A total is that of all pages: it is counted from the first match on.
  const isCounted = total !== 'none'
  const isOnPage = after === undefined ? () => true : isAfter(sort, after, isBack)
  const page: Kept[] = []
  let counted = 0
  for await (const seen of batchesSeen(context, sight, request, { type, filter, sort, isBack, ...isCounted || after === undefined ? {} : { after } })) {
    for (const version of seen) {
      counted += 1
      if (page.length <= count && isOnPage(version)) page.push(version)
    }
    if (!isCounted && page.length > count) break
  }
  // What orders them is not read back again. A message may have gone, or be hidden, since it was found.
  const found = await Promise.all(page.slice(0, count).map(async ({ id, sort }) => {
    const version = await context.store.read(type, id)
    return version === undefined || version.isDeleted || !sight.decide(version).permit ? [] : { ...version, sort }
  }))
  return { found: found.flat(), hasMore: count > 0 && page.length > count, ...isCounted ? { counted } : {} }
}

/** The order in which an index of the record has them. */
const BY_INSTANT = [{ code: '_lastUpdated', field: 'at', descending: false }] as const
/** More than these are no step of a search. */
const MOST = 100_000

/**
 * The ids of all that a filter finds and the reader may see, for a step over a reference (`hop.ts`).
 * @param name of the parameter that asks for it
 * @throws OutcomeError `too-costly` where that is too much
 */
export async function idsSeen (context: Context, sight: Sight, question: Question, filter: Filter, name: string): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const seen of batchesSeen(context, sight, question, { type: question.type, filter, sort: BY_INSTANT })) {
    ids.push(...seen.map(({ id }) => id))
    if (ids.length > MOST) throw tooCostly(name, `leads over more than ${MOST} resources`)
  }
  return ids
}

/** In batches, and of each what the reader may see. */
async function * batchesSeen ({ store }: Context, sight: Sight, { patients }: Pick<Question, 'patients'>, query: Omit<PageQuery, 'limit'>): AsyncGenerator<readonly Kept[]> {
  let isEmpty = true
  for await (const batch of store.heads(query)) {
    isEmpty = false
    yield await seenAmong(sight, batch)
  }
  // Of what is hidden it is asked what it names, and of what is absent too.
  if (!isEmpty) return
  const patient = patients?.[0] ?? sight.caller.patient ?? NOBODY
  await sight.enter([patient])
  await sight.learn(patient, NOTHING)
}

/** Those of some traces that their reader may see. */
export async function seenAmong (sight: Sight, traces: readonly Kept[]): Promise<readonly Kept[]> {
  const patients = [...new Set(traces.flatMap(({ patient }) => patient ?? []))]
  await sight.enter(patients)
  await Promise.all(patients.map(async patient => {
    const named = traces.filter(trace => trace.patient === patient).flatMap(namedBy)
    // Within one record it is asked whether or not one of the messages is a notification.
    await sight.learn(patient, named.length === 0 && patients.length !== 1 ? [] : [...NOTHING, ...named])
  }))
  return traces.filter(trace => sight.decide(trace).permit)
}
