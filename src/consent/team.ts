/**
 * Who is in a CareTeam (`consent.md` 3, `equipe-soins`): a reference never gives sight by itself, nor does a team to who
 * put themselves in it.
 */
import type { Span } from './choice.js'
import type { TeamPlace } from './rules.js'

/** What the rules keep of a CareTeam. */
export interface Team {
  readonly isActive: boolean
  readonly period: Span
  readonly members: readonly Member[]
}

/** One participant: a person or a structure, by all its hashed keys. */
export interface Member {
  readonly keys: readonly string[]
  readonly isPerson: boolean
  readonly period: Span
  /** Keys of who put them there, or changed how; none where the holder or a legal representative did. */
  readonly by: readonly string[]
}

/** What an actor's place in a team is to the rules; none for who is not in it. */
export function placesIn (reference: string, team: Team, actor: string): readonly TeamPlace[] {
  return team.members.filter(({ keys }) => keys.includes(actor)).map(member => ({ team: reference, ...placeOf(team, member) }))
}

/** When a member's place holds, and whether anybody but themselves stands for it. */
export function placeOf ({ isActive, period }: Team, { keys, by, period: own }: Member): Omit<TeamPlace, 'team'> {
  return {
    period: { start: Math.max(period.start, own.start), end: Math.min(period.end, own.end) },
    isGround: isActive && !keys.some(key => by.includes(key))
  }
}

/**
 * A team after a write, each member with who put them there: who stands as before, in a team that holds as long as
 * before, was put there by who did it then.
 * @param writer keys of a professional who writes; none for the holder and a legal representative
 */
export function attributed (team: Team, writer: readonly string[], before: Team | undefined): Team {
  const isKept = before !== undefined && before.isActive === team.isActive && isSameSpan(before.period, team.period)
  return {
    ...team,
    members: team.members.map(member => {
      const known = isKept ? before.members.find(({ keys, period }) => keys.join() === member.keys.join() && isSameSpan(period, member.period)) : undefined
      return { ...member, by: known?.by ?? writer }
    })
  }
}

function isSameSpan (one: Span, other: Span): boolean {
  return one.start === other.start && one.end === other.end
}
