/** Who takes part in a message or an appointment, or owns an agenda: the hashed keys of persons and structures. */
import type { Device, HealthcareService, Location, Organization, Practitioner, PractitionerRole, Reference, Resource } from '@medplum/fhirtypes'
import { identityKey } from '../../security/identity.js'
import type { Context } from '../context.js'
import type { DirectoryFacts } from '../directory.js'
import type { Sight } from '../sight.js'
import { openParsed } from './admission.js'

const LITERAL = /^(Practitioner|PractitionerRole|Organization|HealthcareService|Location|Device)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/

/** The keys under which a caller takes part. */
export function callerKeys ({ caller }: Sight): readonly string[] {
  return [...caller.person === undefined ? [] : [caller.person], ...caller.own]
}

/** The contained resources of a resource, by their reference. */
export function containedIn (resource: Resource): ReadonlyMap<string, Resource> {
  const contained = 'contained' in resource ? (resource.contained ?? []) as readonly Resource[] : []
  return new Map(contained.map(one => [`#${one.id ?? ''}`, one]))
}

/**
 * The keys of whom a reference names, literally, contained or by an identifier; none for who is not known. A role is the
 * person who has it; `isWide`: its structure too, and the structure of a service, a place or a device.
 */
export async function partyKeys (context: Context, reference: Reference, contained: ReadonlyMap<string, Resource>, isWide: boolean): Promise<readonly string[]> {
  const { reference: literal, identifier } = reference
  if (literal === undefined) {
    const key = identifier === undefined ? undefined : identityKey(identifier)
    return key === undefined ? [] : [context.hash(key)]
  }
  const inside = contained.get(literal)
  if (inside !== undefined) return await keysOf(inside, [])
  const [, type, id] = LITERAL.exec(literal) ?? []
  const version = type === undefined || id === undefined || !context.registry.types.includes(type) ? undefined : await context.store.read(type, id)
  const resource = version === undefined || version.isDeleted ? undefined : await openParsed<Resource>(context, version)
  return resource === undefined ? [] : await keysOf(resource, (version?.facts as DirectoryFacts).names)

  async function keysOf (resource: Resource, known: readonly string[]): Promise<readonly string[]> {
    switch (resource.resourceType) {
      case 'Practitioner': case 'Organization': return [...known, ...(((resource as Practitioner | Organization).identifier) ?? []).flatMap(each => identityKey(each) ?? []).map(context.hash)]
      case 'PractitionerRole': return await follow([(resource as PractitionerRole).practitioner, isWide ? (resource as PractitionerRole).organization : undefined])
      case 'HealthcareService': return isWide ? await follow([(resource as HealthcareService).providedBy]) : []
      case 'Location': return isWide ? await follow([(resource as Location).managingOrganization]) : []
      case 'Device': return isWide ? await follow([(resource as Device).owner]) : []
      default: return []
    }
  }

  /** A step further, to a person or structure only. */
  async function follow (references: readonly (Reference | undefined)[]): Promise<readonly string[]> {
    const further = references.filter(each => each !== undefined && !/^(?:PractitionerRole|HealthcareService|Location|Device)\//.test(each.reference ?? ''))
    const outside = new Map([...contained].filter(([, { resourceType }]) => resourceType === 'Practitioner' || resourceType === 'Organization'))
    return (await Promise.all(further.map(async each => await partyKeys(context, each as Reference, outside, isWide)))).flat()
  }
}
