import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from './mongodb/free-port.mjs'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

// npm run uploads: many large contents posted raw at once, then read back at once, each checked, and what memory the
// server took meanwhile (Linux). Fails above --most MiB of resident memory (design.md 7).

const ROOT = path.join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { count: { type: 'string', default: '50' }, mib: { type: 'string', default: '50' }, least: { type: 'string' }, most: { type: 'string', default: '300' } } })
const [COUNT, LARGEST, MOST] = [Number(values.count), Number(values.mib), Number(values.most)]
const SMALLEST = Number(values.least ?? LARGEST)
const MIB = 1024 * 1024
const PART = Buffer.alloc(64 * 1024, 'une page du document ')
const log = line => console.error(line)

whenParentEnds(() => process.exit(1))
await setup({ log })
const dataDir = mkdtempSync(path.join(tmpdir(), 'uploads-'))
const env = { ...process.env, DATA_DIR: dataDir, PORT: String(await freePort()), LOG_LEVEL: 'error' }
const mongo = await startMongo({ dataDir, temporary: true, log })
const server = spawn(process.execPath, [path.join(ROOT, 'dist', 'src', 'main.js')], { cwd: ROOT, env: { ...env, MONGODB_URL: mongo.url }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
try {
  await new Promise(resolve => server.stdout.once('data', resolve))
  const patient = await json('/Patient?identifier=180126978912536', token('operator')).then(({ entry }) => entry[0].resource.id)
  const hospital = token('structure', '--structure', '1750712184')
  const before = resident()
  const up = await measured(async () => await Promise.all(Array.from({ length: COUNT }, async (_, index) => await post(hospital, patient, sizeOf(index)))))
  log(`posted: ${up.result.filter(({ status }) => status === 201).length} of ${COUNT} in ${up.seconds.toFixed(0)} s, most resident ${up.most} MiB (${before} before)`)
  const down = await measured(async () => await Promise.all(up.result.map(async ({ id, hash }) => (await read(hospital, id)) === hash)))
  const failed = up.result.filter(({ status }) => status !== 201).length + down.result.filter(isSame => !isSame).length
  const total = up.result.reduce((sum, { size }) => sum + size, 0) / MIB
  console.log(`| ${COUNT} at once, ${SMALLEST} to ${LARGEST} MiB | seconds | MiB/s | resident before | most resident |\n|---|---|---|---|---|`)
  for (const [name, { seconds, most }] of [['posted', up], ['read', down]]) console.log(`| ${name} | ${seconds.toFixed(1)} | ${(total / seconds).toFixed(0)} | ${before} MiB | ${most} MiB |`)
  if (failed > 0) log(`${failed} failed`)
  process.exitCode = failed > 0 || Math.max(up.most, down.most) > MOST ? 1 : 0
} finally {
  server.kill('SIGTERM')
  await new Promise(resolve => server.once('exit', resolve))
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

function sizeOf (index) {
  return Math.round((SMALLEST + (LARGEST - SMALLEST) * index / Math.max(1, COUNT - 1)) * MIB)
}

function token (...given) {
  return execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'token.mjs'), '--as', ...given], { env, encoding: 'utf8' }).trim()
}

function request (options) {
  return http.request({ host: '127.0.0.1', port: env.PORT, agent: false, ...options })
}

function json (url, bearer) {
  return new Promise((resolve, reject) => {
    request({ path: `/fhir${url}`, headers: { authorization: `Bearer ${bearer}` } }).once('error', reject).once('response', async response => {
      resolve(JSON.parse(Buffer.concat(await response.toArray())))
    }).end()
  })
}

/** Sends as fast as it is taken. */
function post (bearer, patient, size) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha1')
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/octet-stream', 'x-security-context': `Patient/${patient}`, 'content-length': size }
    const going = request({ method: 'POST', path: '/fhir/Binary', headers })
    going.once('error', reject).once('response', async response => {
      const text = String(Buffer.concat(await response.toArray()))
      if (response.statusCode !== 201) log(`${response.statusCode} ${text}`)
      resolve({ status: response.statusCode, size, hash: hash.digest('hex'), id: /Binary\/([^/]+)/.exec(response.headers.location ?? '')?.[1] })
    })
    let sent = 0
    const more = () => {
      while (sent < size) {
        const part = PART.subarray(0, size - sent)
        sent += part.length
        hash.update(part)
        if (!going.write(part)) return going.once('drain', more)
      }
      going.end()
    }
    more()
  })
}

function read (bearer, id) {
  return new Promise((resolve, reject) => {
    request({ path: `/fhir/Binary/${id}`, headers: { authorization: `Bearer ${bearer}`, accept: '*/*' } }).once('error', reject).once('response', async response => {
      const hash = createHash('sha1')
      try {
        for await (const part of response) hash.update(part)
        resolve(hash.digest('hex'))
      } catch {
        resolve('broken off')
      }
    }).end()
  })
}

async function measured (work) {
  let most = resident()
  const watch = setInterval(() => { most = Math.max(most, resident()) }, 50)
  const start = performance.now()
  const result = await work()
  clearInterval(watch)
  return { result, most, seconds: (performance.now() - start) / 1000 }
}

/** MiB */
function resident () {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024)
}
