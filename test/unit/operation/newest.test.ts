/** Which observations are the last ones of each code: R4's own examples of groups, and ties. */
import t from 'tap'
import { newestOf } from '../../../src/operation/newest.js'

const one = (name: string, codes: readonly string[], at: number | null) => ({ name, codes, at })
const names = (list: readonly { readonly name: string, readonly codes: readonly string[], readonly at: number | null }[], most: number) => newestOf(list, most).map(({ name }) => name)

t.test('groups by code as R4 says', async t => {
  t.strictSame(names([one('1', ['a'], 3), one('2', ['b'], 2), one('3', ['c'], 1)], 1), ['1', '2', '3'])
  t.strictSame(names([one('1', ['a'], 3), one('2', ['b'], 2), one('3', ['a', 'c'], 1)], 1), ['1', '2'])
  t.strictSame(names([one('1', ['a'], 3), one('2', ['b'], 2), one('3', ['a', 'b'], 1)], 1), ['1'], 'what says two codes makes them one, whenever it was')
  t.strictSame(names([one('1', ['textM'], 3), one('2', ['Text'], 2), one('3', ['t e x t'], 1)], 1), ['1', '2', '3'])
  t.strictSame(names([one('1', ['a'], 5), one('2', ['d'], 4), one('3', ['c', 'd'], 3), one('4', ['b', 'c'], 2), one('5', ['a', 'b'], 1)], 2), ['1', '2'], 'over any number of steps')
})

t.test('takes as many as are asked for, and those that are as new as the last of them', async t => {
  const list = [one('1', ['a'], 4), one('2', ['a'], 3), one('3', ['b'], 3), one('4', ['a'], 2), one('5', ['a'], 2), one('6', ['a'], 1)]
  t.strictSame(names(list, 1), ['1', '3'])
  t.strictSame(names(list, 3), ['1', '2', '3', '4', '5'])
  t.strictSame(names(list, 9), ['1', '2', '3', '4', '5', '6'])
})

t.test('what has no time comes last, and is as new as nothing', async t => {
  t.strictSame(names([one('1', ['a'], 1), one('2', ['a'], null), one('3', ['a'], null)], 2), ['1', '2'])
  t.strictSame(names([one('1', ['a'], null), one('2', ['a'], null)], 1), ['1'])
  t.strictSame(names([], 1), [])
})
