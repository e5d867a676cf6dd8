import t from 'tap'
import { parseJson } from '../../../src/json/parse.js'
import { primitives } from '../../../src/validation/primitive.js'

function accepts (type: string, value: unknown): boolean {
  return primitives[type]?.(value, { value }, 'value') === true
}

const forms: Readonly<Record<string, { right: readonly unknown[], wrong: readonly unknown[] }>> = {
  boolean: { right: [true, false], wrong: ['true', 1, null] },
  integer: { right: [0, -2147483648, 2147483647], wrong: [1.5, 2147483648, '1', null] },
  unsignedInt: { right: [0, 2147483647], wrong: [-1] },
  positiveInt: { right: [1], wrong: [0, -1] },
  decimal: { right: [0, 1.5, -2, 1e300], wrong: ['1.5', Number.NaN, Number.POSITIVE_INFINITY] },
  string: { right: ['x', ' x ', 'é\t\r\n'], wrong: ['', ' ', '\n\t', '\u00A0', 'a\u0000', 'a\u000b', 1, {}, 'x'.repeat(1048577)] },
  markdown: { right: ['# x', 'x'.repeat(1048577)], wrong: ['', '  ', 'a\u0001'] },
  code: { right: ['x', 'a b', 'text/plain; charset=utf-8'], wrong: ['', ' x', 'x ', 'a  b', 'a\n\tb'] },
  id: { right: ['a', 'A-1.b', 'x'.repeat(64)], wrong: ['', 'x'.repeat(65), 'a_b', 'a/b', 'é', 'a\n'] },
  uri: { right: ['http://x.org/a', 'urn:oid:1.2', '#a', 'Patient/1'], wrong: ['', 'a b', 'a\n', 'a\u0000'] },
  url: { right: ['http://x.org'], wrong: ['', ' '] },
  canonical: { right: ['http://x.org/a|1.0#b'], wrong: ['', 'a b'] },
  oid: { right: ['urn:oid:1.2.250.1.213.1.4.10', 'urn:oid:2.0'], wrong: ['1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.02', 'urn:oid:1.2.'] },
  uuid: { right: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'], wrong: ['c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520'] },
  date: { right: ['2024', '2024-02', '2024-02-29', '2000-02-29', '0001-12-31'], wrong: ['', '24', '2024-13', '2024-00', '2024-02-30', '2023-02-29', '1900-02-29', '2024-04-31', '2024-01-00', '0000', '2024-1-1', '2024-01-01T00:00:00Z', '2024-01-01\n'] },
  dateTime: { right: ['2024', '2024-02-29', '2024-02-29T23:59:59Z', '2016-12-31T23:59:60Z', '2024-01-01T00:00:00.123456789+14:00', '2024-01-01T00:00:00-03:30'], wrong: ['2024-01-01T00:00Z', '2024-01-01T00:00:00', '2024-01-01T24:00:00Z', '2023-02-29T00:00:00Z', '2024-01-01T00:00:00+14:30', '2024-01-01T00:00:00.Z', '2024-01-01 00:00:00Z', '2024-01-01T00:00:61Z'] },
  instant: { right: ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.1+01:00'], wrong: ['2024-01-01', '2024-01-01T00:00:00'] },
  time: { right: ['00:00:00', '23:59:59.999'], wrong: ['24:00:00', '12:00', '12:00:00Z'] },
  base64Binary: { right: ['QUJD', 'QUI=', 'QQ==', 'QU JD\r\n', 'AAAA AAAA', '+/A='], wrong: ['', ' ', 'QUJ', 'Q===', 'QQ=A', 'QU=D', 'QUJD!', 'QUJ\u00E9', 'QU_-', '====', 'QQ==QUJD'] }
}

for (const [type, { right, wrong }] of Object.entries(forms)) {
  t.test(`${type} has its form`, async t => {
    for (const value of right) t.ok(accepts(type, value), JSON.stringify(value).slice(0, 50))
    for (const value of wrong) t.notOk(accepts(type, value), String(JSON.stringify(value)).slice(0, 50))
  })
}

t.test('an integer is written as one', async t => {
  for (const [text, isRight] of [['1', true], ['1.0', false], ['1e0', false], ['-0', false]] as const) {
    const holder = parseJson(new TextEncoder().encode(`{"value":${text}}`)) as { value: number }
    t.equal(primitives['integer']?.(holder.value, holder, 'value'), isRight, text)
  }
})

t.test('no form takes more than linear time', async t => {
  const hostile: ReadonlyArray<readonly [string, string]> = [
    ['base64Binary', 'AAAA    '.repeat(12) + '!'], ['base64Binary', 'QUJD'.repeat(1_250_000)], ['base64Binary', 'A '.repeat(1_000_000) + '!'],
    ['code', 'a '.repeat(1_000_000)], ['code', 'a'.repeat(1_000_000) + '  b'], ['string', ' '.repeat(1_000_000)], ['uri', 'a'.repeat(2_000_000) + ' '],
    ['oid', 'urn:oid:1' + '.1'.repeat(1_000_000) + '.'], ['dateTime', '2024-01-01T00:00:00.' + '1'.repeat(1_000_000)], ['id', 'a'.repeat(1_000_000)]
  ]
  for (const [type, value] of hostile) {
    const start = performance.now()
    accepts(type, value)
    t.ok(performance.now() - start < 5000, `${type} ${performance.now() - start} ms`)
  }
})
