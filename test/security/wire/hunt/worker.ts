/** One of the processes of `npm run test:wire`: plays every scenario that falls to it on two servers of its own, and tells after each. */
import { MongoClient } from 'mongodb'
import pLimit from 'p-limit'
import { keep } from '../corpus.js'
import { cover } from '../coverage.js'
import type { Asked, Coverage } from '../coverage.js'
import { countOf, declaredBy, scenarioOf, stageFor } from '../draw.js'
import { minimise, sentenceOf } from '../minimise.js'
import { openPair } from '../pair.js'
import { play } from '../play.js'
import type { Scenario } from '../scenario.js'

/** What is told of a scenario. */
export interface Told {
  readonly index: number
  readonly pairs: number
  readonly answers: number
  readonly scenarios: number
  readonly coverage: readonly (readonly [string, number])[]
  readonly found: readonly string[]
  /** What there is to ask, with the first of them. */
  readonly asked?: Asked
}
export interface Share { readonly mongoUrl: string, readonly seed: number, readonly pairs: number, readonly worker: number, readonly workers: number }

/** More than these are not made small: they are most often one mistake. */
const MOST = 5
/** After so many scenarios the databases are left for new ones: what the directory holds grows with each, and what one structure wrote. */
const FRESH = 16
/** Scenarios that are played at once: most of one is waiting for MongoDB. */
const TOGETHER = 4

const share = JSON.parse(process.argv[2] ?? '') as Share
process.env['MONGODB_URL'] = share.mongoUrl
// The process that started it is gone.
process.on('disconnect', () => process.exit(1))

const mongo = await new MongoClient(share.mongoUrl).connect()
const limited = pLimit(TOGETHER)
let found = 0
let round = 0
let isTold = false
const mine = Array.from({ length: countOf(share) }, (_, index) => index).filter(index => index % share.workers === share.worker)
for (let first = 0; first < mine.length; first += FRESH) await playAll(mine.slice(first, first + FRESH))
await mongo.close()
process.removeAllListeners('disconnect')
process.disconnect()

async function playAll (indexes: readonly number[]): Promise<void> {
  const databases = { without: `wire${process.pid}a${round}`, with: `wire${process.pid}b${round}` }
  round += 1
  const pair = await openPair(mongo, databases)
  const declared = declaredBy(pair.with.app)
  const again = async (scenario: Scenario) => await play(pair, scenario, stageFor(declared, scenario)).then(({ difference }) => difference, () => undefined)
  await Promise.all(indexes.map(async index => await limited(async () => { await playOne(index) })))
  await pair.close()
  for (const database of Object.values(databases)) await mongo.db(database).dropDatabase()

  async function playOne (index: number): Promise<void> {
    const scenario = scenarioOf(declared, share, index)
    const coverage: Coverage = new Map()
    const files: string[] = []
    let [pairs, answers] = [0, 0]
    try {
      const played = await play(pair, scenario, stageFor(declared, scenario))
      pairs = played.statuses.length
      answers = played.answers
      cover(coverage, scenario, played.statuses)
      // On a slow machine one of two answers may come too late: what shows, shows again.
      const difference = played.difference === undefined ? undefined : await again(scenario)
      if (difference !== undefined) {
        // To make it small may take as long as all before it.
        console.error(`scenario ${index} differs: ${sentenceOf(scenario, difference)}`)
        const { scenario: small, why } = found++ >= MOST ? { scenario, why: difference.what } : await minimise(scenario, difference, again)
        files.push(`scenario ${index}: ${why}: test/security/wire/corpus/${keep(small, why)}`)
      }
    } catch (error) {
      files.push(`scenario ${index} could not be played: ${String(error).slice(0, 2000)}`)
    }
    const told: Told = { index, pairs, answers, scenarios: 1, coverage: [...coverage], found: files, ...isTold ? {} : { asked: { cells: declared.cells, operations: declared.operations, parameters: declared.parameters } } }
    isTold = true
    process.send?.(told)
  }
}
