import { accessSync, constants, readFileSync } from 'node:fs'
import path from 'node:path'
import { runQuietly } from '../run-quietly.mjs'

const PACKAGES = ['wine', 'wine64']
const COMMAND = `apt-get install -y --no-install-recommends ${PACKAGES.join(' ')}`
// Debian's `wine` on the PATH is a script that complains about a missing 32-bit Wine, which nothing here needs.
const DIRECTORIES = ['/usr/lib/wine', ...(process.env.PATH ?? '').split(path.delimiter)]

/**
 * Debian's Wine, installed when it is missing and this user may do so.
 * @param {(line: string) => void} log
 * @returns {Promise<{ wine: string, wineserver: string }>} the paths of its two programs
 * @throws an error whose message holds the command that a person has to run, when we may not
 */
export async function installedWine (log) {
  const found = findWine()
  if (found !== undefined) return found
  if (process.env.NO_INSTALL === '1' || process.getuid?.() !== 0) {
    throw new Error(`Wine is not installed. Please run, as root: apt-get update && ${COMMAND}`)
  }
  log(`Installing Wine to run MongoDB with (once, as root; NO_INSTALL=1 prevents it): ${COMMAND}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Waits for another run that installs it at the same time.
  const parameters = ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...PACKAGES]
  try {
    await runQuietly('apt-get', parameters, { env })
  } catch {
    // A new machine has no lists of packages, or old ones.
    await runQuietly('apt-get', ['-o', 'DPkg::Lock::Timeout=300', 'update'], { env })
    await runQuietly('apt-get', parameters, { env })
  }
  const installed = findWine()
  if (installed === undefined) throw new Error(`Wine cannot be found even after: ${COMMAND}`)
  return installed
}

/** Whether this machine is one that the way by Wine was tried on. */
export function isDebian () {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  try {
    return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

function findWine () {
  const wine = findProgram(['wine64', 'wine'])
  const wineserver = findProgram(['wineserver64', 'wineserver'])
  return wine === undefined || wineserver === undefined ? undefined : { wine, wineserver }
}

function findProgram (names) {
  for (const name of names) {
    for (const directory of DIRECTORIES) {
      const file = path.join(directory, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {}
    }
  }
}
