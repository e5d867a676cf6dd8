import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { readDecimal } from '../../../../src/search/value/decimal.js'
import { base, hash, indexed, refusal, registry } from '../fixture.js'

const UCUM = 'http://unitsofmeasure.org'
const LOINC = 'http://loinc.org'

function finds (resource: { readonly resourceType: string, readonly [element: string]: unknown }, name: string, value: string): boolean {
  return evaluate(parseSearch(registry, resource.resourceType, [[name, value]], { lenient: false, base, hash }).filter, indexed(resource, hash))
}

const observation = (value: number, code = 'mg', more: object = {}) => ({ resourceType: 'Observation', valueQuantity: { value, unit: code, system: UCUM, code, ...more } })

t.test('a number is as precise as it is written (R4 search.html#number)', async t => {
  for (const [text, from, to] of [['100', 99.5, 100.5], ['100.00', 99.995, 100.005], ['1.00e2', 99.5, 100.5], ['1e2', 50, 150], ['-5.4', -5.45, -5.35], ['0', -0.5, 0.5], ['5.40e-3', 0.005395, 0.005405]] as const) {
    t.match(readDecimal(text), { value: Number(text), from, to }, text)
  }
  t.match(readDecimal('100'), { low: 90, high: 110 })
  t.match(readDecimal('-2'), { low: -2.5, high: -1.5 }, 'about is never less than equal')
  for (const text of ['', '1.', '.5', '1,5', 'x', '1e', '1e9999', '+1', '0x10', 'Infinity', '١']) t.equal(readDecimal(text), undefined, text)
})

t.test('only eq, ne and ap know how precise a number is', async t => {
  for (const [value, stored, expected] of [
    ['5.4', 5.35, true], ['5.4', 5.45, false], ['5.4', 5.449, true], ['5.40', 5.41, false], ['ne5.4', 5.4, false], ['ne5.4', 5.45, true],
    ['gt5.4', 5.41, true], ['gt5.4', 5.4, false], ['lt5.4', 5.39, true], ['ge5.4', 5.4, true], ['le5.4', 5.4, true], ['le5.4', 5.401, false],
    ['sa5.4', 5.4001, true], ['eb5.4', 5.4, false], ['ap100', 110, true], ['ap100', 89.9, false], ['5.4,7', 7.2, true]
  ] as const) t.equal(finds(observation(stored), 'value-quantity', value), expected, `${value} ${stored}`)
})

t.test('a unit is a system and a code, a code, a text, or left out', async t => {
  for (const value of ['5.4', `5.4|${UCUM}|mg`, '5.4||mg']) t.ok(finds(observation(5.4), 'value-quantity', value), value)
  for (const value of [`5.4|${UCUM}|g`, '5.4||g', '5.4|urn:other|mg']) t.notOk(finds(observation(5.4), 'value-quantity', value), value)
  t.ok(finds(observation(5.4, 'mg', { unit: 'milligrams' }), 'value-quantity', '5.4||milligrams'))
  const own = { resourceType: 'Observation', valueQuantity: { value: 3, system: 'urn:own', code: 'mg' } }
  t.ok(finds(own, 'value-quantity', '3|urn:own|mg'))
  t.notOk(finds(own, 'value-quantity', `3|${UCUM}|mg`))
  const drops = observation(3, '[iU]')
  t.ok(finds(drops, 'value-quantity', `3|${UCUM}|[iU]`), 'a unit that only counts itself')
})

t.test('units of UCUM are compared in canonical units', async t => {
  for (const [value, stored, unit, expected] of [
    [`0.0054|${UCUM}|g`, 5.4, 'mg', true], [`5400|${UCUM}|ug`, 5.4, 'mg', true], [`gt5|${UCUM}|mg`, 0.006, 'g', true], [`gt5|${UCUM}|mg`, 0.004, 'g', false],
    [`37|${UCUM}|Cel`, 310.15, 'K', true], [`98.6|${UCUM}|[degF]`, 37, 'Cel', true], [`ge120|${UCUM}|mm[Hg]`, 16, 'kPa', true], [`1|${UCUM}|h`, 60, 'min', true],
    [`1|${UCUM}|h`, 1, 'kg', false], [`0.50|${UCUM}|1`, 50, '%', true], [`5.45|${UCUM}|mg`, 0.005445, 'g', true]
  ] as const) t.equal(finds(observation(stored, unit), 'value-quantity', value), expected, `${value} ${stored} ${unit}`)
})

t.test('a comparator and a Range are stretches', async t => {
  for (const [value, comparator, expected] of [
    ['5', '<', false], ['lt5', '<', true], ['gt4.9', '<', true], ['gt5', '<', false], ['ge5', '<', false], ['ge5', '<=', false], ['sa4', '>', true], ['sa5', '>=', false],
    ['eb6', '<', true], ['eb5', '<=', false], ['eb5', '<', true], ['ap5', '>=', true], ['ne5', '>', true]
  ] as const) t.equal(finds(observation(5, 'mg', { comparator }), 'value-quantity', value), expected, `${value} ${comparator}5`)
  const onset = (low: number | undefined, high: number | undefined, unit = 'a') => ({ resourceType: 'Condition', onsetRange: { ...low === undefined ? {} : { low: { value: low, system: UCUM, code: 'a' } }, ...high === undefined ? {} : { high: { value: high, system: UCUM, code: unit } } } })
  t.ok(finds(onset(40, 50), 'onset-age', 'gt45'))
  t.notOk(finds(onset(40, 50), 'onset-age', '45'))
  t.ok(finds(onset(40, undefined), 'onset-age', `gt1000|${UCUM}|a`))
  t.ok(finds(onset(1, 24, 'mo'), 'onset-age', `le2|${UCUM}|a`), 'two units told in one')
  t.notOk(finds(onset(1, 24, 'mo'), 'onset-age', 'le2'), 'which have no one number as written')
  t.notOk(finds(onset(1, 24, 'kg'), 'onset-age', 'le2'))
})

t.test('a quantity without a number is there, and satisfies nothing', async t => {
  const silent = { resourceType: 'Encounter', length: { unit: 'min' } }
  t.notOk(finds(silent, 'length:missing', 'true'))
  t.ok(finds({ resourceType: 'Encounter' }, 'length:missing', 'true'))
  t.notOk(finds({ resourceType: 'Encounter', length: { value: 5 } }, 'length:missing', 'true'))
  for (const prefix of ['', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']) t.notOk(finds(silent, 'length', `${prefix}5`))
})

t.test('what is no quantity is refused by name', async t => {
  for (const value of ['x', 'xx5', '5|mg', '5|s|', '5||', '5|s|c|d', '', '5,', 'gt']) {
    t.match(refusal(() => finds(observation(5), 'value-quantity', value)), { kind: 'invalid-parameter', faults: [{ expression: 'value-quantity' }] }, value)
  }
  t.match(refusal(() => finds(observation(5), 'value-quantity:exact', '5')), { kind: 'unknown-parameter' })
})

const pressure = {
  resourceType: 'Observation',
  code: { coding: [{ system: LOINC, code: '85354-9' }] },
  component: [
    { code: { coding: [{ system: LOINC, code: '8480-6' }] }, valueQuantity: { value: 120, system: UCUM, code: 'mm[Hg]' } },
    { code: { coding: [{ system: LOINC, code: '8462-4' }] }, valueQuantity: { value: 80, system: UCUM, code: 'mm[Hg]' } }
  ]
}

t.test('a composite is true of one element', async t => {
  for (const [name, value, expected] of [
    ['component-code-value-quantity', `${LOINC}|8480-6$gt100`, true], ['component-code-value-quantity', '8462-4$gt100', false],
    ['component-code-value-quantity', `8480-6$lt90,8480-6$120|${UCUM}|mm[Hg]`, true], ['combo-code-value-quantity', '8462-4$80', true],
    ['combo-code-value-quantity', '85354-9$80', false], ['code-value-quantity', '8480-6$120', false]
  ] as const) t.equal(finds(pressure, name, value), expected, `${name}=${value}`)
  t.ok(finds({ ...observation(7), code: { coding: [{ code: 'x' }] } }, 'code-value-quantity', 'x$7'))
  t.ok(finds({ resourceType: 'Observation', code: { coding: [{ code: 'x' }] }, valueDateTime: '2020-05' }, 'code-value-date', 'x$2020'))
  t.ok(finds({ resourceType: 'Observation', code: { coding: [{ code: 'x' }] }, valueString: 'Négatif' }, 'code-value-string', 'x$nega'))
  t.ok(finds(pressure, 'code-value-quantity:missing', 'true'))
  t.ok(finds(pressure, 'component-code-value-quantity:missing', 'false'))
})

t.test('a relation and its target belong together, the code first', async t => {
  const document = { resourceType: 'DocumentReference', relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/1' } }, { code: 'signs', target: { reference: 'DocumentReference/2' } }] }
  for (const [value, expected] of [['replaces$DocumentReference/1', true], ['signs$2', true], ['replaces$DocumentReference/2', false], ['signs$DocumentReference/1', false]] as const) {
    t.equal(finds(document, 'relationship', value), expected, value)
  }
})

t.test('a composite that lacks a value, or has one too many, is refused by its own name', async t => {
  for (const value of ['x', 'x$1$2', '$1', 'x$', 'x$one', 'x|y|z$1']) {
    t.match(refusal(() => finds(pressure, 'code-value-quantity', value)), { kind: 'invalid-parameter', faults: [{ expression: 'code-value-quantity' }] }, value)
  }
})
