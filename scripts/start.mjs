import { spawn } from 'node:child_process'
import path from 'node:path'
import { startMongo } from './mongodb/start-mongo.mjs'
import { whenParentEnds } from './parent.mjs'
import { setup } from './setup.mjs'

// npm start: dependencies, build and a local MongoDB, each when needed, then the server, which reads its configuration
// from the environment and prints where it is.
// SIGTERM or SIGINT goes to the server, which answers what it accepted; MongoDB is stopped after it. Whichever of the
// three processes dies, kill -9 included, the others end: the server when this channel closes (`disconnect`), MongoDB
// by its keeper.

const ROOT = path.join(import.meta.dirname, '..')
const DATA_DIR = path.resolve(process.env.DATA_DIR || '.data')
const log = line => console.error(line)
let server
let isOver = false
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end)
whenParentEnds(end)

try {
  await setup({ log })
  if (!isOver) process.exitCode = await run()
} catch (error) {
  log(error.message)
  process.exitCode = 1
}

/** @returns {Promise<number>} the exit code of the server; 0 when it was told to end and did */
async function run () {
  if (!process.env.MONGODB_URL) log(`Starting a local MongoDB, data in ${DATA_DIR}`)
  const mongo = await startMongo({ dataDir: DATA_DIR, log })
  let isLost = false
  mongo.lost.then(reason => {
    isLost = true
    log(`MongoDB is gone: ${reason}`)
    end()
  })
  try {
    const code = isOver ? 0 : await serve({ ...process.env, MONGODB_URL: mongo.url, DATA_DIR })
    return isLost ? 1 : code
  } finally {
    await mongo.stop()
  }
}

function serve (env) {
  // A process group of its own: a Ctrl-C reaches every process of this one's, and the server is to get one signal.
  server = spawn(process.execPath, [path.join(ROOT, 'dist', 'src', 'main.js')],
    { cwd: ROOT, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.on('exit', (code, signal) => {
      if (signal !== null) log(`The server was ended by ${signal}`)
      resolve(code ?? 1)
    })
  })
}

/** Once: a Ctrl-C comes here from the terminal and from npm, and a second signal means "at once" to many servers. */
function end () {
  if (isOver) return
  isOver = true
  server?.kill('SIGTERM')
}
