import type { CareTeam, Group } from '@medplum/fhirtypes'
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { PROFESSION, SOCIAL, paris } from './scenario.js'
import type { Caller, Code, World, WorldConsent, WorldDocument, WorldRelatedPerson } from './scenario.js'
import { OBSERVATIONS, LISTS, pick, rarely, PERSONS, STRUCTURES, CLIENTS, at, practitioners, organizationsOf, INS_VALUE, patient, encounters, PERIODS, period } from './generators-cast.js'
import { optional, choiceOf, choice, tidyOf, tidyKind, consentOf } from './generators-choice.js'
import type { ChoiceDraft } from './generators-choice.js'
import { chainDraft, documentOf, observationDraft, observationOf, listDraft, listOf } from './generators-record.js'

export interface Scenario { readonly world: World, readonly caller: Caller, readonly document: WorldDocument, readonly now: number }

// The rest of the world, and its caller.

const NOWS = ['2026-03-31T10:00:00.000Z', '2026-03-29T01:00:00.000Z', '2026-02-28T22:59:59.999Z', '2026-02-28T23:00:00.000Z', '2026-10-25T01:30:00.000Z', '2026-07-15T08:30:00.123Z']
const worldDraft = fc.record({
  now: fc.constantFrom(...NOWS).map(text => Date.parse(text)),
  account: pick<World['account']>([90, 'open'], [90, 'active'], [1, 'none'], [1, 'notified'], [1, 'opposed'], [1, 'suspended'], [1, 'closed'], [1, 'deleted']),
  isDeep: fc.boolean(),
  age: pick([3, 'child'], [2, 'adult'], [3, 'eighteen'], [1, 'almost']),
  isTeamActive: rarely(6).map(value => !value),
  isListActive: rarely(6).map(value => !value),
  memberPeriod: period,
  isSilent: rarely(15),
  likely: fc.array(tidyOf(tidyKind), { minLength: 2, maxLength: 3, size: 'max' }),
  open: fc.tuple(...['application', 'urgence-ps', 'urgence-samu'].map(kind => optional(tidyOf(choiceOf(kind)), 2))),
  choices: fc.array(choice, { maxLength: 2, size: 'max' }),
  chains: fc.array(chainDraft, { minLength: 2, maxLength: 3 }),
  observations: fc.array(observationDraft, { minLength: OBSERVATIONS, maxLength: OBSERVATIONS }),
  // They cost as much as all the rest: half of the worlds have none.
  lists: fc.oneof(fc.constant([]), fc.array(listDraft, { minLength: LISTS, maxLength: LISTS }))
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

/** Who is on a list for a time, on one that is shut, by an identifier or as a structure, or inactive. */
function groupsOf ({ isListActive, memberPeriod, now }: WorldDraft): Group[] {
  const span = PERIODS[memberPeriod](now)
  const common = { resourceType: 'Group', type: 'practitioner', actual: true } as const
  return [
    { ...common, id: 'g0', active: isListActive, member: [{ entity: { reference: 'Practitioner/p0' }, ...span && { period: span } }, { entity: { identifier: { ...at(at(PERSONS, 3), 1) } } }] },
    { ...common, id: 'g1', member: [{ entity: { reference: 'Practitioner/p0' }, inactive: true }, { entity: { reference: 'Practitioner/p1' } }, { entity: { identifier: { ...at(at(STRUCTURES, 1), 1) } } }] }
  ]
}

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
    groups: groupsOf(draft),
    careTeams: teamsOf(draft),
    relatedPersons,
    encounters,
    consents: withOnePhysician(choicesOf(draft).map((choice, index) => consentOf(choice, index, now, documents.length))),
    documents: records
  }
}

const callerDraft = fc.record({
  kind: pick<Caller['kind']>([90, 'professional'], [6, 'structure'], [7, 'holder'], [6, 'representative'], [9, 'application'], [1, 'operator']),
  person: pick([14, 0], [2, 1], [1, 2], [1, 3]),
  structure: pick([12, 0], [2, 1], [1, 2], [1, 3], [1, 4]),
  spelling: fc.nat(3),
  profession: pick<Code>([24, { system: PROFESSION, code: '10' }], [6, { system: PROFESSION, code: '40' }], [6, { system: PROFESSION, code: '60' }], [8, { system: SOCIAL, code: '320' }], [1, { system: 'urn:example', code: '10' }]),
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

export { TYPES, options, PERSONS, STRUCTURES } from './generators-cast.js'
