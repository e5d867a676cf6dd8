import type { Coding, Reference } from '@medplum/fhirtypes'
import { spanOf, spanOfPeriod } from '../scenario.js'
import type { World, WorldDocument } from '../scenario.js'
import type { Question } from './question.js'

// What the rules read of a document, an observation, a list.

/** All that a list holds, through lists too. READING: what it held once it is judged by for ever; a correction shows it to nobody new. */
export function itemsOf (world: World, { resource, once = [] }: WorldDocument): readonly WorldDocument[] {
  const entries = resource.resourceType === 'List' ? resource.entry ?? [] : []
  const references = [...entries.map(({ item }) => item.reference), ...once]
  const held = world.documents.filter(other => references.includes(`${other.resource.resourceType}/${other.resource.id}`))
  return held.flatMap(item => [item, ...itemsOf(world, item)])
}

/** READING: a list is judged as all that it holds. */
export function typesOf ({ world, options }: Question, document: WorldDocument): readonly Coding[] {
  const { resource } = document
  if (resource.resourceType === 'DocumentReference') return resource.type?.coding ?? []
  if (resource.resourceType !== 'List') return options.judgedAs(resource.resourceType)
  return itemsOf(world, document).flatMap(item => item.resource.resourceType === 'List' ? [] : typesOf({ world, options } as Question, item))
}

export function codesOf ({ resource }: WorldDocument): readonly Coding[] {
  return (resource.resourceType === 'DocumentReference' ? resource.type : resource.code)?.coding ?? []
}

export function timeOf ({ resource }: WorldDocument): [number, number] | undefined {
  if (resource.resourceType === 'Observation') {
    if (resource.effectivePeriod !== undefined) return spanOfPeriod(resource.effectivePeriod)
    return resource.effectiveDateTime === undefined ? undefined : spanOf(resource.effectiveDateTime)
  }
  const { date } = resource
  const context = resource.resourceType === 'List' ? undefined : resource.context
  if (context?.period?.start !== undefined || context?.period?.end !== undefined) return spanOfPeriod(context.period)
  return date === undefined ? undefined : spanOf(date)
}

/** READING: that a list holds something is not a reference to it: the list is judged by it in any case. */
export function referredBy (resource: WorldDocument['resource']): readonly Reference[] {
  if (resource.resourceType === 'List') return resource.encounter === undefined ? [] : [resource.encounter]
  if (resource.resourceType === 'Observation') return [...resource.encounter === undefined ? [] : [resource.encounter], ...resource.derivedFrom ?? []]
  const { context, relatesTo = [] } = resource
  return [...context?.encounter ?? [], ...context?.related ?? [], ...relatesTo.map(({ target }) => target)]
}

export function namesIn (resource: WorldDocument['resource']): readonly Reference[] {
  if (resource.resourceType === 'Observation') return resource.performer ?? []
  if (resource.resourceType === 'List') return resource.source === undefined ? [] : [resource.source]
  return [...resource.author ?? [], ...resource.custodian ? [resource.custodian] : []]
}
