import { LRUCache } from 'lru-cache'
import type { RulesBody } from '../consent/rules.js'
import { isIn } from '../filter/filter.js'
import { identifierKey } from '../search/key.js'
import type { Principal } from '../security/principal.js'
import { directoryStamp } from './directory.js'
import type { Placed } from './directory.js'
import { RequestSight } from './request-sight.js'
import type { Rules, SightPorts } from './request-sight.js'
import type { SightOf } from './sight.js'

const MEMORY = 20_000
const NOWHERE: Placed = { stamp: '', value: { own: [], enclosing: [], memberships: [] } }

/** The keyed hashes by which rules and facts name a caller. */
interface Keys { readonly structure: string | undefined, readonly person: string | undefined, readonly client: string | undefined, readonly owner: string | undefined }

/** Makes the sight of each request; keeps only what a stamp proves. @param memory how much of each sort is kept */
export function createSights (ports: SightPorts, memory = MEMORY): SightOf {
  const { store, directory, hash } = ports
  const patients = new LRUCache<string, string>({ max: memory })
  const places = new LRUCache<string, Placed>({ max: memory })
  const bodies = new LRUCache<string, RulesBody>({ max: memory })
  const keys = new WeakMap<Principal, Keys>()

  /** A principal is frozen, and lives as long as its token is remembered. */
  function keysOf (principal: Principal): Keys {
    const known = keys.get(principal)
    if (known !== undefined) return known
    const hashed = (key: string | undefined) => key === undefined ? undefined : hash(key)
    const fresh = { structure: hashed(principal.structure), person: hashed(principal.person), client: hashed(principal.client), owner: hashed(`owner|${principal.kind}|${principal.subject}`) }
    keys.set(principal, fresh)
    return fresh
  }

  /** An INS, once given to a patient, never names another one: this memory cannot go stale. */
  async function patientOf (ins: string): Promise<string | undefined> {
    const known = patients.get(ins)
    if (known !== undefined) return known
    const [system = '', value = ''] = ins.split('|')
    const [patient] = await store.findKept({ type: 'Patient', filter: isIn('found', [identifierKey(system, value, hash)]), sort: [], limit: 1 })
    if (patient !== undefined) patients.set(ins, patient.id)
    return patient?.id
  }

  async function rulesOf (patient: string, actor: string): Promise<Rules | undefined> {
    const rules = await store.rules(patient, actor)
    if (rules === undefined) return undefined
    const key = `${patient}|${actor}|${rules.stamp}`
    const known = bodies.get(key)
    const body = known ?? JSON.parse(rules.body) as RulesBody
    if (known === undefined) bodies.set(key, body)
    return { turn: rules.turn, body }
  }

  return async (principal, now) => {
    const { structure, person, client, owner } = keysOf(principal)
    // Before anything is read.
    const election = await store.enter()
    const [patient, known] = await Promise.all([
      principal.ins === undefined ? undefined : patientOf(principal.ins),
      structure === undefined ? NOWHERE : places.get(`${structure}|${person ?? ''}`) ?? fresh(structure, person)
    ])
    const caller = {
      principal,
      now,
      ...given('patient', patient),
      ...given('person', person),
      ...given('client', client),
      ...given('owner', owner),
      ...given('relative', principal.representative === undefined ? undefined : `RelatedPerson/${principal.representative}`)
    }
    return new RequestSight({ election, caller }, known, ports, rulesOf, structure === undefined ? undefined : async () => await fresh(structure, person))
  }

  /** The stamp first: a place is never older than it. */
  async function fresh (structure: string, person: string | undefined): Promise<Placed> {
    const stamp = await directoryStamp(store)
    const affiliation = await directory.affiliation(structure)
    const placed = { stamp, value: { ...affiliation, memberships: await directory.memberships(person, affiliation) } }
    places.set(`${structure}|${person ?? ''}`, placed)
    return placed
  }
}

function given<Name extends string, Value> (name: Name, value: Value | undefined): { [K in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [K in Name]?: Value }
}
