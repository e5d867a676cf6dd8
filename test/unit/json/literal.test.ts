import fc from 'fast-check'
import t from 'tap'
import { cloneJson, literalOf, stringifyJson } from '../../../src/json/literal.js'
import { parseJson } from '../../../src/json/parse.js'

const read = (text: string): unknown => parseJson(new TextEncoder().encode(text))

/** JSON text without white space, whose numbers are written in every way that JSON allows. */
const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 30 })
const number = fc.tuple(fc.constantFrom('', '-'), fc.oneof(fc.constant('0'), digits.map(text => text.replace(/^0+/, '') || '0')),
  fc.option(digits), fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'E-'), fc.nat(200))))
  .map(([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : exponent.join('')}`)
const key = fc.oneof(fc.constantFrom('value', 'low', '10', '2', 'é"'), fc.string({ unit: fc.constantFrom(...'abcXYZ01_'), minLength: 1, maxLength: 8 }))
const { text } = fc.letrec<{ text: string }>(tie => ({
  text: fc.oneof({ maxDepth: 5 }, number, fc.constantFrom('true', 'null', '"x\\n"', '"1.00"'),
    fc.array(tie('text'), { maxLength: 4 }).map(items => `[${items.join()}]`),
    fc.uniqueArray(fc.tuple(key, tie('text')), { maxLength: 4, selector: ([name]) => name })
      .map(members => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`))
}))
const body = text.map(value => `{"a":${value},"b":[${value}]}`)

/** Text with the members of objects in the order of JavaScript, which puts integers first. */
const numbersOf = (text: string): string[] => (text.replace(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d[\d.eE+-]*/g) ?? []).sort()

t.test('writes every number as it was read', async t => {
  fc.assert(fc.property(body, source => {
    const written = stringifyJson(read(source))
    t.strictSame(numbersOf(written), numbersOf(source))
    t.equal(stringifyJson(read(written)), written)
    t.equal(stringifyJson(cloneJson(read(source))), written)
    t.strictSame(JSON.parse(written), JSON.parse(source))
  }), { numRuns: 500 })
})

t.test('keeps the digits of FHIR decimals', async t => {
  for (const number of ['1.00', '-0', '-0.0', '1E3', '1e+3', '0.10', '123456789012345678901234567890', '3.14159265358979323846264338327', '1e-7', '0.0000001', '1e21']) {
    const source = `{"valueQuantity":{"value":${number},"unit":"g"},"n":[${number},1]}`
    t.equal(stringifyJson(read(source)), source)
  }
})

t.test('keeps them when a part moves into another value', async t => {
  const { valueQuantity } = read('{"valueQuantity":{"value":1.00}}') as { valueQuantity: object }
  t.equal(stringifyJson({ component: [{ valueQuantity }], absent: undefined, list: [undefined, Number.NaN] }),
    '{"component":[{"valueQuantity":{"value":1.00}}],"list":[null,null]}')
})

t.test('forgets them when the number changes', async t => {
  const quantity = read('{"value":1.00,"low":2.0}') as { value?: unknown, low?: unknown }
  quantity.value = 1.5
  quantity.low = '2.0'
  t.equal(stringifyJson(quantity), '{"value":1.5,"low":"2.0"}')
  delete quantity.value
  t.equal(stringifyJson(quantity), '{"low":"2.0"}')
})

t.test('a clone shares nothing with its source', async t => {
  const source = read('{"a":{"value":1.00},"b":[1.0]}') as { a: { value: number }, b: number[] }
  const twin = cloneJson(source)
  twin.a.value = 2
  twin.b[0] = 3
  t.equal(stringifyJson(source), '{"a":{"value":1.00},"b":[1.0]}')
  t.equal(stringifyJson(twin), '{"a":{"value":2},"b":[3]}')
})

t.test('tells how a number was written', async t => {
  const quantity = read('{"value":1.00,"n":1,"s":"1.00"}') as object
  t.equal(literalOf(quantity, 'value'), '1.00')
  t.equal(literalOf(quantity, 'n'), '1')
  t.equal(literalOf(quantity, 's'), undefined)
  t.equal(literalOf(quantity, 'absent'), undefined)
})

t.test('leaves a value without literals to JSON.stringify', async t => {
  fc.assert(fc.property(fc.jsonValue(), value => { t.equal(stringifyJson(value), JSON.stringify(value)) }))
})
