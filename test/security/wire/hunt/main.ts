/** `npm run test:wire`: shares the scenarios of a run among processes, and tells how it goes and what it came to. */
import path from 'node:path'
import { workIn } from '../../../helper/fork.js'
import { emptyCells, merge, tableOf } from '../coverage.js'
import type { Asked, Coverage } from '../coverage.js'
import type { Share, Told } from './worker.js'

interface Hunt { readonly mongoUrl: string, readonly seed: number, readonly pairs: number, readonly workers: number, readonly log: (line: string) => void }

const WORKER = path.join(import.meta.dirname, 'worker.js')
/** So many seconds lie between two lines about progress. */
const EVERY = 10

/** @returns the lines of a report, and whether all answers were equal and no cell is empty */
export async function hunt ({ mongoUrl, seed, pairs, workers, log }: Hunt): Promise<{ readonly report: readonly string[], readonly isGood: boolean }> {
  const coverage: Coverage = new Map()
  const sum = { pairs: 0, answers: 0, scenarios: 0 }
  const found: string[] = []
  let asked: Asked | undefined
  const began = Date.now()
  let told = began
  const rate = () => sum.pairs / Math.max(1, Date.now() - began) * 1000
  const hear = (batch: Told) => {
    for (const part of ['pairs', 'answers', 'scenarios'] as const) sum[part] += batch[part]
    merge(coverage, batch.coverage)
    for (const line of batch.found) log(`DIFFERS ${line}`)
    found.push(...batch.found)
    asked = batch.asked ?? asked
    if (Date.now() - told < EVERY * 1000) return
    told = Date.now()
    log(`${sum.pairs} of ${pairs} pairs, ${rate().toFixed(1)}/s, ${found.length} differ, scenario ${batch.index}`)
  }
  const codes = await Promise.all(Array.from({ length: workers }, async (_, worker) => await workIn<Told>(WORKER, { mongoUrl, seed, pairs, worker, workers } satisfies Share, hear)))
  const empty = asked === undefined || found.length > 0 ? [] : emptyCells(coverage, asked, pairs)
  const isWhole = codes.every(code => code === 0) && (sum.pairs === pairs || found.length > 0)
  return {
    isGood: isWhole && found.length === 0 && empty.length === 0,
    report: [
      ...asked === undefined ? [] : tableOf(coverage, asked),
      `${sum.pairs} pairs (${sum.answers} answers) in ${sum.scenarios} scenarios from seed ${seed} on, in ${((Date.now() - began) / 1000).toFixed(0)} s, ${rate().toFixed(1)}/s`,
      ...isWhole ? [] : [`a process ended too early (${codes.join(', ')})`],
      ...empty.map(cell => `EMPTY ${cell}`),
      ...found.map(line => `DIFFERS ${line}`)
    ]
  }
}
