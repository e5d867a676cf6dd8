/**
 * Non-interference (`consent.md` 8): two databases that differ only in what is hidden from the caller give the same bytes,
 * to each request and afterwards. `wire/` draws both and what is asked; SEED and PAIRS ask for others, `npm run test:wire`
 * for many.
 */
import pLimit from 'p-limit'
import t from 'tap'
import { borrowDatabase } from '../helper/database.js'
import { corpus, keep } from './wire/corpus.js'
import { cover, emptyCells, tableOf } from './wire/coverage.js'
import type { Coverage } from './wire/coverage.js'
import { countOf, declaredBy, scenarioOf, stageFor } from './wire/draw.js'
import { minimise, sentenceOf } from './wire/minimise.js'
import { openPair } from './wire/pair.js'
import { play } from './wire/play.js'
import type { Difference } from './wire/play.js'
import type { Scenario } from './wire/scenario.js'

/** Scenarios that are played at once: most of one is waiting for MongoDB. */
const TOGETHER = 6

const run = { seed: Number(process.env['SEED'] ?? 20261129), pairs: Number(process.env['PAIRS'] ?? 500) }
const [without, whole] = [await borrowDatabase(t), await borrowDatabase(t)]
const pair = await openPair(without.mongo, { without: without.database, with: whole.database })
t.teardown(pair.close)
const declared = declaredBy(pair.with.app)
const playing = async (scenario: Scenario) => await play(pair, scenario, stageFor(declared, scenario))
const limited = pLimit(TOGETHER)

t.test('what once showed shows no more', async t => {
  await Promise.all(corpus().map(async ({ file, why, scenario }) => await limited(async () => { t.equal((await playing(scenario)).difference, undefined, `${file}: ${why}`) })))
})

t.test(`A8 B1 B2 B4 B5 B10 P2 P3 P5 P7 what is hidden changes no byte of ${run.pairs} answers`, async t => {
  t.comment(`seed ${run.seed}`)
  const coverage: Coverage = new Map()
  let answers = 0
  let wrong: { readonly index: number, readonly scenario: Scenario, readonly difference: Difference } | undefined
  await Promise.all(Array.from({ length: countOf(run) }, async (_, index) => await limited(async () => {
    if (wrong !== undefined) return
    const scenario = scenarioOf(declared, run, index)
    const played = await playing(scenario)
    cover(coverage, scenario, played.statuses)
    answers += played.answers
    if (played.difference === undefined) return
    // On a slow machine one of two answers may come too late: what shows, shows again.
    const { difference } = await playing(scenario)
    if (difference === undefined) t.comment(`scenario ${index} differed once: ${sentenceOf(scenario, played.difference)}`)
    else wrong = { index, scenario, difference }
  })))
  if (wrong !== undefined) {
    const { scenario, why } = await minimise(wrong.scenario, wrong.difference, async fewer => await playing(fewer).then(({ difference }) => difference, () => undefined))
    t.fail(`seed ${run.seed}, scenario ${wrong.index}: ${why}: wire/corpus/${keep(scenario, why)}`)
    return
  }
  for (const line of tableOf(coverage, declared)) t.comment(line)
  t.ok(answers > run.pairs, `${answers} answers were compared`)
  t.strictSame(emptyCells(coverage, declared, run.pairs), [], 'every interaction of every type was asked')
})
