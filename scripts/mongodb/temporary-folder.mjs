import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const SHARED_MEMORY = '/dev/shm'
const GIB = 1024 ** 3
/** What a run of all tests needs at most, and what must be left beside it. */
const WANTED = 4 * GIB
const SPARED = 4 * GIB

/**
 * A folder for a MongoDB that goes with its process: in memory where there is plenty, so that no test waits for a disk.
 * @param {string} name the beginning of its name
 */
export function temporaryFolder (name) {
  return mkdtempSync(path.join(hasRoom() ? SHARED_MEMORY : tmpdir(), name))
}

function hasRoom () {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY)
    return bavail * bsize >= WANTED && process.availableMemory() >= WANTED + SPARED
  } catch {
    return false
  }
}
