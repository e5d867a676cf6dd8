/** A file is a page (`design.md` 3). */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { inProject } from '../helper/root.js'

const SRC = inProject('src')
const MOST = 260
const MEDIAN = 150

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
const sizes = files.map(file => ({ file, text: readFileSync(path.join(SRC, file), 'utf8') })).map(({ file, text }) => ({ file, text, lines: text.split('\n').length - 1 }))

t.test(`no file has more than ${MOST} lines, half have ${MEDIAN} at most`, async t => {
  t.ok(sizes.length > 60)
  t.same(sizes.filter(({ lines }) => lines > MOST).map(({ file, lines }) => `${file} ${lines}`), [], 'no file is longer')
  const sorted = sizes.map(({ lines }) => lines).toSorted((one, other) => one - other)
  t.ok((sorted[sorted.length >> 1] ?? 0) <= MEDIAN, `median ${sorted[sorted.length >> 1]}`)
})

t.test('a name says what it names', async t => {
  t.same(files.filter(file => /(?:manager|helper|util|utils|service|impl|handler|common|misc|data|info)\.ts$/i.test(file)), [])
  t.same(files.filter(file => path.basename(file) === 'index.ts'), [], 'no barrels')
  t.same(files.filter(file => !/^[a-z0-9/-]+\.ts$/.test(file.replaceAll(path.sep, '/'))), [], 'kebab-case')
})

t.test('no file has a default export, an enum, or an any', async t => {
  for (const [what, pattern] of [['default export', /^export default /m], ['enum', /^\s*(?:export )?(?:const )?enum /m], ['any', /^(?!\s*(?:\*|\/\/)).*(?::\s*any\s*[,;)=>[\]|]|\bas any\b|<any>)/m], ['ts-ignore', /@ts-(?:ignore|nocheck|expect-error)/]] as const) {
    t.same(sizes.filter(({ text }) => pattern.test(text)).map(({ file }) => file), [], what)
  }
})
