/** The tree's normal forms: constants fold, empty lists are nothing, negation is exact, and nothing can be changed. */
import fc from 'fast-check'
import t from 'tap'
import { evaluate, widen } from '../../../src/filter/evaluate.js'
import { all, and, compare, element, equals, exists, isIn, none, not, or, startsWith, within } from '../../../src/filter/filter.js'
import type { Filter } from '../../../src/filter/filter.js'

const a = equals('f', 'a')
const b = equals('f', 'b')

t.test('everything and nothing fold away', async t => {
  const rows: readonly (readonly [filter: Filter, normal: Filter])[] = [
    [and(), all], [or(), none], [and(a), a], [or(a), a], [and(all, a, all), a], [or(none, a), a], [and(a, none), none], [or(a, all), all],
    [and(and(a, b), a), and(a, b, a)], [or(or(a, b), a), or(a, b, a)], [not(all), none], [not(none), all], [not(not(a)), a], [and(or(), a), none], [or(and(), a), all],
    [isIn('f', []), none], [within('f', []), none], [element('f', none), none], [isIn('f', ['a', 'a']), a], [and(isIn('f', []), all), none], [not(isIn('f', [])), all]
  ]
  for (const [filter, normal] of rows) t.same(filter, normal, JSON.stringify(normal))
  t.equal(and(a, none), none, 'the very constant: a caller may compare')
})

t.test('C5 P25 a list that became empty never means no restriction', async t => {
  for (const filter of [isIn('f', new Set<string>()), within('f', []), or(...[].map(() => a)), and(a, isIn('f', []))]) t.notOk(evaluate(filter, { f: ['a'] }))
})

t.test('a leaf is false on a field without values, its negation true', async t => {
  for (const leaf of [a, isIn('f', ['a']), within('f', ['a']), exists('f'), startsWith('f', ''), compare('f', 'ge', ''), compare('f', 'le', 9), element('f', all)]) {
    for (const document of [{}, { f: null }, { f: [] }, { f: undefined }, { f: [null] }, { g: ['a'] }]) {
      t.notOk(evaluate(leaf, document), `${leaf.kind} ${JSON.stringify(document)}`)
      t.ok(evaluate(not(leaf), document))
    }
  }
})

t.test('values meet values of their own type', async t => {
  t.notOk(evaluate(equals('f', '1'), { f: [1] }))
  t.notOk(evaluate(compare('f', 'gt', 0), { f: ['1', true] }))
  t.notOk(evaluate(compare('f', 'lt', 'b'), { f: [0] }))
  t.ok(evaluate(within('f', ['a', 'b']), { f: ['a', 'b', 'a'] }))
  t.notOk(evaluate(within('f', ['a', 'b']), { f: ['a', 'c'] }))
  t.ok(evaluate(equals('f.g.h', 1), { f: [{ g: { h: [1] } }, { g: null }] }))
  t.notOk(evaluate(element('f', and(equals('g', 1), equals('h', 1))), { f: [{ g: 1 }, { h: 1 }] }), 'one element satisfies it all')
  for (const [operator, expected] of [['lt', [1]], ['le', [1, 2]], ['gt', [3]], ['ge', [2, 3]]] as const) t.same([1, 2, 3].filter(f => evaluate(compare('f', operator, 2), { f })), expected)
})

const leaf = fc.oneof(fc.constantFrom(all, none), fc.tuple(fc.constantFrom('f', 'g'), fc.subarray(['a', 'b', 'c'])).map(([field, values]) => isIn(field, values)),
  fc.constantFrom('f', 'g').map(exists), fc.tuple(fc.constantFrom('f', 'g'), fc.subarray(['a', 'b'])).map(([field, values]) => within(field, values)))
const { tree } = fc.letrec<{ tree: Filter }>(tie => ({
  tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree'), { maxLength: 3 }).map(of => and(...of)), fc.array(tie('tree'), { maxLength: 3 }).map(of => or(...of)), tie('tree').map(not))
}))
const document = fc.record({ f: fc.subarray(['a', 'b', 'c']), g: fc.subarray(['a', 'b']) }, { requiredKeys: [] })

t.test('C16 the laws of logic hold', async t => {
  fc.assert(fc.property(tree, tree, tree, document, (one, two, three, each) => {
    const is = (filter: Filter) => evaluate(filter, each)
    t.equal(is(not(one)), !is(one))
    t.equal(is(and(one, two)), is(one) && is(two))
    t.equal(is(or(one, two)), is(one) || is(two))
    t.equal(is(not(and(one, two))), is(or(not(one), not(two))))
    t.equal(is(and(one, or(two, three))), is(or(and(one, two), and(one, three))))
    t.equal(is(and(one, two)), is(and(two, one, two)))
  }), { numRuns: 150, seed: 20261122 })
})

t.test('of very many alternatives, those that ask one field for values ask once, and mean what they meant', async t => {
  fc.assert(fc.property(fc.array(tree, { minLength: 8, maxLength: 20 }), document, (of, each) => {
    t.equal(evaluate(or(...of), each), of.some(part => evaluate(part, each)))
  }), { numRuns: 150, seed: 20261129 })
  const many = or(...Array.from({ length: 1000 }, (_, number) => equals(number % 2 === 0 ? 'f' : 'g', `${number}`)))
  t.equal(many.kind === 'or' && many.of.length, 2)
})

t.test('a normal tree has constants only at its top, and no junction of one or of its own kind', async t => {
  const check = (filter: Filter, above: string): void => {
    if (filter.kind === 'all' || filter.kind === 'none') {
      t.equal(above, 'top')
      return
    }
    if (filter.kind === 'and' || filter.kind === 'or') {
      t.ok(filter.of.length > 1 && filter.kind !== above)
      filter.of.forEach(part => check(part, filter.kind))
    }
    if (filter.kind === 'not') {
      t.not(above, 'not')
      check(filter.of, 'not')
    }
  }
  for (const filter of fc.sample(tree, { numRuns: 200, seed: 20261122 })) check(filter, 'top')
})

t.test('what is not known yet leaves nothing out', async t => {
  const isX = (field: string) => field === 'x'
  t.same(widen(and(equals('x', 1), a), isX), a)
  t.equal(widen(or(equals('x', 1), a), isX), all)
  t.same(widen(and(not(exists('x')), a), isX), a)
  t.same(widen(not(and(exists('x'), a)), isX), all)
  t.same(widen(not(or(exists('x'), a)), isX), not(a))
  t.equal(widen(not(a), isX).kind, 'not')
})

t.test('a filter cannot be changed after it was made', async t => {
  for (const filter of [all, none, a, and(a, b), or(a, b), not(a), within('f', ['a']), exists('f'), startsWith('f', 'a'), compare('f', 'lt', 1), element('f', a)]) {
    t.throws(() => Object.assign(filter, { kind: 'all' }), TypeError, filter.kind)
  }
  for (const list of [and(a, b), or(a, b)] as unknown as readonly { of: unknown[] }[]) t.throws(() => list.of.pop(), TypeError)
  t.throws(() => (a as unknown as { values: unknown[] }).values.push('b'), TypeError)
})
