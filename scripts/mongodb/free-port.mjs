import { createServer } from 'node:net'

// Below the ports that systems give to outgoing connections: while mongod is down, a client that tries again and again
// could otherwise be given the very port, connect to itself, and keep mongod from coming back.
const LOWEST = 20_000
const HIGHEST = 32_000

/**
 * @param {number} [preferred] taken when it is free
 * @returns {Promise<number>}
 */
export async function freePort (preferred) {
  if (preferred !== undefined && await isFree(preferred)) return preferred
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (await isFree(port)) return port
  }
}

function isFree (port) {
  return new Promise(resolve => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
