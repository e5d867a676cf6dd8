import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { passOn } from './failures.mjs'
import { startMongo } from './mongodb/start-mongo.mjs'
import { temporaryFolder } from './mongodb/temporary-folder.mjs'
import { whenParentEnds } from './parent.mjs'
import { build, buildTests, install } from './setup.mjs'

// npm test: all set-up, one MongoDB for the whole run in a folder that is removed afterwards, then every test, or the
// files and options of tap that are given, as tsc compiled them. Its exit code is tap's; what failed is told again at the
// end.

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

/** A person at a terminal gets the report of tap; a file gets TAP, and what failed once more. */
async function runTap (env) {
  const run = path.join(ROOT, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
  const plain = pathToFileURL(path.join(import.meta.dirname, 'plain-tests.mjs'))
  const isTerminal = process.stdout.isTTY
  tap = spawn(process.execPath, [run, 'run', ...argumentsOfTap(process.argv.slice(2))], {
    cwd: ROOT,
    env: { ...env, NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --import=${plain.href}` },
    stdio: ['inherit', isTerminal ? 'inherit' : 'pipe', 'inherit']
  })
  const ended = new Promise((resolve, reject) => {
    tap.on('error', reject)
    tap.on('exit', (code, signal) => resolve(signal === null ? code : 1))
  })
  const failed = isTerminal ? [] : await passOn(tap.stdout)
  if (failed.length > 0) process.stdout.write(['', 'What failed:', ...failed, ''].join('\n'))
  return await ended
}

/** The files as a person names them, `test/….test.ts`, are where tsc has put them; all of them when none is named. */
function argumentsOfTap (given) {
  const named = given.map(word => /^test[\\/].*\.test\.ts$/.test(word) ? compiled(word) : word)
  if (named.some(word => word.endsWith('.test.js'))) return named
  const all = readdirSync(path.join(ROOT, 'test'), { recursive: true }).filter(name => name.endsWith('.test.ts')).map(name => compiled(path.join('test', name)))
  return [...named, ...LONGEST.map(compiled), ...all.toSorted().filter(name => !LONGEST.map(compiled).includes(name))]
}

function compiled (source) {
  return path.join('dist', 'tests', source.replace(/\.ts$/, '.js'))
}
