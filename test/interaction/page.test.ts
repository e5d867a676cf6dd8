/** Pages of a search: links that only their caller can use, that outlive a restart, and that nothing moves; and searches without a patient. */
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { access, actor, block, consent, document, label, person } from '../helper/resource.js'
import { GP, GP2, isAbsent, link, matches, openScene, refused } from './scene.js'

const scene = await openScene(t, { MAX_PATIENTS: '2' })
const { get, put, made, gp, hospital, ids, operator } = scene
const record = await scene.open()
await made(record.holder, access(record.id, GP))
const deposit = async (more: object = {}, token = hospital) => await made(token, document(record.id, { ...more }))
const day = (number: number) => ({ date: `2026-03-${String(number).padStart(2, '0')}T00:00:00Z` })
/** Two share an instant, one has none. */
const documents = [await deposit(day(4)), await deposit({ date: undefined }), await deposit(day(2)), await deposit(day(6)), await deposit(day(4))]
const url = (query: string) => `/DocumentReference?patient=Patient/${record.id}&${query}`

async function walk (token: string, first: string, between: (page: number) => Promise<unknown> = async () => {}) {
  const pages: TestResponse[] = []
  for (let next: string | undefined = first; next !== undefined; next = link(pages.at(-1) as TestResponse, 'next')) {
    const page: TestResponse = await get(token, next)
    if (page.status !== 200) throw new Error(page.text)
    pages.push(page)
    await between(pages.length)
  }
  return { pages, ids: pages.flatMap(page => matches(page).map(({ id }) => id)) }
}

for (const sort of ['date', '-date', '_lastUpdated', '_id', 'period,-date', 'type', '-status,date', 'contenttype,-creation', 'patient,-_id']) {
  t.test(`pages by ${sort} are the whole in its order`, async t => {
    const whole = await ids(gp, url(`_sort=${sort}`))
    t.equal(new Set(whole).size, documents.length)
    for (const count of [1, 2, 3]) {
      const { pages, ids } = await walk(gp, url(`_sort=${sort}&_count=${count}`))
      t.strictSame(ids, whole)
      t.strictSame(pages.map(({ json }) => json.total), pages.map(() => documents.length))
      t.equal(pages.length, Math.ceil(documents.length / count))
    }
  })
}

t.test('pages by -_id are the whole in its order', async t => {
  const whole = documents.map(({ id }) => id).sort().reverse()
  for (const count of [1, 2, 20]) t.strictSame((await walk(gp, url(`_sort=-_id&_count=${count}`))).ids, whole)
})

t.test('what arrives or changes on the way moves nothing', async t => {
  for (const sort of ['date', '-date']) {
    const whole = await ids(gp, url(`_sort=${sort}`))
    const { ids: seen } = await walk(gp, url(`_sort=${sort}&_count=2`), async page => {
      if (page > 2) return
      await Promise.all([deposit(day(1)), deposit(day(8)), deposit(day(4)), page === 1 ? put(hospital, { ...documents[3], description: `changed ${sort}` }) : undefined])
    })
    t.strictSame(seen.filter(id => whole.includes(id)), whole)
    t.equal(new Set(seen).size, seen.length, 'nothing twice')
  }
})

t.test('what is masked on the way is not on the pages that follow', async t => {
  const first = await get(gp, url('_sort=_lastUpdated&_count=1'))
  const next = link(first, 'next') ?? ''
  const [masked] = matches(await get(gp, next))
  const current = (await get(record.holder, `/DocumentReference/${masked.id}`)).json
  t.equal((await put(record.holder, { ...current, securityLabel: [label('MASQUE_PS')] })).status, 200)
  const again = await get(gp, next)
  t.equal(again.status, 200)
  t.notMatch(again.text, masked.id)
  t.equal(again.json.total, first.json.total - 1)
})

t.test('a next link is its caller\'s, whole and alone, or it is absent', async t => {
  const next = link(await get(gp, url('_count=1')), 'next') ?? ''
  t.notMatch(next, /patient|date|2026/, 'it says nothing')
  const colleague = await scene.professional(GP2)
  await made(record.holder, access(record.id, GP2))
  const changed = next.replace(/(_page=.{20})(.)/, (_, start, one) => `${start}${one === 'A' ? 'B' : 'A'}`)
  for (const [token, address] of [[colleague, next], [gp, changed], [gp, `${next}&status=current`], [gp, next.replace('DocumentReference', 'Consent')], [gp, '/DocumentReference?_page='], [gp, `${next}&_page=x`]] as const) {
    isAbsent(t, await get(token, address))
  }
  t.equal((await get(gp, next)).status, 200)
  t.equal((await scene.request(gp, 'POST', '/DocumentReference/_search', { body: next.split('?')[1], headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 200)
})

t.test('a next link survives a restart', async t => {
  const next = link(await get(gp, url('_count=1&_sort=date')), 'next') ?? ''
  const before = matches(await get(gp, next))
  await scene.restart()
  t.strictSame(matches(await get(gp, next)), before)
})

t.test('a next link proves no right', async t => {
  const next = link(await get(gp, url('_count=1')), 'next') ?? ''
  const { json } = await scene.post(record.holder, block(record.id, person(GP)))
  const shut = await get(gp, next)
  t.strictSame([shut.status, shut.json.total, shut.json.entry], [200, 0, undefined])
  await put(record.holder, { ...json, status: 'inactive' })
  await made(record.holder, access(record.id, GP))
  t.equal((await get(gp, next)).json.entry.length, 1)
})

t.test('without a patient, software finds its own deposits in every record', async t => {
  const other = await scene.open()
  const elsewhere = await made(hospital, document(other.id))
  const strange = await made(scene.lab, document(other.id))
  const mine = await ids(hospital, '/DocumentReference?_count=200')
  t.ok(mine.includes(elsewhere.id) && documents.every(({ id }) => mine.includes(id)))
  t.notOk(mine.includes(strange.id))
  t.strictSame(await ids(scene.lab, '/DocumentReference'), [strange.id])
  t.strictSame(await ids(operator, '/DocumentReference'), [])
  await made(other.holder, block(other.id, { type: 'Organization', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1750712184' } }))
  t.notOk((await ids(hospital, '/DocumentReference?_count=200')).includes(elsewhere.id), 'a block shuts out the author')
  t.strictSame(await ids(scene.lab, '/DocumentReference'), [strange.id])
})

t.test('without a patient, a professional finds what their grounds open, as long as they are few', async t => {
  const doctor = await scene.professional('899700000088')
  const records = [await scene.open(), await scene.open(), await scene.open()]
  const deposits: string[] = []
  for (const { id, holder } of records.slice(0, 2)) {
    await made(holder, access(id, '899700000088'))
    deposits.push((await made(hospital, document(id))).id)
    t.strictSame((await ids(doctor, '/DocumentReference?_sort=_lastUpdated')), deposits)
  }
  const over = await scene.open()
  await made(over.holder, consent(over.id, 'acces-ponctuel', { type: 'permit', actor: actor(person('899700000088')), period: { start: '2020-01-01', end: '2020-01-02' } }))
  t.strictSame(await ids(doctor, '/DocumentReference?_sort=_lastUpdated'), deposits, 'what is over does not count')
  const [, , third] = records
  if (third === undefined) throw new Error('three records')
  await made(third.holder, access(third.id, '899700000088'))
  for (const query of ['', '?status=current', '?_count=0']) refused(t, await get(doctor, `/DocumentReference${query}`), 400, { code: 'too-costly' })
  t.strictSame(await ids(doctor, `/DocumentReference?_id=${deposits[0] ?? ''}`), deposits.slice(0, 1), 'a name is enough')
})
