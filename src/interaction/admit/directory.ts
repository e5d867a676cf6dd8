import type { Organization, Practitioner, Resource } from '@medplum/fhirtypes'
import { identityKey } from '../../security/identity.js'
import type { Context } from '../context.js'
import type { DirectoryFacts } from '../directory.js'
import { DIRECTORY } from '../sight.js'
import type { Sight } from '../sight.js'
import type { Write } from '../store.js'
import { forbidden, unresolved } from './admission.js'
import type { Admission, Admitter } from './admission.js'

/** The directory: written by the operator. A change of it changes its stamp, by which affiliations are cached. */
export const directory: Admitter = {
  create: async (context, sight, resource) => await admit(context, sight, resource),
  update: async (context, sight, _before, resource) => await admit(context, sight, resource),
  remove: async (context, sight) => {
    needOperator(sight)
    return { facts: { names: [], partOf: null } satisfies DirectoryFacts, rules: stamp(context) }
  }
}

async function admit (context: Context, sight: Sight, resource: Resource): Promise<Admission> {
  needOperator(sight)
  const { identifier = [] } = resource as Organization | Practitioner
  const names = identifier.flatMap(each => identityKey(each) ?? []).map(context.hash)
  const partOf = resource.resourceType === 'Organization' ? resource.partOf?.reference : undefined
  const [, parent] = /^Organization\/([A-Za-z0-9.-]{1,64})$/.exec(partOf ?? '') ?? []
  if (partOf !== undefined && parent === undefined) throw unresolved('Organization.partOf')
  const known = parent === undefined ? undefined : await context.store.read('Organization', parent)
  if (parent !== undefined && (known === undefined || known.isDeleted)) throw unresolved('Organization.partOf')
  const facts: DirectoryFacts = { names, partOf: parent ?? null }
  return { patient: null, resource, facts, claims: [], rules: stamp(context) }
}

function stamp (context: Context): NonNullable<Write['rules']> {
  const next = context.newId()
  return async () => [{ ...DIRECTORY, stamp: next, body: '{}', speaks: false }]
}

export function needOperator ({ caller: { principal } }: Sight): void {
  if (principal.kind !== 'operator') throw forbidden()
}
