import type { Device, Organization, Practitioner, PractitionerRole, Resource } from '@medplum/fhirtypes'
import { isShared } from '../../consent/family.js'
import { literalsIn } from '../../consent/record-type.js'
import { and, isIn } from '../../filter/filter.js'
import { identityKey } from '../../security/identity.js'
import type { Context } from '../context.js'
import { DIRECTORY, current } from '../directory.js'
import type { DirectoryFacts } from '../directory.js'
import type { Sight } from '../sight.js'
import { referenceKey } from '../../search/key.js'
import type { Version, Write } from '../store.js'
import { broken, forbidden, unresolved } from './admission.js'
import { listFacts } from './group.js'
import type { Admission, Admitter } from './admission.js'

/** Roles of one person. */
const MOST_ROLES = 1000

/** The directory: written by the operator. A change of it changes its stamp, by which affiliations are cached. */
export const directory: Admitter = {
  create: async (context, sight, resource) => await admit(context, sight, resource),
  update: async (context, sight, before, resource) => {
    const admission = await admit(context, sight, resource)
    if (before.type !== 'Group') await checkNames(context, before, (admission.facts as DirectoryFacts).names)
    return admission
  },
  remove: async (context, sight, before) => {
    needOperator(sight)
    await checkNames(context, before, [])
    return { facts: { names: [], partOf: null } satisfies DirectoryFacts, rules: stamp(context) }
  }
}

async function admit (context: Context, sight: Sight, resource: Resource): Promise<Admission> {
  needOperator(sight)
  if ((resource as Device).patient !== undefined) throw broken('A device of a patient is none of the directory', 'Device.patient')
  checkPublic(context, resource)
  const facts = resource.resourceType === 'Group'
    ? await listFacts(context, resource)
    : {
        names: await namesOf(context, resource),
        partOf: resource.resourceType === 'Organization' ? await parentOf(context, resource) : null
      }
  return { patient: null, resource, facts, claims: [], rules: stamp(context) }
}

/** By what persons and structures are known; a role by the person who has it. */
async function namesOf (context: Context, resource: Resource): Promise<readonly string[]> {
  if (resource.resourceType === 'PractitionerRole') {
    const { practitioner } = resource as PractitionerRole
    return practitioner === undefined ? [] : (await context.directory.partyOf(practitioner))?.keys ?? []
  }
  if (resource.resourceType !== 'Practitioner' && resource.resourceType !== 'Organization' && resource.resourceType !== 'Device') return []
  const keys = ((resource as Organization | Practitioner | Device).identifier ?? []).flatMap(each => identityKey(each) ?? [])
  return (resource.resourceType === 'Device' ? keys.filter(key => key.startsWith('client:')) : keys).map(context.hash)
}

/** What everybody reads refers to nothing that not everybody reads. */
export function checkPublic (context: Context, resource: Resource): void {
  for (const [reference, expression] of literalsIn(resource, resource.resourceType)) {
    const [, type] = /^([A-Z][A-Za-z]+)[/?]/.exec(reference) ?? []
    if (type !== undefined && !(context.registry.types.includes(type) && isShared(type))) throw unresolved(expression)
  }
}

/**
 * Choices that name this entry literally were compiled with its identifiers: as long as there are such choices these
 * stay as they are, so that no permit outlives and no block misses whom it means.
 */
async function checkNames (context: Context, before: Version, names: readonly string[]): Promise<void> {
  const known = (before.facts as DirectoryFacts).names
  if (before.type !== 'Group' && known.length === names.length && known.every(name => names.includes(name))) return
  const roles = before.type !== 'Practitioner' || !context.registry.types.includes('PractitionerRole')
    ? []
    : await context.store.distinct('PractitionerRole', and(current, isIn('keys', [referenceKey('practitioner', before.type, before.id)])), '_id', MOST_ROLES)
  const entries = [before, ...roles.map(id => ({ type: 'PractitionerRole', id }))]
  const filter = isIn('keys', entries.flatMap(({ type, id }) => [referenceKey('actor', type, id), referenceKey('data', type, id)]))
  if (await context.store.count('Consent', filter) > 0) {
    throw broken('A choice names this entry: its identifiers stay, and it is made inactive rather than deleted', before.type === 'Group' ? 'Group' : `${before.type}.identifier`)
  }
  if (await context.store.count('Group', isIn('keys', entries.map(({ type, id }) => referenceKey('member', type, id)))) > 0) {
    throw broken('A list names this entry: take it off the list first', `${before.type}.identifier`)
  }
}

/** The Organization that another one is part of, named literally or by one of its identifiers. */
async function parentOf (context: Context, { partOf }: Organization): Promise<string | null> {
  if (partOf === undefined) return null
  const [, id] = /^Organization\/([A-Za-z0-9.-]{1,64})$/.exec(partOf.reference ?? '') ?? []
  const key = identityKey(partOf.identifier ?? {})
  const [byIdentifier] = id !== undefined || key === undefined
    ? []
    : await context.store.find({ type: 'Organization', filter: and(current, isIn('facts.names', [context.hash(key)])), sort: [], limit: 1 })
  const parent = id === undefined ? byIdentifier : await context.store.read('Organization', id)
  if (parent === undefined || parent.isDeleted) throw unresolved('Organization.partOf')
  return parent.id
}

function stamp (context: Context): NonNullable<Write['rules']> {
  const next = context.newId()
  return async () => [{ ...DIRECTORY, stamp: next, body: '{}', speaks: false }]
}

export function needOperator ({ caller: { principal } }: Sight): void {
  if (principal.kind !== 'operator') throw forbidden()
}
