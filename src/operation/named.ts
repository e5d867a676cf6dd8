/**
 * Whom a reference names, as somebody who could ask: a person, a structure, an application, somebody around the holder.
 * A list of the operator's and a team of the record are those who are on it. Only the directory, and what the asker reads
 * of the record, is looked at.
 */
import type { CareTeam, Coding, Group, Identifier, PractitionerRole, Reference, Resource } from '@medplum/fhirtypes'
import { isIn, and } from '../filter/filter.js'
import type { Context } from '../interaction/context.js'
import { current } from '../interaction/directory.js'
import type { Sight } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import { referenceKey } from '../search/key.js'
import { belowBase } from '../search/literal.js'
import { CLIENT, ID_NAT_PS, ID_NAT_ST, identityKey } from '../security/identity.js'

/** Somebody by the key of their identity (`security/identity.ts`), or somebody around the holder by their RelatedPerson. */
export type Named =
  | { readonly kind: 'professional', readonly key: string, readonly profession?: string | undefined, readonly structure?: string | undefined }
  | { readonly kind: 'structure' | 'application', readonly key: string }
  | { readonly kind: 'representative', readonly relative: Kept }

/** The record in which a reference stands, who asks, and what is contained beside it. */
export interface Place { readonly sight: Sight, readonly patient: string, readonly contained?: readonly Resource[] }

const LITERAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/
const SORTS: Readonly<Record<string, 'professional' | 'structure' | 'application'>> = { person: 'professional', structure: 'structure', client: 'application' }
const SYSTEMS: Readonly<Record<string, readonly [type: 'Practitioner' | 'Organization' | 'Device', system: string]>> = {
  person: ['Practitioner', ID_NAT_PS], structure: ['Organization', ID_NAT_ST], client: ['Device', CLIENT]
}

/** The most of a team or list that are looked up. */
const MOST_MEMBERS = 100

/** Those whom a reference names; nobody for one that names nobody known. */
export async function namedBy (context: Context, place: Place, { reference, identifier }: Reference): Promise<readonly Named[]> {
  const inside = (place.contained ?? []).find(({ id }) => reference === `#${id ?? ''}`)
  if (inside !== undefined) return await inResource(context, place, inside)
  const [, type = '', id = ''] = LITERAL.exec(reference === undefined ? '' : belowBase(reference.replace(/\/_history\/[^/]*$/, ''), context.base)) ?? []
  if (type === '') return byKey(identifier === undefined ? undefined : identityKey(identifier))
  if (!context.registry.types.includes(type)) return []
  const version = await context.store.read(type, id)
  if (version === undefined || version.isDeleted || (version.patient !== null && version.patient !== place.patient) || !place.sight.decide(version).permit) return []
  if (type === 'RelatedPerson') return [{ kind: 'representative', relative: version }]
  const opened = await context.store.opened(version)
  return opened === undefined ? [] : await inResource(context, place, JSON.parse(opened.text) as Resource)
}

async function inResource (context: Context, place: Place, resource: Resource): Promise<readonly Named[]> {
  switch (resource.resourceType) {
    case 'Practitioner': case 'Organization': case 'Device': return byIdentifiers(resource.identifier)
    case 'PractitionerRole': return await inRole(context, place, resource)
    case 'CareTeam': return await members(context, place, ((resource as CareTeam).participant ?? []).flatMap(({ member }) => member ?? []))
    case 'Group': return await members(context, place, ((resource as Group).member ?? []).map(({ entity }) => entity))
    default: return []
  }
}

/** No team or list is on another one. */
async function members (context: Context, place: Place, references: readonly Reference[]): Promise<readonly Named[]> {
  const single = references.filter(({ reference = '' }) => !/(?:CareTeam|Group)\//.test(reference)).slice(0, MOST_MEMBERS)
  return (await Promise.all(single.map(async reference => await namedBy(context, place, reference)))).flat()
}

/** A role means the person who has it, with its profession and its structure. */
async function inRole (context: Context, place: Place, role: PractitionerRole): Promise<readonly Named[]> {
  const isRole = role.practitioner?.reference?.startsWith('PractitionerRole/') === true
  const [person] = role.practitioner === undefined || isRole ? [] : await namedBy(context, place, role.practitioner)
  return person?.kind === 'professional' ? [{ ...person, ...await ofRole(context, place, role) }] : []
}

async function ofRole (context: Context, place: Place, { code = [], organization }: PractitionerRole): Promise<{ readonly profession?: string, readonly structure?: string }> {
  const [structure] = organization === undefined ? [] : await namedBy(context, place, organization)
  const profession = professionIn(context, place, code.flatMap(({ coding = [] }) => coding))
  return { ...profession === undefined ? {} : { profession }, ...structure?.kind === 'structure' ? { structure: structure.key } : {} }
}

function professionIn ({ policy }: Context, { sight }: Place, codings: readonly Coding[]): string | undefined {
  const { professions } = policy.matrixAt(sight.caller.now)
  return codings.map(({ system = '', code = '' }) => `${system}|${code}`).find(profession => professions.includes(profession))
}

function byIdentifiers (identifiers: readonly Identifier[] = []): readonly Named[] {
  return byKey(identifiers.map(identityKey).find(key => key !== undefined))
}

function byKey (key: string | undefined): readonly Named[] {
  const kind = SORTS[key?.slice(0, key.indexOf(':')) ?? '']
  return key === undefined || kind === undefined ? [] : [{ kind, key }]
}

/** What the directory says of a person: their profession, and where they work, if that is one place. */
export async function known (context: Context, place: Place, person: Extract<Named, { kind: 'professional' }>): Promise<Extract<Named, { kind: 'professional' }>> {
  if (person.profession !== undefined && person.structure !== undefined) return person
  const { store } = context
  const [practitioner] = await store.find({ type: 'Practitioner', filter: and(current, isIn('facts.names', [context.hash(person.key)])), sort: [], limit: 1 })
  if (practitioner === undefined) return person
  const { qualification = [] } = JSON.parse(practitioner.text) as { qualification?: readonly { code?: { coding?: readonly Coding[] } }[] }
  const roles = await store.find({ type: 'PractitionerRole', filter: and(current, isIn('keys', [referenceKey('practitioner', 'Practitioner', practitioner.id)])), sort: [], limit: 2 })
  const role: Awaited<ReturnType<typeof ofRole>> = roles.length === 1 && roles[0] !== undefined ? await ofRole(context, place, JSON.parse(roles[0].text) as PractitionerRole) : {}
  const profession = professionIn(context, place, qualification.flatMap(({ code }) => code?.coding ?? []))
  return { ...person, profession: person.profession ?? role.profession ?? profession, structure: person.structure ?? role.structure }
}

/** How an identity is told. */
export function identityOf (key: string): Reference {
  const colon = key.indexOf(':')
  const [type, system = ''] = SYSTEMS[key.slice(0, colon)] ?? []
  return { ...type === undefined ? {} : { type }, identifier: { system, value: key.slice(colon + 1) } }
}
