/** Asks the model, the decision, the filter in memory and MongoDB the same, for many scenarios at once. */
import type { Db } from 'mongodb'
import { compile } from '../../src/consent/compile.js'
import { decide } from '../../src/consent/decide.js'
import type { Facts } from '../../src/consent/facts.js'
import type { Situation } from '../../src/consent/situation.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { none } from '../../src/filter/filter.js'
import type { Filter } from '../../src/filter/filter.js'
import { resolved, withoutItems } from '../../src/store/held.js'
import { toMongo } from '../../src/store/to-mongo.js'
import { standing, storedOf, versionOf } from './engine.js'
import type { Asked, RecordName, Stored } from './engine.js'
import { options } from './generators.js'
import { model, modelOfVersion } from './model.js'
import type { Verdict } from './model/question.js'
import type { WorldDocument } from './scenario.js'

export const TYPES_ASKED = ['DocumentReference', 'Observation', 'List'] as const satisfies readonly RecordName[]
/** As many scenarios ask MongoDB at a time. */
const TOGETHER = 16

/** What each of the four said of one resource, or of the version before its last. */
export interface Answer {
  readonly isVersion: boolean
  readonly document: WorldDocument
  readonly verdict: Verdict
  /** What all must say: seen, or 410 if it is deleted. */
  readonly expected: boolean
  readonly decided: boolean
  readonly rule: number
  readonly inMemory: boolean
  readonly inMongo: boolean
}

interface Case { readonly situation: Situation | null, readonly stored: readonly Stored[], readonly versions: readonly (Stored | undefined)[], readonly filters: ReadonlyMap<RecordName, Filter> }

export async function prepareDatabase (db: Db): Promise<void> {
  for (const type of TYPES_ASKED) await db.collection(type).createIndex({ patient: 1 })
}

/**
 * @param db undefined: MongoDB is not asked, the filter in memory speaks for it
 * @returns for each scenario, the answers for each of its resources, in the order of the world
 */
export async function judge (db: Db | undefined, scenarios: readonly Asked[]): Promise<readonly (readonly Answer[])[]> {
  const cases = await Promise.all(scenarios.map(async (asked, index) => await prepare(asked, `${index}-`)))
  const seen = db === undefined ? undefined : await visible(db, cases)
  return scenarios.map((asked, index) => {
    const { situation = null, stored = [], versions = [], filters = new Map<RecordName, Filter>() } = cases[index] ?? {}
    return asked.world.documents.flatMap((document, position) => {
      const [own, version] = [stored[position], versions[position]]
      if (own === undefined) return []
      const said = answer(asked, document, situation, own, filters.get(own.type))
      const last = { ...said, inMongo: seen?.has(`${own.type}/${own._id}`) ?? said.inMemory }
      return version === undefined ? [last] : [last, answerOfVersion(asked, situation, last, version, filters.get(own.type))]
    })
  })
}

export function disagrees ({ expected, decided, inMemory, inMongo }: Answer): boolean {
  return [decided, inMemory, inMongo].some(said => said !== expected)
}

export function sentenceOf ({ isVersion, document: { resource }, verdict, expected, decided, rule, inMemory, inMongo }: Answer): string {
  return `${resource.resourceType}/${resource.id}${isVersion ? ', the version before' : ''}: model ${expected} (rule ${verdict.rule}), decision ${decided} (rule ${rule}), filter ${inMemory}, MongoDB ${inMongo}`
}

async function prepare (asked: Asked, prefix: string): Promise<Case> {
  const situation = await standing(asked, prefix)
  const filters = new Map(situation === null ? [] : TYPES_ASKED.map(type => [type, compile(situation, type)] as const))
  const stored = await storedOf(asked, prefix)
  const versions = await Promise.all(asked.world.documents.map(async (document, index) => {
    const last = stored[index]
    return last === undefined ? undefined : await versionOf(asked, document, last, prefix)
  }))
  return { situation, stored, versions, filters }
}

function answer ({ world, caller, now }: Asked, document: WorldDocument, situation: Situation | null, stored: Stored, filter: Filter | undefined): Omit<Answer, 'inMongo'> {
  const verdict = model(world, caller, document, now, options)
  const { type, _id: id, facts } = stored
  const { permit, rule } = situation === null ? { permit: false, rule: 0 } : decide(situation, { type, id, facts })
  const expected = document.deleted ? verdict.gone === true : verdict.permit
  const ways = [0, 1, 2].map(way => filter !== undefined && evaluate(filter, { ...stored, facts: spelled(facts, way) }))
  // Where they are not the same, one of them is wrong.
  const inMemory = ways.every(said => said === expected) ? expected : !expected
  return { isVersion: false, document, verdict, expected, decided: permit, rule, inMemory }
}

/** A version is seen where the last one is and it itself would be; of what is deleted none is read. MongoDB keeps none by itself. */
function answerOfVersion ({ world, caller, now }: Asked, situation: Situation | null, last: Answer, { type, _id: id, patient, facts }: Stored, filter: Filter | undefined): Answer {
  const { document } = last
  const verdict = modelOfVersion(world, caller, document, now, options)
  const { permit, rule } = situation === null ? { permit: false, rule: 0 } : decide(situation, { type, id, facts })
  const isThere = !document.deleted
  const inMemory = isThere && last.inMemory && filter !== undefined && evaluate(filter, { _id: id, patient, facts })
  return { isVersion: true, document, verdict, expected: verdict.permit, decided: isThere && last.decided && permit, rule, inMemory, inMongo: inMemory && last.inMongo }
}

/** What holds no value is an empty list, null or not there at all: MongoDB must take them for the same (decisions/0010). */
function spelled (facts: Facts, index: number): Facts {
  const way = index % 3
  const spell = ([name, value]: [string, unknown]): readonly (readonly [string, unknown])[] => {
    const isEmpty = value === false || (Array.isArray(value) && value.length === 0 && name !== 'items')
    return !isEmpty || way === 0 ? [[name, value]] : way === 1 ? [[name, null]] : []
  }
  return Object.fromEntries(Object.entries(facts).flatMap(spell)) as unknown as Facts
}

/** What MongoDB returns to all of them, as `Type/id`; nothing is left there. */
async function visible (db: Db, cases: readonly Case[]): Promise<ReadonlySet<string>> {
  await Promise.all(TYPES_ASKED.map(async type => {
    const documents = cases.flatMap(({ stored }) => stored.filter(each => each.type === type))
      .map((each, index) => ({ ...each, ...withoutItems(type, spelled(each.facts, index)) }))
    if (documents.length > 0) await db.collection(type).insertMany(documents as never)
  }))
  const seen = new Set<string>()
  for (let start = 0; start < cases.length; start += TOGETHER) {
    await Promise.all(cases.slice(start, start + TOGETHER).flatMap(({ stored, filters }) => [...filters].map(async ([type, filter]) => {
      if (filter === none || !stored.some(each => each.type === type)) return
      const criteria = toMongo(await resolved({ db }, type, filter))
      for (const { _id } of await db.collection(type).find(criteria as never, { projection: { _id: 1 } }).toArray()) seen.add(`${type}/${String(_id)}`)
    })))
  }
  await Promise.all(TYPES_ASKED.map(async type => { await db.collection(type).deleteMany({}) }))
  return seen
}
