import { parseArgs } from 'node:util'
import { install } from '../setup.mjs'
import { startMongo } from './start-mongo.mjs'

// A local MongoDB by hand: node scripts/mongodb/cli.mjs --data DIR [--port N]. Prints its address, stops at SIGINT
// or SIGTERM.

const { values } = parseArgs({ options: { data: { type: 'string', default: '.data' }, port: { type: 'string' } } })
const log = line => console.error(line)
const stopped = new Promise(resolve => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve(signal))
})
const alive = setInterval(() => {}, 60_000)
try {
  await install({ log })
  const port = values.port === undefined ? undefined : Number(values.port)
  const mongo = await startMongo({ dataDir: values.data, port, log })
  console.log(mongo.url)
  const lost = await Promise.race([stopped.then(() => undefined), mongo.lost])
  if (lost !== undefined) throw new Error(lost)
  await mongo.stop()
} catch (error) {
  log(error.message)
  process.exitCode = 1
}
clearInterval(alive)
