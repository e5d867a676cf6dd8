import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { runQuietly } from './run-quietly.mjs'
import { setup } from './setup.mjs'

// npm run bench: all set-up, a MongoDB of its own, its dataset, then our server against the bare pipeline, measure by
// measure (design.md 7). Prints a Markdown table, writes bench-results/<date>.json. scripts/bench/README.md says more.

const ROOT = path.join(import.meta.dirname, '..')
const SOURCES = path.join(ROOT, 'scripts', 'bench')
const COMPILED = path.join(ROOT, 'dist', 'scripts', 'bench')
const MEASURES = ['read', 'search', 'deposit', 'choices']
// What both servers read fits into it, as it does into that of a MongoDB with a machine of its own.
const CACHE_GB = 4
const USAGE = `Usage: npm run bench -- [--quick] [--only read|search|deposit|choices] [--rounds N] [--keep] [--profile DIR] [--soak M]
  --quick    2,000 documents instead of 100,000, rounds of 3 s instead of 10 s
  --only     one measure; may be given several times
  --rounds   rounds of each measure (3)
  --keep     uses the dataset that is there, even if the code that wrote it has changed since
  --profile  a folder for CPU profiles of our server, one for each measure
  --soak M   instead of the comparison: M minutes of deposits at 80 % of the rate that a round of full load reaches`
const log = line => console.error(line)

whenParentEnds(() => process.exit(1))
try {
  await bench(read())
} catch (error) {
  log(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${USAGE}` : error.stack)
  process.exitCode = 1
}

async function bench (options) {
  if (options.isHelp) return console.log(USAGE)
  await setup({ log })
  if (!isCompiled()) await runQuietly('npm', ['run', 'build'], { cwd: ROOT })
  const dataDir = path.resolve(process.env.DATA_DIR || '.data', options.isQuick ? 'bench-quick' : 'bench')
  const mongo = await startMongo({ dataDir, cacheSizeGB: CACHE_GB, log })
  mongo.lost.then(reason => {
    log(`MongoDB is gone: ${reason}`)
    process.exit(1)
  })
  try {
    const { run } = await import(pathToFileURL(path.join(COMPILED, 'run.js')).href)
    console.log(await run({ ...options, root: ROOT, dataDir, mongo, log }))
  } finally {
    await mongo.stop()
  }
}

function read () {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '3' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      profile: { type: 'string' },
      soak: { type: 'string', default: '0' }
    }
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds wants a number of rounds\n${USAGE}`)
  const soak = Number(values.soak)
  if (!Number.isInteger(soak) || soak < 0) throw new Error(`--soak wants a number of minutes\n${USAGE}`)
  const foreign = values.only.find(name => !MEASURES.includes(name))
  if (foreign !== undefined) throw new Error(`--only ${foreign} is no measure\n${USAGE}`)
  return {
    isHelp: values.help,
    isQuick: values.quick,
    only: values.only,
    rounds,
    keep: values.keep,
    soak,
    profile: values.profile && path.resolve(values.profile)
  }
}

/** The set-up builds for the sources of the server alone; ours may be newer. */
function isCompiled () {
  return readdirSync(SOURCES).filter(name => name.endsWith('.ts')).every(name => {
    const compiled = path.join(COMPILED, name.replace(/\.ts$/, '.js'))
    return existsSync(compiled) && statSync(compiled).mtimeMs >= statSync(path.join(SOURCES, name)).mtimeMs
  })
}
