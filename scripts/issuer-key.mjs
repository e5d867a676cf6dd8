import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The local development key, which signs the tokens of `npm run token` and which a server with the local issuer trusts.
 * Made at first use; the server and the script may do so at the same time, and one of the keys stays.
 * @param {string} dataDir
 * @returns {import('node:crypto').JsonWebKey & { kid: string, alg: 'ES256', use: 'sig' }} a private P-256 key
 */
export function issuerKey (dataDir) {
  const file = path.join(path.resolve(dataDir), 'keys', 'issuer.json')
  return read(file) ?? make(file)
}

function make (file) {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' }
  // Written whole under another name, then linked: nobody reads half a key, and a key that is there is never replaced.
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, `${JSON.stringify(jwk, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return read(file)
}

function read (file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read as a key: ${error.message}`)
  }
}
