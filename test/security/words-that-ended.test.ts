/**
 * What a holder said of a caller, and what is over or still to come of it: it changes nothing of what the caller finds of
 * their own without naming a patient (consent.md 1 *hidden is absent*). A search without a patient may span three patients.
 */
import t from 'tap'
import { access, block, document, person } from '../helper/resource.js'
import { face, openScene } from './scene.js'
import type { Carer, Holder } from './scene.js'

const MAX_PATIENTS = 3
const scene = await openScene(t, { MAX_PATIENTS: String(MAX_PATIENTS) })
const DAY = 24 * 3600 * 1000
const at = (ms: number) => new Date(Date.now() + ms).toISOString()
const account = (status: string) => ({ extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: status }] })

type Words = (holder: Holder, carer: Carer) => Promise<unknown>

const ended = async (holder: Holder, choice: object) => {
  const id = await scene.make(holder.token, choice)
  const change = await scene.change(holder.token, `/Consent/${id}`, { status: 'inactive' })
  if (change.status !== 200) throw new Error(`not ended: ${change.status} ${change.text}`)
}
const during = (holder: Holder, carer: Carer, start: number, end: number) => {
  const choice = block(holder.id, person(carer.person))
  return { ...choice, provision: { ...choice.provision, period: { start: at(start), end: at(end) } } }
}

const WORDS: Readonly<Record<string, Words>> = {
  'an access that was withdrawn': async (holder, { person: id }) => { await ended(holder, access(holder.id, id)) },
  'an access that was deleted': async (holder, { person: id }) => {
    const choice = await scene.make(holder.token, access(holder.id, id))
    await scene.request(holder.token, 'DELETE', `/Consent/${choice}`)
  },
  'a block that was lifted': async (holder, { person: id }) => { await ended(holder, block(holder.id, person(id))) },
  'a block that is still to come': async (holder, carer) => { await scene.make(holder.token, during(holder, carer, DAY, 2 * DAY)) },
  'an account that was closed and opened again': async holder => {
    for (const status of ['closed', 'open']) await scene.change(scene.operator, `/Patient/${holder.id}`, account(status))
  }
}

for (const [name, say] of Object.entries(WORDS)) {
  t.test(`${name} leaves a caller what they deposited`, async t => {
    const [holder, carer] = [await scene.holder(), await scene.physician()]
    const own = await scene.make(carer.token, document(holder.id))
    const queries = ['/DocumentReference', '/DocumentReference?_total=accurate&_count=0', '/DocumentReference/_history', '/DocumentReference?_sort=date']
    const ask = async () => await Promise.all(queries.map(async query => face(await scene.request(carer.token, 'GET', query))))
    const before = await ask()
    await say(holder, carer)
    t.same(await scene.ids(carer.token, '/DocumentReference'), [own])
    t.same(await ask(), before)
  })
}

t.test('records whose holder blocked a caller who deposited there do not count against the others', async t => {
  const carer = await scene.physician()
  const own = await scene.make(carer.token, document((await scene.holder()).id))
  const before = face(await scene.request(carer.token, 'GET', '/DocumentReference'))
  for (let count = 0; count <= MAX_PATIENTS; count += 1) {
    const holder = await scene.holder()
    await scene.make(carer.token, document(holder.id))
    await scene.make(holder.token, block(holder.id, person(carer.person)))
  }
  t.equal(face(await scene.request(carer.token, 'GET', '/DocumentReference')), before)
  t.same(await scene.ids(carer.token, '/DocumentReference'), [own])
})

t.test('an account that closes while others deposit leaves none of them a total of what is not there', async t => {
  const holder = await scene.holder()
  const hospitals = []
  for (let count = 0; count < 6; count += 1) hospitals.push(await scene.hospital())
  const close = scene.change(scene.operator, `/Patient/${holder.id}`, account('closed'))
  await Promise.all([close, ...hospitals.map(async ({ token }) => await scene.post(token, document(holder.id)))])
  t.equal((await close).status, 200)
  for (const { token } of hospitals) {
    const { json } = await scene.request(token, 'GET', '/DocumentReference')
    t.same([json.total, json.entry], [0, undefined])
  }
})
