/** Every type of the record: deposited, found, and, once it is hidden, as absent as what never was (`consent.md` 1). */
import t from 'tap'
import { access, label } from '../helper/resource.js'
import { least } from './least.js'
import { face, openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id: document } = await scene.cast()
const stranger = await scene.physician()
await scene.make(holder.token, access(holder.id, stranger.person))

for (const [type, make] of Object.entries(least)) {
  t.test(`B1 ${type}: as absent as what never was, once it is hidden`, async t => {
    const resource = { resourceType: type, ...make({ reference: `Patient/${holder.id}` }, `DocumentReference/${document}`) }
    const id = await scene.make(hospital.token, resource)
    t.equal(await scene.status(physician.token, `/${type}/${id}`), 200, 'read with a ground')
    t.ok((await scene.ids(physician.token, `/${type}?_id=${id}`)).includes(id), 'and found')
    const current = (await scene.request(holder.token, 'GET', `/${type}/${id}`)).json
    const masked = await scene.request(holder.token, 'PUT', `/${type}/${id}`, { body: { ...current, meta: { security: label('MASQUE_PS').coding } } })
    t.equal(masked.status, 200, 'the holder masks it')
    const gone = 'ffffffff-ffff-4fff-8fff-ffffffffffff'
    const ask = async (one: string, method: 'GET' | 'PUT' | 'DELETE', url: string) => face(await scene.request(physician.token, method, url.replaceAll('ID', one),
      method === 'PUT' ? { body: { ...resource, id: one } } : {})).replaceAll(one, 'ID')
    for (const [method, url] of [['GET', `/${type}/ID`], ['GET', `/${type}/ID/_history`], ['GET', `/${type}/ID/_history/${current.meta.versionId}`], ['GET', `/${type}?_id=ID`], ['GET', `/${type}?_id=ID&_total=accurate&_summary=count`], ['PUT', `/${type}/ID`], ['DELETE', `/${type}/ID`]] as const) {
      t.equal(await ask(id, method, url), await ask(gone, method, url), `${method} ${url}`)
    }
    const list = { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${holder.id}` } }
    const referring = async (one: string) => face(await scene.post(physician.token, { ...list, entry: [{ item: { reference: `${type}/${one}` } }] })).replaceAll(one, 'ID')
    t.equal(await referring(id), await referring(gone), 'referred to')
    t.strictSame(await scene.ids(physician.token, `/AuditEvent?patient=Patient/${holder.id}&entity=${type}/${id}`), [], 'no trace names it')
    t.equal(await scene.status(hospital.token, `/${type}/${id}`), 200, 'its author goes on seeing it')
  })
}
