/**
 * A file of an export: what the caller finds of one type, in the order of ids, page by page. Each page is a search of their own,
 * with the choices in force when it goes (decisions/0039): what was hidden since is not in it, and nothing says that it was.
 */
import { and, compare, not } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Answer } from '../interaction/answer.js'
import type { Asking, Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import { landed } from '../interaction/hop.js'
import { placeOf } from '../interaction/overlay-order.js'
import { findPage } from '../interaction/page-link.js'
import type { Place } from '../interaction/page-link.js'
import { readQuery } from '../interaction/query-terms.js'
import { absent } from '../interaction/read.js'
import { accesses, shown } from '../interaction/search.js'
import { inTime } from '../interaction/search-time.js'
import type { Sight } from '../interaction/sight.js'
import { MOST_CANDIDATES, visibleFilter } from '../interaction/visible.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { isReached } from './export-input.js'
import type { Exporting } from './export-input.js'
import { EXPORT, jobOf, waitOf } from './export-job.js'
import type { Job } from './export-job.js'
import { traced } from './why.js'

export interface ExportFile extends Asking { readonly id: string, readonly type: string }

/** How each page is asked for: nobody counts it. */
const HOW = [['_total', 'none'], ['_count', '100']] as const
/** Before every id. */
const START: NonNullable<Place['after']> = ['']

/** @throws OutcomeError `scope-insufficient` for a token that would not find the type; `too-costly` where there are too many patients now */
export async function exportFile (whole: Context, { sight, id, type }: ExportFile, after = START): Promise<Answer> {
  const context = inTime(whole)
  const job = await jobOf(context, sight, id)
  if (job === undefined || !job.question.types.includes(type) || waitOf(context, job, sight.caller.now) > 0) return traced(absent(sight, 'Patient', 'operation'), EXPORT)
  if (!isReached(sight.caller.principal.scopes, type)) throw new OutcomeError('scope-insufficient')
  const read = readQuery(context, type, HOW, false, sight.caller.now)
  const patients = await patientsOf(context, sight, job.question)
  const request = { ...await landed(context, { sight }, read), patients }
  const filter = and(...within(job), current, await visibleFilter(context, sight, request))
  const { found, hasNext } = await findPage(context, sight, request, filter, { parameters: [], lenient: false, after })
  const entries = await shown(context, sight, [{ request, filter }], found)
  const last = found.at(-1)
  // Those who were named are told of the file once; whoever something is told of, of each page that tells it.
  const named = after === START ? job.question.patients ?? null : null
  const answer: Answer = {
    status: 200,
    headers: {},
    body: { kind: 'lines', entries, ...hasNext && last !== undefined ? { next: async () => await exportFile(whole, { sight: await later(whole, sight), id, type }, placeOf(last, request.sort)) } : {} },
    sight,
    accesses: accesses(context, sight, { ...request, patients: named }, entries).map(each => ({ ...each, interaction: 'operation' }))
  }
  return traced(answer, `${EXPORT}?_type=${type}`)
}

/**
 * Whose records are exported: of those who are named, or whom the token names, or whom a search of Patient finds for this caller.
 * @throws OutcomeError `too-costly` where those are too many
 */
export async function patientsOf ({ store }: Context, sight: Sight, { patients }: Exporting): Promise<readonly string[]> {
  if (patients !== undefined) return patients
  if (sight.caller.patient !== undefined) return [sight.caller.patient]
  const found = await store.distinct('Patient', and(current, await sight.anywhere('Patient')), '_id', MOST_CANDIDATES)
  if (found.length > MOST_CANDIDATES) throw new OutcomeError('too-costly', { diagnostics: `One export is of at most ${MOST_CANDIDATES} patients: name them by \`patient\`` })
  return found
}

/** Written by the time that the manifest names, and since the one that was asked for. */
function within ({ at, question: { since } }: Job): readonly Filter[] {
  // By then nearly all was written: said this way, no index by instant is taken for it, which would not have the order of ids.
  return [not(compare('at', 'gt', at)), ...since === undefined ? [] : [compare('at', 'gt', since)]]
}

/** The sight of the same caller now. @throws OutcomeError `unauthenticated` where their token is over */
async function later ({ sightOf, clock }: Context, { caller: { principal } }: Sight): Promise<Sight> {
  const now = clock()
  if (now >= principal.expires) throw new OutcomeError('unauthenticated')
  return await sightOf(principal, now)
}
