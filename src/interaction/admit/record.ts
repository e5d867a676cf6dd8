/**
 * Resources of the record that are no documents: deposit, correction, labels, deletion (`consent.md` 5), the same for
 * every type of `consent/record-type.ts`.
 */
import type { CareTeam, Reference, Resource } from '@medplum/fhirtypes'
import { factsOf } from '../../consent/facts.js'
import type { Facts } from '../../consent/facts.js'
import { CONTAINERS, recordType } from '../../consent/record-type.js'
import { fixedFaults, isSameButLabels, labelFaults, sightFaults, standingOf } from '../../consent/right.js'
import type { Standing } from '../../consent/right.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken, checkWithheldOnce, forbidden, parsed } from './admission.js'
import type { Admitter } from './admission.js'
import { authorshipOf } from './authorship.js'
import { disbanded, isTeamWriter, patientOfTeam, teamOf, teamRules } from './care-team.js'
import { checkHolding, heldBy, reindexHolders, withItems } from './container.js'
import { checkDepositor, checkKind, checkOwnType } from './depositor.js'
import { withDepositLabels } from './deposit-label.js'
import { admitMedication, codesKept, codesUsed, withCodes, withoutUse } from './medication.js'
import { continued, originsOf } from './redeposit.js'
import { keepWord, withWord } from './said.js'
import { asInSource } from './source.js'
import { checkReferences, patientOfTargets, resolvePatient } from './reference.js'

/** What the patient says of themselves: the medical profile and their measures. */
const PATIENTS_OWN: readonly string[] = [
  'Observation', 'Condition', 'AllergyIntolerance', 'MedicationStatement', 'Immunization', 'Procedure', 'Encounter', 'FamilyMemberHistory', 'QuestionnaireResponse'
]

export const record: Admitter = {
  create: async (context, sight, resource, id) => {
    const { resourceType } = resource
    if (resourceType === 'Medication') return await admitMedication(context, sight, resource, id)
    if (resourceType !== 'CareTeam') {
      checkKind(context, sight)
      checkOwnType(sight, PATIENTS_OWN.includes(resourceType))
    }
    const patient = resourceType === 'CareTeam' ? await patientOfTeam(context, sight, resource as CareTeam, id) : await patientOf(context, sight, resource)
    const given = withSubject({ ...resource, id }, patient)
    if (resourceType !== 'CareTeam') checkDepositor(sight, patient, given)
    const draft = await withWord(context, sight, patient, given)
    await checkReferences(context, sight, patient, draft)
    const authorship = await authorshipOf(context, sight.caller, patient, draft, originsOf(draft))
    const { resource: source, at, wasWithheld } = asInSource(context, sight, withDepositLabels(sight, patient, draft))
    const { resource: labelled, chain: known } = await continued(context, source, authorship, { now: sight.caller.now, at })
    const chain = { ...known, wasWithheld: known.wasWithheld || wasWithheld }
    const facts = withCodes(factsOf(labelled, authorship, chain, context.judgedAs(resourceType)), await codesUsed(context, labelled))
    if (resourceType === 'CareTeam') {
      const team = await teamOf(context, sight, patient, labelled as CareTeam)
      return { patient, resource: labelled, facts: { ...facts, team }, claims: [], rules: teamRules(context, patient, id, team) }
    }
    if (!CONTAINERS.includes(resourceType)) return { patient, resource: labelled, facts, claims: [] }
    const held = await heldBy(context, labelled)
    await checkHolding(context, patient, facts, labelled)
    return { patient, resource: labelled, facts: withItems(resourceType, id, facts, held), claims: [] }
  },

  update: async (context, sight, before, given) => {
    const { type, id } = before
    const patient = before.patient ?? ''
    const known = before.facts as Facts
    const old = parsed<Resource>(before)
    const resource = keepWord(old, given, [`Patient/${patient}`, ...known.authors])
    const who = standing(sight, patient, known)
    if (!isSameButLabels(old, resource) && !isWriter(type, who)) throw forbidden()
    const fixed = fixedFaults(old, resource)
    if (fixed.length > 0) throw new OutcomeError('business-rule', fixed)
    await checkReferences(context, sight, patient, resource, old)
    const labels = labelFaults(old, resource, who)
    if (labels.length > 0) throw forbidden(labels)
    const chain = { ids: known.chain, began: known.began, opens: known.opens, wasWithheld: known.wasWithheld }
    const fresh = withCodes(factsOf(resource, known, chain, context.judgedAs(type)), await codesKept(context, resource, known))
    // A team is written to let somebody see: whom, its choice says.
    const gained = type === 'CareTeam' ? [] : sightFaults(type, known, fresh)
    if (gained.length > 0) throw new OutcomeError('business-rule', gained)
    checkWithheldOnce(known, fresh, `${type}.meta.security`)
    if (type === 'CareTeam') {
      const team = await teamOf(context, sight, patient, resource as CareTeam, known.team)
      return { patient, resource, facts: { ...fresh, team }, claims: [], rules: teamRules(context, patient, id, team, known.team) }
    }
    const held = CONTAINERS.includes(type) ? await heldBy(context, resource) : []
    if (held.length > 0) await checkHolding(context, patient, known, resource)
    const widened = { ...fresh, period: hull(known, fresh) }
    const facts = CONTAINERS.includes(type) ? withItems(type, id, widened, held, known.items) : widened
    if (CONTAINERS.includes(type) && (known.items ?? []).length === 0 && (facts.items ?? []).length > 0) {
      // What holds nothing has no type for the matrix: by its first item, others would come to see the rest of it.
      throw broken('What was deposited empty stays so: deposit it anew with what it holds', `${type}.${recordType(type).items?.[0] ?? ''}`)
    }
    const isGrown = (facts.items?.length ?? 0) > (known.items?.length ?? 0)
    return { patient, resource, facts, claims: [], ...isGrown ? { reindexed: await reindexHolders(context, patient, { type, id, facts }) } : {} }
  },

  remove: async (context, sight, before) => {
    const known = before.facts as Facts
    const patient = before.patient ?? ''
    if (!isWriter(before.type, standing(sight, patient, known))) throw forbidden()
    if (known.team === undefined) return { facts: known, companions: await withoutUse(context, before, sight.caller.now) }
    const team = disbanded(known.team)
    return { facts: { ...known, team }, rules: teamRules(context, patient, before.id, team) }
  }
}

async function patientOf (context: Context, sight: Sight, resource: Resource): Promise<string> {
  const { resourceType } = resource
  const { subject, items } = recordType(resourceType)
  return subject === null
    ? await patientOfTargets(context, sight, resource, items ?? [])
    : await resolvePatient(context, sight, memberOf(resource, subject), `${resourceType}.${subject}`)
}

function memberOf (resource: Resource, element: string): Reference | undefined {
  return (resource as unknown as Readonly<Record<string, Reference | undefined>>)[element]
}

/** A resource with its patient by id. */
function withSubject (resource: Resource, patient: string): Resource {
  const { subject } = recordType(resource.resourceType)
  if (subject === null) return resource
  const { identifier, ...rest } = memberOf(resource, subject) ?? {}
  return { ...resource, [subject]: { ...rest, reference: `Patient/${patient}` } } as Resource
}

function standing (sight: Sight, patient: string, facts: Facts): Standing {
  const situation = sight.situation(patient)
  if (situation === undefined) throw forbidden()
  return standingOf(sight.caller, situation, facts)
}

/** A team is the holder's, their legal representatives' and administrators' to write, everything else its authors'. */
function isWriter (type: string, who: Standing): boolean {
  return type === 'CareTeam' ? isTeamWriter(who) : who.isAuthor
}

/** A correction never narrows the time that a resource is about: by that, somebody could come to see it. */
function hull ({ period: one }: Facts, { period: other }: Facts): Facts['period'] {
  return { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) }
}
