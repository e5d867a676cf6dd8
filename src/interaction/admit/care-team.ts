/**
 * A CareTeam is written to let its members see (`consent.md` 5): by the holder, a legal representative or an administrator;
 * by a professional only together with the `equipe-soins` that they record. What depends on it is compiled with it.
 */
import type { CareTeam, Reference } from '@medplum/fhirtypes'
import { spanOf } from '../../consent/facts.js'
import { attributed, placesIn } from '../../consent/team.js'
import type { Team } from '../../consent/team.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import type { Write } from '../store.js'
import { standingOf } from '../../consent/right.js'
import type { Standing } from '../../consent/right.js'
import { broken, forbidden } from './admission.js'
import { callerKeys } from './participant.js'
import { patientId } from './reference.js'
import { standingOf as placesOf } from './rules.js'

/** Each is looked up, and has their rules written. */
const MOST_MEMBERS = 100

export function isTeamWriter (who: Standing): boolean {
  return who.isHolder || who.isLegal || who.isAdministrator
}

/** The patient of a new team. Whoever may not write one is refused alike, whether or not the record exists. */
export async function patientOfTeam (context: Context, sight: Sight, team: CareTeam, id: string): Promise<string> {
  const patient = await patientId(context, (team.subject ?? {}) as Reference) ?? 'nobody'
  await sight.enter([patient])
  const situation = sight.situation(patient)
  const isOpen = situation !== undefined && situation.stands !== 'shut' && ((situation.stands !== 'holder' && situation.stands !== 'representative') || situation.isOpen)
  if (!isOpen) throw forbidden()
  if (isTeamWriter(standingOf(sight.caller, situation, { authors: [] }))) return patient
  if ((team.participant ?? []).length > MOST_MEMBERS) throw broken(`A team has at most ${MOST_MEMBERS} members`, 'CareTeam.participant', 'too-long')
  const { principal, person } = sight.caller
  const mayRecord = principal.kind === 'professional' && principal.mode === 'normal' && person !== undefined && context.teams?.has(`CareTeam/${id}`) === true
  if (!mayRecord) throw forbidden()
  const parties = await Promise.all((team.participant ?? []).map(async ({ member }) => await context.directory.partyOf((member ?? {}) as Reference)))
  const index = parties.findIndex(party => party?.type !== 'person')
  if (index >= 0) throw broken('A team that a professional records is of persons', `CareTeam.participant[${index}].member`)
  return patient
}

/** Who is in a team after this write: persons and structures that are known; a team in a team is nobody. */
export async function teamOf (context: Context, sight: Sight, patient: string, { status, period = {}, participant = [] }: CareTeam, before?: Team): Promise<Team> {
  if (participant.length > MOST_MEMBERS) throw broken(`A team has at most ${MOST_MEMBERS} members`, 'CareTeam.participant', 'too-long')
  const members = await Promise.all(participant.map(async ({ member, period: own = {} }) => {
    const party = member === undefined ? undefined : await context.directory.partyOf(member as Reference)
    return party?.type === 'person' || party?.type === 'structure' ? [{ keys: party.keys, isPerson: party.type === 'person', period: spanOf(own), by: [] }] : []
  }))
  const stands = sight.situation(patient)?.stands
  const writer = stands === 'holder' || stands === 'representative' ? [] : callerKeys(sight)
  return attributed({ isActive: status === 'active', period: spanOf(period), members: members.flat() }, writer, before)
}

/** A team that is no more: its members stay listed, and it is no ground. */
export function disbanded (team: Team): Team {
  return { ...team, isActive: false }
}

/** What changes for those who were in a team, and for those who are. */
export function teamRules (context: Context, patient: string, id: string, team: Team, before?: Team): NonNullable<Write['rules']> {
  const reference = `CareTeam/${id}`
  const actors = [...before?.members ?? [], ...team.members].flatMap(({ keys }) => keys)
  return placesOf(context, patient, actors, (actor, { teams = [], ...body }) =>
    ({ ...body, teams: [...teams.filter(place => place.team !== reference), ...placesIn(reference, team, actor)] }))
}
