import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { claim } from './claim.mjs'
import { downloaded } from './downloaded.mjs'
import { freePort } from './free-port.mjs'
import { installed } from './installed.mjs'
import { keep } from './keep.mjs'
import { underWine } from './wine.mjs'

const WAYS = [installed, downloaded, underWine]

/**
 * @typedef {object} Member a mongod of ours that runs
 * @property {number} port the same for as long as it is ours, also after a restart
 * @property {string} name how it is run, for a person
 * @property {number | undefined} pid of mongod itself; another one after a restart
 * @property {() => Promise<void>} stop cleanly, with all that belongs to it
 * @property {Promise<string>} lost told, with a reason, when it ended for good without being asked to
 */

/**
 * Starts one mongod, a member of a replica set that the caller initiates.
 * It is started again when it ends unexpectedly, and stops when this process ends in whatever way.
 * @param {object} wanted
 * @param {string} wanted.dataDir its own folder; `mongodb` inside it is made
 * @param {number} [wanted.port] default: the one used there before, or a free one
 * @param {string} [wanted.replicaSet]
 * @param {number} [wanted.cacheSizeGB]
 * @param {string[]} [wanted.parameters] more of mongod's own
 * @param {boolean} [wanted.temporary] removes dataDir after the stop, also when this process was killed
 * @param {(line: string) => void} [wanted.log]
 * @returns {Promise<Member>}
 */
export async function startMember ({ dataDir, port, replicaSet = 'rs0', cacheSizeGB = 1, parameters = [], temporary = false, log = () => {} }) {
  const files = folderOf(dataDir)
  const claimed = await claim(files)
  try {
    const program = await findProgram({ ...files, log })
    const chosen = port ?? await freePort(claimed.port)
    const settings = { program, port: chosen, replicaSet, cacheSizeGB, parameters, files, temporary }
    return await keep(settings, { release: claimed.release, log })
  } catch (error) {
    claimed.release()
    throw error
  }
}

/** The first way that leads to a MongoDB on this machine. */
async function findProgram (place) {
  const reasons = []
  for (const way of WAYS) {
    try {
      const program = await way(place)
      if (program !== undefined) return program
    } catch (error) {
      reasons.push(error.message)
    }
  }
  throw new Error(['No MongoDB can be had on this machine.', ...reasons,
    'Set MONGODB_URL to a replica set that runs, or MONGOD to a mongod program (version 7 or later).'].join('\n'))
}

function folderOf (dataDir) {
  const directory = path.resolve(dataDir)
  const inside = path.join(directory, 'mongodb')
  const files = {
    directory,
    dbPath: path.join(inside, 'db'),
    prefix: path.join(inside, 'wine'),
    log: path.join(inside, 'mongod.log'),
    owner: path.join(inside, 'owner.json'),
    record: path.join(inside, 'mongod.json')
  }
  mkdirSync(files.dbPath, { recursive: true, mode: 0o700 })
  return files
}
