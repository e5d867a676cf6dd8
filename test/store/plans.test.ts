/**
 * How MongoDB runs a search by each declared parameter of the main types, alone and with a patient, in each order, and a
 * page of each history of all: on an index, at most 20 keys for each result. `npm run plans` asks the same of 100,000 documents.
 */
import t from 'tap'
import { fill } from '../../scripts/plans/dataset.js'
import { isBad, readPlans } from '../../scripts/plans/read.js'
import { ofDirectory, ofRecord } from '../../scripts/plans/resource.js'
import { startApp } from '../helper/app.js'

const { app, mongo, database } = await startApp(t)
const dataset = await fill(app, { patients: 3, documents: 60, others: 60, shared: 150 }, () => {})
const readings = await readPlans(app, mongo.db(database), dataset)

t.test('each search is on an index, and reads little more than it finds', async t => {
  t.ok(readings.length > 200, `${readings.length} commands`)
  for (const type of ['Patient', ...Object.keys(ofRecord), ...Object.keys(ofDirectory)]) t.ok(readings.some(({ query }) => query.startsWith(`${type}?`)), type)
  t.same(readings.filter(isBad), [])
})

t.test('what is bad is seen', async t => {
  const reading = { query: 'x', results: 3, keys: 80, documents: 80, plan: 'IXSCAN { keys: 1 }' }
  t.notOk(isBad(reading))
  t.ok(isBad({ ...reading, keys: 81 }))
  t.ok(isBad({ ...reading, documents: 81 }))
  t.ok(isBad({ ...reading, plan: 'COLLSCAN' }))
})

t.test('no collection has more indexes than MongoDB allows', async t => {
  for (const { name } of await mongo.db(database).listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.')) continue
    t.ok((await mongo.db(database).collection(name).indexes()).length <= 64, name)
  }
})
