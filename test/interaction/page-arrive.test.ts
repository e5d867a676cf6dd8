/** A walk of many pages while 50 documents a second arrive: what was there at its start is on it exactly once. */
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { document } from '../helper/resource.js'
import { link, matches, openScene } from './scene.js'

/** Documents that are there at the start of a walk. */
const THERE = 400
/** Documents that come together, as a laboratory sends them, and how often (ms): 50 a second. */
const TOGETHER = 10
const EVERY = 200
/** What arrives during a walk at most: of a walk by date a part of it lies ahead, and a slow machine would never come to its end. */
const MOST = 1_000
/** By the instant of the deposit, the newest first: each that arrives comes before the page. By date: before it and after it. */
const WALKS = [
  { sort: '-_lastUpdated', size: 2, pages: 200 },
  { sort: 'date', size: 10, pages: 40 }
]
const { open, get, request, hospital } = await openScene(t)
const { id } = await open()
const search = `/DocumentReference?patient=Patient/${id}`
const deposit = async (type: string, count: number) => {
  const entry = Array.from({ length: count }, (_, number) => ({ resource: arriving(number * 3), request: { method: 'POST', url: 'DocumentReference' } }))
  return await request(hospital, 'POST', '', { body: { resourceType: 'Bundle', type, entry } })
}
const arriving = (number: number) => document(id, { date: `2026-03-${String(1 + number % 28).padStart(2, '0')}T00:00:00Z` })

for (const { sort, size, pages: least } of WALKS) {
  t.test(`${least} pages by ${sort}`, async t => {
    const total = async () => (await get(hospital, `${search}&_summary=count`)).json.total as number
    for (let count = await total(); count < THERE; count = await total()) {
      t.equal((await deposit('batch', Math.min(100, THERE - count))).status, 200)
    }
    const there: string[] = []
    for (let next: string | undefined = `${search}&_count=200&_sort=${sort}`; next !== undefined;) {
      const page = await get(hospital, next)
      there.push(...matches(page).map(({ id }) => id as string))
      next = link(page, 'next')
    }
    let arrived = 0
    const walk = { isOver: false }
    const began = performance.now()
    const arrivals = (async () => {
      while (!walk.isOver && arrived < MOST) {
        t.equal((await deposit('transaction', TOGETHER)).status, 200)
        arrived += TOGETHER
        await setTimeout(Math.max(0, began + arrived / TOGETHER * EVERY - performance.now()))
      }
    })()
    const seen: string[] = []
    let pages = 0
    for (let next: string | undefined = `${search}&_count=${size}&_total=none&_sort=${sort}`; next !== undefined; pages++) {
      const page = await get(hospital, next)
      seen.push(...matches(page).map(({ id }) => id as string))
      next = link(page, 'next')
    }
    walk.isOver = true
    await arrivals
    t.comment(`${pages} pages, ${arrived} arrived in ${Math.round(performance.now() - began)} ms`)
    t.ok(pages >= least && arrived > 0)
    t.equal(new Set(seen).size, seen.length, 'nothing twice')
    t.strictSame(there.filter(id => !seen.includes(id)), [], 'nothing is skipped')
  })
}
