/**
 * What a patch of one label means (`domain.md` 2.7, `consent.md` 5). The published samples set a label by replacing
 * `/securityLabel/0`, whichever label stands there. Taken by the letter that drops one that they do not mean. So, where a
 * patch puts one label in the place of another and touches no other one:
 *
 * - a label that restricts is added, and the one whose place it takes stays, behind it;
 * - `N` lifts the one visibility label (`MASQUE_*`, `INVISIBLE_*`) of the document, wherever it stands, and no other
 *   label; with several of them it is not known which one is meant: 422; without any, the letter holds.
 *
 * Any other patch (`add`, `remove`, `replace` of the whole list) means what it says. Who may add or lift what is judged
 * after this, on the result.
 */
import type { CodeableConcept, Coding, DocumentReference } from '@medplum/fhirtypes'
import { CONFIDENTIALITY, labelKey, markOf } from '../consent/label.js'
import { isSame } from '../json/same.js'
import { broken } from './admit/admission.js'

/** @returns `after` with the labels that the patch did not mean to drop @throws OutcomeError `business-rule` */
export function keepLabels (before: DocumentReference, after: DocumentReference): DocumentReference {
  const [old, fresh] = [before.securityLabel ?? [], after.securityLabel ?? []]
  const changed = fresh.flatMap((concept, index) => isSame(old[index], concept) ? [] : [index])
  const [index] = changed
  if (old.length !== fresh.length || index === undefined || changed.length > 1 || !old.every(({ coding = [] }) => coding.length > 0)) return after
  const brought = codingsOf(fresh[index])
  const gone = codingsOf(old[index]).filter(label => counts(label) && !brought.some(each => labelKey(each) === labelKey(label)))
  if (gone.length === 0) return after
  if (brought.some(counts)) return { ...after, securityLabel: [...fresh, { coding: [...gone] }] }
  const marks = old.flatMap(codingsOf).filter(label => markOf(label) !== undefined)
  const [mark] = marks
  if (mark === undefined) return after
  if (marks.length > 1) throw broken('The document has several visibility labels: remove the one that is meant', 'DocumentReference.securityLabel')
  const left = old.map(concept => ({ ...concept, coding: codingsOf(concept).filter(label => labelKey(label) !== labelKey(mark)) })).filter(({ coding }) => coding.length > 0)
  return { ...after, securityLabel: left.length > 0 ? left : fresh }
}

function codingsOf (concept: CodeableConcept | undefined): Coding[] {
  return concept?.coding ?? []
}

/** `N` restricts nothing and tells nothing. */
function counts (label: Coding): boolean {
  return label.system !== CONFIDENTIALITY || label.code !== 'N'
}
