import type { CodeableConcept, DocumentReference } from '@medplum/fhirtypes'
import { TRE_A07, labelsOf, markOf } from '../../consent/label.js'
import type { Mark } from '../../consent/label.js'
import type { Sight } from '../sight.js'

/** A deposit with the labels that the record adds: default masking, and what a secret session hides. */
export function withDepositLabels (sight: Sight, patient: string, document: DocumentReference): DocumentReference {
  const marks: Mark[] = []
  if (sight.isMaskedByDefault(patient)) marks.push('MASQUE_PS')
  if (sight.caller.principal.isSecret) marks.push('INVISIBLE_REPRESENTANTS_LEGAUX')
  const present = labelsOf(document).map(markOf)
  const missing = marks.filter(mark => !present.includes(mark))
  if (missing.length === 0) return document
  const added: CodeableConcept[] = missing.map(code => ({ coding: [{ system: TRE_A07, code }] }))
  return { ...document, securityLabel: [...document.securityLabel ?? [], ...added] }
}
