/** Some at once, those of one record in their order, and never more read than memory bears. */
import fc from 'fast-check'
import t from 'tap'
import { dispatch } from '../../scripts/load/dispatch.js'
import { createTracker } from '../../scripts/load/state.js'

interface Item { readonly record: string | undefined, readonly text: string, readonly number: number }
const pause = async (turns: number) => { for (let left = turns; left > 0; left--) await new Promise(resolve => setImmediate(resolve)) }
async function * all (items: readonly Item[], read: (item: Item) => void) {
  for (const item of items) { read(item); yield item }
}

t.test('whatever comes, each item is done once, those of a record in order, no more at once than asked', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.record({ record: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }), turns: fc.nat(5) }), { maxLength: 60 }),
    fc.integer({ min: 1, max: 6 }),
    async (given, atOnce) => {
      const items = given.map(({ record }, number) => ({ record, text: 'x', number }))
      const done: Item[] = []
      let under = 0
      let most = 0
      await dispatch(all(items, () => {}), atOnce, async item => {
        most = Math.max(most, ++under)
        await pause(given[item.number]?.turns ?? 0)
        under--
        done.push(item)
      })
      const order = (record: string) => done.filter(item => item.record === record).map(({ number }) => number)
      return done.length === items.length && most <= atOnce && ['a', 'b', 'c'].every(record => order(record).every((number, index, list) => index === 0 || number > (list[index - 1] ?? 0)))
    }), { numRuns: 60 })
})

t.test('what waits is not read ahead without bound', async t => {
  const items = Array.from({ length: 2000 }, (_, number) => ({ record: 'one', text: 'x', number }))
  let read = 0
  let done = 0
  let furthest = 0
  await dispatch(all(items, () => { read++ }), 4, async () => {
    furthest = Math.max(furthest, read - done)
    await pause(1)
    done++
  })
  t.equal(done, 2000)
  t.ok(furthest <= 4 * 8 + 2, `${furthest} at most`)
  const large = Array.from({ length: 40 }, (_, number) => ({ record: undefined, text: 'x'.repeat(10 * 1024 * 1024), number }))
  let bytes = 0
  let most = 0
  await dispatch(all(large, ({ text }) => { bytes += text.length; most = Math.max(most, bytes) }), 16, async ({ text }) => {
    await pause(2)
    bytes -= text.length
  })
  t.ok(most <= 70 * 1024 * 1024, `${most} bytes at most`)
})

t.test('the first failure ends it, after what is under way', async t => {
  const items = Array.from({ length: 100 }, (_, number) => ({ record: undefined, text: 'x', number }))
  let under = 0
  await t.rejects(dispatch(all(items, () => {}), 4, async ({ number }) => {
    under++
    await pause(3)
    under--
    if (number === 5) throw new Error('five')
  }), /five/)
  t.equal(under, 0)
})

t.test('progress never passes an item that has no answer, and keeps what was refused', async t => {
  const tracker = createTracker({ through: 2, refused: [1] })
  t.strictSame([1, 2, 3].map(tracker.isWanted), [true, false, true])
  for (const number of [1, 3, 4, 5]) tracker.begin(number)
  tracker.end(4, true)
  t.strictSame(tracker.progress(), { through: 2, refused: [1] })
  tracker.end(3, false)
  t.strictSame(tracker.progress(), { through: 4, refused: [1, 4] })
  tracker.end(1, false)
  tracker.end(5, false)
  t.strictSame(tracker.progress(), { through: 5, refused: [4] })
})
