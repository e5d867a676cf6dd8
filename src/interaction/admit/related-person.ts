/**
 * Who stands around the holder (`consent.md` 5 *RelatedPerson*): legal representatives are the operator's to write, on
 * proof; helpers and entourage the holder's. Neither changes what the other wrote; what the holder writes represents nobody.
 */
import type { Extension, RelatedPerson } from '@medplum/fhirtypes'
import { spanOf } from '../../consent/facts.js'
import type { Relative } from '../../consent/rules.js'
import { LEGAL_REPRESENTATION } from '../../terminology/canonical.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import type { Write } from '../store.js'
import { broken, forbidden, unresolved } from './admission.js'
import type { Admitter } from './admission.js'
import { checkReferences, patientId } from './reference.js'
import { standingOf } from './rules.js'

type Writer = 'operator' | 'holder'
export interface RelatedPersonFacts { readonly by: Writer }

export const relatedPerson: Admitter = {
  create: async (context, sight, resource, id) => {
    const given = resource as RelatedPerson
    const patient = await patientId(context, given.patient) ?? 'nobody'
    await sight.enter([patient])
    const by = writerOf(sight, patient)
    const account = sight.account(patient)
    if (account !== 'open' && account !== 'active') throw unresolved('RelatedPerson.patient')
    const draft = { ...given, id, patient: { reference: `Patient/${patient}` } }
    const relative = relativeOf(draft, by)
    await checkReferences(context, sight, patient, draft)
    return { patient, resource: draft, facts: { by } satisfies RelatedPersonFacts, claims: [], rules: rulesOf(context, patient, id, relative) }
  },

  update: async (context, sight, before, resource) => {
    const patient = before.patient ?? ''
    const { by } = before.facts as RelatedPersonFacts
    checkWriter(sight, patient, by)
    const given = resource as RelatedPerson
    if (given.patient.reference !== `Patient/${patient}`) throw broken('A related person stays with their patient', 'RelatedPerson.patient')
    const relative = relativeOf(given, by)
    await checkReferences(context, sight, patient, resource)
    return { patient, resource, facts: before.facts, claims: [], rules: rulesOf(context, patient, before.id, relative) }
  },

  remove: async (context, sight, before) => {
    checkWriter(sight, before.patient ?? '', (before.facts as RelatedPersonFacts).by)
    return { facts: before.facts, rules: rulesOf(context, before.patient ?? '', before.id, undefined) }
  }
}

/** Whoever may not write is refused alike, whether or not the record exists. */
function writerOf ({ caller, situation }: Sight, patient: string): Writer {
  if (caller.principal.kind === 'operator') return 'operator'
  if (situation(patient)?.stands === 'holder') return 'holder'
  throw forbidden()
}

function checkWriter (sight: Sight, patient: string, by: Writer): void {
  if (writerOf(sight, patient) !== by) throw forbidden()
}

/** Who they are to the rules; undefined for who stands there no more. */
function relativeOf ({ active, period = {}, extension = [] }: RelatedPerson, by: Writer): Relative | undefined {
  const represents = representedIn(extension.filter(({ url }) => url === LEGAL_REPRESENTATION))
  if (represents !== null && by !== 'operator') throw broken('Legal representation is the operator\'s to write', 'RelatedPerson.extension')
  return active === false ? undefined : { represents, period: spanOf(period) }
}

function representedIn ([first, ...others]: readonly Extension[]): Relative['represents'] {
  if (first === undefined) return null
  const { valueCode } = first
  if ((valueCode !== 'minor' && valueCode !== 'protected-adult') || others.length > 0) throw broken('This legal representation is not known', 'RelatedPerson.extension', 'code-invalid')
  return valueCode
}

function rulesOf (context: Context, patient: string, id: string, relative: Relative | undefined): NonNullable<Write['rules']> {
  return standingOf(context, patient, [`RelatedPerson/${id}`], (_actor, { relative: former, ...body }) => relative === undefined ? body : { ...body, relative })
}
