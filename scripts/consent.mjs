import { rmSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startMongo } from './mongodb/start-mongo.mjs'
import { temporaryFolder } from './mongodb/temporary-folder.mjs'
import { whenParentEnds } from './parent.mjs'
import { buildTests, install } from './setup.mjs'

// npm run test:consent: many random scenarios (100,000; --scenarios N) in two processes (--workers N) on a MongoDB of its
// own: the model, the decision and MongoDB must agree on every one, and every cell of the coverage be filled. What
// disagrees is made small and written to test/consent/corpus/, which npm test asks again. --seed N draws a run again.

const ROOT = path.join(import.meta.dirname, '..')
const log = line => console.error(line)
const { values } = parseArgs({
  options: { scenarios: { type: 'string', default: '100000' }, workers: { type: 'string', default: '2' }, seed: { type: 'string', default: String(Date.now() % 1_000_000_000) } }
})

whenParentEnds(() => process.exit(1))
await install({ log })
await buildTests({ log })
const dataDir = temporaryFolder('consent-')
const mongo = await startMongo({ dataDir, temporary: true, log })
try {
  const [scenarios, workers, seed] = [values.scenarios, values.workers, values.seed].map(Number)
  log(`${scenarios} scenarios from seed ${seed} on, in ${workers} processes`)
  const { hunt } = await import(pathToFileURL(path.join(ROOT, 'dist', 'tests', 'test', 'consent', 'hunt', 'main.js')).href)
  const { report, isGood } = await hunt({ mongoUrl: mongo.url, seed, scenarios, workers, log })
  console.log(report.join('\n'))
  process.exitCode = isGood ? 0 : 1
} finally {
  await mongo.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
