import type { Coding, DocumentReference, List, Observation, Organization, Period, Reference, Resource } from '@medplum/fhirtypes'
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { ACT_CODE, CONFIDENTIALITY, LOINC, TYPE, VISIBILITY, monthBefore, paris } from './scenario.js'
import type { Depositor, WorldDocument } from './scenario.js'
import { TYPES, CLASSES, HAEMOGLOBIN, HOUR, DAY, pick, rarely, PERSONS, STRUCTURES, CLIENTS, at, patient, PERIODS, iso } from './generators-cast.js'
import type { PeriodName } from './generators-cast.js'
import { actorOf, optional, referenceTo } from './generators-choice.js'
import type { ActorDraft } from './generators-choice.js'

// Documents.

const mask: Coding = { system: VISIBILITY, code: 'MASQUE_PS' }
const away: Coding = { system: VISIBILITY, code: 'INVISIBLE_PATIENT' }
const secret: Coding = { system: VISIBILITY, code: 'INVISIBLE_REPRESENTANTS_LEGAUX' }
const normal: Coding = { system: CONFIDENTIALITY, code: 'N' }
interface LabelDraft { labels?: readonly Coding[], tags?: readonly Coding[], isTextOnly?: boolean, /** A concept without a coding. */ isHollow?: boolean, /** All in one concept. */ isOne?: boolean }
const labels: Arbitrary<LabelDraft> = pick<LabelDraft>(
  [9, {}], [1, { labels: [] }], [1, { tags: [] }], [3, { labels: [normal, mask], isOne: true }], [9, { labels: [normal] }], [9, { labels: [normal, mask] }], [4, { tags: [mask] }], [17, { labels: [away] }], [5, { labels: [normal], tags: [secret] }],
  [3, { labels: [mask, secret] }], [4, { labels: [mask, away] }], [8, { labels: [{ system: CONFIDENTIALITY, code: 'R' }] }], [8, { labels: [normal, { system: CONFIDENTIALITY, code: 'V' }] }],
  [8, { labels: [{ system: VISIBILITY, code: 'MASQUE_PSOCIAL' }] }], [6, { labels: [normal, { system: ACT_CODE, code: 'HIV' }] }], [1, { labels: [{ system: VISIBILITY, code: 'masque_ps' }] }],
  [1, { labels: [{ system: CONFIDENTIALITY, code: 'MASQUE_PS' }] }], [1, { labels: [normal], tags: [{ system: 'https://example.org/labels', code: 'N' }] }],
  [1, { labels: [{ code: 'N' }] }], [1, { isTextOnly: true }], [1, { isHollow: true }], [1, { labels: [{ system: VISIBILITY }] }], [1, { labels: [normal, { system: CONFIDENTIALITY, code: 'r' }] }],
  [2, { labels: [normal, { system: CONFIDENTIALITY, code: 'R' }] }], [1, { labels: [{ system: `${VISIBILITY}/`, code: 'MASQUE_PSOCIAL' }] }], [1, { tags: [{}] }], [1, { labels: [{ system: VISIBILITY, code: 'MASQUE_PT' }] }])

export const type: Arbitrary<DocumentReference['type']> = pick<DocumentReference['type']>(
  [12, { coding: [TYPES.biology] }], [8, { coding: [TYPES.hospital] }], [6, { coding: [TYPES.synthesis] }], [3, { coding: [TYPES.directives] }], [2, { coding: [TYPES.psychology] }],
  [3, { coding: [TYPES.residence] }], [4, { coding: [TYPES.biology, TYPES.synthesis] }], [1, { coding: [TYPES.biology, TYPES.residence] }],
  [1, { coding: [{ system: LOINC, code: 'no-such-type' }] }], [1, { coding: [TYPES.biology, { system: 'https://example.org/types', code: 'BIO' }] }], [1, undefined], [1, { coding: [] }],
  [1, { text: 'biology' }], [1, { coding: [{ code: '11502-2' }] }], [1, { coding: [{ system: TYPE, code: 'synth' }] }])

const documentDraft = fc.record({
  type,
  class: pick<Coding | undefined>([10, at(CLASSES, 0)], [6, at(CLASSES, 1)], [2, at(CLASSES, 2)], [2, undefined], [1, { code: '10' }]),
  status: pick<'current' | 'entered-in-error'>([25, 'current'], [1, 'entered-in-error']),
  isDeleted: rarely(20),
  authors: fc.array(actorOf(pick([5, 'person'], [2, 'structure'], [1, 'holder'], [1, 'role'])), { minLength: 1, maxLength: 2 }),
  custodian: optional(actorOf(fc.constant('structure')), 3),
  depositor: fc.record({ kind: pick<Depositor['kind']>([10, 'professional'], [6, 'structure'], [4, 'holder'], [2, 'application']), person: pick([1, 0], [3, 1], [2, 2], [1, 3]), structure: pick([1, 0], [2, 1], [2, 2], [1, 3], [1, 4]), spelling: fc.nat(3), client: fc.nat(1) }),
  context: pick<PeriodName | 'none'>([4, 'none'], [1, 'blank'], [2, 'around'], [2, 'toYesterday'], [2, 'today'], [2, 'fromNow']),
  isDated: rarely(6).map(value => !value),
  isEncountered: rarely(4),
  /** What the version before it had. */
  before: optional(labels, 5)
})
type DocumentDraft = typeof documentDraft extends Arbitrary<infer T> ? T : never
export const chainDraft = fc.record({ labels, begun: pick([4, 'hours'], [2, 'exactly'], [3, 'one less'], [1, 'one more'], [1, 'long ago']), documents: fc.array(documentDraft, { minLength: 1, maxLength: 2 }) })
type ChainDraft = typeof chainDraft extends Arbitrary<infer T> ? T : never

function startOf (begun: string, now: number): number {
  const month = monthBefore(now)
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

function labelled ({ labels, tags, isTextOnly, isHollow, isOne }: LabelDraft): Pick<DocumentReference, 'securityLabel' | 'meta'> {
  return {
    ...labels && { securityLabel: isOne ? [{ coding: [...labels] }] : labels.map(label => ({ coding: [label] })) },
    ...isTextOnly && { securityLabel: [{ text: 'secret' }] },
    ...isHollow && { securityLabel: [{ coding: [] }] },
    ...tags && { meta: { security: [...tags] } }
  }
}

export function documentOf (draft: DocumentDraft, number: number, chain: ChainDraft, chainNumber: number, now: number): WorldDocument {
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
  const { meta, securityLabel, ...rest } = resource
  const before: { before?: DocumentReference } = draft.before === undefined ? {} : { before: { ...rest, status: 'current', ...labelled(draft.before) } }
  return { resource, ...before, depositor: depositorOf(draft.depositor), chain: `chain${chainNumber}`, chainStart, deposited: isLast ? Math.max(chainStart, now - HOUR) : chainStart, deleted: draft.isDeleted }
}

// Observations, and lists of all that came before them.

export const observationDraft = fc.record({
  labels,
  begun: pick([4, 'hours'], [2, 'exactly'], [3, 'one less'], [1, 'one more'], [1, 'long ago']),
  code: pick<Coding | undefined>([6, HAEMOGLOBIN], [2, TYPES.biology], [1, { system: LOINC, code: 'no-such-type' }], [1, undefined]),
  class: pick<Coding | undefined>([3, at(CLASSES, 0)], [2, at(CLASSES, 1)], [2, undefined]),
  derivedFrom: optional(fc.nat(5), 3),
  precision: pick<number | undefined>([4, undefined], [1, 10], [1, 7], [1, 4]),
  corrected: optional(pick<PeriodName | 'none'>([1, 'none'], [2, 'around'], [2, 'toYesterday'], [2, 'today'], [2, 'fromNow']), 3),
  document: documentDraft
})
type ObservationDraft = typeof observationDraft extends Arbitrary<infer T> ? T : never

const chainOfOne = (label: LabelDraft): Pick<Observation, 'meta'> => ({ meta: { security: [...label.labels ?? [], ...label.tags ?? [], ...label.isTextOnly ?? label.isHollow ? [{}] : []] } })

/** As precise as its text is long: an instant, a day, a month, a year. */
function timed (span: Period | undefined, isDated: boolean, precision: number | undefined, instant: number): Pick<Observation, 'effectivePeriod' | 'effectiveDateTime'> {
  if (span !== undefined) return { effectivePeriod: span }
  if (!isDated) return {}
  return { effectiveDateTime: precision === undefined ? iso(instant) : (paris(instant).toISODate() ?? '').slice(0, precision) }
}

/** What is no document has all of its labels in its metadata. */
export function observationOf (draft: ObservationDraft, number: number, documents: number, now: number): WorldDocument {
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
    ...timed(span, document.isDated, draft.precision, chainStart),
    performer: document.authors.map(author => authorOf(author, contained)) as NonNullable<Observation['performer']>,
    ...document.isEncountered && { encounter: { reference: 'Encounter/e0' } },
    ...draft.derivedFrom !== undefined && { derivedFrom: [{ reference: `DocumentReference/d${draft.derivedFrom % documents}` }] },
    ...chainOfOne(draft.labels)
  }
  if (contained.length > 0) resource.contained = contained as NonNullable<Observation['contained']>
  const { meta, effectivePeriod, effectiveDateTime, ...rest } = resource
  const other = draft.corrected === undefined || draft.corrected === 'none' ? undefined : PERIODS[draft.corrected](now)
  const before: { before?: Observation } = draft.corrected === undefined ? {} : { before: { ...rest, status: 'final', ...timed(other, document.isDated, undefined, chainStart), ...chainOfOne(document.before ?? {}) } }
  return { resource, ...before, depositor: depositorOf(document.depositor), chain: `observation${number}`, chainStart, deposited: chainStart, deleted: document.isDeleted }
}

export const listDraft = fc.record({ draft: observationDraft, items: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), isEmpty: rarely(15), once: fc.array(fc.nat(9), { maxLength: 1 }) })
type ListDraft = typeof listDraft extends Arbitrary<infer T> ? T : never

export function listOf ({ draft, items, isEmpty, once }: ListDraft, number: number, before: readonly WorldDocument[], now: number): WorldDocument {
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
