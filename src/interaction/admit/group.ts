import type { Group, Reference } from '@medplum/fhirtypes'
import { spanOf } from '../../consent/facts.js'
import type { Context } from '../context.js'
import type { DirectoryFacts, Member } from '../directory.js'
import { broken, unresolved } from './admission.js'

/**
 * The facts of a Group: who is on the list, by the keys that they have now. A choice that names it means its members
 * (`consent.md` 3), so that it holds only what can be understood in full: real members, each a person or a structure
 * that is known; none of them a patient, another list or a device.
 * @throws OutcomeError `business-rule`
 */
export async function listFacts (context: Pick<Context, 'directory'>, group: Group): Promise<DirectoryFacts> {
  if (group.type !== 'practitioner') throw broken('A list of the directory is one of professionals and structures', 'Group.type')
  if (!group.actual) throw broken('A list of the directory names its members one by one', 'Group.actual')
  if (group.modifierExtension !== undefined) throw broken('A modifier extension would change who is on the list', 'Group.modifierExtension')
  const members: Member[] = []
  for (const [index, { entity, period, inactive, modifierExtension }] of (group.member ?? []).entries()) {
    const expression = `Group.member[${index}]`
    if (modifierExtension !== undefined) throw broken('A modifier extension would change who is on the list', `${expression}.modifierExtension`)
    const isOn = group.active !== false && inactive !== true
    members.push({ names: await namesOf(context, entity, `${expression}.entity`), span: isOn ? spanOf(period ?? {}) : null })
  }
  for (const [index, { valueReference }] of (group.characteristic ?? []).entries()) {
    if (valueReference !== undefined) await namesOf(context, valueReference, `Group.characteristic[${index}].valueReference`)
  }
  return { names: [...new Set(members.flatMap(({ names }) => names))], partOf: null, members }
}

async function namesOf ({ directory }: Pick<Context, 'directory'>, entity: Reference, expression: string): Promise<readonly string[]> {
  const party = await directory.partyOf(entity)
  if (party === undefined || party.keys.length === 0 || (party.type !== 'person' && party.type !== 'structure')) throw unresolved(expression)
  return party.keys
}
