import type { Consent, Reference, Resource } from '@medplum/fhirtypes'
import type { Party } from '../../consent/provision.js'
import type { Context } from '../context.js'
import { patientId } from './reference.js'

/**
 * Whom a choice names as actor or author: the holder, by id or INS; somebody contained, by their identifiers; else
 * somebody of the directory, or a known identifier. Another patient is as absent as nobody.
 */
export async function partyOf (context: Context, { patient, contained = [] }: Consent, reference: Reference): Promise<Party | undefined> {
  const inside = (contained as readonly Resource[]).find(({ id }) => reference.reference === `#${id ?? ''}`)
  if (inside !== undefined) return await containedParty(context, inside)
  const named = await patientId(context, reference)
  if (named !== undefined && patient?.reference === `Patient/${named}`) return { type: 'patient', keys: [`Patient/${named}`] }
  return await context.directory.partyOf(reference)
}

/** The first identifier that is known; a role means the person who has it. */
async function containedParty ({ directory }: Context, resource: Resource): Promise<Party | undefined> {
  switch (resource.resourceType) {
    case 'PractitionerRole': {
      const party = resource.practitioner === undefined ? undefined : await directory.partyOf(resource.practitioner)
      return party?.type === 'person' ? party : undefined
    }
    case 'Practitioner': case 'Organization': case 'Device': {
      const parties = await Promise.all((resource.identifier ?? []).map(async identifier => await directory.partyOf({ identifier })))
      return parties.find(party => party !== undefined)
    }
    default: return undefined
  }
}
