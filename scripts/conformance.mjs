import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { whenParentEnds } from './parent.mjs'
import { build, install } from './setup.mjs'

// npm run conformance -- URL: asks a FHIR R4 server, ours or another, whether it does what its /metadata declares.

const FOLDER = path.join(import.meta.dirname, '..', 'dist', 'scripts', 'conformance')
const USAGE = `Usage: npm run -s conformance -- URL [--token TOKEN] [--type TYPE …] [--patient ID …] [--write] [--html FILE] [--junit FILE]
  URL        the base of a FHIR R4 server
  --token    a bearer token; TOKEN of the environment unless given
  --type     only this type; may be given several times
  --patient  looks in the record of this Patient; may be given several times (those that the server lists)
  --write    creates, changes and deletes copies of what it finds too; without it nothing is written
  --html     writes a report for people
  --junit    writes a report for machines
The exit status is 1 where something failed.`
const log = line => console.error(line)

whenParentEnds(() => process.exit(2))
try {
  const options = read()
  if (options === undefined) console.log(USAGE)
  else process.exitCode = await examine(options)
} catch (error) {
  log(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n${USAGE}` : error.message)
  process.exitCode = 2
}

async function examine ({ server, token, types, patients, isWriting, html, junit }) {
  await install({ log })
  await build({ log })
  const load = async name => await import(pathToFileURL(path.join(FOLDER, `${name}.js`)).href)
  const [{ run }, { createSend }, { toText, toHtml, toJUnit }] = [await load('run'), await load('client'), await load('report')]
  let done = 0
  const tell = ({ group, name, problems }) => {
    done += 1
    if (problems.length > 0) log(`failed: ${group}: ${name}`)
    else if (done % 200 === 0) log(`${done} cases`)
  }
  const told = { server, date: new Date().toISOString(), results: await run({ send: createSend(server, token), types, patients, isWriting, tell }) }
  console.log(toText(told))
  if (html !== undefined) writeFileSync(html, toHtml(told))
  if (junit !== undefined) writeFileSync(junit, toJUnit(told))
  return told.results.some(({ problems }) => problems.length > 0) ? 1 : 0
}

function read () {
  const text = { type: 'string' }
  const several = { type: 'string', multiple: true, default: [] }
  const flag = { type: 'boolean', default: false }
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { token: text, type: several, patient: several, write: flag, html: text, junit: text, help: flag } })
  if (values.help) return undefined
  const [server = ''] = positionals
  if (positionals.length !== 1 || !/^https?:/.test(server) || !URL.canParse(server)) throw new Error(`One URL is wanted\n${USAGE}`)
  return { server: server.replace(/\/+$/, ''), token: values.token ?? process.env.TOKEN, types: values.type, patients: values.patient, isWriting: values.write, html: values.html, junit: values.junit }
}
