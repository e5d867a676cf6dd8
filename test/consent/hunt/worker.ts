/** One of the processes of `npm run test:consent`: judges every batch that falls to it, and tells after each. */
import { MongoClient } from 'mongodb'
import { keep } from '../corpus.js'
import { cover } from '../coverage.js'
import type { Coverage } from '../coverage.js'
import { batchesOf, scenariosOf } from '../draw.js'
import { disagrees, judge, prepareDatabase } from '../judge.js'
import { minimise } from '../minimise.js'

/** What is told of a batch. */
export interface Told {
  readonly seed: number
  readonly scenarios: number
  readonly answers: number
  readonly permits: number
  readonly coverage: readonly (readonly [string, number])[]
  readonly found: readonly string[]
}
export interface Share { readonly mongoUrl: string, readonly seed: number, readonly scenarios: number, readonly worker: number, readonly workers: number }

/** More than these are not made small: they are most often one mistake. */
const MOST = 5

const share = JSON.parse(process.argv[2] ?? '') as Share
// The process that started it is gone.
process.on('disconnect', () => process.exit(1))

const client = await new MongoClient(share.mongoUrl).connect()
const db = client.db(`hunt${process.pid}`)
await prepareDatabase(db)
let found = 0
for (const { seed, count } of batchesOf(share.seed, share.scenarios).filter((_, index) => index % share.workers === share.worker)) await batch(seed, count)
await db.dropDatabase()
await client.close()
process.removeAllListeners('disconnect')
process.disconnect()

async function batch (seed: number, count: number): Promise<void> {
  const scenarios = scenariosOf(seed, count)
  const judged = await judge(db, scenarios)
  const coverage: Coverage = new Map()
  const files: string[] = []
  for (const [index, asked] of scenarios.entries()) {
    const answers = judged[index] ?? []
    if (!answers.some(disagrees)) answers.forEach(answer => { cover(coverage, asked, answer) })
    else if (found++ >= MOST) files.push(`seed ${seed}, scenario ${index}`)
    else {
      const { asked: small, why } = await minimise(db, seed, index, asked)
      files.push(`seed ${seed}, scenario ${index}: ${why}: test/consent/corpus/${keep(small, why)}`)
    }
  }
  const all = judged.flat()
  const told: Told = { seed, scenarios: count, answers: all.length, permits: all.filter(({ expected }) => expected).length, coverage: [...coverage], found: files }
  process.send?.(told)
}
