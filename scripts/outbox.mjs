import { readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { setup } from './setup.mjs'

// npm run -s outbox: what of the notifications waits to be sent, and what failed for good; tries that again, or drops it.
// Exit code 0 when all that was asked was done, 1 when something that was named is not dead, 2 when nothing was begun.

const ROOT = path.join(import.meta.dirname, '..')
const USAGE = `Usage: npm run -s outbox -- [--retry ID|all …] [--drop ID|all …] [--json] [--most N]
  without options  what waits and what is dead: how many, ids, since when, what failed last
  --retry  what is dead is due again at once, as if for the first time
  --drop   what is dead is given up
  --json   one line of JSON
  --most   of what waits, and of what is dead, so many are listed (50)
MONGODB_URL and MONGODB_DB as for the server; without MONGODB_URL the local MongoDB of a server that runs (DATA_DIR).`
const log = line => console.error(line)

try {
  const asked = read()
  if (asked === undefined) console.log(USAGE)
  else {
    await setup({ log })
    const { run } = await import(pathToFileURL(path.join(ROOT, 'dist', 'scripts', 'outbox', 'run.js')).href)
    const { text, isDone } = await run(asked)
    console.log(text)
    process.exitCode = isDone ? 0 : 1
  }
} catch (error) {
  log(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${USAGE}` : error.message)
  process.exitCode = 2
}

function read () {
  const list = { type: 'string', multiple: true }
  const flag = { type: 'boolean', default: false }
  const { values } = parseArgs({ options: { retry: list, drop: list, json: flag, most: { type: 'string', default: '50' }, help: flag } })
  if (values.help) return undefined
  if (!/^\d{1,6}$/.test(values.most)) throw new Error(`--most wants a number\n${USAGE}`)
  const [retry, drop] = [values.retry, values.drop].map(ids => ids?.includes('all') ? 'all' : ids)
  if (retry !== undefined && drop !== undefined) throw new Error(`--retry or --drop, one at a time\n${USAGE}`)
  return { mongoUrl: process.env.MONGODB_URL || localUrl(), mongoDb: process.env.MONGODB_DB || 'espace-sante', retry, drop, isJson: values.json, most: Number(values.most) }
}

/** That of the server that runs here. */
function localUrl () {
  try {
    const { port } = JSON.parse(readFileSync(path.join(process.env.DATA_DIR || '.data', 'mongodb', 'mongod.json'), 'utf8'))
    return `mongodb://127.0.0.1:${port}/?replicaSet=rs0`
  } catch {
    throw new Error('No MongoDB runs here: set MONGODB_URL, or npm start first')
  }
}
