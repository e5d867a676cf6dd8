/**
 * Who may change what of a document (`consent.md` 5). Each row is judged on the state before and after; whoever may
 * not read never comes here: to them the document is absent.
 */
import type { Coding, DocumentReference } from '@medplum/fhirtypes'
import { isSame } from '../json/same.js'
import type { Fault } from '../outcome/outcome-error.js'
import type { Facts } from './facts.js'
import { CONFIDENTIALITY, labelKey, labelsOf, markOf } from './label.js'
import type { Caller, Situation } from './situation.js'

/** What a caller is to one document. */
export interface Standing {
  readonly isHolder: boolean
  readonly isTreating: boolean
  readonly isAdministrator: boolean
  /** Author in person; author in person or as structure. */
  readonly isAuthorInPerson: boolean
  readonly isAuthor: boolean
  readonly isSecret: boolean
}

/** @param facts of the document before the change */
export function standingOf (caller: Caller, situation: Situation, facts: Pick<Facts, 'authors'>): Standing {
  const meets = (keys: readonly string[]) => facts.authors.some(author => keys.includes(author))
  const inPerson = situation.stands === 'professional'
    ? situation.inPerson
    : situation.stands === 'treating' ? situation.keys.filter(key => !caller.own.includes(key)) : []
  const isHolder = situation.stands === 'holder'
  const own = isHolder ? [`Patient/${situation.patient}`] : [...caller.own, ...caller.client === undefined ? [] : [caller.client]]
  return {
    isHolder,
    isTreating: situation.stands === 'treating',
    isAdministrator: situation.stands === 'professional' && situation.isAdministrator,
    isAuthorInPerson: meets(inPerson),
    isAuthor: meets([...inPerson, ...own]),
    isSecret: caller.principal.isSecret
  }
}

type Right = (who: Standing) => boolean

const ADD: Readonly<Record<string, Right>> = {
  MASQUE_PS: who => who.isHolder || who.isAdministrator || who.isAuthorInPerson || who.isTreating,
  INVISIBLE_PATIENT: who => who.isAuthorInPerson,
  INVISIBLE_REPRESENTANTS_LEGAUX: who => who.isHolder || (who.isSecret && who.isAuthor)
}
const REMOVE: Readonly<Record<string, Right>> = {
  MASQUE_PS: who => who.isHolder || who.isAdministrator,
  INVISIBLE_PATIENT: who => who.isAuthor || who.isTreating,
  INVISIBLE_REPRESENTANTS_LEGAUX: who => who.isHolder
}
const addOther: Right = who => who.isHolder || who.isAuthor
const removeOther: Right = who => who.isHolder

/** The labels that count: `N` restricts nothing and tells nothing. */
function counting (document: DocumentReference): ReadonlyMap<string, Coding> {
  const labels = labelsOf(document).filter(label => label.system !== CONFIDENTIALITY || label.code !== 'N')
  return new Map(labels.map(label => [labelKey(label), label]))
}

/** The faults of a change of labels: none, or one for each label that this caller may not add or remove. */
export function labelFaults (before: DocumentReference, after: DocumentReference, who: Standing): readonly Fault[] {
  const [old, fresh] = [counting(before), counting(after)]
  const may = (rights: Readonly<Record<string, Right>>, other: Right, label: Coding) =>
    (rights[label.code ?? ''] !== undefined && markOf(label) === label.code ? rights[label.code ?? ''] ?? other : other)(who)
  const added = [...fresh.values()].filter(label => !old.has(labelKey(label)) && !may(ADD, addOther, label))
  const removed = [...old.values()].filter(label => !fresh.has(labelKey(label)) && !may(REMOVE, removeOther, label))
  return [
    ...added.map(() => ({ diagnostics: 'The caller may not add this label', expression: 'DocumentReference.securityLabel' })),
    ...removed.map(() => ({ diagnostics: 'The caller may not remove a label of this document', expression: 'DocumentReference.securityLabel' }))
  ]
}

/** The labels that a deposit may not carry from this depositor. */
export function depositLabelFaults (document: DocumentReference, caller: Caller): readonly Fault[] {
  const { kind, isSecret } = caller.principal
  const isCarer = kind === 'professional' || kind === 'structure'
  const marks = labelsOf(document).map(markOf)
  const fault = (diagnostics: string) => ({ diagnostics, expression: 'DocumentReference.securityLabel' })
  return [
    ...marks.includes('INVISIBLE_PATIENT') && !isCarer ? [fault('Only a professional or a structure may withhold a document until it is announced')] : [],
    ...marks.includes('INVISIBLE_REPRESENTANTS_LEGAUX') && kind !== 'holder' && !(isCarer && isSecret)
      ? [fault('Only the holder, or a deposit in a secret session, may hide a document from legal representatives')]
      : []
  ]
}

/** What nobody changes by an update, because a rule reads it or because it is what was deposited: replace instead. */
const FIXED: readonly (keyof DocumentReference)[] = [
  'subject', 'author', 'authenticator', 'custodian', 'masterIdentifier', 'identifier', 'type', 'category', 'date',
  'content', 'context', 'relatesTo', 'contained'
]

/** The faults of elements that an update may not touch. */
export function fixedFaults (before: DocumentReference, after: DocumentReference): readonly Fault[] {
  const fixed = FIXED.filter(element => !isSame(before[element], after[element]))
    .map(element => ({ diagnostics: 'This element does not change once it is deposited: replace the document', expression: `DocumentReference.${element}` }))
  return before.status === 'entered-in-error' && after.status !== 'entered-in-error'
    ? [...fixed, { diagnostics: 'What was entered in error stays so', expression: 'DocumentReference.status' }]
    : fixed
}

/** Whether two documents differ in more than labels and what the server sets. */
export function isSameButLabels (before: DocumentReference, after: DocumentReference): boolean {
  return isSame(withoutLabels(before), withoutLabels(after))
}

function withoutLabels ({ securityLabel, meta, ...rest }: DocumentReference) {
  const { security, versionId, lastUpdated, ...other } = meta ?? {}
  return { ...rest, ...Object.keys(other).length === 0 ? {} : { meta: other } }
}
