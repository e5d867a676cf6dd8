import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { intervalOf, intervalOfPeriod, intervalOfTiming } from '../../../../src/search/value/interval.js'
import { base, indexed, refusal, registry, seed } from '../fixture.js'

const units = ['year', 'month', 'day', 'minute', 'second'] as const
const forms = { year: 'yyyy', month: 'yyyy-MM', day: 'yyyy-MM-dd', minute: "yyyy-MM-dd'T'HH:mm", second: "yyyy-MM-dd'T'HH:mm:ss" } as const

/** A date or time of FHIR, and the interval that luxon says it means. */
const moment = fc.record({
  at: fc.oneof(fc.integer({ min: Date.UTC(2019, 11, 30), max: Date.UTC(2021, 0, 3) }), fc.constantFrom(Date.UTC(2020, 2, 29, 1), Date.UTC(2020, 9, 25, 1), Date.UTC(2019, 11, 31, 23))),
  unit: fc.constantFrom(...units),
  zone: fc.constantFrom('Europe/Paris', 'UTC', 'UTC+5:30', 'UTC-3')
}).map(({ at, unit, zone }) => {
  const isZoned = unit === 'minute' || unit === 'second'
  const time = DateTime.fromMillis(at, { zone: isZoned ? zone : 'Europe/Paris' })
  const text = time.toFormat(forms[unit]) + (isZoned ? time.toFormat('ZZ').replace('+00:00', 'Z') : '')
  return { text, lo: time.startOf(unit).toMillis(), hi: time.endOf(unit).toMillis() }
})

t.test('an interval is all that the text leaves free', async t => {
  t.comment(`seed ${seed}`)
  fc.assert(fc.property(moment, ({ text, lo, hi }) => assert.deepEqual(intervalOf(text), { lo, hi }, text)), { seed, numRuns: 2000 })
  t.same(intervalOf('2020-01-01T10:00:00.25Z'), { lo: Date.UTC(2020, 0, 1, 10, 0, 0, 250), hi: Date.UTC(2020, 0, 1, 10, 0, 0, 259) })
  t.same(intervalOf('2020-01-01T10:00:00.2500009Z'), { lo: Date.UTC(2020, 0, 1, 10, 0, 0, 250), hi: Date.UTC(2020, 0, 1, 10, 0, 0, 250), loPart: 0.0009, hiPart: 0.001 })
  t.same(intervalOf('2016-12-31T23:59:60Z')?.lo, Date.UTC(2017, 0, 1))
})

t.test('a time without a zone is the time in Paris, in every year', async t => {
  const local = fc.record({ year: fc.integer({ min: 1, max: 9999 }), month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 28 }) })
  fc.assert(fc.property(local, fields => {
    const time = DateTime.fromObject(fields, { zone: 'Europe/Paris' })
    // luxon rounds offsets of local mean time (before 1911) in another way.
    if (fields.year > 1911) assert.equal(intervalOf(time.toFormat('yyyy-MM-dd'))?.lo, time.toMillis())
  }), { seed })
  t.equal(intervalOf('2020-10-25T02:30')?.lo, Date.parse('2020-10-25T02:30:00+02:00'), 'a time that stands twice is the first')
  t.equal(intervalOf('2020-03-29T02:30')?.lo, Date.parse('2020-03-29T03:30:00+02:00'), 'a time that is skipped is counted on')
})

t.test('what is no date has no interval', async t => {
  for (const text of ['', '20', '2020-1', '2020-13', '2020-00', '2020-02-30', '2021-02-29', '2020-01-01T10', '2020-01-01T24:00Z', '2020-01-01T10:60Z',
    '2020-01-01T10:00+15:00', '2020-01-01T10:00+02:60', '2020-01-01 10:00', '2020-01-01T10:00 02:00', '0000', '-2020', '2020-01-01T10:00:00.', '2020Z', ' 2020']) {
    t.equal(intervalOf(text), undefined, text)
  }
  t.ok(intervalOf('2020-02-29'))
})

t.test('a Period is open where it says nothing', async t => {
  t.same(intervalOfPeriod({ start: '2020-01-01T00:00:00Z' }), { lo: Date.UTC(2020, 0, 1), hi: 8.64e15 })
  t.same(intervalOfPeriod({ end: '2020-01-01T00:00:00Z' }), { lo: -8.64e15, hi: Date.UTC(2020, 0, 1, 0, 0, 0, 999) })
  t.equal(intervalOfPeriod({}), undefined)
  t.equal(intervalOfPeriod({ start: '2021', end: '2020' }), undefined)
  t.equal(intervalOfPeriod({ start: 'x', end: '2020' }), undefined)
})

interface Range { readonly lo: number, readonly hi: number }

const contains = (outer: Range, inner: Range) => outer.lo <= inner.lo && inner.hi <= outer.hi
const overlaps = (one: Range, other: Range) => Math.max(one.lo, other.lo) <= Math.min(one.hi, other.hi)
const above = ({ hi }: Range) => ({ lo: hi + 1, hi: Infinity })
const below = ({ lo }: Range) => ({ lo: -Infinity, hi: lo - 1 })

/** The table of R4 search.html#prefix, word by word: the range of the search value, the range of the target value. */
const oracle: Readonly<Record<string, (search: Range, target: Range) => boolean>> = {
  eq: (search, target) => contains(search, target),
  ne: (search, target) => !contains(search, target),
  gt: (search, target) => overlaps(above(search), target),
  lt: (search, target) => overlaps(below(search), target),
  ge: (search, target) => overlaps(above(search), target) || contains(search, target),
  le: (search, target) => overlaps(below(search), target) || contains(search, target),
  sa: (search, target) => !overlaps(search, target) && contains(above(search), target),
  eb: (search, target) => !overlaps(search, target) && contains(below(search), target)
}

function filterOf (name: string, value: string) {
  return parseSearch(registry, 'DocumentReference', [[name, value]], { lenient: false, base, hash: null }).filter
}

t.test('each prefix means what the table of R4 says, on dates, periods and instants', async t => {
  const seen: Record<string, Set<boolean>> = {}
  fc.assert(fc.property(fc.constantFrom(...Object.keys(oracle)), moment, moment, moment, fc.constantFrom('date', 'period', '_lastUpdated'), (prefix, search, one, other, name) => {
    const [first, last] = one.lo <= other.lo ? [one, other] : [other, one]
    fc.pre(first.lo <= last.hi)
    const target = name === 'period' ? { lo: first.lo, hi: last.hi } : name === 'date' ? one : { lo: one.lo, hi: one.lo }
    const document = indexed({
      resourceType: 'DocumentReference',
      meta: { lastUpdated: new Date(one.lo).toISOString() },
      date: one.text,
      context: { period: { start: first.text, end: last.text } }
    })
    const expected = oracle[prefix]?.(search, target) ?? false
    assert.equal(evaluate(filterOf(name, prefix + search.text), document), expected, `${name}=${prefix}${search.text} of ${JSON.stringify(target)}`);
    (seen[prefix] ??= new Set()).add(expected)
  }), { seed, numRuns: 5000 })
  for (const prefix of Object.keys(oracle)) t.equal(seen[prefix]?.size, 2, `${prefix} was seen to hold and not to hold`)
})

t.test('the examples of R4', async t => {
  const on = (date: string) => indexed({ resourceType: 'DocumentReference', date })
  for (const [value, date, expected] of [
    ['eq2013-01-14', '2013-01-14', true], ['2013-01-14', '2013-01-14T10:00:00+01:00', true], ['eq2013-01-14', '2013-01', false],
    ['ne2013-01-14', '2013-01-15', true], ['lt2013-01-14T10:00', '2013-01-14', true], ['gt2013-01-14T10:00', '2013-01-14', true],
    ['ge2013-03-14', '2013-03-14', true], ['le2013-03-14', '2013-03', true], ['sa2013-03-14', '2013-03-15', true],
    ['sa2013-03-14', '2013-03-14T12:00:00Z', false], ['eb2013-03-14', '2013-03-13', true], ['2020,2013', '2013-05', true]
  ] as const) t.equal(evaluate(filterOf('date', value), on(date)), expected, `${value} ${date}`)
})

t.test('a resource without a date satisfies no prefix', async t => {
  const document = indexed({ resourceType: 'DocumentReference' })
  for (const prefix of Object.keys(oracle)) t.equal(evaluate(filterOf('date', `${prefix}2020`), document), false)
  t.equal(evaluate(filterOf('date:missing', 'true'), document), true)
})

t.test('what cannot be read is refused by name, never by value', async t => {
  for (const value of ['ap', 'xx2020', 'secret', '2020-02-30', '2020-01-01T10:00:00 02:00']) {
    const { kind, faults } = refusal(() => filterOf('date', value))
    t.equal(kind, 'invalid-parameter')
    t.match(faults, [{ expression: 'date' }])
    t.notMatch(faults[0]?.diagnostics, value)
  }
})

t.test('below the ms, nothing is equal but what is', async t => {
  const on = (date: string) => indexed({ resourceType: 'DocumentReference', date })
  for (const [value, date, expected] of [
    ['.250001', '.250002', false], ['.250001', '.250', false], ['.250', '.250001', true], ['.250001', '.2500015', true], ['.2500010', '.250001', false], ['ne.250001', '.250002', true],
    ['gt.250001', '.250002', true], ['gt.250002', '.250001', false], ['lt.250002', '.250001', true], ['sa.250001', '.250002', true], ['sa.250001', '.250', false], ['eb.250002', '.250001', true],
    ['ge.250001', '.250001', true], ['le.250001', '.250001', true], ['.2509999', '.2509999', true], ['sa.2509999', '.251', true], ['.250', '.25', false], ['.25', '.250', true], ['.123456789012', '.1234567890125', true]
  ] as const) {
    const [, prefix = '', fraction = ''] = /^([a-z]*)(.*)$/.exec(value) ?? []
    t.equal(evaluate(filterOf('date', `${prefix}2020-01-01T10:00:00${fraction}Z`), on(`2020-01-01T10:00:00${date}Z`)), expected, `${value} ${date}`)
  }
  const at = indexed({ resourceType: 'DocumentReference', meta: { lastUpdated: '2020-01-01T10:00:00.250Z' } })
  for (const [prefix, expected] of [['', false], ['ne', true], ['gt', true], ['lt', true], ['sa', false], ['eb', false], ['ge', true], ['le', true], ['ap', true]] as const) {
    t.equal(evaluate(filterOf('_lastUpdated', `${prefix}2020-01-01T10:00:00.250001Z`), at), expected, prefix)
  }
})

t.test('about a date is within a tenth of the time from it to now', async t => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const about = (value: string, date: string) => evaluate(parseSearch(registry, 'DocumentReference', [['date', `ap${value}`]], { lenient: false, base, hash: null, now }).filter, indexed({ resourceType: 'DocumentReference', date }))
  for (const [date, expected] of [['2016-01-01', true], ['2015-01-05', true], ['2016-12-20', true], ['2014-12-01', false], ['2017-02-01', false]] as const) t.equal(about('2016-01-01', date), expected, date)
  t.ok(about('2026', '2026-05-01'))
  t.notOk(about('2026', '2027-01-02'))
})

t.test('a Timing is what lies between its outer limits', async t => {
  t.same(intervalOfTiming({ event: ['2020-02-01T00:00:00Z', '2020-01-01T00:00:00Z'] }), { lo: Date.UTC(2020, 0, 1), hi: Date.UTC(2020, 1, 1, 0, 0, 0, 999) })
  t.same(intervalOfTiming({ repeat: { boundsPeriod: { start: '2020-01-01T00:00:00Z' } } }), { lo: Date.UTC(2020, 0, 1), hi: 8.64e15 })
  t.equal(intervalOfTiming({ repeat: { frequency: 1 } }), undefined)
  const observation = indexed({ resourceType: 'Observation', effectiveTiming: { event: ['2020-01-01', '2020-03-01'] } })
  const asks = (value: string) => evaluate(parseSearch(registry, 'Observation', [['date', value]], { lenient: false, base, hash: null }).filter, observation)
  t.ok(asks('2020'))
  t.ok(asks('ap2020-02-01'))
  t.notOk(asks('2020-01'))
})
