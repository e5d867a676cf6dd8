/**
 * Chains, `_has` and `_list` (R4 search.html#chaining, #has, #list): what is on the other end of a reference is found first,
 * with the caller's own filter, and the query goes on with its ids. So what is hidden is on no end of any reference: not
 * as what is pointed at, not as what points, not as the list.
 *
 * Where the query is bound to patients, so is each step into the record. A chain over `patient` or `subject` binds the query
 * to the patients whom it finds, as if they had been named; over `identifier` alone it finds whom `Patient?identifier=` finds.
 */
import { isShared, isTelling } from '../consent/family.js'
import { and, isIn, none, or } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { tooCostly } from '../search/fault.js'
import { referenceKey } from '../search/key.js'
import type { Hop, Question, SearchRequest } from '../search/request.js'
import { allows } from '../security/scope.js'
import type { Asking, Context } from './context.js'
import { current } from './directory.js'
import { isByPatient } from './query-terms.js'
import { idsSeen } from './trace-search.js'
import { MOST_CANDIDATES, visibleFilter } from './visible.js'

/** A request whose filter says what its hops found. */
export interface Landed extends SearchRequest {
  /** The patients into whose records it looked on the way. */
  readonly concerned: readonly string[]
}

type Answered = Pick<Question, 'filter' | 'patients' | 'byId'> & { readonly concerned: readonly string[] }

/**
 * @throws OutcomeError `too-costly` naming the parameter that leads too far; `scope-insufficient` where no scope allows a
 * search of what it leads to
 */
export async function landed (context: Context, asking: Asking, request: SearchRequest): Promise<Landed> {
  return { ...request, ...await answered(context, asking, request) }
}

async function answered (context: Context, asking: Asking, question: Question): Promise<Answered> {
  let { filter, patients, byId } = question
  const concerned = new Set<string>()
  // Those that say whose record it is come first: the others ask within it.
  for (const hop of question.hops.toSorted((one, other) => Number(other.bindsToPatient) - Number(one.bindsToPatient))) {
    const step = await stepOver(context, asking, question.type, hop, patients)
    filter = and(filter, or(hop.beside ?? none, step.filter))
    patients = step.patients ?? patients
    byId ||= step.byId
    for (const patient of step.concerned) concerned.add(patient)
  }
  return { filter, patients, byId, concerned: [...concerned] }
}

/** @param patients to whom the query is bound so far */
async function stepOver (context: Context, asking: Asking, type: string, hop: Hop, patients: readonly string[] | null): Promise<Answered> {
  const { scopes } = asking.sight.caller.principal
  const questions = hop.questions.filter(question => allows(scopes, question.type, 's'))
  if (questions.length === 0) {
    if (hop.beside === undefined) throw new OutcomeError('scope-insufficient')
    return { filter: none, patients: null, byId: false, concerned: [] }
  }
  try {
    if (hop.kind === 'chain') return await stepForth(context, asking, type, { ...hop, questions }, patients)
    return await stepBack(context, asking, type, { ...hop, questions }, patients)
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.kind !== 'too-costly' || error.faults.some(({ expression }) => expression !== undefined)) throw error
    throw new OutcomeError('too-costly', { diagnostics: error.faults[0]?.diagnostics ?? 'It asks for too much', expression: hop.name.slice(0, 64) })
  }
}

/** A chain: the ids that are pointed at. */
async function stepForth (context: Context, asking: Asking, type: string, hop: Hop, patients: readonly string[] | null): Promise<Answered> {
  const most = hop.bindsToPatient ? MOST_CANDIDATES : context.limits.ids
  const concerned = new Set<string>()
  const keys: string[] = []
  const ids: string[] = []
  for (const question of hop.questions) {
    const { filter, ...end } = await seen(context, asking, hop, question, patients)
    // Asked even where nothing can be there: what is hidden costs what is absent costs.
    const found = await context.store.distinct(question.type, filter, '_id', most - ids.length)
    ids.push(...found)
    if (ids.length > most) throw tooCostly(hop.name, `leads to more than ${most} resources`)
    keys.push(...found.map(id => referenceKey(hop.code, question.type, id)))
    for (const patient of end.concerned) concerned.add(patient)
  }
  const isRecord = hop.bindsToPatient && isByPatient(type)
  return { filter: isRecord ? isIn('patient', ids) : isIn('keys', keys), patients: hop.bindsToPatient ? ids : null, byId: false, concerned: [...concerned] }
}

/**
 * `_has` and `_list`: the ids to which what is found points. Of a patient who is found by identifier alone nothing else is
 * seen, nor to whom they point: the step is a parameter beside the identifier.
 */
async function stepBack (context: Context, asking: Asking, type: string, hop: Hop, patients: readonly string[] | null): Promise<Answered> {
  const { limits: { ids: most }, store } = context
  const ids = new Set<string>()
  const concerned = new Set<string>()
  for (const { applied, ...asked } of hop.questions) {
    const question = { ...asked, applied: [...applied, [hop.name, ''] as const] }
    const { filter, ...end } = await seen(context, asking, hop, question, patients)
    for (const id of await store.targets(question.type, filter, referenceKey(hop.code, type, ''), most)) ids.add(id)
    if (ids.size > most) throw tooCostly(hop.name, `leads to more than ${most} resources`)
    // What is said of the directory by what is in records concerns those whose records they are.
    const touched = isShared(type) && !isShared(question.type) ? await store.distinct(question.type, filter, 'patient', MOST_CANDIDATES) : []
    if (touched.length > MOST_CANDIDATES) throw tooCostly(hop.name, `spans more than ${MOST_CANDIDATES} records`)
    await asking.sight.enter(touched)
    for (const patient of [...end.concerned, ...touched]) concerned.add(patient)
  }
  return { filter: isIn('_id', ids), patients: null, byId: true, concerned: [...concerned] }
}

/** What answers a question and is seen, and whose records it names. */
async function seen (context: Context, asking: Asking, { name }: Hop, question: Question, patients: readonly string[] | null): Promise<{ readonly filter: Filter, readonly concerned: readonly string[] }> {
  const { concerned, ...answer } = await answered(context, asking, question)
  const bound = isShared(question.type) ? answer.patients : both(answer.patients, patients)
  const whole = { ...question, ...answer, patients: bound }
  const visible = and(whole.filter, current, await visibleFilter(context, asking.sight, whole))
  const filter = isTelling(question.type) ? isIn('_id', await idsSeen(context, asking.sight, whole, visible, name)) : visible
  return { filter, concerned: [...concerned, ...answer.patients ?? []] }
}

/** The patients of both lists; null says nothing. */
function both (some: readonly string[] | null, others: readonly string[] | null): readonly string[] | null {
  if (some === null || others === null) return some ?? others
  return some.filter(patient => others.includes(patient))
}
