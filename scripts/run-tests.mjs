import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

// node scripts/run-tests.mjs FILE…: each file in a process of its own, two at a time, as TAP on the standard output.
// `tap run` would load into each the hooks of its plugins (coverage, TypeScript, mocks), which no test here uses.

const JOBS = 2
/** The most that a file may take, s. */
const LONGEST = 900

const plain = pathToFileURL(path.join(import.meta.dirname, 'plain-tests.mjs')).href
const env = { ...process.env, TAP: '1', TAP_TIMEOUT: String(LONGEST) }
t.setTimeout(0)
t.jobs = JOBS
for (const file of process.argv.slice(2)) t.spawn(process.execPath, [`--import=${plain}`, file], { buffered: true, timeout: LONGEST * 1000, env }, file)
