import type { CodeableConcept, Coding, DocumentReference, Resource } from '@medplum/fhirtypes'
import { TRE_A07, labelsOf, markOf } from '../../consent/label.js'
import type { Mark } from '../../consent/label.js'
import type { Sight } from '../sight.js'

/** A deposit with the labels that the record adds: default masking, and what a secret session hides. */
export function withDepositLabels<T extends Resource> (sight: Sight, patient: string, resource: T): T {
  const marks: Mark[] = []
  if (sight.isMaskedByDefault(patient)) marks.push('MASQUE_PS')
  if (sight.caller.principal.isSecret) marks.push('INVISIBLE_REPRESENTANTS_LEGAUX')
  return withMarks(resource, marks)
}

/** A resource without a mark, wherever it stands. */
export function withoutMark<T extends Resource> (resource: T, mark: Mark): T {
  const stays = (label: Coding) => markOf(label) !== mark
  const { securityLabel, meta } = resource as DocumentReference
  const concepts = securityLabel?.map(concept => ({ ...concept, coding: (concept.coding ?? []).filter(stays) })).filter(({ coding, text }) => coding.length > 0 || text !== undefined)
  const security = meta?.security?.filter(stays)
  const { securityLabel: _, ...rest } = resource as DocumentReference
  const { security: __, ...otherMeta } = meta ?? {}
  return {
    ...rest,
    ...meta === undefined ? {} : { meta: { ...otherMeta, ...security === undefined || security.length === 0 ? {} : { security } } },
    ...concepts === undefined || concepts.length === 0 ? {} : { securityLabel: concepts }
  } as Resource as T
}

/** A resource with these marks: a document has them as `securityLabel`, everything else in `meta`. */
export function withMarks<T extends Resource> (resource: T, marks: readonly Mark[]): T {
  const present = labelsOf(resource).map(markOf)
  const added: Coding[] = marks.filter(mark => !present.includes(mark)).map(code => ({ system: TRE_A07, code }))
  if (added.length === 0) return resource
  if (resource.resourceType !== 'DocumentReference') return { ...resource, meta: { ...resource.meta, security: [...resource.meta?.security ?? [], ...added] } }
  const { securityLabel = [] } = resource as DocumentReference
  const concepts: CodeableConcept[] = added.map(coding => ({ coding: [coding] }))
  return { ...resource, securityLabel: [...securityLabel, ...concepts] }
}
