/** What operations tell beside their answers: by how many traces they leave, by the patient of a token, by what a token may only write. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import { document, label } from '../helper/resource.js'
import { newIns, openScene } from './scene.js'

const scene = await openScene(t)
const { request } = scene
const get = async (token: string, url: string) => await request(token, 'GET', url)

t.test('P5 a request over several types leaves one trace, whether or not something of a type is hidden from its reader', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const emergency = async () => await scene.token(as.emergency(physician.person, physician.structure, holder.ins, 'bris_de_glace'))
  const urls = [`/Patient/${holder.id}/$everything`, `/Patient/${holder.id}/$summary`, `/Patient/${holder.id}/*?_type=Condition,Observation`, `/fhir?_type=Condition,Observation&patient=${holder.id}`]
  const events = async () => {
    const { json } = await get(holder.token, `/AuditEvent?patient=${holder.id}&_count=200`)
    return { traces: json.total as number, told: (await get(holder.token, `/Communication?patient=${holder.id}&_count=200`)).json.total as number }
  }
  const asked = async () => {
    for (const url of urls) t.equal((await get(physician.token, url)).status, 200, url)
    t.equal((await get(await emergency(), '/_history?_count=50')).status, 200)
    return await events()
  }
  const before = await events()
  const first = await asked()
  const invisible = { security: label('INVISIBLE_PATIENT').coding }
  await scene.make(hospital.token, { resourceType: 'Condition', meta: invisible, code: { text: 'x' }, subject: { reference: `Patient/${holder.id}` } })
  const between = await events()
  const second = await asked()
  t.equal(first.traces - before.traces, urls.length + 1 + 2, 'one each, and the two by which the holder looked')
  t.equal(second.traces - between.traces, first.traces - before.traces)
  t.equal(second.told - between.told, first.told - before.told)
})

t.test('$docref and $lastn name no patient whom a token names: one that looks like nobody is nobody', async t => {
  const { ins } = await scene.holder()
  const shut = await scene.token(as.application('unpaired', ins))
  const nobody = await scene.token(as.application('unpaired', newIns()))
  for (const url of ['/DocumentReference/$docref', '/DocumentReference/$docref?type=11488-4&_count=1', '/Observation/$lastn?category=laboratory']) {
    const [one, other] = [await get(shut, url), await get(nobody, url)]
    t.strictSame([one.status, one.text], [200, other.text], url)
    t.equal(one.json.total, 0)
    t.notMatch(one.text, /patient/)
  }
})

t.test('who has no scope to read is shown nothing by a write, a patch that changes nothing, or $validate', async t => {
  const { holder, hospital } = await scene.cast()
  const id = await scene.make(hospital.token, document(holder.id))
  const writing = await scene.token({ ...as.holder(holder.ins), scope: 'patient/*.cu' })
  const body = JSON.stringify([{ op: 'replace', path: '/status', value: 'current' }])
  const patched = await request(writing, 'PATCH', `/DocumentReference/${id}`, { body, headers: { 'content-type': 'application/json-patch+json' } })
  t.strictSame([patched.status, patched.text], [200, ''])
  for (const each of [id, randomUUID()]) t.equal((await request(writing, 'POST', `/DocumentReference/${each}/$validate?mode=create`, { body: document(holder.id) })).status, 403)
})
