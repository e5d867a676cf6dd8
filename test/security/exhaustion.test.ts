/** What is long or refers to much is refused or answered, and nobody waits for it (security.md E). */
import t from 'tap'
import { actor, consent, document, person, structure } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const { holder, hospital, physician, id } = await scene.cast()
const toPatient = { subject: { reference: `Patient/${holder.id}` } }
const many = <T> (count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))
const observation = (more: object) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...toPatient, ...more })
const FINESS = 'https://finess.esante.gouv.fr'

/** The status, and whether it took no more than some seconds: unbounded, each takes minutes. */
async function timed (ask: () => Promise<{ readonly status: number, readonly text: string }>) {
  const started = performance.now()
  const { status, text } = await ask()
  return { status, text, isSoon: performance.now() - started < 15_000 }
}

t.test('E4 a resource that refers to very much is refused before anything is looked up', async t => {
  for (const [token, resource] of [
    [hospital.token, observation({ derivedFrom: many(60_000, () => ({ reference: `DocumentReference/${id}` })) })],
    [hospital.token, observation({ performer: many(30_000, index => ({ identifier: { system: FINESS, value: String(index) } })) })],
    [hospital.token, document(holder.id, { author: many(30_000, index => structure(String(index))) })],
    [holder.token, observation({ performer: many(30_000, () => ({ identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: holder.ins } })) })],
    [physician.token, { resourceType: 'Communication', status: 'completed', ...toPatient, sender: person(physician.person), recipient: many(30_000, index => structure(String(index))) }]
  ] as const) {
    const { status, text, isSoon } = await timed(async () => await scene.post(token, resource))
    t.equal(status, 422)
    t.match(text, /"code":"too-long"/)
    t.ok(isSoon)
  }
})

t.test('one that refers to a few hundred is taken', async t => {
  const performer = many(100, index => ({ identifier: { system: FINESS, value: String(index) } }))
  const derivedFrom = many(400, () => ({ reference: `DocumentReference/${id}` }))
  t.equal((await scene.post(hospital.token, observation({ performer, derivedFrom }))).status, 201)
})

t.test('a choice that names very many is refused', async t => {
  const provision = { type: 'permit', actor: many(900, index => actor(person(`8${String(index).padStart(11, '0')}`))).flat() }
  const { status, isSoon } = await timed(async () => await scene.post(holder.token, consent(holder.id, undefined, provision)))
  t.equal(status, 422)
  t.ok(isSoon)
})

t.test('the addresses of a Bundle are read once, however long they are and however much refers to them', async t => {
  for (const fullUrl of [`https://${'a'.repeat(1_000_000)}`, `https://${'a'.repeat(1_000_000)}/Observation/1`]) {
    const resource = observation({ derivedFrom: many(4900, () => ({ reference: 'DocumentReference/none' })) })
    const { status, isSoon } = await timed(async () => await scene.request(hospital.token, 'POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry: [{ fullUrl, resource, request: { method: 'POST', url: 'Observation' } }] } }))
    t.equal(status, 422)
    t.ok(isSoon)
  }
})

t.test('E4 a Bundle that refers to very much is refused before anything is looked up, one that refers to some hundreds is taken', async t => {
  const performer = (count: number) => many(count, index => ({ identifier: { system: FINESS, value: String(index) } }))
  const bundle = (type: string, entries: number, references: number) => ({
    resourceType: 'Bundle', type, entry: many(entries, () => ({ resource: observation({ performer: performer(references) }), request: { method: 'POST', url: 'Observation' } }))
  })
  for (const type of ['batch', 'transaction']) {
    const { status, text, isSoon } = await timed(async () => await scene.request(hospital.token, 'POST', '', { body: bundle(type, 50, 990) }))
    t.equal(status, 400, type)
    t.match(text, /"code":"too-costly".*"expression":\["Bundle.entry"\]/s)
    t.ok(isSoon)
  }
  t.equal((await scene.request(hospital.token, 'POST', '', { body: bundle('batch', 4, 200) })).status, 200)
})

t.test('a fraction of a second has an end', async t => {
  const { status, isSoon } = await timed(async () => await scene.post(hospital.token, observation({ effectiveDateTime: `2026-01-01T00:00:00.${'7'.repeat(5_000_000)}Z` })))
  t.equal(status, 422)
  t.ok(isSoon)
})
