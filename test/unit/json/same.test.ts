import t from 'tap'
import { cloneJson, drop, pick, put, splice, stringifyJson } from '../../../src/json/literal.js'
import { parseJson } from '../../../src/json/parse.js'
import { isSame } from '../../../src/json/same.js'

const parse = (text: string) => parseJson(new TextEncoder().encode(text)) as { list: number[], a: number, b: unknown }

t.test('two values are the same whatever the order of members, and absent is undefined', async t => {
  for (const [one, other, same] of [
    [1, 1, true], [1, '1', false], [null, undefined, false], [{}, [], false], [{ a: 1, b: [2] }, { b: [2], a: 1 }, true], [[1, 2], [2, 1], false],
    [{ a: undefined }, {}, true], [{ a: undefined }, { b: 1 }, false], [[null], [], false], [{ a: null }, {}, false], [{ constructor: 1 }, {}, false], [{}, { toString: 1 }, false]
  ] as const) {
    t.equal(isSame(one, other), same, JSON.stringify([one, other]))
    t.equal(isSame(other, one), same)
  }
})

t.test('digits count, or do not', async t => {
  const [one, other] = [parse('{"a":1.0,"b":{"c":[1.50]}}'), parse('{"b":{"c":[1.5]},"a":1.00}')]
  t.notOk(isSame(one, other))
  t.ok(isSame(one, other, 'by value'))
  t.ok(isSame(one, cloneJson(one)))
  t.notOk(isSame(parse('{"a":1.0}'), { a: 1 }))
})

t.test('a piece takes its digits with it, and leaves none behind', async t => {
  const value = parse('{"a":1.00,"b":{"c":2.0},"list":[1,2.0,3.00,4]}')
  put(value, 'b', pick(value, 'a'))
  put(value, 'a', { value: 1 })
  t.equal(stringifyJson(value), '{"a":1,"b":1.00,"list":[1,2.0,3.00,4]}')
  drop(value, 'b')
  put(value, 'b', { value: 1 })
  splice(value.list, 1, 0, [{ value: 9, text: '9.0' }, { value: 8 }])
  t.equal(stringifyJson(value), '{"a":1,"list":[1,9.0,8,2.0,3.00,4],"b":1}')
  splice(value.list, 3, 1)
  splice(value.list, 5, 0, [{ value: 7, text: '7.0' }])
  t.equal(stringifyJson(value.list), '[1,9.0,8,3.00,4,7.0]')
})
