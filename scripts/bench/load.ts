import autocannon from 'autocannon'
import type { Request } from 'autocannon'
import type { Db } from 'mongodb'
import { residentOf, timeOf } from './process.js'
import type { Server } from './server.js'

/** What one round of load showed. */
export interface Round {
  /** Answers in a second. */
  readonly rps: number
  /** ms */
  readonly p50: number
  readonly p99: number
  /** The most resident memory seen, MiB. */
  readonly rss: number
  /** Processor time for one answer, ms: of the server, and of MongoDB where that is ours. */
  readonly cpu: number
  readonly mongoCpu: number
  /** Commands that MongoDB ran for one answer, by name. */
  readonly commands: Readonly<Record<string, number>>
}

export interface Load {
  readonly server: Server
  /** The requests of one connection. */
  readonly requests: () => Request[]
  readonly seconds: number
  readonly db: Db
  /** The process of MongoDB, when it is ours. */
  readonly mongod: number | undefined
}

export const CONNECTIONS = 16
const COMMANDS = ['find', 'getMore', 'aggregate', 'count', 'distinct', 'insert', 'update', 'delete', 'findAndModify', 'commitTransaction', 'abortTransaction', 'listIndexes']

/** @throws Error when an answer is no success: such a round measures nothing */
export async function fire ({ server, requests, seconds, db, mongod }: Load): Promise<Round> {
  const times: number[] = []
  let rss = 0
  const watch = setInterval(async () => { rss = Math.max(rss, await residentOf(server.pid)) }, 250)
  const before = { commands: await commandsOf(db), server: await timeOf(server.pid), mongod: await timeOf(mongod) }
  const began = performance.now()
  const failed = await new Promise<number>((resolve, reject) => {
    const instance = autocannon({
      url: server.origin,
      connections: CONNECTIONS,
      duration: seconds,
      setupClient: client => { client.setRequests(requests()) }
    }, (error: Error | null, result) => { if (error === null) resolve(result.non2xx + result.errors); else reject(error) })
    // Its own histogram has whole milliseconds.
    instance.on('response', (_client, _status, _bytes, time) => { times.push(time) })
  }).finally(() => { clearInterval(watch) })
  const elapsed = (performance.now() - began) / 1000
  const after = { commands: await commandsOf(db), server: await timeOf(server.pid), mongod: await timeOf(mongod) }
  if (failed > 0) throw new Error(`${failed} of ${times.length} answers were no success`)
  times.sort((left, right) => left - right)
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? NaN
  const each = (change: number) => change / times.length
  const commands = COMMANDS.map(name => [name, each((after.commands[name] ?? 0) - (before.commands[name] ?? 0))] as const).filter(([, count]) => count > 0.005)
  return {
    rps: times.length / elapsed,
    p50: at(0.5),
    p99: at(0.99),
    rss,
    cpu: each(after.server - before.server),
    mongoCpu: each(after.mongod - before.mongod),
    commands: Object.fromEntries(commands)
  }
}

async function commandsOf (db: Db): Promise<Readonly<Record<string, number>>> {
  const { metrics } = await db.admin().serverStatus() as { metrics: { commands: Record<string, { total?: unknown }> } }
  return Object.fromEntries(COMMANDS.map(name => [name, Number(metrics.commands[name]?.total ?? 0)]))
}
