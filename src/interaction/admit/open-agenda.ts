/** Agendas and their slots: everybody sees them, their own professional or structure writes them; nothing in them is of a patient. */
import type { Resource, Schedule, Slot, Reference } from '@medplum/fhirtypes'
import { isOutsideCare } from '../../consent/caller.js'
import { INS_SYSTEMS } from '../../security/identity.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import { broken, forbidden, unresolved } from './admission.js'
import type { Admitter } from './admission.js'
import { checkPublic } from './directory.js'
import { callerKeys, containedIn, partyKeys } from './participant.js'

/** Whose agenda it is: hashed keys. */
export interface AgendaFacts { readonly owners: readonly string[] }

export const openAgenda: Admitter = {
  create: async (context, sight, resource) => {
    checkCarer(context, sight)
    return { patient: null, resource, facts: await factsOf(context, sight, resource), claims: [] }
  },

  update: async (context, sight, before, resource) => {
    checkOwner(sight, before.type, (before.facts as AgendaFacts).owners)
    return { patient: null, resource, facts: await factsOf(context, sight, resource), claims: [] }
  },

  remove: async (_context, sight, before) => {
    checkOwner(sight, before.type, (before.facts as AgendaFacts).owners)
    return { facts: before.facts }
  }
}

function checkCarer (context: Context, { caller: { principal } }: Sight): void {
  const isCarer = principal.kind === 'structure' || (principal.kind === 'professional' && principal.person !== undefined && principal.structure !== undefined)
  if (!isCarer || isOutsideCare(principal, context.policy)) throw forbidden()
}

function checkOwner (sight: Sight, type: string, owners: readonly string[]): void {
  const { kind } = sight.caller.principal
  const isOwner = (kind === 'professional' || kind === 'structure') && callerKeys(sight).some(key => owners.includes(key))
  if (!isOwner) throw forbidden({ diagnostics: 'An agenda is written by whose it is', expression: type === 'Slot' ? 'Slot.schedule' : 'Schedule.actor' })
}

async function factsOf (context: Context, sight: Sight, resource: Resource): Promise<AgendaFacts> {
  checkPublic(context, resource)
  const contained = containedIn(resource)
  const text = JSON.stringify(resource)
  const isOfPatient = INS_SYSTEMS.some(system => text.includes(`"${system}"`)) || [...contained.values()].some(({ resourceType }) => resourceType === 'Patient' || resourceType === 'RelatedPerson')
  if (isOfPatient) throw broken('An agenda names no patient', resource.resourceType)
  const owners = resource.resourceType === 'Slot'
    ? await ownersOf(context, (resource as Slot).schedule)
    : await actorsOf(context, sight, (resource as Schedule).actor as readonly Reference[], contained)
  checkOwner(sight, resource.resourceType, owners)
  return { owners: [...new Set(owners)] }
}

/** Whose an agenda is. One's own and somebody else's at once is nobody's to write: it would offer the other's time. */
async function actorsOf (context: Context, sight: Sight, actors: readonly Reference[], contained: ReturnType<typeof containedIn>): Promise<readonly string[]> {
  const parties = await Promise.all(actors.map(async actor => await partyKeys(context, actor, contained, true)))
  // A place or a service of nobody known is nobody else's.
  for (const keys of parties) if (keys.length > 0) checkOwner(sight, 'Schedule', keys)
  return parties.flat()
}

async function ownersOf (context: Context, { reference }: Reference): Promise<readonly string[]> {
  const [, id] = /^Schedule\/([A-Za-z0-9.-]{1,64})$/.exec(reference ?? '') ?? []
  const schedule = id === undefined ? undefined : await context.store.read('Schedule', id)
  if (schedule === undefined || schedule.isDeleted) throw unresolved('Slot.schedule')
  return (schedule.facts as AgendaFacts).owners
}
