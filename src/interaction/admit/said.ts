/**
 * Entries of the medical profile show who said it (`consent.md` 5 *profile entries*). What the holder writes, or their
 * application for them, is said by the holder or somebody around them: it names no professional as its source, and what
 * names nobody names the holder. What a professional or a structure writes says itself whom they had it from.
 */
import type { Reference, Resource } from '@medplum/fhirtypes'
import { isSame } from '../../json/same.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken } from './admission.js'
import { patientId } from './reference.js'

/** The elements that say whose word an entry is; the first one is the holder's to be named in. */
const SAYS: Readonly<Record<string, readonly [first: string, ...others: readonly string[]]>> = {
  AllergyIntolerance: ['asserter', 'recorder'],
  Condition: ['asserter', 'recorder'],
  Procedure: ['asserter', 'recorder'],
  MedicationStatement: ['informationSource'],
  Observation: ['performer'],
  QuestionnaireResponse: ['source', 'author']
}
/** Elements that R4 repeats. */
const LISTS: readonly string[] = ['performer']

type Elements = Readonly<Record<string, unknown>>
const memberOf = (resource: Resource, name: string): unknown => (resource as unknown as Elements)[name]
const isTheirs = ({ caller: { principal } }: Sight) => ['holder', 'representative', 'application'].includes(principal.kind)

/** A deposit that shows who says it. @throws OutcomeError `business-rule` for the word of somebody else */
export async function withWord<T extends Resource> (context: Context, sight: Sight, patient: string, draft: T): Promise<T> {
  const elements = SAYS[draft.resourceType]
  if (elements === undefined || !isTheirs(sight)) return draft
  const named = elements.flatMap(element => [memberOf(draft, element) ?? []].flat().map(reference => [element, reference as Reference] as const))
  for (const [element, reference] of named) {
    if (!await isAround(context, patient, draft, reference)) throw broken('What the patient writes is said by them or somebody around them', `${draft.resourceType}.${element}`)
  }
  const { principal: { kind }, relative } = sight.caller
  if (named.length > 0 || kind === 'application') return draft
  return { ...draft, ...own(draft, kind === 'representative' ? relative ?? '' : `Patient/${patient}`) }
}

/**
 * An update that leaves out what the record added says the same as before.
 * @param words whose word it may have been: `Patient/id`, `RelatedPerson/id`
 */
export function keepWord<T extends Resource> (before: T, after: T, words: readonly string[]): T {
  const added = words.map(word => own(after, word)).find(word => Object.entries(word).some(([name, value]) => memberOf(after, name) === undefined && isSame(memberOf(before, name), value)))
  return { ...after, ...added }
}

/** @param reference `Patient/id` or `RelatedPerson/id` */
function own ({ resourceType }: Resource, reference: string): Elements {
  const [first] = SAYS[resourceType] ?? []
  return first === undefined ? {} : { [first]: LISTS.includes(first) ? [{ reference }] : { reference } }
}

/** The holder, or a related person: literally, by INS, or contained. */
async function isAround (context: Context, patient: string, draft: Resource, reference: Reference): Promise<boolean> {
  const local = reference.reference ?? ''
  if (local.startsWith('#')) {
    const contained = 'contained' in draft ? draft.contained as readonly Resource[] ?? [] : []
    return contained.some(({ id, resourceType }) => `#${id ?? ''}` === local && (resourceType === 'Patient' || resourceType === 'RelatedPerson'))
  }
  return local.startsWith('RelatedPerson/') || await patientId(context, reference) === patient
}
