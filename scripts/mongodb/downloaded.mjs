import { cacheDirectory } from './cache.mjs'
import { nativeProgram } from './installed.mjs'

const VERSION = '7.0.24'
const SITE = process.env.MONGOMS_DOWNLOAD_MIRROR ?? 'https://fastdl.mongodb.org'

/**
 * The second way: MongoDB's own build for this machine, fetched once by mongodb-memory-server-core, which knows
 * which build fits which distribution. That package is a development dependency: without it this is not the way.
 * @param {{ dbPath: string, log: (line: string) => void }} place
 * @returns {Promise<import('./installed.mjs').Program | undefined>}
 */
export async function downloaded ({ dbPath, log }) {
  const library = await import('mongodb-memory-server-core').catch(() => undefined)
  if (library === undefined) return undefined
  const options = { version: VERSION, downloadDir: cacheDirectory('mongodb-memory-server'), checkMD5: true }
  try {
    let command = await library.DryMongoBinary.locateBinary(options)
    if (command === undefined) {
      if (!await isReachable()) return undefined
      log(`Downloading MongoDB ${VERSION} (once)`)
      command = await library.MongoBinary.getPath(options)
    }
    return nativeProgram(command, dbPath)
  } catch (error) {
    log(`MongoDB could not be downloaded (${error.message}); looking for another way`)
    return undefined
  }
}

/** Asked first and with a short patience: the library itself waits for minutes on a network that swallows packets. */
async function isReachable () {
  // fetch does not speak to proxies; the library does.
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy) return true
  return await fetch(SITE, { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).then(() => true, () => false)
}
