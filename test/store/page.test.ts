/** A page link is whole, its caller's, and not over; else it does not exist (security.md B6). */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createPageSeal, queryOf } from '../../src/search/page.js'

const DAY = 24 * 3600 * 1000
const NOW = Date.parse('2026-11-22T12:00:00Z')
const key = randomBytes(32)
const pages = createPageSeal(key)
const token = { path: 'DocumentReference', parameters: [['patient', 'p'], ['_count', '2']] as const, lenient: false, after: ['2026', null, 7, 'id'] }
const text = pages.write(token, 'holder:x', NOW)

t.test('a link says what it was given, to its caller, for a day', async t => {
  t.match(pages.read(text, 'holder:x', NOW), token)
  t.match(pages.read(text, 'holder:x', NOW + DAY - 1), token)
  t.equal(pages.read(text, 'holder:x', NOW + DAY), undefined)
  t.match(createPageSeal(key).read(text, 'holder:x', NOW), token, 'after a restart too')
})

t.test('a link serves nobody else, nor under another key', async t => {
  for (const subject of ['holder:y', '', 'holder:x ', 'representative:x']) t.equal(pages.read(text, subject, NOW), undefined, subject)
  t.equal(createPageSeal(randomBytes(32)).read(text, 'holder:x', NOW), undefined)
})

t.test('a link that is changed, cut or made up does not exist, and breaks nothing', async t => {
  for (let index = 0; index < text.length; index += 1) {
    const other = text[index] === 'A' ? 'B' : 'A'
    const changed = text.slice(0, index) + other + text.slice(index + 1)
    if (Buffer.from(changed, 'base64url').equals(Buffer.from(text, 'base64url'))) continue
    t.equal(pages.read(changed, 'holder:x', NOW), undefined, `character ${index}`)
  }
  for (const made of ['', 'x', 'null', '{}', text.slice(1), text.slice(0, -2), `${text}AAAA`, '%00', 'A'.repeat(10_000), Buffer.from(JSON.stringify({ ...token, end: NOW * 2 })).toString('base64url')]) {
    t.equal(pages.read(made, 'holder:x', NOW), undefined, made.slice(0, 20))
  }
})

t.test('a link says nothing of its query, and fits in an address', async t => {
  t.match(text, /^[\w-]+$/)
  t.notMatch(Buffer.from(text, 'base64url').toString('latin1'), 'DocumentReference')
  t.not(pages.write(token, 'holder:x', NOW), text)
})

t.test('parameters are written so that they are read again', async t => {
  const parameters: readonly (readonly [string, string])[] = [['a', 'é &=+%'], ['b:not', 'x|y'], ['a', '']]
  t.same([...new URLSearchParams(queryOf(parameters).slice(1))], parameters)
  t.equal(queryOf([]), '')
})
