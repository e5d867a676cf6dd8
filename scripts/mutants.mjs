import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startMongo } from './mongodb/start-mongo.mjs'
import { MUTANTS } from './mutants/list.mjs'
import { whenParentEnds } from './parent.mjs'
import { build, install } from './setup.mjs'

// npm run mutants: makes each mistake of scripts/mutants/list.mjs in a copy of the tree, runs the test that should see it,
// and fails when one is seen by none. Prints a Markdown table, and keeps the rows of the one in test/consent/README.md.
// --only WORD: those whose file or description holds it. --missing: those of which the README says nothing yet, and without
// running the tests on the tree as it is first. --workers N: as many at a time (2). --scenarios N: for each (1,500).

const ROOT = path.join(import.meta.dirname, '..')
const README = path.join(ROOT, 'test', 'consent', 'README.md')
const COPIED = ['src', 'test', 'dist/definitions', 'terminology', 'profiles', 'capability-statement.json', 'package.json', 'tsconfig.json']
const BEGIN = '<!-- mutants -->'
const END = '<!-- /mutants -->'
const log = line => console.error(line)
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    missing: { type: 'boolean', default: false },
    workers: { type: 'string', default: '2' },
    scenarios: { type: 'string', default: '1500' }
  }
})

const stale = MUTANTS.filter(({ file, from, to }) => from === to || readFileSync(path.join(ROOT, file), 'utf8').split(from).length !== 2)
for (const { file, why, from } of stale) log(`${file}: "${why}": this text does not stand there exactly once: ${from}`)
if (stale.length > 0) {
  log('The list of mutants (scripts/mutants/list.mjs) is out of date.')
  process.exit(1)
}

whenParentEnds(() => process.exit(1))
await install({ log })
await build({ log })
const folder = mkdtempSync(path.join(tmpdir(), 'mutants-'))
const mongo = await startMongo({ dataDir: path.join(folder, 'mongodb'), temporary: true, log })
try {
  const chosen = MUTANTS.filter(({ file, why }) => `${file} ${why}`.includes(values.only)).filter(mutant => !values.missing || rowsOf(mutant).length === 0)
  const copies = Array.from({ length: Number(values.workers) }, (_, index) => copyOf(path.join(folder, `copy${index}`)))
  const untouched = values.missing ? [] : [...new Set(chosen.flatMap(({ by }) => by))]
  for (const by of untouched) {
    const { code, said } = await run(copies[0], by)
    if (code !== 0) throw new Error(`${by} fails without any mutant:\n${said}`)
  }
  const seen = new Map()
  const waiting = [...chosen]
  await Promise.all(copies.map(async copy => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const killer = await judge(copy, mutant)
      seen.set(mutant, killer)
      keep(seen)
      log(`${killer === undefined ? 'SURVIVES' : 'killed'}  ${mutant.file}: ${mutant.why}`)
    }
  }))
  const survivors = chosen.filter(mutant => seen.get(mutant) === undefined)
  console.log(`${tableOf(chosen.map(mutant => rowOf(mutant, seen.get(mutant))))}\n\n${chosen.length - survivors.length} of ${chosen.length} mutants are killed`)
  if (survivors.length > 0) process.exitCode = 1
} finally {
  await mongo.stop()
  rmSync(folder, { recursive: true, force: true })
}

function copyOf (copy) {
  for (const name of COPIED) cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true })
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction')
  return copy
}

/** @returns the test that fails first, or undefined. @throws Error when the mutant does not even run */
async function judge (copy, { file, by, why, from, to }) {
  const target = path.join(copy, file)
  const text = readFileSync(target, 'utf8')
  try {
    writeFileSync(target, text.split(from).join(to))
    for (const test of by) {
      const { code, said } = await run(copy, test)
      if (code === 0) continue
      if (!/^ +not ok /m.test(said) || /SyntaxError|TransformError|ReferenceError/.test(said)) throw new Error(`${file}: "${why}" is no program:\n${said.slice(-2000)}`)
      return { test, sentence: sentenceOf(said) }
    }
    return undefined
  } finally {
    writeFileSync(target, text)
  }
}

/** What failed first: a sentence, or the name of a test whose assertions have none. */
function sentenceOf (said) {
  const name = pattern => (pattern.exec(said)?.[1] ?? '').replace(/ # time=.*$| \{$/, '').trim()
  const first = name(/^ +not ok \d+ - (.*)$/m)
  const subtests = [...said.slice(0, said.search(/^ +not ok /m)).matchAll(/^# Subtest: (.*)$/gm)]
  return first.startsWith('seed ') ? subtests.at(-1)?.[1] ?? first : first.replace(/: decision and filter$/, '')
}

function run (copy, by) {
  const child = spawn(process.execPath, ['--import=tsx', by], { cwd: copy, env: { ...process.env, MONGODB_URL: mongo.url, SCENARIOS: values.scenarios, WITHOUT_MONGODB: '1', TAP_TIMEOUT: '600', TAP_BAIL: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { said += chunk })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, said }))
  })
}

function rowOf (mutant, killer) {
  const cell = text => text.replaceAll('|', '\\|')
  return `${headOf(mutant)}${killer === undefined ? '**nothing**' : `\`${path.basename(killer.test)}\`: ${cell(killer.sentence)}`} |`
}

function headOf ({ why, file }) {
  return `| ${why} | \`${path.basename(file)}\` | `
}

function tableOf (rows) {
  return ['| mutant | where | killed by |', '|---|---|---|', ...rows].join('\n')
}

/** The rows of the README about a mutant that a test has seen. */
function rowsOf (mutant) {
  return readFileSync(README, 'utf8').split('\n').filter(line => line.startsWith(headOf(mutant)) && !line.includes('**nothing**'))
}

/** The README says of each mutant what the last run saw that asked it. */
function keep (seen) {
  const text = readFileSync(README, 'utf8')
  const rows = MUTANTS.flatMap(mutant => seen.has(mutant) ? [rowOf(mutant, seen.get(mutant))] : rowsOf(mutant).slice(0, 1))
  const next = `${text.slice(0, text.indexOf(BEGIN) + BEGIN.length)}\n${tableOf(rows)}\n${text.slice(text.indexOf(END))}`
  if (next !== text) writeFileSync(README, next)
}
