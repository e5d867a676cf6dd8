/**
 * `DocumentReference/$docref` (IPA 1.0.0): the documents of one patient by type and time of care, in other words a search. With
 * nothing but the patient it is the newest summary of them that the caller sees. It makes no document: `on-demand=true` finds none.
 */
import { all, and, compare, none } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { intervalOf } from '../filter/interval.js'
import type { Answer } from '../interaction/answer.js'
import type { Asking, Context } from '../interaction/context.js'
import { search } from '../interaction/search.js'
import type { Worded } from '../interaction/search.js'
import type { Sight } from '../interaction/sight.js'
import { invalidParameter, unknownParameters } from '../search/fault.js'
import type { PageToken } from '../search/page.js'
import { HOW_TO_ANSWER } from './input.js'
import { patientAsked } from './patient-asked.js'

export interface DocRef extends Asking { readonly parameters: PageToken['parameters'] }

const OPERATION = '$docref'
const NAMES: readonly string[] = ['patient', 'start', 'end', 'type', 'on-demand', 'profile', '_count']
/** What a body may hold that no address needs a type for. */
export const DOCREF_VALUES: readonly string[] = ['valueBoolean', 'valueCanonical', 'valueCodeableConcept']
/** Synthèse médicale, and the medical profile that a patient deposits. */
const SUMMARIES = 'http://loinc.org|60591-5,https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire|DOCPAT08'

export async function docref (context: Context, asking: DocRef): Promise<Answer> {
  const { sight } = asking
  const given = asking.parameters.filter(([name]) => !HOW_TO_ANSWER.includes(name))
  const answer = await search(context, {
    sight, type: 'DocumentReference', parameters: given, lenient: false, wording: { name: OPERATION, path: `DocumentReference/${OPERATION}`, words: each => words(sight, each) }
  })
  return isBare(given) ? alone(answer) : answer
}

/** Nothing is asked for but whose it is. */
function isBare (given: PageToken['parameters']): boolean {
  return given.every(([name]) => name === 'patient')
}

/** The newest one, not the first page of all. */
function alone (answer: Answer): Answer {
  const { body } = answer
  if (body.kind !== 'searchset') return answer
  return { ...answer, body: { ...body, total: body.entries.length, links: body.links.filter(({ relation }) => relation === 'self') } }
}

/** @throws OutcomeError for parameters that say nothing here */
function words (sight: Sight, asked: PageToken['parameters']): Worded {
  const given = patientAsked(sight, asked)
  const unknown = given.map(([name]) => name).filter(name => !NAMES.includes(name))
  if (unknown.length > 0) throw unknownParameters([...new Set(unknown)])
  const one = (name: string) => {
    const [value, ...more] = given.filter(each => each[0] === name).map(([, text]) => text)
    if (more.length > 0) throw invalidParameter(name, 'is given more than once')
    return value
  }
  const [patient = '', start, end, type, profile, count, onDemand] = [one('patient'), one('start'), one('end'), one('type'), one('profile'), one('_count'), one('on-demand')]
  if (onDemand !== undefined && !['true', 'false'].includes(onDemand)) throw invalidParameter('on-demand', 'is true or false')
  const isDated = start !== undefined || end !== undefined
  return {
    parameters: [
      ['patient', patient],
      ['_sort', '-date'],
      // What is in force, where no time is asked for.
      ...isDated ? [] : [['status', 'current'] as const],
      ...isBare(given) ? [['type', SUMMARIES], ['_count', '1'], ['_total', 'none']] as const : [],
      ...type === undefined ? [] : [['type', type] as const],
      ...profile === undefined ? [] : [['_profile', profile] as const],
      ...count === undefined ? [] : [['_count', count] as const]
    ],
    filter: and(...bound('start', start), ...bound('end', end), onDemand === 'true' ? none : all)
  }
}

/** By the time of care, as choices have it: of its context, or else of the document; one without a time is of any. */
function bound (name: 'start' | 'end', value: string | undefined): readonly Filter[] {
  if (value === undefined) return []
  const interval = intervalOf(value)
  if (interval === undefined) throw invalidParameter(name, 'is a date')
  return [name === 'start' ? compare('facts.period.end', 'ge', interval.lo) : compare('facts.period.start', 'le', interval.hi)]
}
