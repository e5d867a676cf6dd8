/**
 * Who is in a CareTeam (`consent.md` 3, `equipe-soins`): a reference never gives sight by itself, nor does a team to who
 * put themselves in it.
 */
import type { Span } from './choice.js'
import type { Membership } from './rules.js'

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
export function membershipsOf (reference: string, { isActive, period, members }: Team, actor: string): readonly Membership[] {
  return members.filter(({ keys }) => keys.includes(actor)).map(member => ({
    team: reference,
    period: { start: Math.max(period.start, member.period.start), end: Math.min(period.end, member.period.end) },
    isGround: isActive && !member.keys.some(key => member.by.includes(key))
  }))
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
