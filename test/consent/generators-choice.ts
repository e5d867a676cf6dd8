import type { Coding, Consent, ConsentProvision, ConsentProvisionActor, ConsentProvisionData, Extension, Identifier, Organization, Practitioner, Reference, Resource } from '@medplum/fhirtypes'
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { ACT_CODE, ACT_REASON, APPLICATION, CLASS, CONFIDENTIALITY, INS, KIND, LOINC, PARTICIPATION, RESOURCE_TYPE, SCOPE, VISIBILITY } from './scenario.js'
import type { WorldConsent } from './scenario.js'
import { PERSONS, TYPES, CLASSES, HAEMOGLOBIN, OBSERVATIONS, LISTS, HOUR, pick, rarely, STRUCTURES, CLIENTS, at, INS_VALUE, patient, PERIODS, iso, holding, period } from './generators-cast.js'
import type { PeriodName } from './generators-cast.js'

// Choices.

export const person = pick([7, 0], [3, 1], [1, 2], [1, 3])
export const structure = pick([5, 0], [3, 1], [2, 2], [1, 3], [1, 4])
type Form = 'identifier' | 'literal' | 'contained'
const form: Arbitrary<Form> = pick([4, 'identifier'], [4, 'literal'], [1, 'contained'])
const actorSort = pick([24, 'person'], [14, 'structure'], [2, 'team'], [6, 'group'], [1, 'broken'])
export interface ActorDraft { sort: string, person: number, structure: number, form: Form, spelling: number, isMarked: boolean }
export const actorOf = (sort: Arbitrary<string>): Arbitrary<ActorDraft> =>
  fc.record({ sort, person, structure, form, spelling: fc.nat(3), isMarked: rarely(60) })

const LABELS: readonly Coding[] = [
  { system: CONFIDENTIALITY, code: 'N' }, { system: CONFIDENTIALITY, code: 'R' }, { system: CONFIDENTIALITY, code: 'V' },
  { system: VISIBILITY, code: 'MASQUE_PS' }, { system: ACT_CODE, code: 'HIV' }, { system: VISIBILITY, code: 'MASQUE_PSOCIAL' },
  { system: VISIBILITY, code: 'NO_SUCH_LABEL' }
]
/** Once in `per` times. */
export const optional = <T>(arbitrary: Arbitrary<T>, per = 4): Arbitrary<T | undefined> =>
  fc.oneof({ weight: per - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const several = <T>(arbitrary: Arbitrary<T>): Arbitrary<T[]> => fc.array(arbitrary, { minLength: 1, maxLength: 2 })
const selectors = fc.record({
  label: optional(several(pick(...LABELS.map((label, index): [number, Coding] => [[8, 12, 4, 4, 4, 4, 1][index] ?? 1, label])))),
  class: optional(several(pick<Coding>([5, at(CLASSES, 0)], [2, at(CLASSES, 1)], [3, { system: RESOURCE_TYPE, code: 'DocumentReference' }],
    [3, { system: RESOURCE_TYPE, code: 'Observation' }], [1, { system: CLASS, code: 'no-such-class' }]))),
  code: optional(several(pick<Coding>([5, TYPES.biology], [3, TYPES.hospital], [2, TYPES.directives], [4, HAEMOGLOBIN], [1, { system: LOINC, code: 'no-such-type' }]))),
  dataPeriod: optional(fc.constantFrom<PeriodName>('thisMonth', 'thisYear', 'toYesterday', 'fromTomorrow', 'today', 'toLastMonth'), 5),
  data: optional(fc.record({
    meaning: pick([20, 'instance'], [10, 'related'], [20, 'authoredby'], [1, 'dependents']),
    target: pick([5, 'document'], [3, 'observation'], [1, 'list'], [2, 'encounter'], [1, 'holder'], [6, 'author'], [1, 'broken']),
    document: fc.nat(5),
    author: actorOf(pick([6, 'person'], [6, 'structure'], [2, 'group'], [2, 'team']))
  }), 3)
})
type SelectorDraft = typeof selectors extends Arbitrary<infer T> ? T : never
const noSelectors = fc.constant<SelectorDraft>({ label: undefined, class: undefined, code: undefined, dataPeriod: undefined, data: undefined })

const PURPOSE_SETS = ['own', 'TREAT', 'BTG', 'ETREAT', 'HPAYMT', 'TREAT+HPAYMT', 'BTG+ETREAT', 'TREAT+BTG+ETREAT', 'unknown', 'none'] as const
type PurposeSet = typeof PURPOSE_SETS[number]
const purposes: Arbitrary<PurposeSet> = fc.oneof({ weight: 9, arbitrary: fc.constant<PurposeSet>('own') }, { weight: 4, arbitrary: fc.constantFrom(...PURPOSE_SETS) })
const finePurposes = pick<PurposeSet>([10, 'own'], [3, 'BTG'], [3, 'ETREAT'], [4, 'TREAT+BTG+ETREAT'], [2, 'BTG+ETREAT'], [2, 'TREAT+HPAYMT'], [1, 'TREAT'], [1, 'HPAYMT'], [1, 'unknown'])
const provisionOf = (sort: Arbitrary<string>, isFine: boolean): Arbitrary<ProvisionDraft> => fc.record({
  type: pick<'permit' | 'deny'>([1, 'permit'], [1, 'deny']),
  actors: fc.array(actorOf(sort), { minLength: isFine ? 0 : 1, maxLength: 2 }),
  period,
  purposes: isFine ? finePurposes : purposes,
  selectors: isFine ? selectors : fc.oneof({ weight: 12, arbitrary: noSelectors }, { weight: 1, arbitrary: selectors }),
  isMarked: rarely(60)
})
interface ProvisionDraft { type: 'permit' | 'deny', actors: ActorDraft[], period: PeriodName, purposes: PurposeSet, selectors: SelectorDraft, isMarked: boolean }

export interface ChoiceDraft {
  kind: string
  root: ProvisionDraft
  exceptions: ProvisionDraft[]
  isTwisted: boolean
  lifted: number | undefined
  isActive: boolean
  isDeleted: boolean
  acknowledged: number
  by: 'holder' | 'representative'
  oddity: string
}
const PERMITS = ['acces-ps', 'equipe-soins', 'acces-ponctuel', 'medecin-traitant', 'administrateur', 'urgence-ps', 'urgence-samu', 'urgence-masques', 'application', 'delegation']
const isFineKind = (kind: string): boolean => ['partage', 'pcf'].includes(kind)
export const choiceOf = (kind: string): Arbitrary<ChoiceDraft> => {
  const isFine = isFineKind(kind)
  const sorts: Readonly<Record<string, Arbitrary<string>>> = {
    'medecin-traitant': pick([15, 'person'], [1, 'structure']),
    administrateur: pick([15, 'person'], [1, 'structure']),
    'equipe-soins': pick([10, 'team'], [1, 'group'], [1, 'person']),
    application: fc.constant('application'),
    delegation: fc.constant('related')
  }
  return fc.record({
    kind: fc.constant(kind),
    root: provisionOf(sorts[kind] ?? actorSort, isFine),
    exceptions: fc.array(provisionOf(actorSort, true), { maxLength: isFine ? 2 : 0 }),
    isTwisted: rarely(40),
    lifted: kind === 'blocage' ? optional(fc.constantFrom(0, 1, 2, 3), 2) : fc.constant(undefined),
    isActive: rarely(15).map(value => !value),
    isDeleted: rarely(25),
    acknowledged: fc.constantFrom(0, 1, 2, 3, 48, 1000),
    by: pick<'holder' | 'representative'>([6, 'holder'], [1, 'representative']),
    oddity: pick([60, ''], [1, 'modifier'], [1, 'kind'], [1, 'two kinds'], [1, 'scope'], [1, 'action'], [1, 'deep'], [1, 'other patient'], [1, 'wrong system'], [3, 'by INS'])
  })
}
export const choice = fc.oneof(...([['acces-ps', 7], ['equipe-soins', 2], ['acces-ponctuel', 3], ['medecin-traitant', 2], ['administrateur', 2], ['blocage', 6],
  ['partage', 6], ['pcf', 6], ['urgence-ps', 3], ['urgence-samu', 3], ['urgence-masques', 3], ['application', 3], ['delegation', 2],
  ['defaut-confidentialite', 1], ['ouverture', 1]] as const).map(([kind, weight]) => ({ weight, arbitrary: choiceOf(kind) })))

/** A choice without oddity about the first professional: so that many scenarios get past the ground, and meet the rules after it. */
export const tidyOf = (draft: Arbitrary<ChoiceDraft>): Arbitrary<ChoiceDraft> => fc.record({
  draft,
  period: fc.oneof({ weight: 4, arbitrary: fc.constant<PeriodName>('open') }, { weight: 2, arbitrary: fc.constantFrom(...holding) }),
  acknowledged: fc.constantFrom(0, 1, 2),
  by: pick<ChoiceDraft['by']>([4, 'holder'], [1, 'representative'])
}).map(({ draft, period, acknowledged, by }): ChoiceDraft => {
  const { kind, root } = draft
  const actors = root.actors.slice(0, 1).map(actor => ({ ...actor, person: kind === 'delegation' ? 1 : 0, structure: 0, isMarked: false }))
  // A block that is over, lifted or run out, ends the permits before it.
  const over = kind === 'blocage' && draft.lifted === undefined ? 'toBefore' : period
  return { ...draft, root: { ...root, actors, period: over, purposes: isFineKind(kind) ? root.purposes : 'own', isMarked: false }, acknowledged, isTwisted: false, isActive: true, isDeleted: false, by, oddity: '' }
})
/** A deny on what bears a label, and nothing else: so that labels which matter to selectors only are seen to decide. */
const byLabel: Arbitrary<ChoiceDraft> = fc.record({ draft: choiceOf('partage'), label: fc.constantFrom(...LABELS.slice(0, 5)), purposes: fc.constantFrom<PurposeSet>('own', 'TREAT+BTG+ETREAT') })
  .map(({ draft, label, purposes }): ChoiceDraft => ({
    ...draft,
    root: { ...draft.root, type: 'deny', purposes, selectors: { label: [label], class: undefined, code: undefined, dataPeriod: undefined, data: undefined } },
    exceptions: []
  }))
export const tidyKind = fc.oneof(...([['acces-ps', 20], ['equipe-soins', 5], ['acces-ponctuel', 6], ['partage', 14], ['pcf', 12], ['urgence-masques', 5],
  ['administrateur', 4], ['medecin-traitant', 2], ['delegation', 3], ['blocage', 4]] as const).map(([kind, weight]) => ({ weight, arbitrary: choiceOf(kind) })), { weight: 6, arbitrary: byLabel })

const role = { coding: [{ system: PARTICIPATION, code: 'IRCP' }] }
const unknownExtension: Extension[] = [{ url: 'https://example.org/changes-everything', valueBoolean: true }]

/** Writes one party in one of the forms; a contained resource is added to `contained`. */
export function referenceTo (draft: ActorDraft, contained: Resource[]): Reference {
  if (draft.sort === 'team') return { reference: `CareTeam/t${draft.person % 2}` }
  if (draft.sort === 'group') return { reference: `Group/g${draft.person % 2}` }
  if (draft.sort === 'application') return { identifier: { system: APPLICATION, value: at(CLIENTS, draft.person) } }
  if (draft.sort === 'related') return { reference: `RelatedPerson/r${draft.person % 3}` }
  if (draft.sort === 'broken') return { reference: 'Practitioner/gone' }
  const isPerson = draft.sort === 'person'
  const index = isPerson ? draft.person : draft.structure
  const identifier: Identifier = { ...at(at(isPerson ? PERSONS : STRUCTURES, index), draft.spelling) }
  if (draft.form === 'literal' && index < (isPerson ? 3 : 4)) return { reference: isPerson ? `Practitioner/p${index}` : `Organization/o${index}` }
  if (draft.form !== 'contained') return { identifier }
  const id = `c${contained.length}`
  contained.push({ resourceType: isPerson ? 'Practitioner' : 'Organization', id, identifier: [identifier] } as Practitioner | Organization)
  return { reference: `#${id}` }
}

function purposesOf (set: PurposeSet, kind: string): Coding[] | undefined {
  const own = ({ 'urgence-ps': 'BTG', 'urgence-samu': 'ETREAT', 'urgence-masques': 'BTG+ETREAT', 'acces-ps': 'TREAT' } as Readonly<Record<string, string>>)[kind] ?? 'none'
  const chosen = set === 'own' ? own : set
  if (chosen === 'none') return undefined
  return chosen.split('+').map(code => code === 'unknown' ? { system: ACT_REASON, code: 'no-such-purpose' } : { system: ACT_REASON, code })
}

function dataOf (draft: NonNullable<SelectorDraft['data']>, contained: Resource[], documents: number): ConsentProvisionData[] {
  const targets: Readonly<Record<string, () => Reference>> = {
    document: () => ({ reference: `DocumentReference/d${draft.document % documents}` }),
    observation: () => ({ reference: `Observation/n${draft.document % OBSERVATIONS}` }),
    list: () => ({ reference: `List/l${draft.document % LISTS}` }),
    encounter: () => ({ reference: 'Encounter/e0' }),
    holder: () => patient,
    author: () => referenceTo(draft.author, contained),
    broken: () => ({ reference: 'DocumentReference/gone' })
  }
  const target = draft.meaning === 'authoredby' && draft.target !== 'holder' ? 'author' : draft.meaning === 'instance' && !['broken', 'observation', 'list'].includes(draft.target) ? 'document' : draft.target
  return [{ meaning: draft.meaning as ConsentProvisionData['meaning'], reference: (targets[target] ?? (() => patient))() }]
}

interface Building { readonly now: number, readonly kind: string, readonly contained: Resource[], readonly documents: number }

function provision (draft: ProvisionDraft, type: 'permit' | 'deny', { now, kind, contained, documents }: Building): ConsentProvision {
  const { label, class: classes, code, dataPeriod, data } = draft.selectors
  const span = PERIODS[draft.period](now)
  const isForAll = kind.startsWith('urgence') || ['ouverture', 'defaut-confidentialite'].includes(kind) || draft.actors.length === 0
  const actors = draft.actors.map((actor): ConsentProvisionActor => ({
    role,
    reference: referenceTo(actor, contained) as ConsentProvisionActor['reference'],
    ...actor.isMarked && { modifierExtension: unknownExtension }
  }))
  const purpose = purposesOf(draft.purposes, kind)
  const masks = kind === 'urgence-masques' || kind === 'defaut-confidentialite' ? [{ system: VISIBILITY, code: 'MASQUE_PS' }] : undefined
  const dated = dataPeriod && PERIODS[dataPeriod](now)
  return {
    type,
    ...span && { period: span },
    ...!isForAll && { actor: actors },
    ...purpose && { purpose },
    ...(label ?? masks) && { securityLabel: label ?? masks ?? [] },
    ...classes && { class: classes },
    ...code && { code: code.map(coding => ({ coding: [coding] })) },
    ...dated && { dataPeriod: dated },
    ...data && { data: dataOf(data, contained, documents) },
    ...draft.isMarked && { modifierExtension: unknownExtension }
  }
}

/** What the draft says, with the period that its kind needs. */
function rootOf (draft: ChoiceDraft, building: Building): ConsentProvision {
  const { kind, isTwisted, lifted, root, oddity } = draft
  const isEmpty = root.period === 'open'
  // A block that was lifted had been in force, hence no edge.
  const name = lifted !== undefined ? 'open' : isEmpty && kind === 'acces-ponctuel' ? 'aDay' : isEmpty && kind === 'delegation' ? 'around' : root.period
  const usual = PERMITS.includes(kind) ? 'permit' : kind === 'blocage' ? 'deny' : root.type
  const exceptions = draft.exceptions.map(exception => provision(exception, exception.type, building))
  if (oddity === 'deep') exceptions.push({ type: 'permit', provision: [{ type: 'deny', purpose: [{ system: ACT_REASON, code: 'TREAT' }] }] })
  return {
    ...provision({ ...root, period: name }, isTwisted ? root.type : usual, building),
    ...exceptions.length > 0 && { provision: exceptions },
    ...oddity === 'action' && { action: [{ text: 'access' }] }
  }
}

function kindsOf ({ kind, oddity }: ChoiceDraft): NonNullable<Consent['category']> {
  const codes = oddity === 'kind' ? [kind.toUpperCase()] : oddity === 'two kinds' ? [kind, 'acces-ps'] : kind === 'pcf' ? [] : [kind]
  return [{ coding: [{ system: LOINC, code: '59284-0' }] },
    ...codes.map(code => ({ coding: [{ system: oddity === 'wrong system' ? 'urn:example:kind' : KIND, code }] }))]
}

export function consentOf (draft: ChoiceDraft, index: number, now: number, documents: number): WorldConsent {
  const { kind, oddity, isActive, by } = draft
  const contained: Resource[] = []
  const lifted = draft.lifted === undefined ? undefined : now - draft.lifted * HOUR
  // A blocage that was deleted without having been lifted never was in force.
  const isDeleted = draft.isDeleted && (kind !== 'blocage' || lifted !== undefined)
  const resource: Consent = {
    resourceType: 'Consent',
    id: `choice${index}`,
    status: isActive && (lifted === undefined || isDeleted) ? 'active' : 'inactive',
    scope: { coding: [{ system: SCOPE, code: oddity === 'scope' ? 'research' : 'patient-privacy' }] },
    category: kindsOf(draft),
    patient: oddity === 'other patient' ? { reference: 'Patient/other' } : oddity === 'by INS' ? { identifier: { system: INS, value: INS_VALUE } } : patient,
    dateTime: iso(now - 2000 * HOUR),
    performer: [by === 'holder' ? patient : { reference: 'RelatedPerson/r0' }],
    policyRule: { text: 'the choices of the patient' },
    provision: rootOf(draft, { now, kind, contained, documents }),
    ...oddity === 'modifier' && { modifierExtension: unknownExtension }
  }
  // Last: referenceTo fills it.
  if (contained.length > 0) resource.contained = contained as NonNullable<Consent['contained']>
  return {
    resource,
    acknowledged: lifted ?? now - draft.acknowledged * HOUR,
    by,
    ...lifted !== undefined && { endedBlock: lifted },
    ...isDeleted && { deleted: true }
  }
}
