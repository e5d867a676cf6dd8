/** `npm run test:consent`: shares the batches of a run among processes, and tells how it goes and what it came to. */
import path from 'node:path'
import { workIn } from '../../helper/fork.js'
import { emptyCells, merge, strangeCells, tableOf } from '../coverage.js'
import type { Coverage } from '../coverage.js'
import type { Share, Told } from './worker.js'

interface Hunt { readonly mongoUrl: string, readonly seed: number, readonly scenarios: number, readonly workers: number, readonly log: (line: string) => void }

const WORKER = path.join(import.meta.dirname, 'worker.js')
/** So many seconds lie between two lines about progress. */
const EVERY = 10
/** Fewer scenarios may well leave a cell empty. */
const ENOUGH = 3000

/** @returns the lines of a report, and whether all agreed and no cell is empty */
export async function hunt ({ mongoUrl, seed, scenarios, workers, log }: Hunt): Promise<{ readonly report: readonly string[], readonly isGood: boolean }> {
  const coverage: Coverage = new Map()
  const sum = { scenarios: 0, answers: 0, permits: 0 }
  const found: string[] = []
  const began = Date.now()
  let told = began
  const rate = () => sum.scenarios / Math.max(1, Date.now() - began) * 1000
  const hear = (batch: Told) => {
    for (const part of ['scenarios', 'answers', 'permits'] as const) sum[part] += batch[part]
    merge(coverage, batch.coverage)
    for (const line of batch.found) log(`DISAGREE ${line}`)
    found.push(...batch.found)
    if (Date.now() - told < EVERY * 1000) return
    told = Date.now()
    log(`${sum.scenarios} of ${scenarios} scenarios, ${rate().toFixed(0)}/s, ${found.length} disagree, last seed ${batch.seed}`)
  }
  const codes = await Promise.all(Array.from({ length: workers }, async (_, worker) => await workIn<Told>(WORKER, { mongoUrl, seed, scenarios, worker, workers } satisfies Share, hear)))
  const empty = scenarios >= ENOUGH ? emptyCells(coverage) : []
  const strange = strangeCells(coverage)
  const isWhole = codes.every(code => code === 0) && sum.scenarios === scenarios
  return {
    isGood: isWhole && found.length === 0 && empty.length === 0 && strange.length === 0,
    report: [
      ...tableOf(coverage),
      `${sum.scenarios} scenarios (${sum.answers} answers, ${sum.permits} permits) from seed ${seed} on, in ${((Date.now() - began) / 1000).toFixed(0)} s, ${rate().toFixed(0)}/s`,
      ...isWhole ? [] : [`a process ended too early (${codes.join(', ')})`],
      ...empty.map(cell => `EMPTY ${cell}`),
      ...strange.map(cell => `decides against its nature: ${cell}`),
      ...found.map(line => `DISAGREE ${line}`)
    ]
  }
}
