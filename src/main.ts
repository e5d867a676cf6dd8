/** The process: environment → application → listen; on SIGTERM what was accepted is answered, then it ends. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import type { JSONWebKeySet } from 'jose'
import { createApp } from './app.js'
import { readConfig } from './config.js'
import type { Config } from './config.js'
import { localTrust, remoteTrust } from './http/authenticate.js'
import type { Trust } from './http/authenticate.js'
import { loadSample } from './sample.js'

const ROOT = new URL('../../', import.meta.url)

const config = readConfig(process.env)
// Lines are written in bundles, a second apart at most: a write for each request would be felt.
const lines = pino.destination({ sync: false, minLength: 4096, periodicFlush: 1000 })
const logger = pino({ level: config.logLevel }, lines)
const app = await createApp({ config, logger, trust: await trustOf(config), master: await masterKey(config.dataDir), root: ROOT })
app.warm()
if (config.withSample) await loadSample(app)
const { notifications: { isOn, webhook }, subscriptions: { socket } } = config
if (isOn) await app.notifications.start()
// Without a channel there is nobody to tell, and nothing is followed.
if (isOn && (webhook !== undefined || socket !== undefined)) await app.subscriptions.start()
if (socket !== undefined) await app.sockets?.server.listen({ port: socket.port, host: config.host })
await app.server.listen({ port: config.port, host: config.host })
process.stdout.write([
  `espace-sante-fhir serves ${config.baseUrl}`,
  config.issuer === undefined
    ? 'A token for it: npm run -s token -- --as holder --ins 180126978912536   (development only; other kinds: --help)'
    : `Tokens are those of ${config.issuer.url}`,
  ''
].join('\n'))

let isClosing = false
const close = (): void => {
  if (isClosing) return
  isClosing = true
  app.close().finally(() => { lines.flushSync() }).then(() => process.exit(0), () => process.exit(1))
}
process.once('SIGTERM', close)
process.once('SIGINT', close)
// The script that started this process keeps a channel open: without it, nobody would stop the server.
process.once('disconnect', close)
process.on('unhandledRejection', error => {
  logger.fatal({ name: error instanceof Error ? error.name : typeof error }, 'unhandled rejection')
  lines.flushSync()
  process.exit(1)
})

async function trustOf ({ issuer, dataDir }: Config): Promise<Trust> {
  if (issuer !== undefined) return remoteTrust(issuer)
  const { issuerKey } = await import(new URL('scripts/issuer-key.mjs', ROOT).href) as { issuerKey: (dataDir: string) => JSONWebKeySet['keys'][number] }
  const { d, ...key } = issuerKey(dataDir)
  return localTrust({ keys: [key] })
}

/** The master key of development: a file, made at first start. */
async function masterKey (dataDir: string): Promise<Buffer> {
  const file = path.join(dataDir, 'keys', 'master.key')
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  try {
    await writeFile(file, randomBytes(32), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return await readFile(file)
}
