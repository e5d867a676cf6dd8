import type { Reference, Resource } from '@medplum/fhirtypes'
import pLimit from 'p-limit'
import type { Authorship } from '../../consent/facts.js'
import { recordType, referencesAt } from '../../consent/record-type.js'
import type { Caller } from '../../consent/caller.js'
import { identityKey } from '../../security/identity.js'
import type { Context } from '../context.js'

/** Structures that one deposit looks up at once: others wait for the directory too. */
const MOST_AT_ONCE = 8

/** Every key of the structure, or the one of the holder, representative or application, that deposits: what is unique or joined is so under each. */
function depositorKeys (caller: Caller, patient: string): readonly [string, ...string[]] {
  const [first, ...others] = caller.own
  return first === undefined ? [caller.client ?? caller.relative ?? `Patient/${patient}`] : [first, ...others]
}

/**
 * Who is author, fixed at creation: the depositor, in person and as structure, and the persons whom the resource names,
 * but those only under a token of exactly the depositor's structure. What the holder or a representative deposits has them as only
 * author. Naming another structure gives that structure nothing.
 * @param origins identifiers and contents by which a later deposit of the same is known
 */
export async function authorshipOf (
  context: Context, caller: Caller, patient: string, resource: Resource, origins: readonly string[]
): Promise<Authorship> {
  const depositors = depositorKeys(caller, patient)
  const [depositor] = depositors
  const under = (use: string, list: readonly string[]) => depositors.flatMap(key => list.map(origin => context.hash(`${use}|${patient}|${key}|${origin}`)))
  const named = await namedKeys(context, resource, referencesAt(resource, recordType(resource.resourceType).authors))
  const [structure] = caller.own
  const isAlone = caller.principal.kind === 'holder' || caller.principal.kind === 'representative'
  const persons = isAlone || structure === undefined ? [] : named.persons.map(person => `${person}@${structure}`)
  const authors = isAlone ? [depositor] : [...caller.person === undefined ? [] : [caller.person], depositor, ...persons]
  const authoredBy = isAlone ? [depositor] : [...caller.person === undefined ? [] : [caller.person], ...caller.own, ...caller.client === undefined ? [] : [caller.client], ...named.persons]
  const looking = pLimit(MOST_AT_ONCE)
  const wholes = await Promise.all(named.structures.map(async key => await looking(async () => (await context.directory.affiliation(key)).enclosing)))
  return {
    authors: [...new Set(authors)],
    authoredBy: [...new Set(authoredBy)],
    attributedTo: [...new Set([...authoredBy, ...isAlone ? [] : [...named.structures, ...caller.enclosing, ...wholes.flat()]])],
    depositor,
    origins: under('origin', origins),
    claims: under('claim', origins.filter(origin => origin.startsWith('identifier|')))
  }
}

/** The persons and structures that some references of a resource name: literally, by identifier, or contained. */
export async function namedKeys (
  context: Pick<Context, 'directory' | 'hash'>, resource: Resource, references: readonly Reference[]
): Promise<{ readonly persons: readonly string[], readonly structures: readonly string[] }> {
  const inside = 'contained' in resource ? (resource.contained ?? []) as readonly Resource[] : []
  const contained = new Map(inside.map(one => [`#${one.id ?? ''}`, one]))
  const persons = new Set<string>()
  const structures = new Set<string>()
  await Promise.all(references.map(async reference => await visit(reference)))
  return { persons: [...persons], structures: [...structures] }

  async function visit (reference: Reference): Promise<void> {
    const one = contained.get(reference.reference ?? '')
    if (one !== undefined) {
      contained.delete(reference.reference ?? '')
      await visitContained(one)
      return
    }
    const party = await context.directory.partyOf(reference)
    if (party?.type === 'person' || party?.type === 'structure') party.keys.forEach(key => (party.type === 'person' ? persons : structures).add(key))
  }

  /** A contained Practitioner or Organization by its identifiers; a PractitionerRole by whom it refers to. */
  async function visitContained (resource: Resource): Promise<void> {
    const identifiers = 'identifier' in resource && Array.isArray(resource.identifier) ? resource.identifier : []
    for (const identifier of identifiers) {
      const key = identityKey(identifier)
      if (key !== undefined) (key.startsWith('person:') ? persons : structures).add(context.hash(key))
    }
    if (resource.resourceType !== 'PractitionerRole') return
    for (const reference of [resource.practitioner, resource.organization]) {
      if (reference !== undefined) await visit(reference)
    }
  }
}
