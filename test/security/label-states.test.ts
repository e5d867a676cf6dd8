/** Labels that are missing, null, empty, double, twins or of another system (decisions/0010), as they are deposited and as they are stored. */
import t from 'tap'
import type { Document } from 'mongodb'
import { actor, consent, document, label, person } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital } = await scene.cast()
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const of = (...codes: readonly string[]) => codes.map(code => label(code, CONFIDENTIALITY))
await scene.make(holder.token, consent(holder.id, 'partage', { type: 'deny', actor: actor(person(physician.person)), securityLabel: [{ system: CONFIDENTIALITY, code: 'R' }] }))

/** What is deposited, and whether a physician with a ground sees it in spite of a deny on `R`; or how it is refused. */
const STATES: readonly (readonly [state: string, more: object, said: 'seen' | 'hidden' | 422 | 400])[] = [
  ['missing', {}, 'seen'],
  ['null', { securityLabel: null }, 422],
  ['an empty list', { securityLabel: [] }, 422],
  ['a list of null', { securityLabel: [null] }, 422],
  ['a concept without anything', { securityLabel: [{}] }, 422],
  ['a concept of null', { securityLabel: [{ coding: null }] }, 422],
  ['a concept without codings', { securityLabel: [{ coding: [] }] }, 422],
  ['a coding of null', { securityLabel: [{ coding: [null] }] }, 422],
  ['a code of null', { securityLabel: [{ coding: [{ system: CONFIDENTIALITY, code: null }] }] }, 422],
  ['tags of null', { meta: { security: null } }, 422],
  ['meta of null', { meta: null }, 422],
  ['N', { securityLabel: of('N') }, 'seen'],
  ['N and R', { securityLabel: of('N', 'R') }, 'hidden'],
  ['R and N', { securityLabel: of('R', 'N') }, 'hidden'],
  ['N and R in one concept', { securityLabel: [{ coding: [...of('N', 'R')].flatMap(({ coding }) => coding) }] }, 'hidden'],
  ['N, and R as a tag', { securityLabel: of('N'), meta: { security: of('R').flatMap(({ coding }) => coding) } }, 'hidden'],
  ['V, which a deny on R covers', { securityLabel: of('V') }, 'hidden'],
  ['the case twin of R', { securityLabel: of('r') }, 'hidden'],
  ['the case twin of N', { securityLabel: of('n') }, 'hidden'],
  ['a code without a system', { securityLabel: [{ coding: [{ code: 'N' }] }] }, 'hidden'],
  ['a system without a code', { securityLabel: [{ coding: [{ system: CONFIDENTIALITY }] }] }, 'hidden'],
  ['a system that differs by a slash', { securityLabel: [label('N', `${CONFIDENTIALITY}/`)] }, 'hidden'],
  ['a text alone', { securityLabel: [{ text: 'normal' }] }, 'hidden'],
  ['a display alone', { securityLabel: [{ coding: [{ display: 'normal' }] }] }, 'hidden'],
  ['an empty code', { securityLabel: [{ coding: [{ system: CONFIDENTIALITY, code: '' }] }] }, 422]
]

for (const [state, more, said] of STATES) {
  t.test(`C8 a label that is ${state}`, async t => {
    const response = await scene.post(hospital.token, document(holder.id, more as Record<string, unknown>))
    if (typeof said === 'number') {
      t.equal(response.status, said, response.text)
      t.match(response.json.issue[0].expression?.[0] ?? '', /^DocumentReference\.(?:securityLabel|meta)/, 'at its place')
      return
    }
    t.equal(response.status, 201, response.text)
    const { id } = response.json as { readonly id: string }
    const isSeen = said === 'seen'
    t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), isSeen ? 200 : 404, 'read')
    t.equal((await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}`)).includes(id), isSeen, 'found')
    t.equal((await scene.request(physician.token, 'GET', `/DocumentReference?_id=${id}&_summary=count`)).json.total, isSeen ? 1 : 0, 'counted')
  })
}

/** What holds no value may be stored as an empty list, as null or not at all, by whoever wrote it: the same is said of it. */
t.test('C8 what holds no value is one, however it is stored', async t => {
  const kept = scene.mongo.db(scene.database).collection<Document & { readonly _id: string }>('DocumentReference')
  const cast = await scene.cast()
  const masked = await scene.make(cast.hospital.token, document(cast.holder.id, { securityLabel: [label('MASQUE_PS')] }))
  const asks = [`/DocumentReference?patient=${cast.holder.id}`, `/DocumentReference?patient=${cast.holder.id}&_summary=count`, `/DocumentReference/${cast.id}`, `/DocumentReference/${masked}`, `/DocumentReference/${cast.id}/_history`]
  const look = async () => await Promise.all([cast.physician, cast.hospital, cast.holder].flatMap(({ token }) => asks.map(async url => {
    const { status, text } = await scene.request(token, 'GET', url)
    return [url, status, text.includes(cast.id), text.includes(masked), /"total":\d+/.exec(text)?.[0]]
  })))
  const before = await look()
  t.ok(before.some(([, status]) => status === 404) && before.some(([, , isIn]) => isIn))
  for (const id of [cast.id, masked]) {
    const facts = (await kept.findOne({ _id: id }))?.['facts'] as Readonly<Record<string, unknown>>
    const empty = Object.entries(facts).filter(([, value]) => value === false || (Array.isArray(value) && value.length === 0)).map(([name]) => name)
    t.ok(empty.length > 0, empty.join())
    for (const name of empty) {
      await kept.updateOne({ _id: id }, { $set: { [`facts.${name}`]: null } })
      t.same(await look(), before, `${name} is null`)
      await kept.updateOne({ _id: id }, { $unset: { [`facts.${name}`]: '' } })
      t.same(await look(), before, `${name} is missing`)
      await kept.updateOne({ _id: id }, { $set: { [`facts.${name}`]: facts[name] } })
    }
  }
})
