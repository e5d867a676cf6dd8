/** Coalescing (`design.md` 4): few round trips, and nobody is answered with what was asked before they asked. */
import t from 'tap'
import { coalesce } from '../../src/store/coalesce.js'

interface Batch { readonly items: readonly number[], readonly end: (error?: Error) => void }

/** A call whose batches the test sees, and ends. */
function watched (options: { readonly most?: number, readonly atOnce?: number } = {}) {
  const batches: Batch[] = []
  const begun: (() => void)[] = []
  const call = coalesce<number, string>(async items => await new Promise((resolve, reject) => {
    const number = batches.length
    batches.push({ items, end: error => error === undefined ? resolve(item => `${item} by batch ${number}`) : reject(error) })
    begun.splice(0).forEach(wake => wake())
  }), { atOnce: 1, ...options })
  const batch = async (index: number): Promise<Batch> => {
    while (batches[index] === undefined) await new Promise<void>(resolve => begun.push(resolve))
    return batches[index] as Batch
  }
  return { call, batch, batches }
}

t.test('calls of one turn of the event loop go together, each gets its own', async t => {
  const { call, batch, batches } = watched()
  const answers = Promise.all([call(1), call(2), call(1)])
  const first = await batch(0)
  t.same(first.items, [1, 2, 1])
  first.end()
  t.same(await answers, ['1 by batch 0', '2 by batch 0', '1 by batch 0'])
  t.equal(batches.length, 1)
})

t.test('a call never joins a batch begun before it', async t => {
  const { call, batch, batches } = watched()
  const early = call(1)
  const first = await batch(0)
  const late = [call(1), call(2)]
  t.same(first.items, [1])
  await new Promise(setImmediate)
  t.equal(batches.length, 1, 'one batch at a time')
  first.end()
  t.equal(await early, '1 by batch 0')
  const second = await batch(1)
  t.same(second.items, [1, 2])
  second.end()
  t.same(await Promise.all(late), ['1 by batch 1', '2 by batch 1'], 'the same item is asked anew')
})

t.test('two batches may be under way, no more, and each call still goes with one that began after it', async t => {
  const { call, batch, batches } = watched({ atOnce: 2 })
  const [one, two] = [call(1), new Promise(setImmediate).then(async () => await call(2))]
  await batch(1)
  t.same(batches.map(({ items }) => items), [[1], [2]])
  const three = call(3)
  await new Promise(setImmediate)
  t.equal(batches.length, 2)
  batches[1]?.end()
  t.equal(await two, '2 by batch 1', 'the second one need not wait for the first')
  ;(await batch(2)).end()
  t.equal(await three, '3 by batch 2')
  batches[0]?.end()
  t.equal(await one, '1 by batch 0')
})

t.test('a batch that fails fails its own calls, and no later ones', async t => {
  const { call, batch } = watched()
  const [one, two] = [call(1), call(2)]
  const first = await batch(0)
  const late = call(3)
  first.end(new Error('broken'))
  await t.rejects(one, /broken/)
  await t.rejects(two, /broken/)
  ;(await batch(1)).end()
  t.equal(await late, '3 by batch 1')
  const after = call(4)
  ;(await batch(2)).end()
  t.equal(await after, '4 by batch 2', 'and it starts again after a rest')
})

t.test('a batch has at most so many items; the others follow', async t => {
  const { call, batch } = watched({ most: 2 })
  const answers = Promise.all([1, 2, 3, 4, 5].map(async item => await call(item)))
  for (const [index, items] of [[1, 2], [3, 4], [5]].entries()) {
    const next = await batch(index)
    t.same(next.items, items)
    next.end()
  }
  t.equal((await answers).length, 5)
})

t.test('under random arrivals each call is answered by a batch that began after it', async t => {
  let clock = 0
  const call = coalesce<number, number>(async () => {
    const began = clock += 1
    await new Promise(setImmediate)
    return () => began
  }, { most: 4 })
  const answers = Array.from({ length: 300 }, async (_, index) => {
    for (let turn = 0; turn < index % 17; turn += 1) await new Promise(setImmediate)
    const asked = clock
    t.ok(await call(index) > asked, `call ${index}`)
  })
  await Promise.all(answers)
})
