import type { Coding, Consent, ConsentProvision, Reference } from '@medplum/fhirtypes'
import {
  ACT_CODE, ACT_REASON, APPLICATION, CONFIDENTIALITY, KIND, PARTICIPATION, PROFESSION, RESOURCE_TYPE, SCOPE, SOCIAL, VISIBILITY,
  isWithin, keysOf, paris, resolve, spanOf, spanOfPeriod, withWholes
} from './scenario.js'
import type { Caller, Code, Party, World, WorldConsent, WorldDocument } from './scenario.js'

/**
 * The reference model: sections 1, 3 and 4 of consent.md for one document, observation or list, written from that page alone, slow
 * and naive on purpose. It shares nothing with the server; where both differ, one of them misread the page.
 * "READING" marks a place where the page does not decide, and the reading taken.
 */
export interface Options {
  /** Whether the profession may read every one of these document types. */
  readonly matrix: (profession: Code, types: readonly Coding[]) => boolean
  /** Whether the terminology has this code: asked of `class` and `code` selectors. */
  readonly knows: (coding: Coding) => boolean
  /** The document types as which a resource that is no document is judged. */
  readonly judgedAs: (resourceType: string) => readonly Coding[]
  /** Sectors of insurers' and occupational doctors. */
  readonly outsideCare: ReadonlySet<string>
}

export interface Verdict {
  readonly permit: boolean
  readonly rule: number
  /** On a deleted document: whether the caller is told 410. */
  readonly gone?: boolean
}

interface Question { readonly world: World, readonly caller: Caller, readonly document: WorldDocument, readonly now: number, readonly options: Options }
type Rule = (q: Question) => boolean | undefined

/** A list is seen only if everything that it holds is, itself or in a list; that something of it was deleted does not count. */
export function model (world: World, caller: Caller, document: WorldDocument, now: number, options: Options): Verdict {
  const verdict = alone(world, caller, document, now, options)
  const parts = itemsOf(world, document).map(item => ({ item, verdict: alone(world, caller, item, now, options) }))
  const hidden = parts.find(part => part.item.deleted ? part.verdict.gone !== true : !part.verdict.permit)
  if (hidden === undefined || !(document.deleted ? verdict.gone : verdict.permit)) return verdict
  return { permit: false, rule: hidden.verdict.rule, ...document.deleted && { gone: false } }
}

/** All that a list holds, through lists too. READING: what it held once it is judged by for ever; a correction shows it to nobody new. */
function itemsOf (world: World, { resource, once = [] }: WorldDocument): readonly WorldDocument[] {
  const entries = resource.resourceType === 'List' ? resource.entry ?? [] : []
  const references = [...entries.map(({ item }) => item.reference), ...once]
  const held = world.documents.filter(other => references.includes(`${other.resource.resourceType}/${other.resource.id}`))
  return held.flatMap(item => [item, ...itemsOf(world, item)])
}

function alone (world: World, caller: Caller, document: WorldDocument, now: number, options: Options): Verdict {
  const q: Question = { world, caller, document, now, options }
  const early = first(q, [rule1, rule2], 1)
  const late = first(q, [rule3, rule4, rule5, rule6, rule7, rule8, rule9, rule10, rule11, rule12, rule13, rule14], 3)
  if (early === undefined) return late
  return early.rule === 2 && document.deleted ? { ...early, gone: late.permit && seesErrors(q) } : early
}

function first (q: Question, rules: readonly Rule[], from: 3): Verdict
function first (q: Question, rules: readonly Rule[], from: 1): Verdict | undefined
function first (q: Question, rules: readonly Rule[], from: number): Verdict | undefined {
  const answers = rules.map((rule, index) => ({ permit: rule(q), rule: from + index }))
  return answers.find((answer): answer is Verdict => answer.permit !== undefined)
}

// Section 4, rule by rule: true permits, false denies, undefined lets the next one speak.

function rule1 ({ world }: Question): boolean | undefined {
  return ['open', 'active'].includes(world.account) ? undefined : false
}

function rule2 (q: Question): boolean | undefined {
  return q.document.deleted || !seesErrors(q) ? false : undefined
}

function rule3 (q: Question): boolean | undefined {
  return q.caller.kind === 'holder' ? isHolder(q) && !isUnannounced(q) : undefined
}

function rule4 (q: Question): boolean | undefined {
  if (q.caller.kind !== 'representative') return undefined
  return isRepresentative(q) && !isUnannounced(q) && !isLabelled(q, 'INVISIBLE_REPRESENTANTS_LEGAUX')
}

function rule5 (q: Question): boolean | undefined {
  if (q.caller.kind === 'operator' || (isCare(q) && q.options.outsideCare.has(q.caller.sector ?? ''))) return false
  if (q.caller.kind !== 'application') return undefined
  const isKept = ['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'].some(code => isLabelled(q, code))
  // READING: its own deposit is excepted from the labels only; scope and choice are needed for it too.
  return q.caller.ins === q.world.ins && hasScope(q.caller.scope) && (!isKept || isOwn(q)) &&
    permits(q, ['application'], 'any').length > 0 && !q.world.consents.some(choice => says({ ...q, choice, purpose: 'any' }) === 'deny')
}

function rule6 ({ caller, world }: Question): boolean | undefined {
  const { person, profession, structure } = caller
  if (caller.kind === 'professional' && !(person?.value && profession?.code && profession.system && structure?.value)) return false
  // READING: an emergency token that is less than section 4 asks, or names another patient, is refused here, before any permit.
  return caller.mode !== 'normal' && (caller.ins !== world.ins || profession?.system !== PROFESSION || caller.kind === 'structure') ? false : undefined
}

function rule7 (q: Question): boolean | undefined {
  return permits(q, ['medecin-traitant'], 'any').length > 0 ? true : undefined
}

function rule8 (q: Question): boolean | undefined {
  return q.world.consents.some(choice => isActive({ ...q, choice }) && isBlockOn({ ...q, choice, purpose: 'any' }, true)) ? false : undefined
}

function rule9 (q: Question): boolean | undefined {
  if (q.caller.kind === 'structure') return isAuthorStructure(q)
  return isAuthorInPerson(q) ? true : undefined
}

function rule10 (q: Question): boolean | undefined {
  const kinds = {
    normal: ['acces-ps', 'equipe-soins', 'acces-ponctuel', 'administrateur', 'partage', 'pcf'],
    bris_de_glace: ['urgence-ps', 'pcf'],
    centre_15: ['urgence-samu', 'pcf']
  }[q.caller.mode]
  // Literally: that their structure is author is a ground in mode normal only.
  const isGrounded = permits(q, kinds, purposeOf(q)).length > 0 || (q.caller.mode === 'normal' && isAuthorStructure(q))
  return isGrounded ? undefined : false
}

function rule11 (q: Question): boolean | undefined {
  // READING: any choice that says deny, of whatever kind, is a finer choice; blocks are rule 8, the kinds of BESIDE are not about this reading.
  const finer = q.world.consents.filter(({ resource }) => !isBlock(resource) && !BESIDE.includes(kindsOf(resource).join()))
  return finer.some(choice => says({ ...q, choice, purpose: purposeOf(q) }) === 'deny') ? false : undefined
}

/** READING: a list is judged as all that it holds. */
function typesOf ({ world, options }: Question, document: WorldDocument): readonly Coding[] {
  const { resource } = document
  if (resource.resourceType === 'DocumentReference') return resource.type?.coding ?? []
  if (resource.resourceType !== 'List') return options.judgedAs(resource.resourceType)
  return itemsOf(world, document).flatMap(item => item.resource.resourceType === 'List' ? [] : typesOf({ world, options } as Question, item))
}

function rule12 (q: Question): boolean | undefined {
  const { document, caller: { profession }, options } = q
  const types = typesOf(q, document)
  const isAllowed = (type: Coding): boolean => !!type.system && !!type.code && profession !== undefined && options.matrix(profession, [type])
  return types.length > 0 && types.every(isAllowed) ? undefined : false
}

function rule13 (q: Question): boolean | undefined {
  const isOpened = permits(q, ['administrateur'], 'any').length > 0 || isAuthorStructure(q) ||
    (q.caller.mode !== 'normal' && permits(q, ['urgence-masques'], purposeOf(q)).length > 0)
  if (isLabelled(q, 'MASQUE_PS') && !isOpened) return false
  // READING: MASQUE_PSOCIAL has no exceptions; a social-sector profession is one of TRE_R94.
  return isLabelled(q, 'MASQUE_PSOCIAL') && q.caller.profession?.system === SOCIAL ? false : undefined
}

function rule14 (): boolean { return true }

// Who the caller is.

const isCare = ({ caller }: Question): boolean => caller.kind === 'professional' || caller.kind === 'structure'
const isHolder = ({ caller, world }: Question): boolean => caller.kind === 'holder' && caller.ins === world.ins
const isOwn = ({ caller, document: { depositor } }: Question): boolean => caller.kind === 'application' && depositor.kind === 'application' && depositor.client === caller.client
const meet = (some: readonly string[], others: readonly string[]): boolean => some.some(key => others.includes(key))

function keysOfCaller (q: Question): readonly string[] {
  const { kind, person, structure, client, relatedPerson } = q.caller
  if (kind === 'application') return [`${APPLICATION}|${client}`]
  if (kind === 'representative') return [`RelatedPerson/${relatedPerson}`]
  return [...kind === 'professional' ? keysOf(q, person) : [], ...keysOf(q, structure)]
}

function isRepresentative (q: Question): boolean {
  const found = q.world.relatedPersons.find(({ resource }) => resource.id === q.caller.relatedPerson)
  if (q.caller.kind !== 'representative' || q.caller.ins !== q.world.ins || found === undefined) return false
  if (found.resource.active === false || !isWithin(found.resource.period, q.now)) return false
  const birth = spanOf(q.world.birthDate)
  const isMinor = birth !== undefined && q.now < paris(birth[0]).plus({ years: 18 }).toMillis()
  // READING: a delegation without any period, or written by somebody other than the holder, makes no helper.
  return found.represents === 'protected-adult' || (found.represents === 'minor' && isMinor) ||
    permits(q, ['delegation'], 'any').some(({ resource, by = 'holder' }) => resource.provision?.period !== undefined && by === 'holder')
}

/** The depositor wherever they read; a named person only under a token of exactly the depositor's structure. */
function isAuthorInPerson (q: Question): boolean {
  const { caller, document: { depositor } } = q
  if (caller.kind !== 'professional' || depositor.kind === 'holder') return false
  const persons = [keysOf(q, depositor.person), ...isAuthorStructure(q) ? named(q).filter(({ type }) => type === 'person').map(({ keys }) => keys) : []]
  return persons.some(keys => meet(keys, keysOf(q, caller.person)))
}

/** READING: a named structure that is not the depositor's own is a stranger, and gets nothing by being named. */
function isAuthorStructure (q: Question): boolean {
  const { caller, document: { depositor } } = q
  return isCare(q) && depositor.kind !== 'holder' && meet(keysOf(q, caller.structure), keysOf(q, depositor.structure))
}

/** Whom the document names as author or custodian, the observation as performer, the list as source. */
function named (q: Question): Party[] {
  const { resource } = q.document
  return namesIn(resource).flatMap(reference => resolve(q, reference, resource.contained) ?? [])
}

function namesIn (resource: WorldDocument['resource']): readonly Reference[] {
  if (resource.resourceType === 'Observation') return resource.performer ?? []
  if (resource.resourceType === 'List') return resource.source === undefined ? [] : [resource.source]
  return [...resource.author ?? [], ...resource.custodian ? [resource.custodian] : []]
}

function seesErrors (q: Question): boolean {
  return q.document.resource.status !== 'entered-in-error' || isHolder(q) || isRepresentative(q) || isAuthorInPerson(q) || isAuthorStructure(q) || isOwn(q)
}

/** READING: an application reads documents by a `patient/` scope, as everything here; a scope with a query is not judged by this model and opens nothing. */
function hasScope (scope = ''): boolean {
  return scope.split(' ').some(one => /^patient\/(DocumentReference|\*)\.(read|\*|c?ru?d?s?)$/.test(one))
}

// Labels.

// READING: no rule of the page gives MASQUE_PT a meaning: it counts as MASQUE_PS, like a code that is not known.
const KNOWN_LABELS = [...['MASQUE_PS', 'MASQUE_PSOCIAL', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'].map(code => `${VISIBILITY}|${code}`),
  ...['U', 'L', 'M', 'N', 'R', 'V'].map(code => `${CONFIDENTIALITY}|${code}`)]
const textOf = ({ system, code }: Coding): string => `${system}|${code}`
const isKnownLabel = (label: Coding): boolean => KNOWN_LABELS.includes(textOf(label)) || ([ACT_CODE, ACT_REASON].includes(label.system ?? '') && !!label.code)

/** READING: "none" is no label at all; a label without any coding counts as one that is not known. */
function labelsOf ({ document: { resource } }: Question): string[] {
  const own = resource.resourceType === 'DocumentReference' ? resource.securityLabel ?? [] : []
  const labels = [...own.flatMap(({ coding = [] }): Coding[] => coding.length > 0 ? coding : [{}]), ...resource.meta?.security ?? []]
  if (labels.length === 0) return [`${CONFIDENTIALITY}|N`]
  return labels.map(label => isKnownLabel(label) ? textOf(label) : `${VISIBILITY}|MASQUE_PS`)
}

const isLabelled = (q: Question, code: string): boolean => labelsOf(q).includes(`${VISIBILITY}|${code}`)
const isUnannounced = (q: Question): boolean => isLabelled(q, 'INVISIBLE_PATIENT') && q.now < paris(q.document.chainStart).plus({ months: 1 }).toMillis()

// Choices.

type Purpose = 'TREAT' | 'BTG' | 'ETREAT' | 'any'
const purposeOf = ({ caller }: Question): Purpose => ({ normal: 'TREAT', bris_de_glace: 'BTG', centre_15: 'ETREAT' } as const)[caller.mode]
/** One choice, asked about one question. */
interface Ask extends Question { readonly choice: WorldConsent, readonly purpose: Purpose }

/** Kinds whose permit must name an actor, and of which sort. READING: without one they say nothing, never "every professional". */
const ACTORS: Readonly<Record<string, readonly Party['type'][]>> = {
  'acces-ps': ['person', 'structure'],
  'equipe-soins': ['team'],
  'acces-ponctuel': ['person', 'structure'],
  'medecin-traitant': ['person'],
  administrateur: ['person'],
  application: ['application'],
  delegation: ['related']
}
/** Kinds that say nothing to a professional who reads. */
const BESIDE = ['defaut-confidentialite', 'application', 'delegation', 'ouverture', 'fermeture', 'suppression']
const KINDS = [...Object.keys(ACTORS), ...BESIDE, 'blocage', 'partage', 'urgence-ps', 'urgence-samu', 'urgence-masques']
const PURPOSES = ['TREAT', 'ETREAT', 'BTG', 'CAREMGT', 'CLINTRCH', 'COC', 'COVERAGE', 'FAMRQT', 'HMARKT', 'HOPERAT', 'HPAYMT', 'HRESCH',
  'HSYSADMIN', 'PATRQT', 'PATSFTY', 'PUBHLTH', 'PWATRNY', 'SUPNWK']

const kindsOf = ({ category }: Consent): string[] => category.flatMap(({ coding = [] }) => coding).filter(({ system }) => system === KIND).map(({ code = '' }) => code)
const isBlock = (consent: Consent): boolean => kindsOf(consent).includes('blocage')
const isKindKnown = (consent: Consent): boolean => kindsOf(consent).length <= 1 && kindsOf(consent).every(kind => KINDS.includes(kind))

function isActive (q: Question & { choice: WorldConsent }): boolean {
  const { resource: { status, patient = {} }, deleted } = q.choice
  return status === 'active' && deleted !== true && resolve(q, patient)?.type === 'patient'
}

/** The choices of these kinds that permit this document to this caller. */
function permits (q: Question, kinds: readonly string[], purpose: Purpose): WorldConsent[] {
  return q.world.consents.filter(choice => {
    const asked = { ...q, choice, purpose }
    const kind = kindsOf(choice.resource).join() || 'pcf'
    return kinds.includes(kind) && says(asked) === 'permit' && isShaped(asked, kind) && !isBeyondRepresentative(asked, kind) && !isOvertaken(asked, kind)
  })
}

/** READING: in a kind other than `partage` an exception only narrows: a permit must come from the root too. */
function isShaped (asked: Ask, kind: string): boolean {
  const { provision: root, contained } = asked.choice.resource
  if (kind === 'pcf' || kind === 'partage') return true
  if (root?.type !== 'permit' || !SELECTORS.actor.matches(asked, root, false)) return false
  if (WHOLE.includes(kind) && !isWhole(root, kind === 'urgence-masques')) return false
  const start = spanOfPeriod(root.period)?.[0] ?? -Infinity
  if (kind === 'acces-ponctuel' && asked.now > start + 24 * 3600 * 1000) return false // READING: no start, no access
  const types = (root.actor ?? []).map(({ reference }) => resolve(asked, reference, contained)?.type)
  const allowed = ACTORS[kind]
  return allowed === undefined || (types.length > 0 && types.every(type => type !== undefined && allowed.includes(type)))
}

/** READING: who sees everything, or every masked document, is not singled out by data: with such a selector they say nothing. */
const WHOLE = ['medecin-traitant', 'administrateur', 'urgence-masques']
function isWhole ({ securityLabel = [], class: classes = [], code = [], data = [], dataPeriod }: ConsentProvision, isLabelled: boolean): boolean {
  const labels = isLabelled ? securityLabel.length === 1 && textOf(securityLabel[0] ?? {}) === `${VISIBILITY}|MASQUE_PS` : securityLabel.length === 0
  return labels && classes.length === 0 && code.length === 0 && data.length === 0 && dataPeriod === undefined
}

/** READING: a legal representative gave what one wrote, and what names a RelatedPerson as performer; emergencies count as grounds. */
function isBeyondRepresentative (asked: Ask, kind: string): boolean {
  const { resource: { performer = [] }, by } = asked.choice
  const isTheirs = by === 'representative' || performer.some(({ reference }) => reference?.startsWith('RelatedPerson/'))
  return isTheirs && kind !== 'application' && isLabelled(asked, 'INVISIBLE_REPRESENTANTS_LEGAUX')
}

/** READING: what a block ended opens nothing more to X: besides grounds, no sight of masked documents. */
function isOvertaken (asked: Ask, kind: string): boolean {
  return isCare(asked) && kind !== 'medecin-traitant' && asked.world.consents.some(choice => {
    const block = { ...asked, choice }
    return isBlockOn(block, false) && asked.choice.acknowledged < endOf(block)
  })
}

/** When a block ended: lifted, or at the end of its period; never if it did not. */
function endOf (block: Ask): number {
  const end = spanOfPeriod(block.choice.resource.provision?.period)?.[1] ?? Infinity
  if (block.choice.endedBlock !== undefined) return Math.min(block.choice.endedBlock, end)
  return isActive(block) && end < block.now ? end : -Infinity
}

/** READING: purpose and data selectors of a blocage, and exceptions that permit, bind nothing: it shuts out, in every mode. */
function isBlockOn (asked: Ask, isNow: boolean): boolean {
  const { resource } = asked.choice
  const selectors = isNow ? [SELECTORS.actor, SELECTORS.period] : [SELECTORS.actor]
  return isBlock(resource) && (!isNow || isBounded(asked)) && provisionsOf(resource.provision).some(provision => isDenied(asked, provision, selectors))
}

/** The root period bounds the whole Consent; one that cannot be read bounds nothing, and then only denies are left. */
function isBounded ({ choice: { resource: { provision } }, now }: Ask): boolean {
  return spanOfPeriod(provision?.period) === undefined || isWithin(provision?.period, now)
}

const provisionsOf = (provision?: ConsentProvision): ConsentProvision[] => provision ? [provision, ...(provision.provision ?? []).flatMap(provisionsOf)] : []
const isBlind = ({ choice: { resource } }: Ask, provision: ConsentProvision): boolean => !!(resource.modifierExtension ?? resource.implicitRules ?? provision.modifierExtension)

/** A deny with its unreadable selectors widened. READING: an unknown kind leaves its purposes unreadable, a modifier extension everything. */
function isDenied (asked: Ask, provision: ConsentProvision, selectors: readonly Selector[]): boolean {
  const isWidened = (selector: Selector): boolean => !selector.isUnderstood(asked, provision) || (selector === SELECTORS.purpose && !isKindKnown(asked.choice.resource))
  return provision.type === 'deny' && (isBlind(asked, provision) || selectors.every(selector => isWidened(selector) || selector.matches(asked, provision, true)))
}

/** What a choice says about (caller, purpose, document). */
function says (asked: Ask): 'permit' | 'deny' | undefined {
  const root = asked.choice.resource.provision
  if (!isActive(asked) || root === undefined || !isBounded(asked)) return undefined
  const selectors = Object.values(SELECTORS)
  if (!isUnderstood(asked, root)) return provisionsOf(root).some(provision => isDenied(asked, provision, selectors)) ? 'deny' : undefined
  const matches = (provision: ConsentProvision): boolean => selectors.every(selector => selector.matches(asked, provision, provision.type === 'deny'))
  const exceptions = (root.provision ?? []).filter(matches)
  if (exceptions.length > 0) return exceptions.some(({ type }) => type === 'deny') ? 'deny' : 'permit'
  return matches(root) ? root.type : undefined
}

/** READING: another scope, an `action`, a second level of exceptions or a missing type are not understood either. */
function isUnderstood (asked: Ask, root: ConsentProvision): boolean {
  const { resource } = asked.choice
  return isKindKnown(resource) && (resource.scope.coding ?? []).some(({ system, code }) => system === SCOPE && code === 'patient-privacy') &&
    (root.provision ?? []).every(({ provision }) => provision === undefined) &&
    provisionsOf(root).every(provision => !isBlind(asked, provision) && provision.action === undefined &&
      provision.type !== undefined && Object.values(SELECTORS).every(selector => selector.isUnderstood(asked, provision)))
}

interface Selector {
  readonly isUnderstood: (asked: Ask, provision: ConsentProvision) => boolean
  readonly matches: (asked: Ask, provision: ConsentProvision, isDeny: boolean) => boolean
}

const isSame = (one: Coding, other: Coding): boolean => !!one.code && !!one.system && textOf(one) === textOf(other)

/** READING: several values of one selector are alternatives, as FHIR says of `class` and `code`. */
const SELECTORS = {
  period: {
    isUnderstood: (_, { period }) => spanOfPeriod(period) !== undefined,
    matches: ({ now }, { period }) => isWithin(period, now)
  },
  actor: {
    isUnderstood: (asked, { actor = [] }) => actor.every(({ reference, role, modifierExtension }) => modifierExtension === undefined &&
      (role.coding ?? []).every(({ system, code }) => system === PARTICIPATION && code === 'IRCP') && // READING: no other role is known
      pointedAt(asked, reference) !== undefined),
    // READING: every deny on a structure covers its parts, as a block does.
    matches: (asked, { actor = [] }, isDeny) => actor.length === 0
      ? isCare(asked)
      : actor.some(({ reference }) => meet(pointedAt(asked, reference, isDeny)?.keys ?? [], isDeny ? withWholes(asked, keysOfCaller(asked)) : keysOfCaller(asked)))
  },
  purpose: {
    isUnderstood: (_, { purpose = [] }) => purpose.every(({ system, code = '' }) => system === ACT_REASON && PURPOSES.includes(code)),
    // READING: the deny of a `partage` that names no purpose holds in every mode.
    matches: ({ purpose: asked, choice }, { purpose }, isDeny) => asked === 'any' || (isDeny && purpose === undefined && kindsOf(choice.resource).includes('partage')) ||
      (purpose ?? [{ code: 'TREAT' }]).some(({ code }) => code === asked)
  },
  securityLabel: {
    isUnderstood: (_, { securityLabel = [] }) => securityLabel.every(isKnownLabel),
    matches: (asked, { securityLabel }, isDeny) => securityLabel?.some(label => labelsOf(asked).includes(textOf(label)) ||
      (isDeny && isSame(label, { system: CONFIDENTIALITY, code: 'R' }) && labelsOf(asked).includes(`${CONFIDENTIALITY}|V`))) ?? true
  },
  class: {
    isUnderstood: (asked, provision) => (provision.class ?? []).every(asked.options.knows),
    matches: ({ document: { resource } }, provision) => provision.class?.some(one => isSame(one, { system: RESOURCE_TYPE, code: resource.resourceType }) ||
      (resource.resourceType === 'List' ? [] : resource.category ?? []).some(({ coding = [] }) => coding.some(other => isSame(one, other)))) ?? true
  },
  code: {
    isUnderstood: (asked, { code = [] }) => code.every(({ coding = [] }) => coding.length > 0 && coding.every(asked.options.knows)),
    // READING: a permit means the resource's own code; a deny also the type as which the matrix judges it.
    matches: (asked, { code }, isDeny) => code?.some(({ coding = [] }) => coding.some(one =>
      [...codesOf(asked.document), ...isDeny ? typesOf(asked, asked.document) : []].some(other => isSame(one, other)))) ?? true
  },
  dataPeriod: {
    isUnderstood: (_, { dataPeriod }) => spanOfPeriod(dataPeriod) !== undefined,
    // READING: a permit needs the document's time wholly inside; a deny is met by any overlap, and by a time unknown.
    matches: (asked, { dataPeriod }, isDeny) => {
      const [from, to] = spanOfPeriod(dataPeriod) ?? [-Infinity, Infinity]
      const time = timeOf(asked.document)
      if (dataPeriod === undefined || time === undefined) return dataPeriod === undefined || isDeny
      return isDeny ? time[0] <= to && from <= time[1] : from <= time[0] && time[1] <= to
    }
  },
  data: {
    isUnderstood: (asked, { data = [] }) => data.every(({ meaning, reference, modifierExtension }) => modifierExtension === undefined &&
      ['instance', 'related', 'authoredby'].includes(meaning) && pointedAt(asked, reference) !== undefined),
    matches: (asked, { data }, isDeny) => data?.some(({ meaning, reference }) =>
      meaning === 'authoredby' ? isAuthoredBy(asked, reference, isDeny) : isAbout(asked, meaning, reference, isDeny)) ?? true
  }
} satisfies Record<string, Selector>

function pointedAt (asked: Ask, reference: Reference, isDeny = false): Party | undefined {
  return resolve(asked, reference, asked.choice.resource.contained, isDeny)
}

function codesOf ({ resource }: WorldDocument): readonly Coding[] {
  return (resource.resourceType === 'DocumentReference' ? resource.type : resource.code)?.coding ?? []
}

function timeOf ({ resource }: WorldDocument): [number, number] | undefined {
  if (resource.resourceType === 'Observation') {
    if (resource.effectivePeriod !== undefined) return spanOfPeriod(resource.effectivePeriod)
    return resource.effectiveDateTime === undefined ? undefined : spanOf(resource.effectiveDateTime)
  }
  const { date } = resource
  const context = resource.resourceType === 'List' ? undefined : resource.context
  if (context?.period?.start !== undefined || context?.period?.end !== undefined) return spanOfPeriod(context.period)
  return date === undefined ? undefined : spanOf(date)
}

/** READING: `related` is the thing itself and the documents that refer to it. */
function isAbout ({ world, document }: Ask, meaning: string, { reference }: Reference, isDeny: boolean): boolean {
  const { resource, chain } = document
  const target = world.documents.find(({ resource: { resourceType, id } }) => reference === `${resourceType}/${id}`)
  if (target !== undefined && (target.resource.id === resource.id || (isDeny && target.chain === chain))) return true
  const others = referredBy(resource)
  return meaning === 'related' && others.some(other => other.reference === reference)
}

/** READING: that a list holds something is not a reference to it: the list is judged by it in any case. */
function referredBy (resource: WorldDocument['resource']): readonly Reference[] {
  if (resource.resourceType === 'List') return resource.encounter === undefined ? [] : [resource.encounter]
  if (resource.resourceType === 'Observation') return [...resource.encounter === undefined ? [] : [resource.encounter], ...resource.derivedFrom ?? []]
  const { context, relatesTo = [] } = resource
  return [...context?.encounter ?? [], ...context?.related ?? [], ...relatesTo.map(({ target }) => target)]
}

/** READING: named persons count as authors here whoever reads; a named structure other than the depositor's in a deny only. */
function isAuthoredBy (asked: Ask, reference: Reference, isDeny: boolean): boolean {
  const { world, document: { depositor } } = asked
  const others = named(asked).filter(({ type }) => type === 'person' || (isDeny && type === 'structure')).flatMap(({ keys }) => keys)
  const authors = depositor.kind === 'holder'
    ? [`Patient/${world.patientId}`]
    : [...keysOf(asked, depositor.person), ...keysOf(asked, depositor.structure), `${APPLICATION}|${depositor.client}`, ...others]
  return meet(isDeny ? withWholes(asked, authors) : authors, pointedAt(asked, reference, isDeny)?.keys ?? [])
}
