/** Pages by keyset: what comes after a match is what the order puts after it, missing values among them, and nothing twice. */
import t from 'tap'
import fc from 'fast-check'
import { afterMatch, toSort } from '../../../src/store/keyset.js'

interface Row { readonly _id: string, readonly at: number, readonly sort: Readonly<Record<string, number>> }
type Sort = Parameters<typeof toSort>[0]
const key = (field: string, descending: boolean): Sort[number] => ({ code: field, field, descending })

const valueOf = (row: Row, field: string): number | string | null => field === '_id' ? row._id : field === 'at' ? row.at : row.sort[field.slice(5)] ?? null

/** MongoDB's order: missing first when ascending. */
function ordered (rows: readonly Row[], sort: Sort): readonly Row[] {
  const compare = (one: number | string | null, other: number | string | null) => one === other ? 0 : one === null ? -1 : other === null ? 1 : one < other ? -1 : 1
  return [...rows].toSorted((one, other) => {
    for (const [field, direction] of toSort(sort) as unknown as Map<string, number>) {
      const result = compare(valueOf(one, field), valueOf(other, field)) * direction
      if (result !== 0) return result
    }
    return 0
  })
}

/** What MongoDB makes of the few operators that are used. */
function matches (row: Row, criteria: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(criteria).every(([name, condition]) => {
    if (name === '$or') return (condition as readonly Readonly<Record<string, unknown>>[]).some(part => matches(row, part))
    if (name === '$and') return (condition as readonly Readonly<Record<string, unknown>>[]).every(part => matches(row, part))
    const value = valueOf(row, name)
    return Object.entries(condition as Readonly<Record<string, string | number>>).every(([operator, operand]) => {
      switch (operator) {
        case '$eq': return value === operand
        case '$ne': return value !== operand
        case '$gt': return value !== null && value > operand
        case '$lt': return value !== null && value < operand
        case '$in': return (operand as unknown as readonly unknown[]).includes(value)
        default: throw new Error(`unexpected ${operator}`)
      }
    })
  })
}

const rows = fc.uniqueArray(fc.record({ _id: fc.constantFrom(...'abcdefghij'), at: fc.integer({ min: 0, max: 2 }), sort: fc.record({ date: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: [] }) }), { selector: ({ _id }) => _id, maxLength: 10 })
const sorts = fc.subarray(['at', 'sort.date']).chain(fields => fc.tuple(...fields.map(field => fc.boolean().map(descending => key(field, descending)))))

t.test('the pages of any order are all of it, each once', async t => {
  fc.assert(fc.property(rows, sorts, fc.integer({ min: 1, max: 4 }), (list, sort: Sort, size) => {
    const expected = ordered(list, sort).map(({ _id }) => _id)
    const found: string[] = []
    let page = ordered(list, sort).slice(0, size)
    for (let turn = 0; page.length > 0 && turn < 20; turn += 1) {
      found.push(...page.map(({ _id }) => _id))
      const last = page.at(-1) as Row
      const after = [...sort.map(({ field }) => valueOf(last, field)), last._id]
      page = ordered(list.filter(row => matches(row, afterMatch(sort, after) as Readonly<Record<string, unknown>>)), sort).slice(0, size)
    }
    t.same(found, expected)
  }), { numRuns: 300, seed: 20261122 })
})

t.test('the id comes last in every order, so that no two matches are equal', async t => {
  t.same([...toSort([key('at', true)]) as unknown as Map<string, number>], [['at', -1], ['_id', 1]])
  t.same([...toSort([]) as unknown as Map<string, number>], [['_id', 1]])
})
