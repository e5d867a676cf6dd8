import { spawn, spawnSync } from 'node:child_process'
import { openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { end, identify } from './processes.mjs'
import { shutDown } from './replica-set.mjs'

// The keeper of one mongod: a process between the owner (npm start, npm test) and the database.
// It starts mongod again when it ends unexpectedly, with the same port and data, and stops it when the owner says so
// or is gone: the channel to the owner breaks the moment the owner dies, kill -9 included. It and mongod have process
// groups of their own, so that a Ctrl-C meant for the owner does not kill the database under a server that is still
// answering. Were the keeper itself killed, mongod is killed by the kernel, or by the next start.

const ENDS_IN_A_ROW = 5
const ROW = 60_000

const { program, port, replicaSet, cacheSizeGB, parameters: more, files, temporary } = JSON.parse(process.argv[2])
const output = openSync(files.log, 'a')
const ends = []
let mongod
let stopping = false

process.on('message', message => { if (message === 'stop') stop() })
process.on('disconnect', stop)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop)
launch()

function launch () {
  const parameters = [
    ...program.parameters,
    ...more,
    '--dbpath', program.dbPath,
    '--port', String(port),
    '--bind_ip', '127.0.0.1',
    '--replSet', replicaSet,
    '--wiredTigerCacheSizeGB', String(cacheSizeGB),
    '--networkMessageCompressors', 'disabled',
    // What is dropped stays open as long as its past may be asked for, and tests drop hundreds of files each; the history of
    // all types is asked of one instant, and takes seconds on a busy machine.
    ...temporary ? ['--setParameter', 'minSnapshotHistoryWindowInSeconds=20'] : []
  ]
  const [command, ...rest] = [...bound(), program.command, ...parameters]
  const env = { ...process.env, ...program.env }
  mongod = spawn(command, rest, { detached: true, stdio: ['ignore', output, output], env })
  mongod.on('error', error => giveUp(error.message))
  mongod.on('exit', (code, signal) => {
    if (stopping) return
    tell({ ended: String(signal ?? code) })
    ends.push(Date.now())
    if (ends.filter(at => at > Date.now() - ROW).length >= ENDS_IN_A_ROW) {
      giveUp(`mongod ended ${ENDS_IN_A_ROW} times within a minute`)
    } else {
      setTimeout(() => stopping || launch(), 200)
    }
  })
  if (mongod.pid === undefined) return
  record(identify(mongod.pid))
  tell({ pid: mongod.pid })
}

/** Linux kills a process at the death of its parent, if asked; elsewhere the next start does it. */
function bound () {
  const words = ['setpriv', '--pdeathsig', 'KILL']
  const works = process.platform === 'linux' && spawnSync(words[0], [...words.slice(1), 'true']).status === 0
  return works ? words : []
}

async function stop () {
  if (stopping) return
  stopping = true
  const running = mongod.pid === undefined ? undefined : identify(mongod.pid)
  if (running !== undefined) {
    await Promise.race([shutDown(port), sleep(10_000)])
    await end(running, 10_000)
  }
  leave(0)
}

function giveUp (reason) {
  stopping = true
  const lines = readFileSync(files.log, 'utf8').trim().split('\n').slice(-3).map(line => line.slice(0, 500))
  tell({ failed: [reason, ...lines].join('\n') })
  leave(1)
}

function leave (code) {
  if (program.sweep) spawnSync(program.sweep[0], program.sweep.slice(1), { env: { ...process.env, ...program.env } })
  record(undefined)
  if (temporary) rmSync(files.directory, { recursive: true, force: true, maxRetries: 5 })
  process.exit(code)
}

/** What runs here, for the next start in this folder; and the port, which a replica set remembers too. */
function record (running) {
  const text = JSON.stringify({ port, keeper: identify(process.pid), mongod: running })
  writeFileSync(`${files.record}.new`, text)
  renameSync(`${files.record}.new`, files.record)
}

function tell (message) {
  if (process.connected) process.send(message, () => {})
}
