import { parseArgs } from 'node:util'
import { runWithMongo } from './own-mongo.mjs'

// npm run plans: how MongoDB runs a search by each declared parameter of the main types, alone and with a patient, and in
// each order, on 100,000 documents (--patients, --documents for another size). Fails when one scans a collection, or
// examines more than 20 keys for each result.

const { values } = parseArgs({ options: { patients: { type: 'string', default: '2000' }, documents: { type: 'string', default: '50' } } })
const { report, isGood } = await runWithMongo('plans', { patients: Number(values.patients), documents: Number(values.documents) })
console.log(report)
process.exitCode = isGood ? 0 : 1
