import { spawn } from 'node:child_process'

/**
 * Runs a command and keeps what it prints to itself, unless it fails: then all of it is in the error.
 * @param {string} command
 * @param {string[]} parameters
 * @param {import('node:child_process').SpawnOptions & { timeout?: number }} [options]
 * @returns {Promise<string>} what the command printed on its standard output
 */
export function runQuietly (command, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let printed = ''
    let answer = ''
    child.stdout?.on('data', chunk => { printed += chunk; answer += chunk })
    child.stderr?.on('data', chunk => { printed += chunk })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(answer)
      reject(new Error(`${[command, ...parameters].join(' ')} ended with ${signal ?? code}\n${printed.trim()}`))
    })
  })
}
