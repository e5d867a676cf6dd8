import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { openApp } from '../bulk.js'
import { fill } from './dataset.js'
import { MOST, isBad, readPlans } from './read.js'

/** Loads, reads every plan, and says what is not as it should be. @returns a Markdown report, and whether all is well */
export async function run ({ mongoUrl, root, patients, documents, log }: { mongoUrl: string, root: string, patients: number, documents: number, log: (line: string) => void }): Promise<{ readonly report: string, readonly isGood: boolean }> {
  const app = await openApp({ mongoUrl, database: 'plans', root, master: randomBytes(32) })
  const client = await new MongoClient(mongoUrl).connect()
  try {
    log(`Loading ${patients} patients with ${documents} documents each`)
    const dataset = await fill(app, { patients, documents, others: 100, shared: Math.max(500, patients) }, log)
    const readings = await readPlans(app, client.db('plans'), dataset)
    const bad = readings.filter(isBad)
    const worst = readings.toSorted((one, other) => other.keys / (other.results + 1) - one.keys / (one.results + 1)).slice(0, 10)
    const row = ({ query, results, keys, documents, plan }: typeof readings[number]) => `| \`${query.replaceAll('|', '\\|')}\` | ${results} | ${keys} | ${documents} | ${plan} |`
    return {
      isGood: bad.length === 0,
      report: [
        `${readings.length} commands read on ${patients * documents} documents of ${patients} patients; ${bad.length} scan a collection or examine more than ${MOST} keys for each result and one more.`,
        '', '| query | results | keys | documents | plan |', '|---|---|---|---|---|', ...(bad.length > 0 ? bad : worst).map(row)
      ].join('\n')
    }
  } finally {
    await client.close()
    await app.close()
  }
}
