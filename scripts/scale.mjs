import { parseArgs } from 'node:util'
import { runWithMongo } from './own-mongo.mjs'

// npm run scale: what the main searches cost among 10,000 documents and among 1,000,000 of 130,000 patients, and the
// ratio. It takes an hour or more. --large N for fewer patients.

const { values } = parseArgs({ options: { small: { type: 'string', default: '1300' }, large: { type: 'string', default: '130000' } } })
const DOCUMENTS = 8
console.log(await runWithMongo('scale', {
  cacheSizeGB: 6,
  small: { patients: Number(values.small), documents: DOCUMENTS },
  large: { patients: Number(values.large), documents: DOCUMENTS }
}))
