import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const NOT_YET_INITIALIZED = 94

/**
 * Waits until the mongod of this very folder answers on the port.
 * @param {{ port: number, dbPath: string, patience: number, isOver: () => boolean }} awaited
 */
export async function answers ({ port, dbPath, patience, isOver }) {
  const deadline = Date.now() + patience
  while (!await accepts(port)) {
    if (isOver()) throw new Error('mongod ended')
    if (Date.now() > deadline) throw new Error(`mongod does not answer on port ${port} after ${patience / 1000} s`)
    await sleep(50)
  }
  await asAdministrator(port, async admin => {
    const { parsed } = await admin.command({ getCmdLineOpts: 1 })
    if (parsed.storage.dbPath !== dbPath) throw new Error(`Port ${port} belongs to the MongoDB of ${parsed.storage.dbPath}`)
  })
}

/**
 * Makes members that run the primary and secondaries of one replica set, and waits for the primary. A set of one
 * whose port has changed since is told its new port.
 * @param {{ name: string, ports: number[], settings?: Record<string, unknown> }} set `settings` of the replica set: with
 *   `electionTimeoutMillis: 2000` a set of three has a primary after some 3 seconds instead of 12
 */
export async function initiate ({ name, ports, settings = {} }) {
  const members = ports.map((port, _id) => ({ _id, host: `127.0.0.1:${port}` }))
  await asAdministrator(ports[0], async (admin, client) => {
    const config = await storedConfig(client)
    if (config === null) {
      await admin.command({ replSetInitiate: { _id: name, members, settings } })
    } else if (ports.length === 1 && config.members[0].host !== members[0].host) {
      const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host: members[0].host }] }
      await onceLoaded(() => admin.command({ replSetReconfig: moved, force: true }))
    }
  })
  await primaryAmong(ports)
}

/** The clean stop. The connection breaks while the server goes, so only the end of the process says it worked. */
export async function shutDown (port) {
  await asAdministrator(port, admin => admin.command({ shutdown: 1, force: true, timeoutSecs: 1 })).catch(() => {})
}

/**
 * A member that has just begun to answer may still be looking for itself in its configuration: up to 30 seconds, when
 * something else that says nothing listens on its old port.
 */
async function onceLoaded (command) {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    try {
      return await command()
    } catch (error) {
      if (error.code !== NOT_YET_INITIALIZED || Date.now() > deadline) throw error
    }
  }
}

/** As stored: a member whose configuration names another port does not tell it by replSetGetConfig. */
function storedConfig (client) {
  return client.db('local').collection('system.replset').findOne()
}

async function primaryAmong (ports) {
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    for (const port of ports) {
      const hello = await asAdministrator(port, admin => admin.command({ hello: 1 })).catch(() => undefined)
      if (hello?.isWritablePrimary) return
    }
    await sleep(50)
  }
  throw new Error(`No primary was elected among 127.0.0.1:${ports.join(', ')} within a minute`)
}

/** The driver is imported at the last moment: these scripts begin before it is installed. */
async function asAdministrator (port, ask) {
  const { MongoClient } = await import('mongodb')
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true`
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000, maxPoolSize: 1 })
  try {
    return await ask(client.db('admin'), client)
  } finally {
    await client.close(true)
  }
}

function accepts (port) {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => { socket.destroy(); resolve(true) })
    socket.on('error', () => resolve(false))
  })
}
