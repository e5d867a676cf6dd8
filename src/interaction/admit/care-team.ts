/** A CareTeam is written to let its members see: what of that depends on it is compiled with it. */
import type { CareTeam, Reference } from '@medplum/fhirtypes'
import { spanOf } from '../../consent/facts.js'
import { attributed, membershipsOf } from '../../consent/team.js'
import type { Team } from '../../consent/team.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import type { Write } from '../store.js'
import { callerKeys } from './participant.js'
import { standingOf } from './rules.js'

/** Who is in a team after this write: persons and structures that are known; a team in a team is nobody. */
export async function teamOf (context: Context, sight: Sight, patient: string, { status, period = {}, participant = [] }: CareTeam, before?: Team): Promise<Team> {
  const members = await Promise.all(participant.map(async ({ member, period: own = {} }) => {
    const party = member === undefined ? undefined : await context.directory.partyOf(member as Reference)
    return party?.type === 'person' || party?.type === 'structure' ? [{ keys: party.keys, period: spanOf(own), by: [] }] : []
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
  return standingOf(context, patient, actors, (actor, { teams = [], ...body }) =>
    ({ ...body, teams: [...teams.filter(place => place.team !== reference), ...membershipsOf(reference, team, actor)] }))
}
