/** Pages both ways (R4 http.html#paging). */
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { INS_TEST } from '../helper/app.js'
import { access, document } from '../helper/resource.js'
import { GP, isAbsent, link, matches, openScene } from './scene.js'

const scene = await openScene(t, { MAX_COUNT: '6' })
const { get, made, gp, hospital, ids } = scene
const record = await scene.open()
await made(record.holder, access(record.id, GP))
const deposit = async (more: object = {}) => await made(hospital, document(record.id, { ...more }))
const day = (number: number) => ({ date: `2026-03-${String(number).padStart(2, '0')}T00:00:00Z` })
for (const more of [day(4), { date: undefined }, day(2), { date: undefined }, day(4)]) await deposit(more)
const url = (query: string) => `/DocumentReference?patient.identifier=${INS_TEST}|${record.ins}&status=current&${query}`
const idsOf = (page: TestResponse) => matches(page).map(({ id }) => id as string)
const relations = (page: TestResponse) => page.json.link.map(({ relation }: { relation: string }) => relation)

async function walk (first: string, relation: string): Promise<readonly TestResponse[]> {
  const pages: TestResponse[] = []
  for (let next: string | undefined = first; next !== undefined; next = link(pages.at(-1) as TestResponse, relation)) {
    const page: TestResponse = await get(gp, next)
    if (page.status !== 200) throw new Error(page.text)
    pages.push(page)
  }
  return pages
}

for (const sort of ['date', '-date', '_lastUpdated', '-_id', 'period,-date']) {
  t.test(`pages by ${sort} are the same both ways`, async t => {
    const whole = await ids(gp, url(`_sort=${sort}`))
    const forth = await walk(url(`_sort=${sort}&_count=2`), 'next')
    t.strictSame(forth.flatMap(idsOf), whole)
    t.strictSame(forth.map(relations), [['self', 'next'], ['self', 'first', 'previous', 'next'], ['self', 'first', 'previous']])
    const last = forth.at(-1) as TestResponse
    const back = await walk(link(last, 'previous') ?? '', 'previous')
    t.strictSame([last, ...back].toReversed().flatMap(idsOf), whole)
    t.strictSame(back.map(relations).at(-1), ['self', 'next'], 'the first page has none before it')
    t.strictSame(idsOf(await get(gp, link(last, 'first') ?? '')), whole.slice(0, 2))
    t.strictSame(idsOf(await get(gp, link(back.at(-1) as TestResponse, 'next') ?? '')), whole.slice(2, 4))
    const asked = `http://127.0.0.1:8080/fhir/DocumentReference?${new URLSearchParams(url(`_sort=${sort}&_count=2`).split('?')[1]).toString()}`
    for (const page of [...forth, ...back]) {
      t.match(link(page, 'self'), page === forth[0] ? asked : `${asked}&_page=`, 'what was asked, and which page')
      t.strictSame(idsOf(await get(gp, link(page, 'self') ?? '')), idsOf(page))
    }
  })
}

t.test('a previous link is its caller\'s and says nothing', async t => {
  const [, second] = await walk(url('_count=2'), 'next')
  for (const relation of ['previous', 'first']) {
    const address = link(second as TestResponse, relation) ?? ''
    t.notMatch(address, /patient|status|2026/)
    isAbsent(t, await get(await scene.professional('899700000066'), address))
    isAbsent(t, await get(gp, `${address}&status=current`))
    isAbsent(t, await get(gp, `${link(second as TestResponse, 'self') ?? ''}&status=current`))
    isAbsent(t, await get(gp, `${address}&_page=x`))
    t.strictSame(idsOf(await get(gp, `${address}&_format=json&_pretty=true`)), idsOf(await get(gp, address)), 'how it looks may be said beside it')
  }
})

t.test('a page is as long as it may be, and ITI-66 and 67 find by the INS of the patient', async t => {
  for (const more of [day(7), day(8)]) await deposit(more)
  t.equal(idsOf(await get(gp, url('_count=100'))).length, 6)
  const list = await made(hospital, {
    resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${record.id}` }, code: { coding: [{ system: 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes', code: 'submissionset' }] }
  })
  t.strictSame(await ids(hospital, `/List?patient.identifier=${INS_TEST}|${record.ins}&code=https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes|submissionset&status=current`), [list.id])
  const body = `patient.identifier=${encodeURIComponent(`${INS_TEST}|${record.ins}`)}&status=current&type=${encodeURIComponent('http://loinc.org|11488-4')}&_count=3`
  const posted = await scene.request(gp, 'POST', '/DocumentReference/_search', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  t.equal(idsOf(posted).length, 3)
  t.equal((await get(record.holder, `/DocumentReference?patient.identifier=${INS_TEST}|${record.ins}&_summary=count`)).json.total, posted.json.total)
})
