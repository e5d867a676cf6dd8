import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from './mongodb/free-port.mjs'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

// npm run timing: the same question about what is hidden from the caller and about what was never there, in turn, many
// times each, and whether the answers can be told apart by their time: medians, Mann-Whitney (z, two-sided p) and
// Kolmogorov-Smirnov (D). It says what was measured; it passes or fails nothing.

const ROOT = path.join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { count: { type: 'string', default: '1000' } } })
const COUNT = Number(values.count)
const KINDS = 20
const log = line => console.error(line)

whenParentEnds(() => process.exit(1))
await setup({ log })
const dataDir = mkdtempSync(path.join(tmpdir(), 'timing-'))
const env = { ...process.env, NOTIFICATIONS: 'none', DATA_DIR: dataDir, PORT: String(await freePort()), LOG_LEVEL: 'error' }
const mongo = await startMongo({ dataDir, temporary: true, log })
const server = spawn(process.execPath, [path.join(ROOT, 'dist', 'src', 'main.js')], { cwd: ROOT, env: { ...env, MONGODB_URL: mongo.url }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
try {
  await new Promise(resolve => server.stdout.once('data', resolve))
  const [hospital, stranger] = ['1750712184', '1690000012'].map(id => token('structure', '--structure', id))
  const found = await ask(token('operator'), 'GET', '/Patient?identifier=180126978912536')
  const patient = found.json.entry[0].resource.id
  const [documents, lists] = [[], []]
  // Writes of one record take turns.
  for (let number = 0; number < KINDS; number += 1) {
    documents.push(await made(hospital, document(patient)))
    lists.push(await made(hospital, list(patient, documents.at(-1))))
  }
  const questions = {
    'read of a document': [documents, id => `/DocumentReference/${id}`],
    'history of a document': [documents, id => `/DocumentReference/${id}/_history`],
    'search by _id': [documents, id => `/DocumentReference?_id=${id}`],
    'read of a list': [lists, id => `/List/${id}`],
    'search of lists by item': [documents, id => `/List?item=DocumentReference/${id}`]
  }
  console.log(`| ${COUNT} each | hidden, median ms | absent, median ms | z | p | D |\n|---|---|---|---|---|---|`)
  for (const [name, [ids, urlOf]] of Object.entries(questions)) {
    const { hidden, absent } = await times(ids, id => ask(stranger, 'GET', urlOf(id)))
    const { z, p } = mannWhitney(hidden, absent)
    console.log(`| ${name} | ${median(hidden).toFixed(3)} | ${median(absent).toFixed(3)} | ${z.toFixed(2)} | ${p.toFixed(4)} | ${kolmogorovSmirnov(hidden, absent).toFixed(3)} |`)
  }
} finally {
  server.kill('SIGTERM')
  await new Promise(resolve => server.once('exit', resolve))
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

/** One after the other, in an order that chance gives, so that what else the machine does falls on both. */
async function times (ids, question) {
  const never = ids.map(() => randomUUID())
  for (const id of [...ids, ...never]) await question(id)
  const hidden = []
  const absent = []
  while (hidden.length < COUNT || absent.length < COUNT) {
    const isHidden = absent.length === COUNT || (hidden.length < COUNT && Math.random() < 0.5)
    const [list, into] = isHidden ? [ids, hidden] : [never, absent]
    const id = list[into.length % list.length]
    const start = performance.now()
    await question(id)
    into.push(performance.now() - start)
  }
  return { hidden, absent }
}

function median (list) {
  return list.toSorted((one, other) => one - other)[list.length >> 1]
}

/** The two lists in one order, ties apart: with as many numbers as a clock gives they hardly matter. */
function mannWhitney (one, other) {
  const all = [...one.map(value => ({ value, isOne: true })), ...other.map(value => ({ value, isOne: false }))].sort((a, b) => a.value - b.value)
  const ranks = all.reduce((sum, { isOne }, index) => sum + (isOne ? index + 1 : 0), 0)
  const [n, m] = [one.length, other.length]
  const u = ranks - n * (n + 1) / 2
  const z = (u - n * m / 2) / Math.sqrt(n * m * (n + m + 1) / 12)
  return { z, p: 2 * (1 - normal(Math.abs(z))) }
}

/** The standard normal distribution (Abramowitz and Stegun 26.2.17). */
function normal (x) {
  const t = 1 / (1 + 0.2316419 * x)
  const tail = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153].reduce((sum, each) => (sum + each) * t, 0)
  return 1 - Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * tail
}

/** The widest gap between the two distributions. */
function kolmogorovSmirnov (one, other) {
  const all = [...one.map(value => [value, 1 / one.length, 0]), ...other.map(value => [value, 0, 1 / other.length])].sort(([a], [b]) => a - b)
  let gap = 0
  let widest = 0
  for (const [, up, down] of all) {
    gap += up - down
    widest = Math.max(widest, Math.abs(gap))
  }
  return widest
}

function token (...given) {
  return execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'token.mjs'), '--as', ...given], { env, encoding: 'utf8' }).trim()
}

async function ask (bearer, method, url, body) {
  const response = await fetch(`http://127.0.0.1:${env.PORT}/fhir${url}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, ...body === undefined ? {} : { 'content-type': 'application/fhir+json' } },
    ...body === undefined ? {} : { body: JSON.stringify(body) }
  })
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) }
}

async function made (bearer, resource) {
  const { status, json } = await ask(bearer, 'POST', `/${resource.resourceType}`, resource)
  if (status !== 201) throw new Error(`not written: ${status} ${JSON.stringify(json)}`)
  return json.id
}

function document (patient) {
  const bytes = Buffer.from(`content ${randomUUID()}`)
  return {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` },
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    category: [{ coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument', code: '10' }] }],
    subject: { reference: `Patient/${patient}` },
    date: '2026-06-12T10:00:00+02:00',
    content: [{ attachment: { contentType: 'text/plain', data: bytes.toString('base64'), size: bytes.length, hash: createHash('sha1').update(bytes).digest('base64') } }]
  }
}

function list (patient, id) {
  return { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${patient}` }, entry: [{ item: { reference: `DocumentReference/${id}` } }] }
}
