import type { Round } from './load.js'
import type { Measure } from './measure.js'

/** The rounds of one measure, alternately taken. */
export interface Finding {
  readonly measure: Measure
  readonly ours: readonly Round[]
  readonly bare: readonly Round[]
}

/** The most that p99 may be of p50. */
const TAIL = 3

/** One measure in numbers: medians of its rounds; the ratio is the median of the ratios of neighbouring rounds. */
export function summarize ({ measure, ours, bare }: Finding) {
  const ratios = ours.map((round, index) => round.rps / (bare[index]?.rps ?? NaN))
  const ratio = median(ratios)
  const mine = medians(ours)
  return {
    ratio,
    ratios,
    floor: measure.floor,
    aim: measure.aim,
    verdict: ratio >= measure.aim ? 'aim' : ratio >= measure.floor ? 'floor' : 'below',
    tail: mine.p99 / mine.p50,
    ours: mine,
    bare: medians(bare)
  }
}

/** A Markdown table. */
export function table (findings: readonly Finding[]): string {
  const head = ['measure', 'bare rps', 'our rps', 'ratio', 'floor / aim', '', 'bare p50 / p99 ms', 'our p50 / p99 ms', `p99 ≤ ${TAIL} × p50`, 'MiB ours / bare', 'CPU ms ours / bare', 'MongoDB CPU ms ours / bare', 'commands ours / bare']
  const rows = findings.map(finding => {
    const { ratio, floor, aim, verdict, tail, ours, bare } = summarize(finding)
    return [
      finding.measure.title, bare.rps.toFixed(0), ours.rps.toFixed(0), `**${ratio.toFixed(2)}**`, `${floor.toFixed(2)} / ${aim.toFixed(2)}`, verdict,
      `${bare.p50.toFixed(1)} / ${bare.p99.toFixed(1)}`, `${ours.p50.toFixed(1)} / ${ours.p99.toFixed(1)}`,
      `${tail <= TAIL ? 'yes' : 'no'} (${tail.toFixed(1)})`, `${ours.rss.toFixed(0)} / ${bare.rss.toFixed(0)}`, `${ours.cpu.toFixed(2)} / ${bare.cpu.toFixed(2)}`, `${ours.mongoCpu.toFixed(2)} / ${bare.mongoCpu.toFixed(2)}`, `${total(ours).toFixed(2)} / ${total(bare).toFixed(2)}`
    ]
  })
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function medians (rounds: readonly Round[]): Round {
  const of = (value: (round: Round) => number) => median(rounds.map(value))
  const names = new Set(rounds.flatMap(({ commands }) => Object.keys(commands)))
  return {
    rps: of(({ rps }) => rps),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    rss: Math.max(...rounds.map(({ rss }) => rss)),
    cpu: of(({ cpu }) => cpu),
    mongoCpu: of(({ mongoCpu }) => mongoCpu),
    commands: Object.fromEntries([...names].map(name => [name, of(({ commands }) => commands[name] ?? 0)]))
  }
}

function total ({ commands }: Round): number {
  return Object.values(commands).reduce((sum, count) => sum + count, 0)
}

function median (values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
