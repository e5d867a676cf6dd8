import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { localToken, needLocalIssuer, TOKEN_OPTIONS } from './local-token.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'
import { Usage, USAGE as TOKENS } from './token-claims.mjs'

// npm run -s load -- --as KIND … FILE|FOLDER…: loads Bundles and NDJSON through the server's own write path. Exit code 0
// when all of it was written, 1 when something was refused or the server stayed away, 2 when nothing was begun.

const ROOT = path.join(import.meta.dirname, '..')
const USAGE = `Usage: npm run -s load -- [--as KIND …] [--server URL] [--at-once N] [--patience SECONDS] [--restart] [--dry-run] FILE|FOLDER…
  FILE      .ndjson: a resource, or a transaction or batch Bundle, on each line; .json: one of them; both also as .gz
  FOLDER    every such file in it; where it has a load.json, in its order and as whom it says
  --as      as for npm run token; as holder without --ins, each line as the patient whom it names by INS
  --migrate STRUCTURE  as operator: what this registered source kept, with its instants (README, migration)
  --server  the base URL (http://127.0.0.1:8080/fhir)
  --at-once requests at once (16); those of one record always one after the other
  --patience  how long nothing may be answered before it gives up (600)
  --restart loads anew what has changed since it was loaded; what has not is known by its key for seven days
  --dry-run counts, and sends nothing
Refusals: standard error, and FILE.rejected.ndjson. How far it is: FILE.load-state; the same command goes on from there.

${TOKENS}`
const log = line => console.error(line)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop.abort())
whenParentEnds(() => stop.abort())

try {
  const options = read()
  if (options === undefined) console.log(USAGE)
  else process.exitCode = await run(options)
} catch (error) {
  log(error instanceof Usage || error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${USAGE}` : error.message)
  process.exitCode = 2
}

async function run (options) {
  if (!options.isDryRun) needLocalIssuer()
  // Told before anything is begun.
  const { migrate, ...bearer } = options.who ?? {}
  if (options.who !== undefined) localToken(bearer.as === 'holder' ? { ins: '0', ...bearer } : bearer, () => {})
  await setup({ log })
  const compiled = name => import(pathToFileURL(path.join(ROOT, 'dist', 'scripts', 'load', name)).href)
  const { load } = await compiled('run.js')
  const { createBar } = await compiled('progress.js')
  const tokenOf = who => localToken(who, warning => log(`Warning: ${warning}`))
  const { done, refused, skipped, seconds, types, stopped } = await load({ ...options, tokenOf, bar: createBar(), signal: stop.signal })
  const all = [...types].map(([type, count]) => `${count} ${type || 'that cannot be sent'}`).join(', ')
  if (options.isDryRun) {
    console.log(all || 'nothing')
    return 0
  }
  console.log(`${done} written, ${refused} refused, ${skipped} before; ${seconds.toFixed(1)} s, ${(done / Math.max(seconds, 0.001)).toFixed(1)}/s (${all})`)
  if (stopped !== undefined) log(`${stopped}. The same command goes on from here.`)
  return refused > 0 || stopped !== undefined ? 1 : 0
}

function read () {
  const text = { type: 'string' }
  const flag = { type: 'boolean', default: false }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...TOKEN_OPTIONS, migrate: text, server: text, 'at-once': text, patience: text, restart: flag, 'dry-run': flag, help: flag }
  })
  const { server, restart, help, 'at-once': atOnce = '16', patience = '600', 'dry-run': isDryRun, ...who } = values
  if (help) return undefined
  if (positionals.length === 0) throw new Usage('A file or folder is missing')
  for (const [name, value] of [['at-once', atOnce], ['patience', patience]]) {
    if (!/^[1-9]\d{0,4}$/.test(value)) throw new Usage(`--${name} wants a number`)
  }
  return {
    names: positionals,
    who: Object.keys(who).length === 0 ? undefined : who,
    server: (server ?? 'http://127.0.0.1:8080/fhir').replace(/\/+$/, ''),
    atOnce: Number(atOnce),
    patience: Number(patience) * 1000,
    isRestart: restart,
    isDryRun
  }
}
