import { startMember } from './member.mjs'
import { initiate } from './replica-set.mjs'

const REPLICA_SET = 'rs0'

/**
 * A MongoDB for development and tests on any machine: the one of `MONGODB_URL`, which is left alone, or a replica set
 * of one that is started here, in this order from a mongod of this machine, a download, or a Windows build under Wine.
 * It listens on the loopback only, comes back by itself when it ends, and stops with the process that started it,
 * kill -9 included. Production brings its own MongoDB.
 *
 * @typedef {object} Mongo
 * @property {string} url
 * @property {string} name how it is run, for a person
 * @property {number | undefined} pid of mongod, when it is ours; another one after a restart
 * @property {() => Promise<void>} stop
 * @property {Promise<string>} lost told, with a reason, when ours ended for good without being asked to
 *
 * @param {Omit<Parameters<typeof startMember>[0], 'replicaSet'>} wanted
 * @returns {Promise<Mongo>}
 */
export async function startMongo (wanted) {
  const external = process.env.MONGODB_URL
  if (external) {
    return { url: external, name: 'MONGODB_URL', pid: undefined, stop: async () => {}, lost: new Promise(() => {}) }
  }
  const member = await startMember({ ...wanted, replicaSet: REPLICA_SET })
  try {
    await initiate({ name: REPLICA_SET, ports: [member.port] })
  } catch (error) {
    await member.stop()
    throw error
  }
  // Not a spread: pid changes with a restart.
  return Object.create(member, { url: { value: `mongodb://127.0.0.1:${member.port}/?replicaSet=${REPLICA_SET}`, enumerable: true } })
}
