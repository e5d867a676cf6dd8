import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/**
 * A folder of the cache that all checkouts of one person share: `MONGODB_CACHE`, or one in the home.
 * @param {...string} names
 */
export function cacheDirectory (...names) {
  const root = process.env.MONGODB_CACHE ?? path.join(homedir(), '.cache', 'espace-sante-fhir')
  const directory = path.join(path.resolve(root), ...names)
  mkdirSync(directory, { recursive: true })
  return directory
}
