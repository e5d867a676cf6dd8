import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { build, buildTests, install } from './setup.mjs'

// npm run test:wire: many random requests (20,000; --pairs N) in two processes (--workers N) on a MongoDB of its own, each
// asked of two servers that differ only in what is hidden from the caller: the answers must be the same bytes, and every
// cell of the coverage be filled. What differs is made small and written to test/security/wire/corpus/, which npm test plays
// again. --seed N draws a run again.

const ROOT = path.join(import.meta.dirname, '..')
const log = line => console.error(line)
const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '20000' }, workers: { type: 'string', default: '2' }, seed: { type: 'string', default: String(Date.now() % 1_000_000_000) } }
})

whenParentEnds(() => process.exit(1))
await install({ log })
await build({ log })
await buildTests({ log })
const dataDir = mkdtempSync(path.join(tmpdir(), 'wire-'))
const mongo = await startMongo({ dataDir, temporary: true, log })
try {
  const [pairs, workers, seed] = [values.pairs, values.workers, values.seed].map(Number)
  log(`${pairs} pairs from seed ${seed} on, in ${workers} processes`)
  const { hunt } = await import(pathToFileURL(path.join(ROOT, 'dist', 'tests', 'test', 'security', 'wire', 'hunt', 'main.js')).href)
  const { report, isGood } = await hunt({ mongoUrl: mongo.url, seed, pairs, workers, log })
  console.log(report.join('\n'))
  process.exitCode = isGood ? 0 : 1
} finally {
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
