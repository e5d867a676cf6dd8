/** `npm run test:fault`: a long night, and what it left. */
import { FAULTS } from './faults.js'
import { spend } from './night.js'
import type { Findings } from './night.js'
import { openRig } from './rig.js'

const MUST_BE_NONE = ['disclosed', 'lost', 'halves', 'untraced', 'odd'] as const

/**
 * @param rounds how often each fault comes @param lasts how long each lasts, ms
 * @returns a Markdown report, and whether nothing is in it that must not be
 */
export async function run ({ rounds, lasts, clients, log }: { readonly rounds: number, readonly lasts: number, readonly clients: number, readonly log: (line: string) => void }): Promise<{ readonly report: string, readonly isGood: boolean }> {
  const rig = await openRig({ count: 3, log })
  try {
    const faults = Array.from({ length: rounds }, () => Object.entries(FAULTS)).flat().map(([name, fault]) => ({ name, fault, lasts, rest: 10_000 }))
    const findings = await spend(rig, { clients, charts: Math.max(40, faults.length * 8), faults, log })
    return { report: reportOf(findings, faults.length), isGood: MUST_BE_NONE.every(name => findings[name].length === 0) }
  } finally {
    await rig.close()
  }
}

function reportOf (findings: Findings, count: number): string {
  const { answers, revocations, deposits, longest } = findings
  return [
    `${count} faults; ${Object.entries(answers).map(([status, number]) => `${number} × ${status}`).join(', ')}; ${revocations} revocations and ${deposits} deposits acknowledged; at most ${longest} ms without an answer but 503.`,
    '', '| must be none | found |', '|---|---|',
    `| told after it was revoked | ${findings.disclosed.length} |`,
    `| acknowledged and lost, or twice there | ${findings.lost.length} |`,
    `| half a transaction | ${findings.halves.length} |`,
    `| told without a trace | ${findings.untraced.length} |`,
    `| other answers than success, refusal, 409 and 503 | ${findings.odd.length} |`,
    ...MUST_BE_NONE.flatMap(name => findings[name].slice(0, 10).map(line => `- ${name}: ${line}`))
  ].join('\n')
}
