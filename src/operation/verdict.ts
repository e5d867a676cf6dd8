import type { Decision } from '../consent/decide.js'
import { CONTAINERS } from '../consent/record-type.js'
import type { Sight, SightOf } from '../interaction/sight.js'
import type { Kept } from '../interaction/store.js'
import type { Principal } from '../security/principal.js'
import type { Party } from './party.js'

/** The first rule of `consent.md` 4 that reads a profession. */
const MATRIX_RULE = 12

/** What the engine answers a party; the professions for which it does where that depends on one that is not known. */
export interface Verdict { readonly decision: Decision, readonly professions: readonly string[] }

/** The decision on one version for each of those who a party may be, what is the same told once. */
export async function verdictsOf (sightOf: SightOf, { principals }: Party, version: Kept, now: number): Promise<readonly Verdict[]> {
  const [first, ...others] = principals
  if (first === undefined) return []
  const ofFirst = await decisionOf(sightOf, first, version, now)
  // What is decided before the matrix is asked is the same for all; of a container, something in it may be decided on later.
  const isSettled = ofFirst.decision.rule < MATRIX_RULE && !CONTAINERS.includes(version.type)
  const decided = [ofFirst, ...await Promise.all((isSettled ? [] : others).map(async one => await decisionOf(sightOf, one, version, now)))]
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
