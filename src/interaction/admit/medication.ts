/**
 * Medications: each belongs to the resource that uses it and came with it. To the rules it is a container that holds that
 * one: it is seen only by whoever sees what uses it, follows its labels, and goes when it goes. What refers to a
 * medication has its codes, so that a choice about a substance reaches both.
 */
import type { Medication, Resource } from '@medplum/fhirtypes'
import { codesOf, factsOf } from '../../consent/facts.js'
import type { Facts } from '../../consent/facts.js'
import { isRestricting, labelKey, labelsOf, typeKey } from '../../consent/label.js'
import { referencesAt } from '../../consent/record-type.js'
import { and, equals, isIn } from '../../filter/filter.js'
import type { Context } from '../context.js'
import { current } from '../directory.js'
import type { Sight } from '../sight.js'
import type { Change, Kept } from '../store.js'
import { deletion } from '../version.js'
import { broken, openParsed } from './admission.js'
import type { Admission } from './admission.js'
import { itemKey, withItems } from './container.js'
import { checkReferences } from './reference.js'

const USERS: readonly string[] = ['MedicationRequest', 'MedicationStatement']
/** Medications of one resource. */
const MOST = 100

/** @throws OutcomeError `business-rule` for one that came without what uses it, or with labels of its own: nobody could lift them */
export async function admitMedication (context: Context, sight: Sight, resource: Resource, id: string): Promise<Admission> {
  const use = context.medications?.get(`Medication/${id}`)
  const user = use === undefined ? undefined : await context.store.read(use.type, use.id)
  if (user === undefined || user.patient === null) throw broken('A medication is contained in what uses it, or comes in its Bundle', 'Medication')
  const { patient } = user
  const draft = { ...resource, id }
  if (labelsOf(draft).some(isRestricting)) throw broken('A medication has the labels of what uses it', 'Medication.meta.security')
  await checkReferences(context, sight, patient, draft)
  const known = user.facts as Facts
  const own = factsOf(draft, { ...known, origins: [], claims: [] }, { ids: [id], began: known.began, opens: known.opens, wasWithheld: known.wasWithheld }, context.judgedAs('Medication'))
  const facts: Facts = {
    ...withCodes(own, codesOf(known)),
    classes: [...own.classes, ...known.classes],
    related: [...own.related, ...known.related, `${user.type}/${user.id}`],
    period: known.period
  }
  return { patient, resource: draft, facts: withItems('Medication', id, facts, [user]), claims: [], found: [itemKey(user)] }
}

export function withCodes (facts: Facts, codes: readonly string[]): Facts {
  return codes.length === 0 ? facts : { ...facts, codes: [...new Set([...codesOf(facts), ...codes])] }
}

/** The codes of the medications that a deposit refers to. */
export async function codesUsed (context: Context, resource: Resource): Promise<readonly string[]> {
  const medications = await Promise.all(medicationsOf(resource).map(async reference => {
    const stored = await context.store.read('Medication', reference.slice('Medication/'.length))
    return context.medications?.get(reference)?.resource ?? (stored === undefined || stored.isDeleted ? undefined : await openParsed<Medication>(context, stored))
  }))
  return medications.flatMap(medication => medication?.code?.coding ?? []).map(labelKey).map(typeKey)
}

/** Those that it had of them: what is referred to does not change, though it may be gone. */
export async function codesKept (context: Context, resource: Resource, known: Facts): Promise<readonly string[]> {
  const stored = await Promise.all(medicationsOf(resource).map(async reference => await context.store.read('Medication', reference.slice('Medication/'.length))))
  const theirs = new Set(stored.flatMap(version => version === undefined ? [] : codesOf(version.facts as Facts)))
  return codesOf(known).filter(code => theirs.has(code))
}

function medicationsOf (resource: Resource): readonly string[] {
  return referencesAt(resource, ['medication[x]']).flatMap(({ reference }) => /^Medication\/[A-Za-z0-9.-]{1,64}$/.exec(reference ?? '')?.[0] ?? [])
}

/** The changes by which the medications of a resource go with it. */
export async function withoutUse (context: Context, user: Kept, now: number): Promise<readonly Change[]> {
  if (!USERS.includes(user.type)) return []
  const filter = and(equals('patient', user.patient ?? ''), current, isIn('found', [itemKey(user)]))
  const theirs = await context.store.findKept({ type: 'Medication', filter, sort: [], limit: MOST })
  return theirs.map(medication => ({ next: deletion(context, medication, medication.facts, now), replaces: medication, claims: [] }))
}
