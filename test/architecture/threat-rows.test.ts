/**
 * The table of `test/security/README.md`, held to the tests: each row names tests that are there and have its id in their
 * names, and no name has an id that the table does not know it by.
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { inProject } from '../helper/root.js'

const TEST = inProject('test')
/** The rows that the table must have; those of other letters are as many as it has. */
const ROWS: Readonly<Record<string, number>> = { A: 11, B: 23, C: 16, D: 20, E: 8, G: 6, P: 30 }
const REASON = /^not yet: ./

interface Seen { readonly file: string, readonly name: string }

/** The row ids at the beginning of a name. */
function idsOf (name: string): readonly string[] {
  return /^(?:[A-Z]\d+ )+/.exec(name)?.[0].trim().split(' ') ?? []
}

/** The names of the tests of a file, as they are written. */
function namesIn (text: string): readonly string[] {
  return [...text.matchAll(/\b(?:test|pin|theorem)\(\s*(['`])((?:\\.|(?!\1).)*)\1/g)].map(([, , name = '']) => name.replaceAll("\\'", "'"))
}

const files = readdirSync(TEST, { recursive: true, encoding: 'utf8' }).map(file => file.replaceAll(path.sep, '/')).filter(file => file.endsWith('.test.ts'))
const tests: readonly Seen[] = files.flatMap(file => namesIn(readFileSync(path.join(TEST, file), 'utf8')).map(name => ({ file: `test/${file}`, name })))
const rows = [...readFileSync(path.join(TEST, 'security', 'README.md'), 'utf8').matchAll(/^\| ([A-Z]\d+) \| (.+) \|$/gm)].map(([, id = '', cell = '']) => ({ id, entries: cell.split('<br>') }))

/** What an entry names; undefined for a remark. */
function seenBy (entry: string): Seen | undefined {
  const [, file, name] = /^`(test\/[^`]+)`: (.+)$/.exec(entry) ?? []
  return file === undefined || name === undefined ? undefined : { file, name: name.replaceAll('\\|', '|') }
}

const show = ({ file, name }: Seen) => `${file}: ${name}`

t.test('each id has one row', async t => {
  const ids = rows.map(({ id }) => id)
  t.same(ids.filter((id, index) => ids.indexOf(id) !== index), [], 'none has two')
  for (const [letter, count] of Object.entries(ROWS)) {
    t.same(ids.filter(id => id.startsWith(letter)), Array.from({ length: count }, (_, index) => `${letter}${index + 1}`), letter)
  }
})

t.test('each row names a test, or says why none does yet', async t => {
  t.same(rows.filter(({ entries }) => !entries.some(entry => seenBy(entry) !== undefined || REASON.test(entry))).map(({ id }) => id), [])
  const known = new Set(tests.map(show))
  const named = rows.flatMap(({ id, entries }) => entries.flatMap(entry => seenBy(entry) ?? []).map(seen => ({ id, seen })))
  t.ok(named.length > 100, `${named.length} names`)
  t.same(named.filter(({ seen }) => !known.has(show(seen))).map(({ seen }) => show(seen)), [], 'each is the name of a test')
  t.same(named.filter(({ id, seen }) => !idsOf(seen.name).includes(id)).map(({ id, seen }) => `${id} ${show(seen)}`), [], 'which has the id in its name')
})

t.test('each id in a name is in the table', async t => {
  const letters = new Set(Object.keys(ROWS))
  const said = new Set(rows.flatMap(({ id, entries }) => entries.flatMap(entry => seenBy(entry) ?? []).map(seen => `${id} ${show(seen)}`)))
  const asked = tests.flatMap(seen => idsOf(seen.name).filter(id => letters.has(id.charAt(0))).map(id => `${id} ${show(seen)}`))
  t.same(asked.filter(one => !said.has(one)), [])
})
