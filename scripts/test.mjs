import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { startMongo } from './mongodb/start-mongo.mjs'
import { temporaryFolder } from './mongodb/temporary-folder.mjs'
import { whenParentEnds } from './parent.mjs'
import { build, install } from './setup.mjs'

// npm test: all set-up, one MongoDB for the whole run in a folder that is removed afterwards, then every test, or the
// files and options of tap that are given. Its exit code is tap's.

const ROOT = path.join(import.meta.dirname, '..')
const log = line => console.error(line)
let tap
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt)
whenParentEnds(interrupt)

try {
  await install({ log })
  // The tests run from the sources. A build that fails is told, and fails the run, but does not hide what they say.
  const built = await build({ log }).then(() => true, error => { log(error.message); return false })
  const dataDir = temporaryFolder('espace-sante-fhir-')
  const mongo = await startMongo({ dataDir, temporary: true, log })
  mongo.lost.then(reason => { log(`MongoDB is gone: ${reason}`); tap?.kill('SIGTERM') })
  log(`MongoDB for the tests: ${mongo.url} (${mongo.name})`)
  const code = isInterrupted ? 130 : await runTap({ ...process.env, MONGODB_URL: mongo.url, ...process.env.MONGODB_URL ? {} : { MONGODB_DATA: path.join(dataDir, 'mongodb') } })
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
  process.exitCode = code !== 0 || built ? code : 1
} catch (error) {
  log(error.message)
  process.exitCode = 1
}

function interrupt () {
  isInterrupted = true
  tap?.kill('SIGTERM')
}

function runTap (env) {
  const run = path.join(ROOT, 'node_modules', 'tap', 'dist', 'esm', 'run.mjs')
  tap = spawn(process.execPath, [run, 'run', ...process.argv.slice(2)], { cwd: ROOT, env, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    tap.on('error', reject)
    tap.on('exit', (code, signal) => resolve(signal === null ? code : 1))
  })
}
