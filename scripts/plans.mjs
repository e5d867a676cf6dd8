import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

// npm run plans: how MongoDB runs a search by each declared parameter of the main types, alone and with a patient, and in
// each order, on 100,000 documents (--patients, --documents for another size). Fails when one scans a collection, or
// examines more than 20 keys for each result.

const ROOT = path.join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { patients: { type: 'string', default: '2000' }, documents: { type: 'string', default: '50' } } })
const log = line => console.error(line)

whenParentEnds(() => process.exit(1))
await setup({ log })
const dataDir = mkdtempSync(path.join(tmpdir(), 'plans-'))
const mongo = await startMongo({ dataDir, temporary: true, log })
try {
  const { run } = await import(pathToFileURL(path.join(ROOT, 'dist', 'scripts', 'plans', 'run.js')).href)
  const { report, isGood } = await run({ mongoUrl: mongo.url, root: ROOT, patients: Number(values.patients), documents: Number(values.documents), log })
  console.log(report)
  process.exitCode = isGood ? 0 : 1
} finally {
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
