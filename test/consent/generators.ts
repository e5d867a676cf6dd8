import type {
  CareTeam, Coding, Consent, ConsentProvision, ConsentProvisionActor, ConsentProvisionData, DocumentReference, Encounter, Extension, Group, Identifier,
  List, Observation, Organization, Patient, Period, Practitioner, Reference, Resource
} from '@medplum/fhirtypes'
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { Options } from './model.js'
import {
  ACT_CODE, ACT_REASON, APPLICATION, CLASS, CONFIDENTIALITY, FINESS, ID_NAT_PS, ID_NAT_ST, INS, KIND, LOINC, PARTICIPATION, PROFESSION, RESOURCE_TYPE,
  RPPS, SCOPE, SIRENE, SOCIAL, TYPE, VISIBILITY, paris
} from './scenario.js'
import type { Caller, Code, Depositor, Id, World, WorldConsent, WorldDocument, WorldRelatedPerson } from './scenario.js'

/**
 * Small worlds about one patient, mostly valid and a little hostile: three professionals, four structures with double
 * identifiers and parts, zero to eight choices, two to six documents, one caller who often has something to do with them.
 * Everything is first drawn relative to `now`, then built, so that instants fall on the edges of periods and months, and
 * a counter-example shrinks.
 */
export interface Scenario { readonly world: World, readonly caller: Caller, readonly document: WorldDocument, readonly now: number }

/** A synthetic matrix: unknown types and professions are refused. */
export const options: Options = {
  matrix: (profession, types) => types.every(type => ALLOWED[`${profession.system}|${profession.code}`]?.includes(`${type.system}|${type.code}`)),
  knows: ({ system, code }) => KNOWN.includes(`${system}|${code}`),
  judgedAs: resourceType => resourceType === 'Observation' ? [TYPES.biology, TYPES.hospital] : [],
  outsideCare: new Set(['SA24', 'SA13'])
}

export const TYPES = {
  biology: { system: LOINC, code: '11502-2' },
  hospital: { system: LOINC, code: '34112-3' },
  psychology: { system: LOINC, code: '83901-9' },
  synthesis: { system: TYPE, code: 'SYNTH' },
  directives: { system: TYPE, code: 'EXPPAT_3' },
  residence: { system: TYPE, code: 'ATTEST-RESID' }
} as const satisfies Record<string, Coding>
const CLASSES: readonly Code[] = ['10', '11', '90'].map(code => ({ system: CLASS, code }))
const text = ({ system, code }: Coding): string => `${system}|${code}`
/** A code of an observation, of no document. */
const HAEMOGLOBIN: Coding = { system: LOINC, code: '718-7' }
/** How many of each a world has. */
const OBSERVATIONS = 2
const LISTS = 3
const KNOWN = [...Object.values(TYPES), HAEMOGLOBIN, ...CLASSES, { system: RESOURCE_TYPE, code: 'DocumentReference' }, { system: RESOURCE_TYPE, code: 'Observation' }].map(text)
const allBut = (...refused: readonly Coding[]): readonly string[] => Object.values(TYPES).map(text).filter(type => !refused.map(text).includes(type))
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  [`${PROFESSION}|10`]: allBut(TYPES.residence),
  [`${PROFESSION}|40`]: allBut(TYPES.residence, TYPES.psychology, TYPES.directives),
  [`${PROFESSION}|60`]: allBut(TYPES.residence, TYPES.psychology),
  [`${SOCIAL}|320`]: [text(TYPES.residence), text(TYPES.synthesis), text(TYPES.biology)]
}

const HOUR = 3600 * 1000
const DAY = 24 * HOUR
const pick = <T>(...weighted: ReadonlyArray<readonly [number, T]>): Arbitrary<T> => fc.oneof(...weighted.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
const rarely = (per: number): Arbitrary<boolean> => pick([per - 1, false], [1, true])

// The directory. Index 3 of persons and 4 of structures are in no directory.

/** Every way in which a token or a reference may write each one. */
export const PERSONS: ReadonlyArray<readonly Id[]> = [
  [{ system: RPPS, value: '10000000001' }, { system: ID_NAT_PS, value: '810000000001' }],
  [{ system: ID_NAT_PS, value: '810000000002' }, { system: RPPS, value: '10000000002' }],
  [{ system: ID_NAT_PS, value: '0751234567' }, { system: RPPS, value: '10000000003' }],
  [{ system: RPPS, value: '10000000009' }, { system: ID_NAT_PS, value: '810000000009' }]
]
export const STRUCTURES: ReadonlyArray<readonly Id[]> = [
  [{ system: FINESS, value: '750000001' }, { system: ID_NAT_ST, value: '1750000001' }],
  [{ system: ID_NAT_ST, value: '1750000002' }, { system: FINESS, value: '750000002' }, { system: SIRENE, value: '20000000000002' }, { system: ID_NAT_ST, value: '320000000000002' }],
  [{ system: SIRENE, value: '20000000000003' }, { system: ID_NAT_ST, value: '320000000000003' }],
  [{ system: ID_NAT_ST, value: '410000000004' }],
  [{ system: FINESS, value: '2A0000009' }, { system: ID_NAT_ST, value: '12A0000009' }]
]
const CLIENTS = ['app-1', 'app-2']
const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('nothing to choose from')
  return item
}

const practitioners: Practitioner[] = PERSONS.slice(0, 3).map((ids, index) => ({
  resourceType: 'Practitioner',
  id: `p${index}`,
  // The first of each only where the rule of the prefix must make the rest.
  identifier: (index === 2 ? ids : ids.slice(0, 1)).map(id => ({ ...id }))
}))

/** The ward is part of the hospital, always; the hospital of the group of laboratories, sometimes. */
const organizationsOf = (isDeep: boolean): Organization[] => STRUCTURES.slice(0, 4).map((ids, index): Organization => ({
  resourceType: 'Organization',
  id: `o${index}`,
  identifier: (index === 1 ? [at(ids, 0), at(ids, 2)] : ids.slice(0, 1)).map(id => ({ ...id })),
  ...index === 0 && { partOf: { reference: 'Organization/o1' } },
  ...index === 1 && isDeep && { partOf: { identifier: { ...at(at(STRUCTURES, 2), 1) } } }
}))

const INS_VALUE = '180126978912536'
const patient: Reference<Patient> = { reference: 'Patient/patient' }
const encounters: Encounter[] = [{ resourceType: 'Encounter', id: 'e0', status: 'finished', class: { code: 'AMB' }, subject: patient }]

// Periods, on purpose at the edges.

const PERIODS = {
  open: () => undefined,
  around: now => ({ start: paris(now - 10 * DAY).toISO() ?? '', end: iso(now + 10 * DAY) }),
  fromNow: now => ({ start: iso(now) }),
  fromNext: now => ({ start: iso(now + 1) }),
  toNow: now => ({ end: paris(now).toISO() ?? '' }),
  toBefore: now => ({ end: iso(now - 1) }),
  today: now => ({ start: day(now), end: day(now) }),
  toYesterday: now => ({ end: day(paris(now).minus({ days: 1 }).toMillis()) }),
  fromTomorrow: now => ({ start: day(paris(now).plus({ days: 1 }).toMillis()) }),
  thisMonth: now => ({ start: day(now).slice(0, 7), end: day(now).slice(0, 7) }),
  toLastMonth: now => ({ end: day(paris(now).minus({ months: 1 }).toMillis()).slice(0, 7) }),
  thisYear: now => ({ start: day(now).slice(0, 4), end: day(now).slice(0, 4) }),
  aDay: now => ({ start: iso(now - DAY), end: iso(now + DAY) }),
  pastADay: now => ({ start: iso(now - DAY - 1), end: iso(now + DAY) })
} satisfies Record<string, (now: number) => Period | undefined>
type PeriodName = keyof typeof PERIODS
const iso = (instant: number): string => new Date(instant).toISOString()
const day = (instant: number): string => paris(instant).toISODate() ?? ''
const holding: PeriodName[] = ['around', 'fromNow', 'toNow', 'today', 'thisMonth', 'thisYear', 'aDay', 'pastADay']
const missing: PeriodName[] = ['fromNext', 'toBefore', 'toYesterday', 'fromTomorrow', 'toLastMonth']
const period: Arbitrary<PeriodName> = fc.oneof({ weight: 10, arbitrary: fc.constant<PeriodName>('open') },
  { weight: 5, arbitrary: fc.constantFrom(...holding) }, { weight: 3, arbitrary: fc.constantFrom(...missing) })

// Choices.

const person = pick([7, 0], [3, 1], [1, 2], [1, 3])
const structure = pick([5, 0], [3, 1], [2, 2], [1, 3], [1, 4])
type Form = 'identifier' | 'literal' | 'contained'
const form: Arbitrary<Form> = pick([4, 'identifier'], [4, 'literal'], [1, 'contained'])
const actorSort = pick([24, 'person'], [14, 'structure'], [2, 'team'], [4, 'group'], [1, 'broken'])
interface ActorDraft { sort: string, person: number, structure: number, form: Form, spelling: number, isMarked: boolean }
const actorOf = (sort: Arbitrary<string>): Arbitrary<ActorDraft> =>
  fc.record({ sort, person, structure, form, spelling: fc.nat(3), isMarked: rarely(60) })

const LABELS: readonly Coding[] = [
  { system: CONFIDENTIALITY, code: 'N' }, { system: CONFIDENTIALITY, code: 'R' }, { system: CONFIDENTIALITY, code: 'V' },
  { system: VISIBILITY, code: 'MASQUE_PS' }, { system: ACT_CODE, code: 'HIV' }, { system: VISIBILITY, code: 'MASQUE_PSOCIAL' },
  { system: VISIBILITY, code: 'NO_SUCH_LABEL' }
]
/** Once in `per` times. */
const optional = <T>(arbitrary: Arbitrary<T>, per = 4): Arbitrary<T | undefined> =>
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
    author: actorOf(pick([3, 'person'], [3, 'structure']))
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

interface ChoiceDraft {
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
const choiceOf = (kind: string): Arbitrary<ChoiceDraft> => {
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
const choice = fc.oneof(...([['acces-ps', 7], ['equipe-soins', 2], ['acces-ponctuel', 3], ['medecin-traitant', 2], ['administrateur', 2], ['blocage', 6],
  ['partage', 6], ['pcf', 6], ['urgence-ps', 3], ['urgence-samu', 3], ['urgence-masques', 3], ['application', 3], ['delegation', 2],
  ['defaut-confidentialite', 1], ['ouverture', 1]] as const).map(([kind, weight]) => ({ weight, arbitrary: choiceOf(kind) })))

/** A choice without oddity about the first professional: so that many scenarios get past the ground, and meet the rules after it. */
const tidyOf = (draft: Arbitrary<ChoiceDraft>): Arbitrary<ChoiceDraft> => fc.record({
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
const tidyKind = fc.oneof(...([['acces-ps', 20], ['equipe-soins', 5], ['acces-ponctuel', 6], ['partage', 14], ['pcf', 12], ['urgence-masques', 5],
  ['administrateur', 4], ['medecin-traitant', 2], ['delegation', 3], ['blocage', 4]] as const).map(([kind, weight]) => ({ weight, arbitrary: choiceOf(kind) })))

const role = { coding: [{ system: PARTICIPATION, code: 'IRCP' }] }
const unknownExtension: Extension[] = [{ url: 'https://example.org/changes-everything', valueBoolean: true }]

/** Writes one party in one of the forms; a contained resource is added to `contained`. */
function referenceTo (draft: ActorDraft, contained: Resource[]): Reference {
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

function consentOf (draft: ChoiceDraft, index: number, now: number, documents: number): WorldConsent {
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

// Documents.

const mask: Coding = { system: VISIBILITY, code: 'MASQUE_PS' }
const away: Coding = { system: VISIBILITY, code: 'INVISIBLE_PATIENT' }
const secret: Coding = { system: VISIBILITY, code: 'INVISIBLE_REPRESENTANTS_LEGAUX' }
const normal: Coding = { system: CONFIDENTIALITY, code: 'N' }
interface LabelDraft { labels?: readonly Coding[], tags?: readonly Coding[], isTextOnly?: boolean }
const labels: Arbitrary<LabelDraft> = pick<LabelDraft>(
  [9, {}], [1, { labels: [] }], [9, { labels: [normal] }], [9, { labels: [normal, mask] }], [4, { tags: [mask] }], [17, { labels: [away] }], [5, { labels: [normal], tags: [secret] }],
  [3, { labels: [mask, secret] }], [4, { labels: [mask, away] }], [3, { labels: [{ system: CONFIDENTIALITY, code: 'R' }] }], [8, { labels: [normal, { system: CONFIDENTIALITY, code: 'V' }] }],
  [5, { labels: [{ system: VISIBILITY, code: 'MASQUE_PSOCIAL' }] }], [3, { labels: [{ system: ACT_CODE, code: 'HIV' }] }], [1, { labels: [{ system: VISIBILITY, code: 'masque_ps' }] }],
  [1, { labels: [{ system: CONFIDENTIALITY, code: 'MASQUE_PS' }] }], [1, { labels: [normal], tags: [{ system: 'https://example.org/labels', code: 'N' }] }],
  [1, { labels: [{ code: 'N' }] }], [1, { isTextOnly: true }], [1, { labels: [{ system: VISIBILITY, code: 'MASQUE_PT' }] }])

const type: Arbitrary<DocumentReference['type']> = pick<DocumentReference['type']>(
  [12, { coding: [TYPES.biology] }], [8, { coding: [TYPES.hospital] }], [6, { coding: [TYPES.synthesis] }], [3, { coding: [TYPES.directives] }], [2, { coding: [TYPES.psychology] }],
  [3, { coding: [TYPES.residence] }], [4, { coding: [TYPES.biology, TYPES.synthesis] }], [1, { coding: [TYPES.biology, TYPES.residence] }],
  [1, { coding: [{ system: LOINC, code: 'no-such-type' }] }], [1, { coding: [TYPES.biology, { system: 'https://example.org/types', code: 'BIO' }] }], [1, undefined],
  [1, { text: 'biology' }], [1, { coding: [{ code: '11502-2' }] }], [1, { coding: [{ system: TYPE, code: 'synth' }] }])

const documentDraft = fc.record({
  type,
  class: pick<Coding | undefined>([5, at(CLASSES, 0)], [3, at(CLASSES, 1)], [1, at(CLASSES, 2)], [1, undefined]),
  status: pick<'current' | 'entered-in-error'>([25, 'current'], [1, 'entered-in-error']),
  isDeleted: rarely(20),
  authors: fc.array(actorOf(pick([5, 'person'], [2, 'structure'], [1, 'holder'], [1, 'role'])), { minLength: 1, maxLength: 2 }),
  custodian: optional(actorOf(fc.constant('structure')), 3),
  depositor: fc.record({ kind: pick<Depositor['kind']>([10, 'professional'], [6, 'structure'], [4, 'holder'], [2, 'application']), person: pick([1, 0], [3, 1], [2, 2], [1, 3]), structure: pick([1, 0], [2, 1], [2, 2], [1, 3], [1, 4]), spelling: fc.nat(3), client: fc.nat(1) }),
  context: pick<PeriodName | 'none'>([4, 'none'], [2, 'around'], [2, 'toYesterday'], [2, 'today'], [2, 'fromNow']),
  isDated: rarely(6).map(value => !value),
  isEncountered: rarely(4)
})
type DocumentDraft = typeof documentDraft extends Arbitrary<infer T> ? T : never
const chainDraft = fc.record({ labels, begun: pick([4, 'hours'], [2, 'exactly'], [3, 'one less'], [1, 'one more'], [1, 'long ago']), documents: fc.array(documentDraft, { minLength: 1, maxLength: 2 }) })
type ChainDraft = typeof chainDraft extends Arbitrary<infer T> ? T : never

function startOf (begun: string, now: number): number {
  const month = paris(now).minus({ months: 1 }).toMillis()
  return ({ hours: now - 5 * HOUR, exactly: month, 'one less': month + 1, 'one more': month - 1 } as Readonly<Record<string, number>>)[begun] ?? now - 100 * DAY
}

function depositorOf ({ kind, person, structure, spelling, client }: DocumentDraft['depositor']): Depositor {
  if (kind === 'holder') return { kind }
  if (kind === 'application') return { kind, client: at(CLIENTS, client) }
  return { kind, ...kind === 'professional' && { person: at(at(PERSONS, person), spelling) }, structure: at(at(STRUCTURES, structure), spelling) }
}

function authorOf (draft: ActorDraft, contained: Resource[]): Reference {
  if (draft.sort === 'holder') return patient
  if (draft.sort !== 'role') return referenceTo(draft, contained)
  const id = `c${contained.length}`
  contained.push({ resourceType: 'PractitionerRole', id, practitioner: { identifier: { ...at(at(PERSONS, draft.person), draft.spelling) } } })
  return { reference: `#${id}` }
}

function labelled ({ labels, tags, isTextOnly }: LabelDraft): Pick<DocumentReference, 'securityLabel' | 'meta'> {
  return {
    ...labels && { securityLabel: labels.map(label => ({ coding: [label] })) },
    ...isTextOnly && { securityLabel: [{ text: 'secret' }] },
    ...tags && { meta: { security: [...tags] } }
  }
}

function documentOf (draft: DocumentDraft, number: number, chain: ChainDraft, chainNumber: number, now: number): WorldDocument {
  const contained: Resource[] = []
  const chainStart = startOf(chain.begun, now)
  const isLast = draft === chain.documents[chain.documents.length - 1]
  const span = draft.context === 'none' ? undefined : PERIODS[draft.context](now)
  const custodian = draft.custodian && referenceTo(draft.custodian, contained)
  const resource: DocumentReference = {
    resourceType: 'DocumentReference',
    id: `d${number}`,
    status: draft.status === 'entered-in-error' ? draft.status : isLast ? 'current' : 'superseded',
    subject: patient,
    ...draft.type && { type: draft.type },
    ...draft.class && { category: [{ coding: [draft.class] }] },
    ...draft.isDated && { date: iso(chainStart) },
    author: draft.authors.map(author => authorOf(author, contained)) as NonNullable<DocumentReference['author']>,
    ...custodian && { custodian: custodian as Reference<Organization> },
    ...draft !== chain.documents[0] && { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/d${number - 1}` } }] },
    ...labelled(chain.labels),
    content: [{ attachment: { contentType: 'application/pdf', url: `Binary/b${number}` } }],
    context: { ...span && { period: span }, ...draft.isEncountered && { encounter: [{ reference: 'Encounter/e0' }] } }
  }
  if (contained.length > 0) resource.contained = contained as NonNullable<DocumentReference['contained']>
  return { resource, depositor: depositorOf(draft.depositor), chain: `chain${chainNumber}`, chainStart, deposited: isLast ? Math.max(chainStart, now - HOUR) : chainStart, deleted: draft.isDeleted }
}

// Observations, and lists of all that came before them.

const observationDraft = fc.record({
  labels,
  begun: pick([4, 'hours'], [2, 'exactly'], [3, 'one less'], [1, 'one more'], [1, 'long ago']),
  code: pick<Coding | undefined>([6, HAEMOGLOBIN], [2, TYPES.biology], [1, { system: LOINC, code: 'no-such-type' }], [1, undefined]),
  class: pick<Coding | undefined>([3, at(CLASSES, 0)], [2, at(CLASSES, 1)], [2, undefined]),
  derivedFrom: optional(fc.nat(5), 3),
  document: documentDraft
})
type ObservationDraft = typeof observationDraft extends Arbitrary<infer T> ? T : never

const chainOfOne = (label: LabelDraft): Pick<Observation, 'meta'> => ({ meta: { security: [...label.labels ?? [], ...label.tags ?? [], ...label.isTextOnly ? [{}] : []] } })

/** What is no document has all of its labels in its metadata. */
function observationOf (draft: ObservationDraft, number: number, documents: number, now: number): WorldDocument {
  const contained: Resource[] = []
  const { document } = draft
  const chainStart = startOf(draft.begun, now)
  const span = document.context === 'none' ? undefined : PERIODS[document.context](now)
  const resource: Observation = {
    resourceType: 'Observation',
    id: `n${number}`,
    status: document.status === 'entered-in-error' ? document.status : 'final',
    subject: patient,
    code: draft.code === undefined ? { text: 'something' } : { coding: [draft.code] },
    ...draft.class && { category: [{ coding: [draft.class] }] },
    ...span ? { effectivePeriod: span } : document.isDated && { effectiveDateTime: iso(chainStart) },
    performer: document.authors.map(author => authorOf(author, contained)) as NonNullable<Observation['performer']>,
    ...document.isEncountered && { encounter: { reference: 'Encounter/e0' } },
    ...draft.derivedFrom !== undefined && { derivedFrom: [{ reference: `DocumentReference/d${draft.derivedFrom % documents}` }] },
    ...chainOfOne(draft.labels)
  }
  if (contained.length > 0) resource.contained = contained as NonNullable<Observation['contained']>
  return { resource, depositor: depositorOf(document.depositor), chain: `observation${number}`, chainStart, deposited: chainStart, deleted: document.isDeleted }
}

const listDraft = fc.record({ draft: observationDraft, items: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), isEmpty: rarely(15), once: fc.array(fc.nat(9), { maxLength: 1 }) })
type ListDraft = typeof listDraft extends Arbitrary<infer T> ? T : never

function listOf ({ draft, items, isEmpty, once }: ListDraft, number: number, before: readonly WorldDocument[], now: number): WorldDocument {
  const contained: Resource[] = []
  const { document } = draft
  const [source] = document.authors.map(author => authorOf(author, contained))
  const chainStart = startOf(draft.begun, now)
  const resource: List = {
    resourceType: 'List',
    id: `l${number}`,
    status: document.status === 'entered-in-error' ? document.status : 'current',
    mode: 'working',
    subject: patient,
    ...draft.code && { code: { coding: [draft.code] } },
    ...document.isDated && { date: iso(chainStart) },
    ...source && { source: source as NonNullable<List['source']> },
    ...!isEmpty && { entry: items.map(index => at(before, index).resource).map(({ resourceType, id }) => ({ item: { reference: `${resourceType}/${id}` } })) },
    ...chainOfOne(number === 0 ? {} : draft.labels)
  }
  if (contained.length > 0) resource.contained = contained as NonNullable<List['contained']>
  const taken = once.map(index => at(before, index).resource).map(({ resourceType, id = '' }) => `${resourceType}/${id}`)
  return { resource, once: taken, depositor: depositorOf(document.depositor), chain: `list${number}`, chainStart, deposited: chainStart, deleted: document.isDeleted }
}

// The rest of the world, and its caller.

const NOWS = ['2026-03-31T10:00:00.000Z', '2026-03-29T01:00:00.000Z', '2026-02-28T22:59:59.999Z', '2026-02-28T23:00:00.000Z', '2026-10-25T01:30:00.000Z', '2026-07-15T08:30:00.123Z']
const worldDraft = fc.record({
  now: fc.constantFrom(...NOWS).map(text => Date.parse(text)),
  account: pick<World['account']>([90, 'open'], [90, 'active'], [1, 'none'], [1, 'notified'], [1, 'opposed'], [1, 'suspended'], [1, 'closed'], [1, 'deleted']),
  isDeep: fc.boolean(),
  age: pick([3, 'child'], [2, 'adult'], [3, 'eighteen'], [1, 'almost']),
  isTeamActive: rarely(6).map(value => !value),
  memberPeriod: period,
  isSilent: rarely(15),
  likely: fc.array(tidyOf(tidyKind), { minLength: 2, maxLength: 3, size: 'max' }),
  open: fc.tuple(...['application', 'urgence-ps', 'urgence-samu'].map(kind => optional(tidyOf(choiceOf(kind)), 2))),
  choices: fc.array(choice, { maxLength: 2, size: 'max' }),
  chains: fc.array(chainDraft, { minLength: 2, maxLength: 3 }),
  observations: fc.array(observationDraft, { minLength: OBSERVATIONS, maxLength: OBSERVATIONS }),
  lists: fc.array(listDraft, { minLength: LISTS, maxLength: LISTS })
})
type WorldDraft = typeof worldDraft extends Arbitrary<infer T> ? T : never

function birthOf (age: string, now: number): string {
  const birthday = paris(now).minus({ years: 18 })
  return ({ child: '2015-05-05', adult: '1980-01-01', eighteen: birthday.toISODate(), almost: birthday.plus({ days: 1 }).toISODate() } as Readonly<Record<string, string>>)[age] ?? '1980-01-01'
}

function teamsOf ({ isTeamActive, memberPeriod, now }: WorldDraft): CareTeam[] {
  const span = PERIODS[memberPeriod](now)
  return [
    { resourceType: 'CareTeam', id: 't0', status: isTeamActive ? 'active' : 'inactive', subject: patient, participant: [{ member: { reference: 'Practitioner/p0' }, ...span && { period: span } }] },
    { resourceType: 'CareTeam', id: 't1', status: 'active', subject: patient, participant: [{ member: { reference: 'CareTeam/t0' } }, { member: { reference: 'Organization/o0' } }, { member: { identifier: { ...at(at(PERSONS, 1), 0) } } }] }
  ]
}

const groups: Group[] = [
  { resourceType: 'Group', id: 'g0', type: 'practitioner', actual: true, active: true, member: [{ entity: { reference: 'Practitioner/p0' } }] },
  { resourceType: 'Group', id: 'g1', type: 'practitioner', actual: true, active: true, member: [{ entity: { reference: 'Practitioner/p0' }, inactive: true }, { entity: { reference: 'Practitioner/p1' } }] }
]
const relatedPersons: WorldRelatedPerson[] = [
  { resource: { resourceType: 'RelatedPerson', id: 'r0', patient }, represents: 'minor' },
  { resource: { resourceType: 'RelatedPerson', id: 'r1', patient } },
  { resource: { resourceType: 'RelatedPerson', id: 'r2', patient }, represents: 'protected-adult' }
]

/** A new médecin traitant ends the old: only the first drawn stays active. */
function withOnePhysician (choices: readonly WorldConsent[]): WorldConsent[] {
  const isPhysician = ({ resource }: WorldConsent): boolean => resource.category.some(({ coding }) => coding?.some(({ code }) => code === 'medecin-traitant')) && resource.status === 'active'
  const kept = choices.find(isPhysician)
  return choices.map(choice => isPhysician(choice) && choice !== kept ? { ...choice, resource: { ...choice.resource, status: 'inactive' } } : choice)
}

const choicesOf = ({ isSilent, choices, likely, open }: WorldDraft): ChoiceDraft[] => isSilent ? [] : [...choices, ...likely, ...open.filter(draft => draft !== undefined)]

function worldOf (draft: WorldDraft): World {
  const { now, chains } = draft
  const all = chains.flatMap((chain, chainNumber) => chain.documents.map(document => ({ chain, chainNumber, document })))
  const documents = all.map(({ chain, chainNumber, document }, number) => documentOf(document, number, chain, chainNumber, now))
  const records = [...documents, ...draft.observations.map((observation, number) => observationOf(observation, number, documents.length, now))]
  for (const [number, list] of draft.lists.entries()) records.push(listOf(list, number, records, now))
  return {
    patientId: 'patient',
    ins: INS_VALUE,
    birthDate: birthOf(draft.age, now),
    account: draft.account,
    organizations: organizationsOf(draft.isDeep),
    practitioners,
    groups,
    careTeams: teamsOf(draft),
    relatedPersons,
    encounters,
    consents: withOnePhysician(choicesOf(draft).map((choice, index) => consentOf(choice, index, now, documents.length))),
    documents: records
  }
}

const callerDraft = fc.record({
  kind: pick<Caller['kind']>([90, 'professional'], [6, 'structure'], [7, 'holder'], [6, 'representative'], [7, 'application'], [1, 'operator']),
  person: pick([14, 0], [2, 1], [1, 2], [1, 3]),
  structure: pick([12, 0], [2, 1], [1, 2], [1, 3], [1, 4]),
  spelling: fc.nat(3),
  profession: pick<Code>([24, { system: PROFESSION, code: '10' }], [6, { system: PROFESSION, code: '40' }], [6, { system: PROFESSION, code: '60' }], [5, { system: SOCIAL, code: '320' }], [1, { system: 'urn:example', code: '10' }]),
  sector: pick([80, 'SA07'], [1, 'SA24'], [1, 'SA13']),
  mode: pick<Caller['mode']>([14, 'normal'], [4, 'bris_de_glace'], [4, 'centre_15']),
  isStray: rarely(60),
  lacks: pick<'person' | 'profession' | 'structure' | ''>([80, ''], [1, 'person'], [1, 'profession'], [1, 'structure']),
  scope: pick<string | undefined>([10, 'patient/*.rs'], [5, 'patient/Observation.rs patient/DocumentReference.r'], [2, 'patient/Observation.rs'], [1, 'patient/DocumentReference.s'], [1, undefined])
})
type CallerDraft = typeof callerDraft extends Arbitrary<infer T> ? T : never

function callerOf (draft: CallerDraft): Caller {
  const { kind, mode, lacks, scope } = draft
  const ins = draft.isStray ? '299999999999999' : INS_VALUE
  if (kind === 'operator') return { kind, mode: 'normal' }
  if (kind === 'holder') return { kind, mode: 'normal', ins }
  if (kind === 'representative') return { kind, mode: 'normal', ins, relatedPerson: `r${draft.person % 3}` }
  if (kind === 'application') return { kind, mode: 'normal', ins, client: at(CLIENTS, draft.person), ...scope !== undefined && { scope } }
  const structure = at(at(STRUCTURES, draft.structure), draft.spelling)
  if (kind === 'structure') return { kind, mode: 'normal', structure, sector: draft.sector }
  // Another code system is a poor token in an emergency: rarely.
  const profession = mode === 'normal' || draft.isStray || draft.profession.system === PROFESSION ? draft.profession : { system: PROFESSION, code: '10' }
  return {
    kind,
    mode,
    sector: draft.sector,
    ...mode !== 'normal' && { ins },
    ...lacks !== 'person' && { person: at(at(PERSONS, draft.person), draft.spelling) },
    ...lacks !== 'profession' && { profession },
    ...lacks !== 'structure' && { structure }
  }
}

export const world: Arbitrary<{ world: World, now: number }> = worldDraft.map(draft => ({ world: worldOf(draft), now: draft.now }))
export const caller: Arbitrary<Caller> = callerDraft.map(callerOf)

/** One caller asks for one document of one world. */
export const scenario: Arbitrary<Scenario> = fc.record({ drawn: world, caller, index: fc.nat(5) })
  .map(({ drawn: { world, now }, caller, index }) => ({ world, caller, now, document: at(world.documents, index) }))
