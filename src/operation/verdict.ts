import type { Decision } from '../consent/decide.js'
import type { Sight, SightOf } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import type { Principal } from '../security/principal.js'
import type { Party } from './party.js'

/** What the engine answers a party; the professions for which it does where that depends on one that is not known. */
export interface Verdict { readonly decision: Decision, readonly professions: readonly string[] }

/** The decision on one version for each of those who a party may be, what is the same told once. */
export async function verdictsOf (sightOf: SightOf, { principals }: Party, version: Kept, now: number): Promise<readonly Verdict[]> {
  const [first, ...others] = principals
  // Their place in the directory is found once, and the same for all.
  const decided = first === undefined ? [] : [await decisionOf(sightOf, first, version, now), ...await Promise.all(others.map(async one => await decisionOf(sightOf, one, version, now)))]
  const verdicts = new Map<string, Verdict>()
  for (const { decision, profession } of decided) {
    const key = JSON.stringify(decision)
    const { professions = [] } = verdicts.get(key) ?? {}
    verdicts.set(key, { decision, professions: profession === undefined ? professions : [...professions, profession] })
  }
  const all = [...verdicts.values()]
  return all.length > 1 ? all : all.map(({ decision }) => ({ decision, professions: [] }))
}

async function decisionOf (sightOf: SightOf, principal: Principal, version: Kept, now: number) {
  return { decision: (await sightIn(sightOf, principal, version.patient ?? '', now)).decide(version), profession: principal.profession }
}

/** The sight that somebody else would have of a record. */
export async function sightIn (sightOf: SightOf, principal: Principal, patient: string, now: number): Promise<Sight> {
  const sight = await sightOf(principal, now)
  await sight.enter([patient])
  return sight
}
