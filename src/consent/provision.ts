/**
 * From a Consent to the choice that it is (`consent.md` 3). What cannot be understood in full never widens: without a
 * deny it says nothing; with one, that deny applies and its unreadable selectors select everything.
 */
import type { Consent, ConsentProvision, Coding, Period, Reference } from '@medplum/fhirtypes'
import { intervalOf } from '../filter/interval.js'
import { CONSENT_KIND } from '../terminology/canonical.js'
import { isConsentKind, kindShapes } from '../terminology/kinds.js'
import type { ConsentKind } from '../terminology/kinds.js'
import { ALWAYS, EVERYONE, isSelective } from './choice.js'
import type { Choice, Clause, Selector, Span } from './choice.js'
import { spanOf } from './facts.js'
import type { ChoiceFacts } from './family.js'
import { CONFIDENTIALITY, isKnownLabel, labelKey, marksOf, typeKey } from './label.js'

/** Whom a reference names: a person, a structure, an application, and their hashed keys. */
export interface Party { readonly type: string, readonly keys: readonly string[] }

/** What a Consent needs of the world to be read. */
export interface Reading {
  /** The instant (ms) at which this version was acknowledged. */
  readonly acknowledged: number
  /** When the block that it was has been lifted. */
  readonly lifted?: number
  /** Whether a legal representative wrote this version. */
  readonly isByRepresentative?: boolean
  /** Until when a team is seen that a professional recorded (ms); undefined where somebody else wrote this version. */
  readonly recordedUntil?: number
  /** undefined for a reference that names nobody known. */
  readonly partyOf: (reference: Reference) => Party | undefined
  /** Whether the terminology has the code of a `class` or `code` selector. */
  readonly knows: (coding: Coding) => boolean
}

type Kind = ConsentKind | 'pcf' | undefined

const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const ROLE = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP'
const SCOPE = 'http://terminology.hl7.org/CodeSystem/consentscope|patient-privacy'
/** http://terminology.hl7.org/ValueSet/v3-PurposeOfUse, as R4 publishes it. */
const PURPOSES: readonly string[] = ['TREAT', 'ETREAT', 'BTG', 'CAREMGT', 'CLINTRCH', 'COC', 'COVERAGE', 'FAMRQT', 'HMARKT', 'HOPERAT',
  'HPAYMT', 'HRESCH', 'HSYSADMIN', 'PATRQT', 'PATSFTY', 'PUBHLTH', 'PWATRNY', 'SUPNWK']
const PARTY: Readonly<Record<string, string>> = { Practitioner: 'person', PractitionerRole: 'person', Organization: 'structure', Device: 'application', CareTeam: 'team', RelatedPerson: 'related' }
/** Kinds that are about the whole record: singled out by data, they say nothing. */
const WHOLE: readonly string[] = ['medecin-traitant', 'administrateur', 'urgence-masques', 'delegation']
const DAY = 24 * 3600 * 1000

/** The codings of our kinds in a Consent's category. */
export function kindCodings (consent: Consent): readonly Coding[] {
  return consent.category.flatMap(concept => concept.coding ?? []).filter(coding => coding.system === CONSENT_KIND)
}

/** What the rules keep of a Consent: who may read it, under whom it is filed, and the choice while it counts. */
export function choiceFactsOf (consent: Consent, authors: readonly string[], reading: Reading): ChoiceFacts {
  const clauses = provisionsOf(consent)
  const actors = [...new Set(clauses.flatMap(({ actor = [] }) => actor.flatMap(({ reference }) => reading.partyOf(reference)?.keys ?? [])))].filter(key => !key.startsWith('CareTeam/'))
  const counts = consent.status === 'active' || reading.lifted !== undefined
  const choice = counts ? readChoice(consent, reading) : undefined
  return {
    labels: marksOf(consent),
    actors,
    authors,
    hasDeny: clauses.some(({ type }) => type !== 'permit'),
    isSelective: clauses.some(provision => isSelective({ selector: readSelector(provision, reading).selector })),
    filed: choice === undefined ? actors : [...new Set([...actors, ...filing(choice)])],
    choice: choice ?? null
  }
}

/** Under whom a choice is filed: who is in a team is known when it is asked for, so what names one is everybody's to ask. */
function filing ({ base, exceptions }: Choice): readonly string[] {
  return [base, ...exceptions].flatMap(({ actors }) => actors?.map(actor => actor.startsWith('CareTeam/') ? EVERYONE : actor) ?? [EVERYONE])
}

function provisionsOf ({ provision }: Consent): readonly ConsentProvision[] {
  return provision === undefined ? [] : [provision, ...provision.provision ?? []]
}

/** The choice of a Consent; undefined when it says nothing. */
export function readChoice (consent: Consent, reading: Reading): Choice | undefined {
  const kinds = kindCodings(consent)
  const [first] = kinds
  const kind: Kind = first === undefined
    ? 'pcf'
    : kinds.length === 1 && first.code !== undefined && isConsentKind(first.code) ? first.code : undefined
  const isBlind = consent.modifierExtension !== undefined || consent.implicitRules !== undefined
  const [root, ...nested] = provisionsOf(consent)
  if (root === undefined) return undefined
  const parts = [root, ...nested].map(part => readClause(part, kind, isBlind, reading))
  const isReadable = kind !== undefined && !isBlind && parts.every(part => part.isReadable) &&
    (consent.scope.coding ?? []).some(coding => labelKey(coding) === SCOPE) && nested.every(({ provision }) => provision === undefined)
  const [base, ...exceptions] = isReadable ? parts : [...parts, ...deeper(nested, kind, isBlind, reading)].filter(({ clause }) => clause.effect === 'deny')
  if (base === undefined) return undefined
  const period = boundsOf(root, kind, isReadable, reading)
  if (period === undefined || (isReadable && kind !== 'pcf' && !isShaped(root, base.clause, kind, reading))) return undefined
  return {
    consent: consent.id ?? '',
    kind: kind ?? (kinds.some(({ code }) => code === 'blocage') ? 'blocage' : 'pcf'),
    acknowledged: reading.acknowledged,
    period,
    // The root period bounds the whole Consent already.
    base: base === parts[0] ? { ...base.clause, period: ALWAYS } : base.clause,
    exceptions: exceptions.map(({ clause }) => clause),
    ...reading.lifted === undefined ? {} : { lifted: reading.lifted },
    ...reading.isByRepresentative === true || isOfRelated(consent) ? { isOfRepresentative: true } : {}
  }
}

/** Whoever wrote it down: it was agreed to by somebody around the holder. */
function isOfRelated ({ performer = [] }: Consent): boolean {
  return performer.some(({ reference }) => reference?.startsWith('RelatedPerson/') === true)
}

/** The denials of a level that PCF does not have: not understood, but not lost. */
function deeper (nested: readonly ConsentProvision[], kind: Kind, isBlind: boolean, reading: Reading): readonly Read[] {
  const below = nested.flatMap(({ provision = [] }) => provision)
  return below.length === 0 ? [] : [...below.map(part => readClause(part, kind, isBlind, reading)), ...deeper(below, kind, isBlind, reading)]
}

/** A permit of a kind that names actors says nothing without one of its sort: never "every professional". */
function isShaped (root: ConsentProvision, clause: Clause, kind: ConsentKind, { partyOf }: Reading): boolean {
  const shape = kindShapes[kind]
  if (clause.effect === 'permit' && WHOLE.includes(kind) && !isSameList(Object.keys(clause.selector), shape.labels.length > 0 ? ['labels'] : [])) return false
  if (clause.effect === 'permit' && WHOLE.includes(kind) && !isSameList(clause.selector.labels ?? [], shape.labels)) return false
  if (clause.effect === 'deny' || shape.actor !== 'one') return true
  const types = (root.actor ?? []).map(({ reference }) => partyOf(reference)?.type)
  const allowed = shape.actorTypes.flatMap(type => PARTY[type] ?? [])
  return types.length > 0 && types.every(type => type !== undefined && allowed.includes(type))
}

function isSameList (one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every(value => other.includes(value))
}

/**
 * An `acces-ponctuel` permits at most 24 hours from its start, nobody helps without a period. One that cannot be read bounds
 * nothing; nor is a choice that cannot be read bounded by its kind: what is left of it denies, for as long as it says.
 */
function boundsOf ({ period, type }: ConsentProvision, kind: Kind, isReadable: boolean, { recordedUntil }: Reading): Span | undefined {
  const span = isReadablePeriod(period) && period !== undefined ? spanOf(period) : ALWAYS
  if (!isReadable) return span
  if (kind === 'delegation' && period?.start === undefined && period?.end === undefined) return undefined
  if (kind === 'equipe-soins' && recordedUntil !== undefined) return { start: span.start, end: Math.min(span.end, recordedUntil) }
  if (kind !== 'acces-ponctuel' || type !== 'permit') return span
  return period?.start === undefined ? undefined : { start: span.start, end: Math.min(span.end, span.start + DAY) }
}

interface Read { readonly clause: Clause, readonly isReadable: boolean }

/** One provision as a clause, what cannot be read of it widened, and whether that was nothing. */
export function readClause (provision: ConsentProvision, kind: Kind, isBlind: boolean, reading: Reading): Read {
  const effect = provision.type === 'permit' ? 'permit' : 'deny'
  const actors = provision.actor ?? []
  const parties = actors.map(({ reference }) => reading.partyOf(reference))
  const knowsActors = parties.every(party => party !== undefined) && actors.every(({ role, modifierExtension }) =>
    modifierExtension === undefined && (role.coding ?? []).every(coding => labelKey(coding) === ROLE))
  const knowsPurposes = kind !== undefined && (provision.purpose ?? []).every(({ system, code = '' }) => system === ACT_REASON && PURPOSES.includes(code))
  const knowsPeriod = isReadablePeriod(provision.period)
  const { selector, isReadable } = readSelector(provision, reading)
  const isWide = isBlind || provision.modifierExtension !== undefined
  return {
    isReadable: !isWide && knowsActors && knowsPurposes && knowsPeriod && isReadable && provision.type !== undefined && provision.action === undefined,
    clause: {
      effect,
      purposes: isWide || !knowsPurposes ? ['*'] : purposesOf(provision, kind, effect),
      actors: isWide || !knowsActors ? [EVERYONE] : actors.length === 0 ? null : [...new Set(parties.flatMap(party => party?.keys ?? []))],
      period: isWide || !knowsPeriod || provision.period === undefined ? ALWAYS : spanOf(provision.period),
      selector: isWide ? {} : selector
    }
  }
}

/** None given means TREAT only; but the deny of a `partage` that names none holds in every mode: the stricter reading. */
function purposesOf ({ purpose }: ConsentProvision, kind: Kind, effect: 'permit' | 'deny'): readonly string[] {
  if (purpose !== undefined) return purpose.flatMap(({ code }) => code ?? [])
  return effect === 'deny' && (kind === 'partage' || kind === 'blocage') ? ['*'] : ['TREAT']
}

/** Each part of a selector that can be read; a part that cannot is left out, and so selects everything. */
function readSelector (provision: ConsentProvision, { partyOf, knows }: Reading): { readonly selector: Selector, readonly isReadable: boolean } {
  const { securityLabel = [], class: classes = [], code = [], data = [], dataPeriod } = provision
  const codes = code.flatMap(({ coding = [] }) => coding)
  const authors = data.filter(({ meaning }) => meaning === 'authoredby').map(({ reference }) => partyOf(reference))
  const literal = (meaning: string) => data.filter(part => part.meaning === meaning).map(({ reference }) => reference)
  const isKnown = {
    labels: securityLabel.every(isKnownLabel),
    classes: classes.every(knows),
    codes: code.every(({ coding = [] }) => coding.length > 0) && codes.every(knows),
    dataPeriod: isReadablePeriod(dataPeriod),
    data: authors.every(party => party !== undefined) && data.every(({ meaning, modifierExtension }) =>
      modifierExtension === undefined && ['instance', 'related', 'authoredby'].includes(meaning)) &&
      [...literal('instance'), ...literal('related')].every(reference => partyOf(reference) !== undefined)
  }
  const selector: Selector = {
    ...isKnown.labels ? listed('labels', coveringLabels(provision)) : {},
    ...isKnown.classes ? listed('classes', classes.map(labelKey)) : {},
    ...isKnown.codes ? listed('codes', codes.map(coding => typeKey(labelKey(coding)))) : {},
    ...isKnown.dataPeriod && dataPeriod !== undefined ? { dataPeriod: spanOf(dataPeriod) } : {},
    ...isKnown.data && data.length > 0 ? { data: data.flatMap(({ meaning, reference }) => dataOf(meaning, reference, partyOf)) } : {}
  }
  return { selector, isReadable: Object.values(isKnown).every(Boolean) }
}

function dataOf (meaning: string, reference: Reference, partyOf: Reading['partyOf']) {
  const values = meaning === 'authoredby' ? partyOf(reference)?.keys ?? [] : [reference.reference ?? '']
  return values.map(value => ({ meaning: meaning as 'instance' | 'related' | 'authoredby', value }))
}

/** In a deny `R` covers `V`; in a permit labels match exactly. */
function coveringLabels ({ securityLabel = [], type }: ConsentProvision): readonly string[] {
  const keys = securityLabel.map(labelKey)
  return type !== 'permit' && keys.includes(`${CONFIDENTIALITY}|R`) ? [...keys, `${CONFIDENTIALITY}|V`] : keys
}

function listed<Part extends 'labels' | 'classes' | 'codes'> (part: Part, values: readonly string[]): { [K in Part]?: readonly string[] } {
  return (values.length === 0 ? {} : { [part]: values }) as { [K in Part]?: readonly string[] }
}

function isReadablePeriod (period: Period | undefined): boolean {
  return [period?.start, period?.end].every(date => date === undefined || intervalOf(date) !== undefined)
}
