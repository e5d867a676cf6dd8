/** XML is read whole as it comes: however it is cut, in linear time, and nothing of it is kept for long. */
import fc from 'fast-check'
import t from 'tap'
import { readXml } from '../../../src/validation/xml.js'

const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)

/** What is said of an XML that comes in these parts, and how many of them were read. */
function told (parts: readonly Uint8Array[]): readonly [fault: string | undefined, read: number] {
  const reading = readXml(parts[0] ?? new Uint8Array())
  for (const [index, part] of parts.entries()) {
    const fault = reading.add(part)
    if (fault !== undefined) return [fault.diagnostics, index + 1]
  }
  return [reading.end()?.diagnostics, parts.length]
}
const whole = (text: string | Buffer) => told([Buffer.from(text as string)])[0]
const MALFORMED = 'The XML is not well-formed'

t.test('what is well-formed, and what is not', async t => {
  for (const text of ['<a/>', '<?xml version="1.0" encoding="UTF-8"?>\n<a b="c">é &amp; &#233; &lt;<![CDATA[ <x> ]]><!-- c --><?p i?></a>\n', '<x:a xmlns:x="urn:x"><x:b/></x:a>', '<a>\r\n\r</a>', '<a>😀</a>']) t.equal(whole(text), undefined, text)
  for (const text of ['', 'a', '<a>', '<a></b>', '<a/><b/>', '<a b="1" b="2"/>', '<a b=1/>', '<a>&nothing;</a>', '<a>&lt</a>', '<a><!-- -- --></a>', '<a>]]></a>', '<a>\u0001</a>', '<a/>text', '<a b="<"/>']) t.equal(whole(text), MALFORMED, text)
  t.match(whole('<a/><!DOCTYPE a>'), /./)
  t.match(whole('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'), /document type|well-formed/)
})

t.test('encodings', async t => {
  t.equal(whole(Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>é</a>', 'utf16le')), undefined)
  t.equal(whole(Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1')), undefined)
  t.equal(whole(Buffer.from('<a>é</a>', 'latin1')), MALFORMED)
  t.equal(whole(Buffer.from('<a>é</a>').subarray(0, -5)), MALFORMED, 'a character that ends in its middle')
})

t.test('cut anywhere, it is the same', async t => {
  t.comment(`seed ${seed}`)
  const bit = fc.constantFrom('<a>', '</a>', '<b c="é&amp;"/>', 'text ', '&lt;', '&#x1F600;', '<![CDATA[ ]] ]]>', '<!-- é -->', '<?p i?>', '\r\n', '😀', '&', '<', ']]>')
  const seen = { sound: 0, faulty: 0 }
  fc.assert(fc.property(fc.array(bit, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), fc.boolean(), (bits, cuts, isWrapped) => {
    const bytes = Buffer.from(isWrapped ? `<r>${bits.join('').replace(/<\/?a>/g, '')}</r>` : bits.join(''))
    const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)).toSorted((one, other) => one - other), bytes.length]
    const parts = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
    const expected = told([bytes])[0]
    seen[expected === undefined ? 'sound' : 'faulty']++
    return told(parts)[0] === expected
  }), { seed, numRuns: 2000 })
  t.ok(seen.sound > 200 && seen.faulty > 200, JSON.stringify(seen))
})

const PART = Buffer.alloc(64 * 1024, 'x')
const parts = (start: string, part: Buffer | string, count: number, end = '') => [Buffer.from(start), ...Array.from({ length: count }, () => Buffer.from(part)), Buffer.from(end)]

t.test('long text is taken, and nothing else that is long', async t => {
  t.strictSame(told(parts('<a>', PART, 96, '</a>')), [undefined, 98], '6 MiB in one element')
  t.strictSame(told(parts('<a>', `${'x'.repeat(65_000)}&amp;`, 96, '</a>'))[0], undefined)
  for (const start of ['<a b="', '<a', '<a>&', '<!-- ', '<a><![CDATA[', '<a><?p ', '<a></']) {
    const [fault, read] = told(parts(start, PART, 96))
    t.ok(fault !== undefined && read <= 7, `${start} is refused after ${read} parts`)
  }
  t.ok(told(parts('<a b="', PART.toString().replaceAll('x', '>'), 96))[1] <= 7, 'whatever stands in it')
  t.match(told(parts('', '<a>'.repeat(2000), 10))[0], /inside one another/)
})

t.test('twice as much takes about twice as long', async t => {
  const time = (count: number) => {
    const began = process.hrtime.bigint()
    told(parts('<a>', '<b c="d">text &amp; text</b>'.repeat(2000), count, '</a>'))
    return Number(process.hrtime.bigint() - began) / 1e6
  }
  time(8)
  const [one, eight] = [Math.min(...[1, 2, 3].map(() => time(8))), Math.min(...[1, 2, 3].map(() => time(64)))]
  t.comment(`${one.toFixed(0)} ms, ${eight.toFixed(0)} ms: ${(64 * 54 / eight).toFixed(0)} MB/s`)
  t.ok(eight < 24 * one, 'eight times as much in less than 24 times')
})
