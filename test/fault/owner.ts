/** Whose connection it is: on one machine all come from 127.0.0.1. Linux tells which process holds a socket. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** The processes that were started with `text` in their command or environment; a mongod under Wine leaves its sockets to another one. */
export function processesOf (text: string): readonly number[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => contentOf(`/proc/${pid}/cmdline`).includes(text) || contentOf(`/proc/${pid}/environ`).includes(text)).map(Number)
}

/** @param port of the one who connects, on the loopback @returns undefined when the connection is gone */
export function socketAt (port: number): string | undefined {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const line = contentOf('/proc/net/tcp').split('\n').map(each => each.trim().split(/\s+/)).find(fields => fields[1] === local)
  return line?.[9] === undefined ? undefined : `socket:[${line[9]}]`
}

/** Whether a process holds a socket. */
export function holds (pid: number, socket: string): boolean {
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some(name => linkOf(`${folder}/${name}`) === socket)
  } catch {
    return false
  }
}

function contentOf (file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function linkOf (name: string): string | undefined {
  try {
    return readlinkSync(name)
  } catch {
    return undefined
  }
}
