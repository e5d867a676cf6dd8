import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { passOn } from './failures.mjs'
import { startMongo } from './mongodb/start-mongo.mjs'
import { temporaryFolder } from './mongodb/temporary-folder.mjs'
import { whenParentEnds } from './parent.mjs'
import { build, buildTests, install } from './setup.mjs'

// npm test: all set-up, one MongoDB for the whole run in a folder that is removed afterwards, then every test, or the
// files that are given, as tsc compiled them. Its exit code is tap's; what failed is told again at the end.

const ROOT = path.join(import.meta.dirname, '..')
const log = line => console.error(line)
// First, so that neither is left over when all others are done.
const LONGEST = ['test/security/non-interference.test.ts', 'test/fault/revocation.test.ts', 'test/security/every-route.test.ts']
let tap
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt)
whenParentEnds(interrupt)

try {
  await install({ log })
  await build({ log })
  await buildTests({ log })
  const dataDir = temporaryFolder('espace-sante-fhir-')
  const mongo = await startMongo({ dataDir, temporary: true, log })
  mongo.lost.then(reason => { log(`MongoDB is gone: ${reason}`); tap?.kill('SIGTERM') })
  log(`MongoDB for the tests: ${mongo.url} (${mongo.name})`)
  const code = isInterrupted ? 130 : await runTap({ ...process.env, MONGODB_URL: mongo.url, ...process.env.MONGODB_URL ? {} : { MONGODB_DATA: path.join(dataDir, 'mongodb') } })
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
  process.exitCode = code
} catch (error) {
  log(error.message)
  process.exitCode = 1
}

function interrupt () {
  isInterrupted = true
  tap?.kill('SIGTERM')
}

/** TAP, and what failed once more at its end. */
async function runTap (env) {
  tap = spawn(process.execPath, [path.join(import.meta.dirname, 'run-tests.mjs'), ...filesOf(process.argv.slice(2))], { cwd: ROOT, env, stdio: ['inherit', 'pipe', 'inherit'] })
  const ended = new Promise((resolve, reject) => {
    tap.on('error', reject)
    tap.on('exit', (code, signal) => resolve(signal === null ? code : 1))
  })
  const failed = await passOn(tap.stdout)
  if (failed.length > 0) process.stdout.write(['', 'What failed:', ...failed, ''].join('\n'))
  return await ended
}

/** The files as a person names them, `test/….test.ts`, are where tsc has put them; all of them when none is named. */
function filesOf (named) {
  if (named.length > 0) return named.map(compiled)
  const all = readdirSync(path.join(ROOT, 'test'), { recursive: true }).filter(name => name.endsWith('.test.ts')).map(name => path.join('test', name))
  return [...LONGEST, ...all.toSorted().filter(name => !LONGEST.includes(name))].map(compiled)
}

function compiled (source) {
  return path.join('dist', 'tests', source.replace(/\.ts$/, '.js'))
}
