import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify, isRunning } from './mongodb/processes.mjs'
import { runQuietly } from './run-quietly.mjs'

const ROOT = path.join(import.meta.dirname, '..')
const LOCK = path.join(ROOT, 'package-lock.json')
// npm writes it at the end of an installation: what it has put there.
const INSTALLED = path.join(ROOT, 'node_modules', '.package-lock.json')
// Who is at it in this checkout: `npm start` and `npm test` may well be told at once.
const OWNER = path.join(ROOT, '.setup.json')
// Whatever tsc and scripts/definitions.mjs read or are.
const SOURCES = ['src', 'scripts', 'capability-statement.json', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
// What is built, each with its mark: made after a build, and dated at its beginning, so that a file saved meanwhile counts
// as changed. The tests stand apart, with sources of their own: a start needs none, and waits for none.
const PROGRAM = { script: 'build', mark: path.join(ROOT, 'dist', '.built'), sources: SOURCES }
const TESTS = { script: 'build:test', mark: path.join(ROOT, 'dist', 'tests', '.built'), sources: [...SOURCES, 'test', 'tsconfig.test.json'] }

/**
 * Makes a checkout ready to run: installs what package-lock.json says, and builds, each only when it is out of date.
 * Quiet when all goes well; what a failed command printed is in the error.
 * @param {{ log: (line: string) => void }} told
 */
export async function setup ({ log }) {
  await install({ log })
  await build({ log })
}

/** The first half of the set-up, for those that need no build. */
export async function install ({ log }) {
  await inTurn(log, async () => {
    if (isInstalled()) return
    log('Installing the dependencies (npm ci)')
    await runQuietly('npm', ['ci'], { cwd: ROOT })
  })
}

/** The second half. */
export async function build ({ log }) {
  await inTurn(log, async () => { await buildPart(PROGRAM, log) })
}

/** The tests and what they test, into `dist/tests`. */
export async function buildTests ({ log }) {
  await inTurn(log, async () => { await buildPart(TESTS, log) })
}

async function buildPart ({ script, mark, sources }, log) {
  if (Math.max(...sources.map(name => changed(path.join(ROOT, name)))) <= changed(mark)) return
  log(`Building (npm run ${script})`)
  const began = new Date()
  await runQuietly('npm', ['run', script], { cwd: ROOT })
  mkdirSync(path.dirname(mark), { recursive: true })
  writeFileSync(mark, '')
  utimesSync(mark, began, began)
}

/** Runs `work` when no other process does any in this checkout; what a dead one left does not count. */
async function inTurn (log, work) {
  for (let isTold = false; ; await sleep(250)) {
    try {
      writeFileSync(OWNER, JSON.stringify(identify(process.pid)), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = ownerNow()
    if (owner !== undefined && !isRunning(owner)) {
      rmSync(OWNER, { force: true })
    } else if (!isTold) {
      isTold = true
      log('Another process is setting up this checkout; waiting for it')
    }
  }
  try {
    await work()
  } finally {
    rmSync(OWNER, { force: true })
  }
}

/** undefined while its file is being written, or is just gone. */
function ownerNow () {
  try {
    return JSON.parse(readFileSync(OWNER, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * A lock file that is newer than the installation may still say the same: git writes it anew at a checkout, and npm
 * itself after an installation.
 */
function isInstalled () {
  if (!existsSync(INSTALLED)) return false
  if (changed(LOCK) <= changed(INSTALLED)) return true
  const wanted = JSON.parse(readFileSync(LOCK, 'utf8')).packages
  const there = JSON.parse(readFileSync(INSTALLED, 'utf8')).packages
  return Object.keys(there).every(name => name in wanted) &&
    Object.entries(wanted).every(([name, entry]) => name === '' ||
      (there[name] === undefined ? entry.optional === true : there[name].integrity === entry.integrity))
}

/** @returns {number} when the newest file or folder at or under a path was changed; 0 when there is none */
function changed (name) {
  const status = statSync(name, { throwIfNoEntry: false })
  if (status === undefined) return 0
  if (!status.isDirectory()) return status.mtimeMs
  return Math.max(status.mtimeMs, ...readdirSync(name).map(entry => changed(path.join(name, entry))))
}
