import type { Resource } from '@medplum/fhirtypes'
import { isShared } from '../consent/family.js'
import { isFindable } from '../consent/situation.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { allows } from '../security/scope.js'
import { unresolved } from './admit/admission.js'
import { patientId } from './admit/reference.js'
import { pairsOf } from './query.js'
import { pointersIn } from './bundle-link.js'
import type { Pointer } from './bundle-link.js'
import type { Asking, Context } from './context.js'
import { match, trace } from './match.js'
import { NOBODY } from './nobody.js'
import type { Sight } from './sight.js'

const CONDITIONAL = /^([A-Z][A-Za-z]{0,63})\?(.+)$/s
/** Searches that one resource may ask for by its references. */
const MOST = 50
/** And one Bundle by all of its references. */
const MOST_IN_BUNDLE = 200

/**
 * Conditional references (R4 http.html#trules, and in a single create or update as the French guides use them): each
 * becomes the one resource that it matches among what the caller may see, in place. A patient is found by INS by whoever
 * may deposit: who that is, the admission says.
 * @throws OutcomeError `business-rule` where nothing matches, `several-matches`
 */
export async function resolveReferences (context: Context, asking: Asking, resource: Resource): Promise<void> {
  const isOfNobody = isShared(resource.resourceType)
  const conditional = pointersIn(resource, resource.resourceType).filter(isConditional)
  if (conditional.length === 0) return
  const texts = [...new Set(conditional.map(({ text }) => text))]
  if (texts.length > MOST) throw new OutcomeError('too-costly', { diagnostics: `A resource has at most ${MOST} conditional references`, ...placeAt(conditional[MOST]) })
  const resolved = new Map<string, string | undefined>()
  for (const { holder, name, text, place } of conditional) {
    const known = resolved.has(text) ? resolved.get(text) : await resolve(context, asking, text, place)
    resolved.set(text, known)
    // What everybody reads is about no patient, whether or not there is one.
    if (isOfNobody && text.startsWith('Patient?')) throw unresolved(place)
    if (known !== undefined) holder[name] = known
  }
}

/** @throws OutcomeError `too-costly` for a Bundle that asks for too many searches by its references */
export function checkConditional (pointers: readonly Pointer[]): void {
  const seen = new Set<string>()
  for (const pointer of pointers) {
    if (isConditional(pointer) && seen.add(pointer.text).size > MOST_IN_BUNDLE) {
      throw new OutcomeError('too-costly', { diagnostics: `A Bundle has at most ${MOST_IN_BUNDLE} conditional references`, expression: pointer.place })
    }
  }
}

function isConditional ({ name, text }: Pointer): boolean {
  return name === 'reference' && CONDITIONAL.test(text)
}

/** The type and the criteria of a conditional reference; undefined for another text. */
export function criteriaIn (text: string): { readonly type: string, readonly criteria: readonly (readonly [string, string])[] } | undefined {
  const [, type, query] = CONDITIONAL.exec(text) ?? []
  return type === undefined || query === undefined ? undefined : { type, criteria: pairsOf(query) }
}

function placeAt (pointer: { readonly place: string } | undefined) {
  return pointer === undefined ? {} : { expression: pointer.place }
}

async function resolve (context: Context, asking: Asking, text: string, expression: string): Promise<string | undefined> {
  const { type = '', criteria = [] } = criteriaIn(text) ?? {}
  if (type === 'Patient' && criteria.length === 1 && criteria[0]?.[0] === 'identifier') {
    const id = await patientId(context, { reference: text })
    const { principal, patient } = asking.sight.caller
    // A token that names one patient reaches no other.
    if (principal.ins !== undefined && id !== patient) return undefined
    // Whether there is such a patient is for the admission to say, to those who may know: who looks like nobody is nobody here.
    await asking.sight.enter([id ?? NOBODY])
    return id !== undefined && isNamedTo(asking.sight, id) ? `Patient/${id}` : undefined
  }
  if (!context.registry.types.includes(type) || !allows(asking.sight.caller.principal.scopes, type, 's')) throw unresolved(expression)
  const { version, isSeveral } = await matched(context, asking, type, criteria, expression)
  if (isSeveral) throw new OutcomeError('several-matches', { diagnostics: 'The reference matches more than one resource', expression })
  if (version === undefined) throw unresolved(expression)
  return `${type}/${version.id}`
}

/** Whether a caller may learn the id of a patient whose identifier they know: as by a search for it. */
function isNamedTo (sight: Sight, id: string): boolean {
  return isFindable(sight.account(id)) || sight.decide({ type: 'Patient', id, patient: id, facts: {} }).permit
}

async function matched (context: Context, asking: Asking, type: string, criteria: readonly (readonly [string, string])[], expression: string) {
  try {
    const found = await match(context, asking, type, criteria)
    await trace(context, asking, found)
    return found
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status !== 400) throw error
    throw new OutcomeError(error.kind, { diagnostics: 'The criteria of the reference cannot be asked', expression })
  }
}
