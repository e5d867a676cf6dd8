import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/**
 * How a mongod is run: plain data, since it travels to the keeper.
 * @typedef {object} Program
 * @property {string} name what a person reads
 * @property {string} command
 * @property {string[]} parameters
 * @property {Record<string, string>} env beside our own environment
 * @property {string} dbPath the folder of the database, as the program wants it said
 * @property {string[]} [sweep] a command that ends whatever the program leaves running
 */

/**
 * The first way: a mongod that is on this machine, named by `$MONGOD` or on the PATH.
 * @param {{ dbPath: string }} place
 * @returns {Program | undefined}
 */
export function installed ({ dbPath }) {
  const command = process.env.MONGOD ?? onPath('mongod')
  return command === undefined ? undefined : nativeProgram(command, dbPath)
}

/** @returns {Program} */
export function nativeProgram (command, dbPath) {
  return { name: command, command, parameters: [], env: {}, dbPath }
}

function onPath (name) {
  for (const directory of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(directory, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
}
