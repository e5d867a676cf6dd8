import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { whenParentEnds } from './parent.mjs'
import { buildTests, setup } from './setup.mjs'

// npm run test:fault: three servers on a replica set of three, 50 clients, and everything that may happen to the
// database (test/fault/faults.ts), again and again; then a report of what was told, lost or half done. Some 12 minutes;
// --rounds N, --lasts SECONDS, --clients N. Linux only.

const ROOT = path.join(import.meta.dirname, '..')
const log = line => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '4' }, lasts: { type: 'string', default: '30' }, clients: { type: 'string', default: '50' } }
})

whenParentEnds(() => process.exit(1))
await setup({ log })
await buildTests({ log })
const { run } = await import(pathToFileURL(path.join(ROOT, 'dist', 'tests', 'test', 'fault', 'run.js')).href)
const { report, isGood } = await run({ rounds: Number(values.rounds), lasts: Number(values.lasts) * 1000, clients: Number(values.clients), log })
console.log(report)
process.exitCode = isGood ? 0 : 1
