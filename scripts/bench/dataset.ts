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
import type { App } from '../../src/app.js'
import { ID_NAT_ST } from '../../src/security/identity.js'
import { openApp, principal, spread, writeTogether } from '../bulk.js'
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
/** Records that are opened in one transaction; records whose documents are one transaction, and such transactions at once. */
const OPENED = 100
const TOGETHER = 4
const WRITES = 2
const hospital = principal('structure', { structure: `structure:${HOSPITAL.structure}` })
/** What decides how a document is stored: a dataset of other code is loaded anew. */
const CODE = ['src/consent', 'src/crypto', 'src/filter', 'src/interaction/admit', 'src/interaction/version.js', 'src/search', 'src/store', 'scripts/bulk.js', 'scripts/bench/cast.js', 'scripts/bench/document.js', 'scripts/bench/dataset.js']

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
export async function masterKey (dataDir: string): Promise<Buffer> {
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
  const app = await openApp({ mongoUrl, database: OURS, root, dataDir, master: await masterKey(dataDir) })
  try {
    await writeTogether(app, principal('operator'), [[HOSPITAL.structure, 'Centre hospitalier'], [DOCTOR.structure, 'Cabinet']].map(([value, name]) =>
      ({ resourceType: 'Organization', active: true, identifier: [{ system: ID_NAT_ST, value }], name })))
    log(`Loading ${size.patients} patients and their choices`)
    const patients = (await spread(Math.ceil(size.patients / OPENED), 1, async index => await openRecords(app, index * OPENED, Math.min(OPENED, size.patients - index * OPENED)))).flat()
    log(`Loading ${size.patients * size.documents} documents`)
    await spread(Math.ceil(size.patients / TOGETHER), WRITES, async index => {
      const some = patients.slice(index * TOGETHER, (index + 1) * TOGETHER)
      const versions = await writeTogether(app, hospital, some.flatMap(id => Array.from({ length: size.documents }, (_, number) => documentOf(id, number, CONTENT))), some)
      await bare.collection<BareDocument>('DocumentReference').insertMany(versions.map(({ id, patient, text }) => ({ _id: id, patient: patient ?? '', text })))
    })
    log(`Loaded in ${Math.round((performance.now() - began) / 1000)} s`)
    return patients
  } finally {
    await app.close()
  }
}

/** Patients, each of whom gives the doctor access. @returns their ids */
async function openRecords (app: App, start: number, count: number): Promise<readonly string[]> {
  const all = Array.from({ length: count }, (_, index) => String(190_000_000_000_000 + start + index))
  const opened = (await writeTogether(app, principal('operator'), all.map(patientOf))).map(({ id }) => id)
  await spread(count, 8, async index => await writeTogether(app, principal('holder', { ins: `${INS}|${all[index] ?? ''}` }), [accessOf(opened[index] ?? '')], [opened[index] ?? '']))
  return opened
}
