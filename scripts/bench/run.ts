/**
 * The whole bench on a MongoDB that runs: dataset, both servers, each measure in rounds that alternate between them, so
 * that what else the machine does falls on both; then the table, and the numbers behind it as JSON.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import path from 'node:path'
import { MongoClient } from 'mongodb'
import { openApp } from '../bulk.js'
import { COLLEAGUE, DOCTOR, HOSPITAL } from './cast.js'
import { timeEngine, timeSearch, writeGrounds, writeRecords } from './choices.js'
import { BARE, OURS, masterKey, prepare } from './dataset.js'
import { CONNECTIONS, fire } from './load.js'
import { compare, measuresOf, requestsOf } from './measure.js'
import type { Measure } from './measure.js'
import { summarize, table } from './report.js'
import type { Finding } from './report.js'
import { startServer } from './server.js'
import { soak } from './soak.js'
import type { Server } from './server.js'

export interface Bench {
  readonly isQuick: boolean
  /** Names of measures, `choices` among them; all without one. */
  readonly only: readonly string[]
  readonly rounds: number
  readonly keep: boolean
  readonly profile?: string
  readonly root: string
  readonly dataDir: string
  readonly mongo: { readonly url: string, readonly name: string, readonly pid: number | undefined }
  readonly log: (line: string) => void
  /** Minutes of steady deposits instead of the comparison; 0 for none. */
  readonly soak: number
}

const CHOICES = 'bench-choices'
const FULL = { size: { patients: 2000, documents: 50 }, seconds: 10, warmUp: 3 }
const QUICK = { size: { patients: 40, documents: 50 }, seconds: 3, warmUp: 2 }

/** @returns the tables */
export async function run (bench: Bench): Promise<string> {
  const isAsked = (name: string) => bench.only.length === 0 || bench.only.includes(name)
  const tables = []
  if (bench.soak > 0 || ['read', 'search', 'deposit'].some(isAsked)) tables.push(await againstBare(bench))
  if (bench.soak === 0 && isAsked('choices')) tables.push(await ofChoices(bench))
  return tables.join('\n\n')
}

async function againstBare (bench: Bench): Promise<string> {
  const { size } = bench.isQuick ? QUICK : FULL
  const dataset = await prepare({ ...bench, mongoUrl: bench.mongo.url }, size, bench)
  const client = await new MongoClient(bench.mongo.url).connect()
  try {
    const measures = measuresOf(dataset).filter(({ name }) => bench.only.length === 0 || bench.only.includes(name))
    const findings: Finding[] = []
    const deposit = measures.find(({ name }) => name === 'deposit')
    if (bench.soak > 0 && deposit !== undefined) return await soakWith(bench, deposit, client)
    for (const measure of measures) findings.push(await take(bench, measure, client))
    const title = `${size.patients * size.documents} documents of ${size.patients} patients, ${CONNECTIONS} connections, ${bench.mongo.name}`
    await keep(bench, title, findings)
    return `${title}\n\n${table(findings)}`
  } finally {
    await client.close()
  }
}

/** What choices cost, on records made for it. */
async function ofChoices (bench: Bench): Promise<string> {
  const client = await new MongoClient(bench.mongo.url).connect()
  await client.db(CHOICES).dropDatabase().finally(async () => { await client.close() })
  const app = await openApp({ mongoUrl: bench.mongo.url, database: CHOICES, root: bench.root, dataDir: bench.dataDir, master: await masterKey(bench.dataDir) })
  const [records, engine, open] = await (async () => {
    const written = await writeRecords(app, 190_000_000_000_000)
    return [written, await timeEngine(app, written), await writeGrounds(app, 190_000_000_001_000)] as const
  })().finally(app.close)
  const server = await startOurs(bench, CHOICES)
  try {
    const [token, colleague] = [tokenOf(bench, { as: 'professional' }), tokenOf(bench, { as: 'professional', who: COLLEAGUE })]
    const ofOne = await timeSearch(server, 'a record\'s documents, 20 of them', records.map(({ name, patient }) => ({ name, token, query: `&patient=Patient/${patient}` })))
    const ofAll = await timeSearch(server, `grounds on ${open.length} patients`, [
      { name: 'one patient, 20 documents', token: colleague, query: `&patient=Patient/${open[0] ?? ''}` },
      { name: 'without a patient, the first 20', token: colleague, query: '' },
      { name: 'the same with its total', token: colleague, query: '&_total=accurate' }
    ])
    return `${engine}\n\n${ofOne}\n\n${ofAll}`
  } finally {
    await server.stop()
  }
}

/** Our server alone. */
async function startOurs (bench: Bench, database: string): Promise<Server> {
  return await startServer({
    file: path.join(bench.root, 'dist', 'src/main.js'),
    env: { MONGODB_URL: bench.mongo.url, MONGODB_DB: database, DATA_DIR: bench.dataDir, SAMPLE: 'none' },
    log: path.join(bench.dataDir, `${database}.log`)
  })
}

/** Deposits for a long time, on our server alone. */
async function soakWith (bench: Bench, measure: Measure, client: MongoClient): Promise<string> {
  const server = await startOurs(bench, OURS)
  try {
    const requests = () => requestsOf(measure, tokenOf(bench, measure))
    const full = await fire({ server, requests, seconds: FULL.seconds, db: client.db(OURS), mongod: bench.mongo.pid })
    return await soak({ server, requests }, full, bench.soak, bench.log)
  } finally {
    await server.stop()
  }
}

/** One measure, both servers fresh. */
async function take (bench: Bench, measure: Measure, client: MongoClient): Promise<Finding> {
  const { seconds, warmUp } = bench.isQuick ? QUICK : FULL
  const token = tokenOf(bench, measure)
  const servers: Server[] = []
  const start = async (file: string, database: string, execArgv: readonly string[] = []) => {
    const server = await startServer({
      file: path.join(bench.root, 'dist', file),
      execArgv,
      env: { MONGODB_URL: bench.mongo.url, MONGODB_DB: database, DATA_DIR: bench.dataDir, SAMPLE: 'none' },
      log: path.join(bench.dataDir, `${database}.log`)
    })
    servers.push(server)
    return server
  }
  try {
    const profile = bench.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${bench.profile}`, `--cpu-prof-name=${measure.name}.cpuprofile`]
    const ours = await start('src/main.js', OURS, profile)
    const bare = await start('scripts/bench/bare.js', BARE)
    await compare(measure, [ours, token], bare)
    const db = client.db(OURS)
    const oursFor = async (time: number) => await fire({ server: ours, requests: () => requestsOf(measure, token), seconds: time, db, mongod: bench.mongo.pid })
    const bareFor = async (time: number) => await fire({ server: bare, requests: () => requestsOf(measure, undefined), seconds: time, db, mongod: bench.mongo.pid })
    await bareFor(warmUp)
    await oursFor(warmUp)
    const finding: { measure: Measure, ours: Finding['ours'], bare: Finding['bare'] } = { measure, ours: [], bare: [] }
    for (let round = 1; round <= bench.rounds; round++) {
      finding.bare = [...finding.bare, await bareFor(seconds)]
      finding.ours = [...finding.ours, await oursFor(seconds)]
      bench.log(`${measure.name} ${round}: bare ${finding.bare.at(-1)?.rps.toFixed(0) ?? ''}/s, ours ${finding.ours.at(-1)?.rps.toFixed(0) ?? ''}/s`)
    }
    return finding
  } finally {
    for (const server of servers) await server.stop()
  }
}

/** A token of the local issuer, from the script that everyone uses. */
function tokenOf ({ root, dataDir }: Bench, { as, who: doctor = DOCTOR }: Pick<Measure, 'as'> & { readonly who?: typeof DOCTOR | typeof COLLEAGUE }): string {
  const who = as === 'professional'
    ? ['--id', doctor.id, '--profession', doctor.profession, '--structure', doctor.structure]
    : ['--structure', HOSPITAL.structure]
  const { ISSUER: _, ...env } = process.env
  return execFileSync(process.execPath, [path.join(root, 'scripts', 'token.mjs'), '--as', as, ...who], { env: { ...env, DATA_DIR: dataDir }, encoding: 'utf8' }).trim()
}

async function keep ({ root, isQuick }: Bench, title: string, findings: readonly Finding[]): Promise<void> {
  const date = new Date().toISOString()
  const results = path.join(root, 'bench-results')
  await mkdir(results, { recursive: true })
  await writeFile(path.join(results, `${date.replaceAll(':', '-')}.json`), `${JSON.stringify({
    date,
    commit: commitOf(root),
    node: process.version,
    cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? ''}`,
    title,
    isQuick,
    measures: Object.fromEntries(findings.map(finding => [finding.measure.name, { ...summarize(finding), rounds: { ours: finding.ours, bare: finding.bare } }]))
  }, null, 2)}\n`)
}

/** With a `+` where the tree is not that of the commit; empty outside git. */
function commitOf (root: string): string {
  const git = (...parameters: string[]) => execFileSync('git', parameters, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
  } catch {
    return ''
  }
}
