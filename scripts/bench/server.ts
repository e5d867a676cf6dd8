import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** One of the two servers, in a process of its own. */
export interface Server {
  /** `http://127.0.0.1:N` */
  readonly origin: string
  readonly pid: number | undefined
  readonly stop: () => Promise<void>
}

export interface Program {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
  /** Where what it prints goes. */
  readonly log: string
  /** A free one without it. */
  readonly port?: number
}

const READY_SECONDS = 60

/** Starts a program with `PORT` and `BASE_URL`, and waits until it is ready. It ends with this process, however that ends. */
export async function startServer ({ file, env, execArgv = [], log, port: asked }: Program): Promise<Server> {
  const port = asked ?? await freePort()
  const origin = `http://127.0.0.1:${port}`
  const output = openSync(log, 'w')
  const child = spawn(process.execPath, [...execArgv, file], {
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', BASE_URL: `${origin}/fhir`, ...env },
    stdio: ['ignore', output, output, 'ipc']
  })
  closeSync(output)
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  await ready(child, `${origin}/readyz`, log)
  return {
    origin,
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    }
  }
}

async function ready (child: ChildProcess, url: string, log: string): Promise<void> {
  const until = Date.now() + READY_SECONDS * 1000
  while (Date.now() < until && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok === true) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  child.kill('SIGKILL')
  throw new Error(`a server did not become ready: ${(await readFile(log, 'utf8')).slice(-2000)}`)
}

async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
