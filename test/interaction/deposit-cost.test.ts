/** A deposit costs the same in a long record as in a short one: the largest records are the sickest patients'. */
import t from 'tap'
import { document } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const { made, hospital, request, mongo, database } = scene
const db = mongo.db(database)

/** Documents that MongoDB looks at for one deposit of `resource`. */
async function examined (resource: object): Promise<number> {
  await db.command({ profile: 0 })
  await db.dropCollection('system.profile')
  await db.command({ profile: 2 })
  await made(hospital, resource)
  await db.command({ profile: 0 })
  const commands = await db.collection('system.profile').find({ ns: { $regex: `^${database}\\.(?!system)` } }).toArray()
  return commands.reduce((sum, { docsExamined = 0 }) => sum + Number(docsExamined), 0)
}

t.test('a deposit looks at no more documents when there are a hundred', async t => {
  const { id } = await scene.open()
  const observation = (number: number) => ({ resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] }, subject: { reference: `Patient/${id}` }, identifier: [{ system: 'urn:o', value: String(number) }] })
  const before = [await examined(document(id)), await examined(observation(0))]
  const entry = Array.from({ length: 100 }, (_, number) => [document(id), observation(number + 1)]).flat().map(resource => ({ resource, request: { method: 'POST', url: resource.resourceType } }))
  const batch = await request(hospital, 'POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry } })
  t.equal(batch.status, 200, batch.text.slice(0, 500))
  t.ok(batch.json.entry.every(({ response }: { response: { status: string } }) => response.status.startsWith('201')))
  const after = [await examined(document(id)), await examined(observation(101))]
  t.comment(`documents examined: ${before.join(' and ')} at first, ${after.join(' and ')} then`)
  t.strictSame(after.map((count, index) => count <= (before[index] ?? 0) + 2), [true, true], after.join())
})
