/** B2, B12: no history, its total, order, pages or instants tell of what is hidden (`consent.md` 1 *Hidden is absent*). */
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { access, block, document, label, person } from '../helper/resource.js'
import { face, openScene } from './scene.js'
import type { Scene } from './scene.js'

type Json = TestResponse['json']
const scene = await openScene(t)
const { holder, physician, hospital, id } = await scene.cast()

const URLS = ['/DocumentReference/_history', '/_history', '/Consent/_history', '/Patient/_history', `/DocumentReference/${id}/_history`]
  .flatMap(url => [url, `${url}?_since=2020`, `${url}?_at=${new Date().getFullYear()}`, `${url}?_count=200`])

/** What a caller sees of every history, whole and page by page. */
async function faces (scene: Scene, token: string) {
  const whole: string[] = []
  for (const url of URLS) whole.push(face(await scene.request(token, 'GET', url)))
  const pages: Json[] = []
  for (let next: string | undefined = '/_history?_count=1'; next !== undefined;) {
    const { json }: TestResponse = await scene.request(token, 'GET', next)
    pages.push([json.total, json.entry, json.link.map(({ relation }: Json) => relation)])
    next = json.link.find(({ relation }: Json) => relation === 'next')?.url
  }
  return { whole, pages }
}

t.test('B2 P10 what is hidden changes no byte of any history', async t => {
  await scene.change(hospital.token, `/DocumentReference/${id}`, { description: 'second' })
  const before = await faces(scene, physician.token)
  t.match(before.whole[0], '\\"total\\":2', 'something is seen')
  const deposit = async (more: object = {}) => await scene.make(hospital.token, document(holder.id, { description: 'hidden', ...more }))
  const masked = await deposit({ securityLabel: [label('MASQUE_PS')] })
  await scene.change(holder.token, `/DocumentReference/${masked}`, { securityLabel: [label('MASQUE_PS'), label('R', 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality')] })
  const once = await deposit({ type: { coding: [{ system: 'urn:unknown', code: 'no type of the matrix' }] } })
  await scene.change(hospital.token, `/DocumentReference/${once}`, { description: 'hidden again' })
  const gone = await deposit({ securityLabel: [label('MASQUE_PS')] })
  await scene.request(hospital.token, 'DELETE', `/DocumentReference/${gone}`)
  const other = await scene.holder()
  const foreign = await scene.make(hospital.token, document(other.id, { description: 'foreign' }))
  await scene.change(hospital.token, `/DocumentReference/${foreign}`, { description: 'foreign again' })
  const choice = await scene.make(holder.token, block(holder.id, person('810000000042')))
  await scene.change(holder.token, `/Consent/${choice}`, { status: 'inactive' })
  const after = await faces(scene, physician.token)
  t.strictSame(after.whole, before.whole)
  t.strictSame(after.pages, before.pages)
  const all = await scene.request(holder.token, 'GET', '/_history?_count=200')
  t.ok(all.json.total > 8, 'while the holder sees them')
})

t.test('who is shut out finds the history of a stranger', async t => {
  const stranger = await scene.physician()
  const nothing = await faces(scene, stranger.token)
  await scene.make(holder.token, block(holder.id, person(physician.person)))
  const shut = await faces(scene, physician.token)
  t.strictSame(shut.pages, nothing.pages)
  t.strictSame(shut.whole.slice(0, 16), nothing.whole.slice(0, 16))
})

t.test('B7 C11 a choice that comes between two pages is heeded by the second', async t => {
  const cast = await scene.cast()
  await scene.make(cast.hospital.token, document(cast.holder.id))
  const first = await scene.request(cast.physician.token, 'GET', '/DocumentReference/_history?_count=1')
  await scene.make(cast.holder.token, block(cast.holder.id, person(cast.physician.person)))
  const second = await scene.request(cast.physician.token, 'GET', first.json.link[1].url)
  t.strictSame([second.status, second.json.total, second.json.entry], [200, 0, undefined])
})

t.test('C12 an emergency reaches the one record that it names', async t => {
  const { holder: other, hospital } = await scene.cast()
  const emergency = await scene.token({
    actor: 'professional', SubjectNameID: physician.person, SubjectOrganizationID: physician.structure, SubjectRole: ['10^1.2.250.1.71.1.2.7'], Secteur_Activite: 'SA07^1.2.250.1.71.4.2.4', Mode_Acces: 'bris_de_glace', Mode_Acces_Raison: 'unconscious', ins: `urn:oid:1.2.250.1.213.1.4.10|${other.ins}`
  })
  await scene.make(hospital.token, document(holder.id))
  t.equal((await scene.request(emergency, 'GET', '/DocumentReference/_history')).json.total, 0, 'shut, as the holder did not open it')
  await scene.make(other.token, access(other.id, physician.person))
  t.equal((await scene.request(emergency, 'GET', '/_history')).json.entry?.some((entry: Json) => entry.resource.subject?.reference === `Patient/${holder.id}`) ?? false, false)
})
