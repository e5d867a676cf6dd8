import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

// npm run -s sample -- --patients N --seed S: a folder of synthetic French records, the same for the same seed.

const ROOT = path.join(import.meta.dirname, '..')
const USAGE = `Usage: npm run -s sample -- --patients N [--seed S] [--out DIR] [--gzip]
  --patients  how many records
  --seed      any word (1): the same seed gives the same bytes
  --out       a folder that is empty or not there (sample-<N>-<S>)
  --gzip      .ndjson.gz instead of .ndjson
Load it with: npm run -s load -- DIR`
const log = line => console.error(line)

whenParentEnds(() => process.exit(1))
try {
  const options = read()
  if (options === undefined) console.log(USAGE)
  else await sample(options)
} catch (error) {
  log(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${USAGE}` : error.message)
  process.exitCode = 2
}

async function sample (options) {
  await setup({ log })
  const { writeSample } = await import(pathToFileURL(path.join(ROOT, 'dist', 'scripts', 'sample', 'run.js')).href)
  const tell = done => { if (done % 1000 === 0) log(`${done} of ${options.patients} records`) }
  const counts = await writeSample({ ...options, root: ROOT, tell })
  console.log(`${options.out}: ${[...counts].map(([type, count]) => `${count} ${type}`).join(', ')}`)
}

function read () {
  const text = { type: 'string' }
  const flag = { type: 'boolean', default: false }
  const { values } = parseArgs({ options: { patients: text, seed: { ...text, default: '1' }, out: text, gzip: flag, help: flag } })
  if (values.help) return undefined
  if (!/^[1-9]\d{0,5}$/.test(values.patients ?? '')) throw new Error(`--patients wants a number of records\n${USAGE}`)
  if (!/^[\w.-]{1,64}$/.test(values.seed)) throw new Error(`--seed wants a word of letters and digits\n${USAGE}`)
  return {
    patients: Number(values.patients),
    seed: values.seed,
    out: values.out ?? `sample-${values.patients}-${values.seed}`,
    isGzip: values.gzip
  }
}
