/** Asks the model, the decision, the filter in memory and MongoDB the same, for many scenarios at once. */
import type { Db } from 'mongodb'
import { compile } from '../../src/consent/compile.js'
import { decide } from '../../src/consent/decide.js'
import type { Situation } from '../../src/consent/situation.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { none } from '../../src/filter/filter.js'
import type { Filter } from '../../src/filter/filter.js'
import { resolved, withoutItems } from '../../src/store/held.js'
import { toMongo } from '../../src/store/to-mongo.js'
import { standing, storedOf } from './engine.js'
import type { Asked, RecordName, Stored } from './engine.js'
import { options } from './generators.js'
import { model } from './model.js'
import type { Verdict } from './model/question.js'
import type { WorldDocument } from './scenario.js'

export const TYPES_ASKED = ['DocumentReference', 'Observation', 'List'] as const satisfies readonly RecordName[]
/** As many scenarios ask MongoDB at a time. */
const TOGETHER = 16

/** What each of the four said of one resource. */
export interface Answer {
  readonly document: WorldDocument
  readonly verdict: Verdict
  /** What all must say: seen, or 410 if it is deleted. */
  readonly expected: boolean
  readonly decided: boolean
  readonly rule: number
  readonly inMemory: boolean
  readonly inMongo: boolean
}

interface Case { readonly situation: Situation | null, readonly stored: readonly Stored[], readonly filters: ReadonlyMap<RecordName, Filter> }

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
    const { situation = null, stored = [], filters = new Map<RecordName, Filter>() } = cases[index] ?? {}
    return asked.world.documents.flatMap((document, position) => {
      const own = stored[position]
      if (own === undefined) return []
      const said = answer(asked, document, situation, own, filters.get(own.type))
      return [{ ...said, inMongo: seen?.has(`${own.type}/${own._id}`) ?? said.inMemory }]
    })
  })
}

export function disagrees ({ expected, decided, inMemory, inMongo }: Answer): boolean {
  return [decided, inMemory, inMongo].some(said => said !== expected)
}

export function sentenceOf ({ document: { resource }, verdict, expected, decided, rule, inMemory, inMongo }: Answer): string {
  return `${resource.resourceType}/${resource.id}: model ${expected} (rule ${verdict.rule}), decision ${decided} (rule ${rule}), filter ${inMemory}, MongoDB ${inMongo}`
}

async function prepare (asked: Asked, prefix: string): Promise<Case> {
  const situation = await standing(asked, prefix)
  const filters = new Map(situation === null ? [] : TYPES_ASKED.map(type => [type, compile(situation, type)] as const))
  return { situation, stored: await storedOf(asked, prefix), filters }
}

function answer ({ world, caller, now }: Asked, document: WorldDocument, situation: Situation | null, stored: Stored, filter: Filter | undefined): Omit<Answer, 'inMongo'> {
  const verdict = model(world, caller, document, now, options)
  const { type, _id: id, facts } = stored
  const { permit, rule } = situation === null ? { permit: false, rule: 0 } : decide(situation, { type, id, facts })
  const inMemory = filter !== undefined && evaluate(filter, { ...stored })
  return { document, verdict, expected: document.deleted ? verdict.gone === true : verdict.permit, decided: permit, rule, inMemory }
}

/** What MongoDB returns to all of them, as `Type/id`; nothing is left there. */
async function visible (db: Db, cases: readonly Case[]): Promise<ReadonlySet<string>> {
  await Promise.all(TYPES_ASKED.map(async type => {
    const documents = cases.flatMap(({ stored }) => stored.filter(each => each.type === type)).map(each => ({ ...each, ...withoutItems(type, each.facts) }))
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
