import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identify, isRunning, end } from './processes.mjs'

/**
 * Takes a data folder for this process alone. What a dead owner left running there is ended first: its keeper is
 * given the time to stop by itself, mongod is killed (its journal recovers).
 * @param {{ owner: string, record: string }} files
 * @returns {Promise<{ port?: number, release: () => void }>} the port that was used here before
 * @throws when another living process owns the folder
 */
export async function claim (files) {
  const mine = identify(process.pid)
  for (;;) {
    const previous = readJson(files.owner)
    if (isRunning(previous)) throw new Error(`The MongoDB data beside ${files.owner} are in use by process ${previous.pid}`)
    if (previous !== undefined && !takeAway(files.owner)) continue
    await endLeftovers(files)
    try {
      writeFileSync(files.owner, JSON.stringify(mine), { flag: 'wx' })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      continue
    }
    return { port: readJson(files.record)?.port, release: () => rmSync(files.owner, { force: true }) }
  }
}

/** Ends what a keeper that is gone, or whose owner is gone, left in a folder. */
export async function endLeftovers (files) {
  const left = readJson(files.record)
  await end(left?.keeper, 25_000)
  // Read again: the keeper may have restarted mongod meanwhile.
  await end(readJson(files.record)?.mongod, 0)
}

/** Of several that find a dead owner's file, one gets it out of the way. */
function takeAway (file) {
  const grave = `${file}.${process.pid}`
  try {
    renameSync(file, grave)
    rmSync(grave)
    return true
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

function readJson (file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
