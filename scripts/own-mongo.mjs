import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

const ROOT = path.join(import.meta.dirname, '..')
const log = line => console.error(line)

/**
 * All set-up, a MongoDB of its own that leaves nothing, and then the `run` of a compiled script.
 * @param {string} name of the folder in `scripts/`
 * @param {{ cacheSizeGB?: number } & object} options handed on, with `mongoUrl`, `root` and `log`
 * @returns what `run` returns
 */
export async function runWithMongo (name, { cacheSizeGB = 1, ...options }) {
  whenParentEnds(() => process.exit(1))
  await setup({ log })
  const dataDir = mkdtempSync(path.join(tmpdir(), `${name}-`))
  const mongo = await startMongo({ dataDir, temporary: true, cacheSizeGB, log })
  try {
    const { run } = await import(pathToFileURL(path.join(ROOT, 'dist', 'scripts', name, 'run.js')).href)
    return await run({ ...options, mongoUrl: mongo.url, root: ROOT, log })
  } finally {
    await mongo.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
