import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

// npm run sandbox: a server for vendors to try their software on, with personas, their tokens and records, and a page of
// guided cases that marks what it saw. Its data is its own, and is made anew at each start.

const ROOT = path.join(import.meta.dirname, '..')
const USAGE = `Usage: npm run sandbox -- [--port N] [--page N]
  --port  of the FHIR server (8080)
  --page  of the page about it (8090)
Data: DATA_DIR, or .data/sandbox; MONGODB_URL, or a local MongoDB.`
const log = line => console.error(line)
let end
const over = new Promise(resolve => { end = resolve })
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end)
whenParentEnds(end)

try {
  const options = read()
  if (options === undefined) console.log(USAGE)
  else await sandbox(options)
} catch (error) {
  log(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${USAGE}` : error.message)
  process.exitCode = 1
}

async function sandbox ({ port, pagePort }) {
  // The tokens are signed with the key that the server finds there.
  process.env.DATA_DIR = path.resolve(process.env.DATA_DIR || path.join('.data', 'sandbox'))
  const { localToken, needLocalIssuer } = await import('./local-token.mjs')
  needLocalIssuer()
  await setup({ log })
  const dataDir = process.env.DATA_DIR
  const mongo = await startMongo({ dataDir, log })
  try {
    const { run } = await import(pathToFileURL(path.join(ROOT, 'dist', 'scripts', 'sandbox', 'run.js')).href)
    const stop = await run({ mongoUrl: mongo.url, dataDir, root: ROOT, port, pagePort, log, tokenOf: bearer => localToken(bearer, log).token })
    mongo.lost.then(reason => {
      log(`MongoDB is gone: ${reason}`)
      process.exitCode = 1
      end()
    })
    await over
    await stop()
  } finally {
    await mongo.stop()
  }
}

function read () {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' }, page: { type: 'string', default: '8090' }, help: { type: 'boolean', default: false } } })
  if (values.help) return undefined
  const [port, pagePort] = [values.port, values.page].map(Number)
  if (![port, pagePort].every(each => Number.isInteger(each) && each > 0 && each < 65_536)) throw new Error(`a port is a number\n${USAGE}`)
  return { port, pagePort }
}
