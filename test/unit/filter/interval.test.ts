/** What a FHIR date means, in Paris, whatever zone the process is in: this file runs itself in New York. */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { intervalOf, monthsAfter } from '../../../src/filter/interval.js'

const at = (text: string) => Date.parse(text)

t.test('a date is all of its year, month, day, minute or second', async t => {
  const rows: readonly (readonly [text: string, lo: string, hi: string])[] = [
    ['2026', '2025-12-31T23:00:00.000Z', '2026-12-31T22:59:59.999Z'],
    ['2026-02', '2026-01-31T23:00:00.000Z', '2026-02-28T22:59:59.999Z'],
    ['2024-02', '2024-01-31T23:00:00.000Z', '2024-02-29T22:59:59.999Z'],
    ['2026-07-14', '2026-07-13T22:00:00.000Z', '2026-07-14T21:59:59.999Z'],
    ['2026-07-14T10:00', '2026-07-14T08:00:00.000Z', '2026-07-14T08:00:59.999Z'],
    ['2026-07-14T10:00:05', '2026-07-14T08:00:05.000Z', '2026-07-14T08:00:05.999Z'],
    ['2026-07-14T10:00:05Z', '2026-07-14T10:00:05.000Z', '2026-07-14T10:00:05.999Z'],
    ['2026-07-14T10:00:05-05:00', '2026-07-14T15:00:05.000Z', '2026-07-14T15:00:05.999Z'],
    ['2026-07-14T10:00:05.123Z', '2026-07-14T10:00:05.123Z', '2026-07-14T10:00:05.123Z'],
    ['2026-07-14T10:00:05.1+02:00', '2026-07-14T08:00:05.100Z', '2026-07-14T08:00:05.100Z']
  ]
  for (const [text, lo, hi] of rows) t.same(intervalOf(text), { lo: at(lo), hi: at(hi) }, text)
})

t.test('a day has 23, 24 or 25 hours', async t => {
  for (const [day, hours] of [['2026-03-29', 23], ['2026-03-28', 24], ['2026-10-25', 25], ['2026-10-26', 24]] as const) {
    const { lo = 0, hi = 0 } = intervalOf(day) ?? {}
    t.equal((hi - lo + 1) / 3_600_000, hours, day)
  }
})

t.test('what is no date has no interval', async t => {
  for (const text of ['', '26', '2026-13', '2026-00', '2026-02-29', '2026-02-30', '2026-1-1', '2026-01-01T', '2026-01-01T10', '2026-01-01T24:01', '2026-01-01T10:60',
    '2026-01-01 10:00', '20260101', 'today', '2026-W01', '2026-001', ' 2026', '2026 ', '2026\n', '-2026', '12026', '2026-01-01T10:00:00.', '2026-01-01T10:00:00z', '２０２６']) {
    t.equal(intervalOf(text), undefined, JSON.stringify(text))
  }
  t.equal(intervalOf('2026-01-01T10:00:00+25:00'), undefined, 'an offset that no zone has')
})

t.test('the parts of a time lie side by side, and fill it', async t => {
  const months = fc.record({ year: fc.integer({ min: 1900, max: 2100 }), month: fc.integer({ min: 1, max: 11 }) })
  fc.assert(fc.property(months, ({ year, month }) => {
    const name = (number: number) => `${year}-${String(number).padStart(2, '0')}`
    const [one, next, whole] = [intervalOf(name(month)), intervalOf(name(month + 1)), intervalOf(String(year))]
    t.equal((one?.hi ?? 0) + 1, next?.lo)
    t.ok((whole?.lo ?? 0) <= (one?.lo ?? 0) && (next?.hi ?? 0) <= (whole?.hi ?? 0))
    t.equal(intervalOf(`${name(month)}-01`)?.lo, one?.lo)
  }), { numRuns: 60 })
})

t.test('a month later is a month of the calendar, at the same hour in Paris', async t => {
  for (const [from, to] of [
    ['2026-01-15T10:00:00+01:00', '2026-02-15T10:00:00+01:00'], ['2026-01-31T10:00:00+01:00', '2026-02-28T10:00:00+01:00'], ['2024-01-31T10:00:00+01:00', '2024-02-29T10:00:00+01:00'],
    ['2026-03-15T10:00:00+01:00', '2026-04-15T10:00:00+02:00'], ['2026-10-15T10:00:00+02:00', '2026-11-15T10:00:00+01:00'], ['2026-12-31T23:30:00+01:00', '2027-01-31T23:30:00+01:00'],
    ['2026-01-31T23:30:00Z', '2026-03-01T00:30:00+01:00']
  ] as const) t.equal(new Date(monthsAfter(at(from), 1)).toISOString(), new Date(to).toISOString(), from)
})

t.test('all of it in whatever zone the process is', { skip: process.env['IN_ZONE'] === undefined ? false : 'this is such a process' }, async t => {
  for (const zone of ['America/New_York']) {
    const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename], { env: { ...process.env, TZ: zone, IN_ZONE: zone }, encoding: 'utf8' })
    t.equal(status, 0, `${zone}\n${status === 0 ? '' : stdout}`)
    t.match(stdout, /# Subtest: a day has/)
  }
})
