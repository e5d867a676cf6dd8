import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A process that can be told from a later one with the same number.
 * @typedef {{ pid: number, started: string }} Identity
 */

/**
 * @param {number} pid
 * @returns {Identity | undefined} undefined when no such process runs
 */
export function identify (pid) {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid)
  return started === undefined ? undefined : { pid, started }
}

/** @param {Identity | undefined} identity */
export function isRunning (identity) {
  return identity !== undefined && identify(identity.pid)?.started === identity.started
}

/**
 * Waits until a process is gone, and kills it when that takes too long. No other process is ever touched.
 * @param {Identity | undefined} identity
 * @param {number} patience milliseconds before the kill
 */
export async function end (identity, patience) {
  const deadline = Date.now() + patience
  for (let killed = false; isRunning(identity); await sleep(20)) {
    if (killed || Date.now() < deadline) continue
    try {
      process.kill(identity.pid, 'SIGKILL')
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
    killed = true
  }
}

function startedOnLinux (pid) {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in parentheses and may hold anything; state is the 3rd field, start time the 22nd.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function startedElsewhere (pid) {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}
