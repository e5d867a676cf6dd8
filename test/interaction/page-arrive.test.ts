/** A walk of 200 pages while 50 documents a second arrive: what was there at its start is on it exactly once. */
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { document } from '../helper/resource.js'
import { link, matches, openScene } from './scene.js'

const PAGES = 200
const EVERY = 1000 / 50
const { open, get, made, request, hospital } = await openScene(t)
const records = [await open(), await open(), await open(), await open(), await open()]
const arriving = (number: number) => document(records[number % records.length]?.id ?? '', { date: `2026-03-${String(1 + number % 28).padStart(2, '0')}T00:00:00Z` })

/** By the instant of the deposit, the newest first: each that arrives comes before the page. By date: before it and after it. */
for (const sort of ['-_lastUpdated', 'date']) {
  t.test(`by ${sort}`, async t => {
    const total = async () => (await get(hospital, '/DocumentReference?_summary=count&_total=accurate')).json.total as number
    for (let count = await total(); count < 2 * PAGES; count = await total()) {
      const entry = Array.from({ length: Math.min(100, 2 * PAGES - count) }, (_, number) => ({ resource: arriving(number), request: { method: 'POST', url: 'DocumentReference' } }))
      t.equal((await request(hospital, 'POST', '', { body: { resourceType: 'Bundle', type: 'batch', entry } })).status, 200)
    }
    const there: string[] = []
    for (let next: string | undefined = `/DocumentReference?_count=200&_sort=${sort}`; next !== undefined;) {
      const page = await get(hospital, next)
      there.push(...matches(page).map(({ id }) => id as string))
      next = link(page, 'next')
    }
    let arrived = 0
    const walk = { isOver: false }
    const began = performance.now()
    const arrivals = (async () => {
      while (!walk.isOver) {
        await made(hospital, arriving(arrived))
        await setTimeout(Math.max(0, began + ++arrived * EVERY - performance.now()))
      }
    })()
    const seen: string[] = []
    let pages = 0
    for (let next: string | undefined = `/DocumentReference?_count=2&_sort=${sort}`; next !== undefined && pages < 10 * PAGES; pages++) {
      const page = await get(hospital, next)
      seen.push(...matches(page).map(({ id }) => id as string))
      next = link(page, 'next')
    }
    walk.isOver = true
    await arrivals
    t.comment(`${pages} pages, ${arrived} arrived in ${Math.round(performance.now() - began)} ms`)
    t.ok(pages >= PAGES && arrived > 0)
    t.equal(new Set(seen).size, seen.length, 'nothing twice')
    t.strictSame(there.filter(id => !seen.includes(id)), [], 'nothing is skipped')
  })
}
