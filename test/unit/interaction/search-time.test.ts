/** A search that MongoDB does not finish in its time asks for too much; a read that it does not finish is a failure. */
import t from 'tap'
import type { Context } from '../../../src/interaction/context.js'
import { inTime } from '../../../src/interaction/search-time.js'
import type { ResourceStore } from '../../../src/interaction/store.js'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { all } from '../../../src/filter/filter.js'
import { defaultLimits } from '../../../src/search/request.js'

const late = async (): Promise<never> => { throw new OutcomeError('store-timeout') }
const lost = async (): Promise<never> => { throw new OutcomeError('store-unavailable') }
let now = 0
const contextOf = (store: Partial<ResourceStore>) => inTime({ store, clock: () => now, limits: defaultLimits } as unknown as Context)
const query = { type: 'Patient', filter: all, sort: [], limit: 1 }

t.test('E5 what takes too long is too costly', async t => {
  const { store } = contextOf({ findKept: late, firstPage: late, count: late, distinct: late, targets: late })
  await t.rejects(store.findKept(query), { message: 'too-costly' })
  await t.rejects(store.firstPage(query), { message: 'too-costly' })
  await t.rejects(store.count('Patient', all), { message: 'too-costly' })
  await t.rejects(store.distinct('Patient', all, '_id', 1), { message: 'too-costly' })
  await t.rejects(store.targets('Patient', all, 'link|Patient/', 1), { message: 'too-costly' })
})

t.test('so is what is looked at one by one, when its time is over between two batches', async t => {
  let closed = 0
  const heads = async function * () {
    try {
      yield []
      now += 4 * defaultLimits.time + 1
      yield []
    } finally {
      closed += 1
    }
  }
  const read = async (store: ResourceStore) => {
    let batches = 0
    for await (const batch of store.heads(query)) batches += batch.length + 1
    return batches
  }
  await t.rejects(read(contextOf({ heads: async function * () { yield []; await late() } }).store), { message: 'too-costly' })
  t.equal(await read(contextOf({ heads: async function * () { yield []; yield [] } }).store), 2)
  const { store } = contextOf({ heads })
  const walk = store.heads(query)[Symbol.asyncIterator]()
  await walk.next()
  await walk.next()
  await t.rejects(walk.next(), { message: 'too-costly' })
  t.equal(closed, 1, 'and MongoDB is told that no more is wanted')
})

t.test('what fails otherwise, or is no search, is a failure', async t => {
  const { store } = contextOf({ findKept: lost, read: late })
  await t.rejects(store.findKept(query), { message: 'store-unavailable' })
  await t.rejects(store.read('Patient', 'x'), { message: 'store-timeout' })
})

t.test('a search of many queries has its time too', async t => {
  const { store } = contextOf({ count: async () => 1 })
  t.equal(await store.count('Patient', all), 1)
  now += 4 * defaultLimits.time
  t.equal(await store.count('Patient', all), 1)
  now += 1
  await t.rejects(store.count('Patient', all), { message: 'too-costly' })
})
