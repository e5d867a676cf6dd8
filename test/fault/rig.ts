/**
 * Three members of a replica set with roads between all parts (`roads.ts`), and server processes of ours on it: what a
 * hospital's night may do to them is done here on one machine (`security.md` b). Linux only: it asks `/proc` who is who.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import type { Document } from 'mongodb'
import { startServer } from '../../scripts/bench/server.js'
import type { Server } from '../../scripts/bench/server.js'
import { holds, processesOf, socketAt } from './owner.js'
import { layRoads } from './roads.js'
import type { Roads } from './roads.js'
import { ROOT, inProject } from '../helper/root.js'

/** What the scripts of development offer, which are no TypeScript. */
const script = async (name: string): Promise<unknown> => await import(new URL(`scripts/${name}`, ROOT).href)
const { startMember } = await script('mongodb/member.mjs') as {
  startMember: (wanted: { dataDir: string, cacheSizeGB: number, parameters: readonly string[], temporary: boolean, log: (line: string) => void }) => Promise<{ port: number, pid: number | undefined, stop: () => Promise<void> }>
}
const { initiate } = await script('mongodb/replica-set.mjs') as { initiate: (set: { name: string, ports: readonly number[], settings: object }) => Promise<void> }
const { temporaryFolder } = await script('mongodb/temporary-folder.mjs') as { temporaryFolder: (name: string) => string }
const { localToken } = await script('local-token.mjs') as { localToken: (given: Readonly<Record<string, string>>, warn: () => void) => { token: string } }

export interface Member {
  /** `m0`, `m1`, `m2` */
  readonly name: string
  /** Of mongod; another one after it was killed. */
  readonly pid: () => number
  /** Asked past the roads. */
  readonly ask: (command: Document) => Promise<Document>
}

export interface Rig {
  readonly members: readonly Member[]
  readonly roads: Roads
  /** `s0`, `s1`, … : their names on the roads. */
  readonly servers: readonly Server[]
  /** Who says that it is the primary of the latest election, except some. */
  readonly primary: (except?: readonly string[]) => Promise<Member>
  /** @param given the options of `npm run token` */
  readonly token: (given: Readonly<Record<string, string>>) => string
  readonly close: () => Promise<void>
}

const PATIENCE = 60_000
/** An election after two seconds without a primary, not ten: a test has less patience than a hospital. */
const IMPATIENT = { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 500 }

/**
 * @param count how many server processes
 * @param log what happens, for a person
 */
export async function openRig ({ count, log }: { readonly count: number, readonly log: (line: string) => void }): Promise<Rig> {
  const folder = temporaryFolder('espace-sante-fault-')
  const closing: (() => Promise<void>)[] = [async () => { rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }]
  const close = async () => { for (const step of closing.splice(0).reverse()) await step() }
  try {
    const holders = new Map<string, readonly number[]>()
    const roads = layRoads(port => {
      const socket = socketAt(port)
      return socket === undefined ? '' : [...holders].find(([, pids]) => pids.some(pid => holds(pid, socket)))?.[0] ?? ''
    })
    closing.push(async () => { roads.close() })
    const started = []
    for (const name of ['m0', 'm1', 'm2']) started.push(await startMemberOf(name, { folder, roads, holders, log, closing }))
    await initiate({ name: 'rs0', ports: started.map(({ road }) => road), settings: IMPATIENT })
    const members = started.map(({ member }) => member)
    const dataDir = path.join(folder, 'server')
    process.env['DATA_DIR'] = dataDir
    const url = `mongodb://${started.map(({ road }) => `127.0.0.1:${road}`).join(',')}/?replicaSet=rs0`
    const servers: Server[] = []
    for (let index = 0; index < count; index++) {
      const server = await startServer({
        file: inProject('dist/src/main.js'),
        env: { MONGODB_URL: url, MONGODB_DB: 'fault', DATA_DIR: dataDir, SAMPLE: 'none', BASE_URL: 'http://127.0.0.1:8080/fhir' },
        log: path.join(folder, `s${index}.log`)
      })
      servers.push(server)
      closing.push(server.stop)
      holders.set(`s${index}`, [server.pid ?? 0])
    }
    return { members, roads, servers, primary: async except => await primaryOf(members, except), token: given => localToken(given, () => {}).token, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Place {
  readonly folder: string
  readonly roads: Roads
  readonly holders: Map<string, readonly number[]>
  readonly log: (line: string) => void
  readonly closing: (() => Promise<void>)[]
}

async function startMemberOf (name: string, { folder, roads, holders, log, closing }: Place) {
  const dataDir = path.join(folder, name)
  const mongod = await startMember({ dataDir, cacheSizeGB: 0.25, temporary: true, parameters: ['--setParameter', 'enableTestCommands=1'], log: line => { log(`${name}: ${line}`) } })
  closing.push(mongod.stop)
  const watch = setInterval(() => { holders.set(name, processesOf(dataDir)) }, 500)
  closing.push(async () => { clearInterval(watch) })
  holders.set(name, processesOf(dataDir))
  const client = new MongoClient(`mongodb://127.0.0.1:${mongod.port}/?directConnection=true`, { serverSelectionTimeoutMS: 2000, connectTimeoutMS: 2000, socketTimeoutMS: 30_000 })
  closing.push(async () => { await client.close(true) })
  const member: Member = {
    name,
    pid: () => mongod.pid ?? 0,
    ask: async command => await client.db('admin').command(command)
  }
  return { member, road: await roads.lay(name, mongod.port) }
}

async function primaryOf (members: readonly Member[], except: readonly string[] = []): Promise<Member> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(100)) {
    const told = await Promise.all(members.filter(({ name }) => !except.includes(name)).map(async member => {
      const hello = await member.ask({ hello: 1 }).catch((): Document => ({}))
      return hello['isWritablePrimary'] === true ? [{ member, election: String(hello['electionId']) }] : []
    }))
    const [latest] = told.flat().toSorted((one, other) => one.election < other.election ? 1 : -1)
    if (latest !== undefined) return latest.member
  }
  throw new Error('no primary was elected within a minute')
}
