import { isMany, isWithin } from '../consent/choice.js'
import type { Choice, Clause } from '../consent/choice.js'
import type { Facts } from '../consent/facts.js'
import { placeOf } from '../consent/team.js'
import type { Team } from '../consent/team.js'
import type { DirectoryFacts, Member } from './directory.js'
import type { ResourceStore } from './store.js'

/**
 * Choices that single resources out by authors on a list (`Group/id`) or in a team of the record (`CareTeam/id`), with the
 * keys of those authors in its place, as it stands at the instant of the request: a deny means whoever is on it, a permit
 * those for whom it holds. One that is not there any more leaves a permit nothing, and widens a deny to every author.
 */
export async function withAuthors (store: Pick<ResourceStore, 'read'>, choices: readonly Choice[], now: number): Promise<readonly Choice[]> {
  const named = new Set(choices.flatMap(({ base, exceptions }) => [base, ...exceptions]).flatMap(listsOf))
  if (named.size === 0) return choices
  const lists = new Map(await Promise.all([...named].map(async list => [list, await membersOf(store, list)] as const)))
  const filled = (clause: Clause) => listsOf(clause).length === 0 ? clause : fill(clause, lists, now)
  return choices.map(choice => ({ ...choice, base: filled(choice.base), exceptions: choice.exceptions.map(filled) }))
}

function listsOf ({ selector: { data = [] } }: Clause): readonly string[] {
  return data.filter(({ meaning, value }) => meaning === 'authoredby' && isMany(value)).map(({ value }) => value)
}

async function membersOf (store: Pick<ResourceStore, 'read'>, list: string): Promise<readonly Member[] | undefined> {
  const [type = '', id = ''] = list.split('/')
  const version = await store.read(type, id)
  if (version === undefined || version.isDeleted) return undefined
  return type === 'Group' ? (version.facts as DirectoryFacts).members : inTeam((version.facts as Facts).team)
}

/** A permit does not mean who put themselves into a team, nor anybody of one that is not active. */
function inTeam (team: Team | undefined): readonly Member[] | undefined {
  return team?.members.map(member => {
    const { isGround, period } = placeOf(team, member)
    return { names: member.keys, span: isGround ? period : null }
  })
}

function fill (clause: Clause, lists: ReadonlyMap<string, readonly Member[] | undefined>, now: number): Clause {
  const { data = [], ...rest } = clause.selector
  const isDeny = clause.effect === 'deny'
  if (isDeny && listsOf(clause).some(list => lists.get(list) === undefined)) return { ...clause, selector: rest }
  const filled = data.flatMap(part => part.meaning !== 'authoredby' || !isMany(part.value)
    ? [part]
    : (lists.get(part.value) ?? []).filter(({ span }) => isDeny || (span !== null && isWithin(now, span)))
        .flatMap(({ names }) => names.map(value => ({ ...part, value }))))
  return { ...clause, selector: { ...rest, data: filled } }
}
