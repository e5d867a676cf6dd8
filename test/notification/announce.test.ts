/** The announcement (`consent.md` 1 and 4, CSP R1111-53): after two weeks a prompt that names no document; after a month the document. */
import t from 'tap'
import { as } from '../helper/app.js'
import { document, label } from '../helper/resource.js'
import { GP, GP2, MT, PRACTICE, isAbsent, openScene } from '../interaction/scene.js'
import { beginning, notifications, tellAll, told, workerOf } from './scene.js'

const scene = await openScene(t)
const { get, gp, made, open, professional, put, remove, mongo, database } = scene
const DAY = 24 * 3600_000
const WITHHELD = { securityLabel: [label('INVISIBLE_PATIENT')] }
let now = Date.now()
const { worker, warnings } = workerOf(scene, { clock: () => now })
await beginning(scene)

/** Time goes on for who tells. */
async function after (days: number): Promise<void> {
  now = Date.now() + days * DAY
  await mongo.db(database).collection('Feed').updateOne({}, { $set: { until: 0 } })
  await tellAll(scene, worker)
  await worker.deliverAll()
}

t.test('the holder is asked to see a professional after two weeks, once, and learns nothing else', async t => {
  const { id, holder } = await open()
  const other = await professional(GP2)
  const secrets = [await made(gp, document(id, WITHHELD)), await made(other, document(id, WITHHELD))]
  const before = await get(holder, `/Communication?patient=Patient/${id}`)
  await after(0)
  await after(13.9)
  t.strictSame((await told(scene, holder, { id })).includes('announcement'), false, 'not yet')
  await after(14.1)
  const prompts = (await notifications(scene, holder, id)).filter(({ category }) => JSON.stringify(category).includes('announcement'))
  t.equal(prompts.length, 1, 'once for both')
  const { id: prompt, meta, sent, ...said } = prompts[0]
  t.strictSame(said, {
    resourceType: 'Communication',
    status: 'completed',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'notification' }] },
      { coding: [{ system: 'https://fhir.espace-sante.example/CodeSystem/notification-kind', code: 'announcement' }] }
    ],
    subject: { reference: `Patient/${id}` },
    recipient: [{ reference: `Patient/${id}` }],
    payload: [{ contentString: 'Un professionnel de santé souhaite vous rencontrer. Prenez rendez-vous avec votre médecin traitant, ou avec le professionnel qui vous suit.' }]
  })
  for (const { id: secret } of secrets) isAbsent(t, await get(holder, `/DocumentReference/${secret}`))
  for (const stranger of [gp, other, await professional(MT)]) isAbsent(t, await get(stranger, `/Communication/${prompt}`))
  await after(20)
  t.strictSame((await told(scene, holder, { id })).filter(kind => kind === 'announcement').length, 1)
  t.equal(before.json.total, 0)
})

t.test('who shut their account meanwhile is asked when it opens again', async t => {
  const { id, holder } = await open()
  await made(gp, document(id, WITHHELD))
  await after(0)
  const account = async (valueCode: string) => {
    const { json } = await get(scene.operator, `/Patient/${id}`)
    t.equal((await put(scene.operator, { ...json, extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode }] })).status, 200)
  }
  await account('suspended')
  await after(14.1)
  await account('active')
  t.notOk((await told(scene, holder, { id })).includes('announcement'))
  await after(16)
  t.ok((await told(scene, holder, { id })).includes('announcement'))
})

t.test('what was released, deleted or entered in error meanwhile is not announced', async t => {
  const { id, holder } = await open()
  const [released, gone] = [await made(gp, document(id, WITHHELD)), await made(gp, document(id, WITHHELD))]
  await after(0)
  t.equal((await put(gp, { ...released, securityLabel: undefined })).status, 200)
  t.equal((await remove(gp, `/DocumentReference/${gone.id}`)).status, 204)
  await after(15)
  t.notOk((await told(scene, holder, { id })).includes('announcement'))
})

t.test('what is withheld after its deposit is announced by when it began', async t => {
  const { id, holder } = await open()
  const known = await made(gp, document(id))
  t.equal((await put(gp, { ...known, ...WITHHELD })).status, 200)
  await after(0)
  await after(14.1)
  t.ok((await told(scene, holder, { id })).includes('announcement'))
})

t.test('how long is a setting', async t => {
  const { id, holder } = await open()
  await made(await scene.token(as.professional(GP, PRACTICE)), document(id, WITHHELD))
  now = Date.now() + DAY * 3.1
  await mongo.db(database).collection('Feed').updateOne({}, { $set: { until: 0 } })
  const sooner = workerOf(scene, { clock: () => now, settings: { announceDays: 3 } })
  await tellAll(scene, sooner.worker)
  await sooner.worker.deliverAll()
  t.ok((await told(scene, holder, { id })).includes('announcement'))
})

t.test('after a month there is nothing to announce', async t => {
  const { id, holder } = await open()
  await made(gp, document(id, WITHHELD))
  await after(0)
  await after(40)
  t.notOk((await told(scene, holder, { id })).includes('announcement'), 'who was not asked in time sees the document itself')
  t.strictSame(warnings, [])
})
