/**
 * Who may change what of a resource of the record (`consent.md` 5). Each row is judged on the state before and after; whoever may
 * not read never comes here: to them the document is absent.
 */
import type { Coding, Resource } from '@medplum/fhirtypes'
import { isSame } from '../json/same.js'
import type { Fault } from '../outcome/outcome-error.js'
import type { Caller } from './caller.js'
import { codesOf, isInError } from './facts.js'
import type { Facts } from './facts.js'
import { CONFIDENTIALITY, TRE_A07, labelKey, labelsOf, markOf } from './label.js'
import { recordType } from './record-type.js'
import type { Situation } from './situation.js'

/** What a caller is to one resource. */
export interface Standing {
  readonly isHolder: boolean
  readonly isLegal: boolean
  readonly isTreating: boolean
  readonly isAdministrator: boolean
  /** Author in person; author in person or as structure. */
  readonly isAuthorInPerson: boolean
  readonly isAuthor: boolean
  readonly isSecret: boolean
}

/** @param facts of the resource before the change */
export function standingOf (caller: Caller, situation: Situation, facts: Pick<Facts, 'authors'>): Standing {
  const meets = (keys: readonly string[]) => facts.authors.some(author => keys.includes(author))
  const inPerson = situation.stands === 'professional'
    ? situation.inPerson
    : situation.stands === 'treating' ? situation.keys.filter(key => !caller.own.includes(key)) : []
  const isHolder = situation.stands === 'holder'
  const own = isHolder
    ? [`Patient/${situation.patient}`]
    : situation.stands === 'representative' ? situation.keys : [...caller.own, ...caller.client === undefined ? [] : [caller.client]]
  return {
    isHolder,
    isLegal: situation.stands === 'representative' && situation.isLegal,
    isTreating: situation.stands === 'treating',
    isAdministrator: situation.stands === 'professional' && situation.isAdministrator,
    isAuthorInPerson: meets(inPerson),
    isAuthor: meets([...inPerson, ...own]),
    isSecret: caller.principal.isSecret
  }
}

type Right = (who: Standing) => boolean

const ADD: Readonly<Record<string, Right>> = {
  MASQUE_PS: who => who.isHolder || who.isLegal || who.isAdministrator || who.isAuthorInPerson || who.isTreating,
  INVISIBLE_PATIENT: who => who.isAuthorInPerson,
  INVISIBLE_REPRESENTANTS_LEGAUX: who => who.isHolder || (who.isSecret && who.isAuthor)
}
const REMOVE: Readonly<Record<string, Right>> = {
  MASQUE_PS: who => who.isHolder || who.isLegal || who.isAdministrator,
  INVISIBLE_PATIENT: who => who.isAuthor || who.isTreating,
  INVISIBLE_REPRESENTANTS_LEGAUX: who => who.isHolder
}
const addOther: Right = who => who.isHolder || who.isAuthor
const removeOther: Right = who => who.isHolder

/** The labels that count: `N` restricts nothing and tells nothing. */
function counting (resource: Resource): ReadonlyMap<string, Coding> {
  const labels = labelsOf(resource).filter(label => label.system !== CONFIDENTIALITY || label.code !== 'N')
  return new Map(labels.map(label => [labelKey(label), label]))
}

/** The faults of a change of labels: none, or one for each label that this caller may not add or remove. */
export function labelFaults (before: Resource, after: Resource, who: Standing): readonly Fault[] {
  const [old, fresh] = [counting(before), counting(after)]
  const may = (rights: Readonly<Record<string, Right>>, other: Right, label: Coding) =>
    (label.system === TRE_A07 && markOf(label) === label.code ? rights[label.code ?? ''] ?? other : other)(who)
  const added = [...fresh.values()].filter(label => !old.has(labelKey(label)) && !may(ADD, addOther, label))
  const removed = [...old.values()].filter(label => !fresh.has(labelKey(label)) && !may(REMOVE, removeOther, label))
  return [
    ...added.map(() => ({ diagnostics: 'The caller may not add this label', expression: labelPlace(after) })),
    ...removed.map(() => ({ diagnostics: 'The caller may not remove a label of this resource', expression: labelPlace(after) }))
  ]
}

function labelPlace ({ resourceType }: Resource): string {
  return resourceType === 'DocumentReference' ? 'DocumentReference.securityLabel' : `${resourceType}.meta.security`
}

/** The labels that a deposit may not carry from this depositor. */
export function depositLabelFaults (resource: Resource, caller: Caller): readonly Fault[] {
  const { kind, isSecret } = caller.principal
  const isCarer = kind === 'professional' || kind === 'structure'
  const marks = labelsOf(resource).map(markOf)
  const fault = (diagnostics: string) => ({ diagnostics, expression: labelPlace(resource) })
  return [
    ...marks.includes('INVISIBLE_PATIENT') && !isCarer ? [fault('Only a professional or a structure may withhold a document until it is announced')] : [],
    ...marks.includes('INVISIBLE_REPRESENTANTS_LEGAUX') && kind !== 'holder' && !(isCarer && isSecret)
      ? [fault('Only the holder, or a deposit in a secret session, may hide a document from legal representatives')]
      : []
  ]
}

/**
 * The faults of elements that an update may not touch: patient and authors of every resource; on documents all that was
 * deposited. What was entered in error stays so.
 */
export function fixedFaults (before: Resource, after: Resource): readonly Fault[] {
  const { resourceType } = after
  const { subject, authors, fixed = [], status } = recordType(resourceType)
  const elements = new Set([...subject === null ? [] : [subject], ...authors.map(path => path.split('.')[0] ?? ''), ...fixed])
  const changed = [...elements].filter(element => !isSame(memberOf(before, element), memberOf(after, element)))
  const faults = changed.map(element => ({ diagnostics: 'This element does not change once it is deposited', expression: `${resourceType}.${element}` }))
  const isUndone = isInError(before, recordType(resourceType)) && !isInError(after, recordType(resourceType))
  return [
    ...faults,
    ...elements.has('contained') || isSame(peopleIn(before), peopleIn(after)) ? [] : [{ diagnostics: 'Who is contained does not change once it is deposited', expression: `${resourceType}.contained` }],
    ...isUndone ? [{ diagnostics: 'What was entered in error stays so', expression: `${resourceType}.${status ?? ''}` }] : []
  ]
}

const memberOf = (resource: Resource, element: string): unknown => (resource as unknown as Readonly<Record<string, unknown>>)[element]

/** Contained resources by which authors may be named. */
function peopleIn (resource: Resource): readonly Resource[] {
  const contained = memberOf(resource, 'contained') as readonly Resource[] | undefined
  return (contained ?? []).filter(({ resourceType }) => /^(?:Practitioner|PractitionerRole|Organization|Patient|RelatedPerson|Device)$/.test(resourceType))
}

/**
 * The faults of a change by which somebody could come to see what they could not see (`consent.md` 5), for what is no
 * document: its codes, classes and references are what finer choices single out.
 */
export function sightFaults (type: string, before: Facts, after: Facts): readonly Fault[] {
  const isKept = (values: readonly string[], others: readonly string[]) => isSame([...new Set(values)].sort(), [...new Set(others)].sort())
  const { codes, classes } = recordType(type)
  const diagnostics = 'A choice may single the resource out by this element: it does not change once it is deposited'
  return [
    ...isKept(codesOf(before), codesOf(after)) ? [] : [{ diagnostics, expression: `${type}.${codes[0]?.replace('[x]', '') ?? ''}` }],
    ...isKept(before.classes, after.classes) ? [] : [{ diagnostics, expression: `${type}.${classes[0] ?? ''}` }],
    ...isKept(before.related, after.related) ? [] : [{ diagnostics: 'A choice may single the resource out by what it refers to: its references do not change once it is deposited', expression: type }]
  ]
}

/** Whether two versions differ in more than labels and what the server sets. */
export function isSameButLabels (before: Resource, after: Resource): boolean {
  return isSame(withoutLabels(before), withoutLabels(after))
}

function withoutLabels (resource: Resource) {
  const { securityLabel, meta, ...rest } = resource as Resource & { securityLabel?: unknown }
  const { security, versionId, lastUpdated, ...other } = meta ?? {}
  return { ...rest, ...Object.keys(other).length === 0 ? {} : { meta: other } }
}
