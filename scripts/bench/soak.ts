/**
 * Deposits at a steady rate for a long time: 80 % of what one round of full load reached. Shows that nothing fails and
 * that memory stays flat, which short rounds cannot.
 */
import autocannon from 'autocannon'
import { CONNECTIONS } from './load.js'
import type { Load, Round } from './load.js'
import { residentOf } from './process.js'

const SHARE = 0.8
const SAMPLE_SECONDS = 10

/** @param full a round of full load just before @returns a Markdown table: what was asked and answered, and resident memory in quarters of the time */
export async function soak ({ server, requests }: Pick<Load, 'server' | 'requests'>, full: Round, minutes: number, log: (line: string) => void): Promise<string> {
  const rate = Math.max(1, Math.floor(full.rps * SHARE))
  log(`soak: ${rate} deposits a second for ${minutes} min`)
  const resident: number[] = []
  const watch = setInterval(async () => {
    resident.push(await residentOf(server.pid))
    if (resident.length % 6 === 0) log(`soak: minute ${resident.length / 6}, ${resident.at(-1)?.toFixed(0) ?? ''} MiB`)
  }, SAMPLE_SECONDS * 1000)
  // What it returns can be waited for, and is no Promise.
  const load = async () => await autocannon({
    url: server.origin,
    connections: CONNECTIONS,
    duration: minutes * 60,
    overallRate: rate,
    setupClient: client => { client.setRequests(requests()) }
  })
  const result = await load().finally(() => { clearInterval(watch) })
  const quarter = Math.max(1, Math.floor(resident.length / 4))
  const peaks = [0, 1, 2, 3].map(index => Math.max(...resident.slice(index * quarter, (index + 1) * quarter)).toFixed(0))
  const failed = result.non2xx + result.errors + result.timeouts
  return [
    '| minutes | rate asked | answered | failed | p50 / p99 ms | most resident, by quarter, MiB |',
    '| --- | --- | --- | --- | --- | --- |',
    `| ${minutes} | ${rate}/s | ${result['2xx']} | ${failed} | ${result.latency.p50} / ${result.latency.p99} | ${peaks.join(', ')} |`
  ].join('\n')
}
