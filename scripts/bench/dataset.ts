/**
 * The dataset: patients who give the doctor access, and documents of theirs, put into our database by the server's own
 * modules (admission, version, sealing, commit), so that each is stored exactly as a deposit stores it; only many in
 * one transaction, without contents and without traces. The bare database gets the same documents as text.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { MongoClient } from 'mongodb'
import type { Db } from 'mongodb'
import { pino } from 'pino'
import { createApp } from '../../src/app.js'
import type { App } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { localTrust } from '../../src/http/authenticate.js'
import { admitterOf, checked, create } from '../../src/interaction/create.js'
import type { Version } from '../../src/interaction/store.js'
import { first } from '../../src/interaction/version.js'
import { ID_NAT_ST } from '../../src/security/identity.js'
import type { Principal } from '../../src/security/principal.js'
import type { BareDocument } from './bare.js'
import { HOSPITAL, DOCTOR, INS, accessOf, patientOf } from './cast.js'
import { documentOf } from './document.js'

export interface Size { readonly patients: number, readonly documents: number }
export interface Dataset { readonly patients: readonly string[], readonly documents: readonly string[] }
export interface Place { readonly mongoUrl: string, readonly dataDir: string, readonly root: string }
interface Marker { _id: 'dataset', print: string, patients: readonly string[], loaded: number }

export const OURS = 'bench'
export const BARE = 'bench-bare'
const CONTENT = 4096
/** Records that are opened at once; records whose documents are one transaction, and such transactions at once. */
const OPENED = 8
const TOGETHER = 4
const WRITES = 2
/** What decides how a document is stored: a dataset of other code is loaded anew. */
const CODE = ['src/consent', 'src/crypto', 'src/filter', 'src/interaction/admit', 'src/interaction/version.js', 'src/search', 'src/store', 'scripts/bench/cast.js', 'scripts/bench/document.js', 'scripts/bench/dataset.js']

/** Loads the dataset unless it is there, and removes what earlier runs have left beside it. */
export async function prepare (place: Place, size: Size, { keep, log }: { keep: boolean, log: (line: string) => void }): Promise<Dataset> {
  const client = await new MongoClient(place.mongoUrl).connect()
  try {
    const [ours, bare] = [client.db(OURS), client.db(BARE)]
    const print = await printOf(place, size)
    const known = await ours.collection<Marker>('BenchDataset').findOne({ _id: 'dataset' })
    if (known !== null && (known.print === print || (keep && known.print.split(' ')[0] === print.split(' ')[0]))) {
      return { patients: known.patients, documents: await clean(ours, bare, known) }
    }
    await ours.dropDatabase()
    await bare.dropDatabase()
    const patients = await load(place, size, bare, log)
    await ours.collection<Marker>('BenchDataset').insertOne({ _id: 'dataset', print, patients, loaded: Date.now() })
    return { patients, documents: await idsOf(ours) }
  } finally {
    await client.close()
  }
}

/** Size and key, then code. */
async function printOf ({ dataDir, root }: Place, size: Size): Promise<string> {
  const master = createHash('sha256').update(await masterKey(dataDir)).digest('hex').slice(0, 16)
  const code = createHash('sha256')
  for (const name of CODE) {
    const place = path.join(root, 'dist', name)
    const files = name.endsWith('.js') ? [place] : (await readdir(place, { recursive: true })).filter(file => file.endsWith('.js')).sort().map(file => path.join(place, file))
    for (const file of files) code.update(await readFile(file))
  }
  return `${size.patients}x${size.documents}/${master} ${code.digest('hex').slice(0, 16)}`
}

/** The key that the server finds in this folder, made if need be. */
async function masterKey (dataDir: string): Promise<Buffer> {
  const file = path.join(dataDir, 'keys', 'master.key')
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, randomBytes(32), { flag: 'wx', mode: 0o600 }).catch(error => { if (error.code !== 'EEXIST') throw error })
  return await readFile(file)
}

/** Takes away the deposits and traces of earlier runs. @returns the ids of the documents that stay */
async function clean (ours: Db, bare: Db, { patients, loaded }: Marker): Promise<readonly string[]> {
  for (const db of [ours, bare]) {
    for (const name of ['AuditEvent', 'content.files', 'content.chunks']) await db.dropCollection(name)
  }
  await ours.collection('DocumentReference').deleteMany({ patient: { $in: [...patients] }, at: { $gt: loaded } })
  const stay = await idsOf(ours)
  const known = new Set(stay)
  const foreign = (await idsOf(bare)).filter(id => !known.has(id))
  await bare.collection<BareDocument>('DocumentReference').deleteMany({ _id: { $in: foreign } })
  return stay
}

async function idsOf (db: Db): Promise<readonly string[]> {
  const found = await db.collection<BareDocument>('DocumentReference').find({}, { projection: { _id: 1 }, hint: { _id: 1 }, batchSize: 50_000 }).toArray()
  return found.map(({ _id }) => _id)
}

async function load ({ mongoUrl, dataDir, root }: Place, size: Size, bare: Db, log: (line: string) => void): Promise<readonly string[]> {
  const began = performance.now()
  await bare.createCollection('DocumentReference')
  await bare.collection('DocumentReference').createIndex({ patient: 1, _id: 1 })
  const app = await createApp({
    config: readConfig({ MONGODB_URL: mongoUrl, MONGODB_DB: OURS, DATA_DIR: dataDir, SAMPLE: 'none', BASE_URL: 'http://127.0.0.1:8080/fhir' }),
    logger: pino({ level: 'silent' }),
    trust: localTrust({ keys: [] }),
    master: await masterKey(dataDir),
    root: new URL(`file://${root}/`)
  })
  try {
    for (const [value, name] of [[HOSPITAL.structure, 'Centre hospitalier'], [DOCTOR.structure, 'Cabinet']]) {
      await put(app, principal('operator', 'operator:bench'), { resourceType: 'Organization', active: true, identifier: [{ system: ID_NAT_ST, value }], name })
    }
    log(`Loading ${size.patients} patients and their choices`)
    const patients = await spread(size.patients, OPENED, async index => await openRecord(app, String(190_000_000_000_000 + index)))
    log(`Loading ${size.patients * size.documents} documents`)
    await spread(Math.ceil(size.patients / TOGETHER), WRITES, async index => {
      const versions = await deposit(app, patients.slice(index * TOGETHER, (index + 1) * TOGETHER), size.documents)
      await bare.collection<BareDocument>('DocumentReference').insertMany(versions.map(({ id, patient, text }) => ({ _id: id, patient: patient ?? '', text })))
    })
    log(`Loaded in ${Math.round((performance.now() - began) / 1000)} s`)
    return patients
  } finally {
    await app.close()
  }
}

/** A patient, and the doctor's access, through the interaction that the server calls. @returns the id */
async function openRecord (app: App, ins: string): Promise<string> {
  const id = await put(app, principal('operator', 'operator:bench'), patientOf(ins))
  await put(app, { ...principal('holder', `holder:${ins}`), ins: `${INS}|${ins}` }, accessOf(id))
  return id
}

async function put ({ context, sightOf }: App, as: Principal, resource: Readonly<Record<string, unknown>> & { readonly resourceType: string }): Promise<string> {
  const sight = await sightOf(as, Date.now())
  const { headers } = await create(context, { sight, type: resource.resourceType, resource, prefer: 'minimal' })
  return headers['location']?.split('/').at(-3) ?? ''
}

/** Deposits by the hospital, in one transaction. */
async function deposit ({ context, sightOf }: App, patients: readonly string[], each: number): Promise<readonly Version[]> {
  const sight = await sightOf({ ...principal('structure', `structure:${HOSPITAL.structure}`), structure: `structure:${HOSPITAL.structure}` }, Date.now())
  await sight.enter(patients)
  const admitted = await Promise.all(patients.flatMap(patient => Array.from({ length: each }, async (_, number) => {
    const id = context.newId()
    const resource = checked(context, 'DocumentReference', documentOf(patient, number, CONTENT))
    const admission = await admitterOf('DocumentReference').create(context, sight, resource, id)
    return { next: first(context, admission, id, sight.caller.now), claims: admission.claims }
  })))
  await context.store.commit({ changes: admitted, traces: [] })
  return admitted.map(({ next }) => next)
}

function principal (kind: Principal['kind'], subject: string): Principal {
  return { kind, subject, scopes: [{ type: '*', permissions: 'cruds' }], mode: 'normal', isSecret: false, expires: 0 }
}

/** Runs `work` for 0 … count - 1, some at once. */
async function spread <T> (count: number, atOnce: number, work: (index: number) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const index = next++
      results[index] = await work(index)
    }
  }))
  return results
}
