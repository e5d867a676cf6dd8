/** The order in which a transaction lays what it staged among what the store found: that of `store/keyset.ts`. */
import t from 'tap'
import { inOrder, isAfter, valueAt } from '../../../src/interaction/overlay-order.js'
import type { Version } from '../../../src/interaction/store.js'

const version = (id: string, at: number, date?: number): Version => ({
  type: 'DocumentReference', id, version: id, revision: 1, at, patient: 'p', isDeleted: false, keys: [], found: [], dates: {}, sort: date === undefined ? {} : { date }, facts: {}, text: ''
})
const all = [version('a', 3, 10), version('b', 1), version('c', 2, 5), version('d', 4, 5), version('e', 5)]
const ids = (versions: readonly Version[]) => versions.map(({ id }) => id).join('')
const orders = [
  [[], 'abcde'],
  [[{ code: 'date', field: 'sort.date', descending: false }], 'cdabe'],
  [[{ code: 'date', field: 'sort.date', descending: true }], 'acdbe'],
  [[{ code: '_lastUpdated', field: 'at', descending: true }], 'edacb'],
  [[{ code: 'date', field: 'sort.date', descending: false }, { code: '_id', field: '_id', descending: true }], 'dcaeb']
] as const

t.test('missing values come last either way, and the id decides', async t => {
  for (const [sort, expected] of orders) t.equal(ids(all.toReversed().toSorted(inOrder(sort))), expected)
})

t.test('a page starts after the match that it was told', async t => {
  for (const [sort, expected] of orders) {
    const sorted = all.toSorted(inOrder(sort))
    for (const [index, last] of sorted.entries()) {
      const values = sort.map(key => valueAt(last, key))
      const after = sort.some(({ field }) => field === '_id') ? values : [...values, last.id]
      t.equal(ids(sorted.filter(isAfter(sort, after))), expected.slice(index + 1))
    }
  }
})
