/** The sandbox: the server on a database of its own, its personas, and a page about both. A reset begins all of it anew. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { MongoClient } from 'mongodb'
import { startServer } from '../bench/server.js'
import { createAsk } from './ask.js'
import { casesOf } from './cases.js'
import type { Bearer } from './cast.js'
import { fill } from './fill.js'
import type { Filled } from './fill.js'
import { pageOf } from './page.js'

export interface Sandbox {
  readonly mongoUrl: string
  readonly dataDir: string
  /** The folder of the project. */
  readonly root: string
  /** Of the FHIR server, and of the page. */
  readonly port: number
  readonly pagePort: number
  readonly tokenOf: (bearer: Bearer) => string
  readonly log: (line: string) => void
}

const DATABASE = 'sandbox'
const HOST = '127.0.0.1'

/** @returns what ends it */
export async function run (sandbox: Sandbox): Promise<() => Promise<void>> {
  const { mongoUrl, dataDir, root, port, pagePort, tokenOf, log } = sandbox
  const base = `http://${HOST}:${port}/fhir`
  const ask = createAsk(base, tokenOf)
  await mkdir(dataDir, { recursive: true })

  async function begin () {
    const client = await new MongoClient(mongoUrl).connect()
    await client.db(DATABASE).dropDatabase().finally(async () => { await client.close() })
    const server = await startServer({
      file: path.join(root, 'dist', 'src', 'main.js'),
      port,
      log: path.join(dataDir, 'server.log'),
      env: { MONGODB_URL: mongoUrl, MONGODB_DB: DATABASE, DATA_DIR: dataDir, SAMPLE: 'none' }
    })
    try {
      return { server, filled: await fill(ask, root) }
    } catch (error) {
      await server.stop()
      throw error
    }
  }

  // One reset at a time: who asks meanwhile waits for it, and for its records.
  let now = begin()
  await now
  const reset = async () => {
    const before = now
    now = before.then(async ({ server }) => { await server.stop() }, () => {}).then(begin)
    await now
  }

  const page = createPage({ pagePort, reset, render: async () => await render((await now).filled) })
  await page.listen({ port: pagePort, host: HOST })
  log(`Sandbox: http://${HOST}:${pagePort} (FHIR at ${base})`)
  return async () => {
    await page.close()
    await (await now).server.stop()
  }

  async function render (filled: Filled): Promise<string> {
    return pageOf({ ...filled, base, tokenOf, cases: await casesOf(ask, filled) })
  }
}

function createPage ({ pagePort, reset, render }: { readonly pagePort: number, readonly reset: () => Promise<void>, readonly render: () => Promise<string> }): FastifyInstance {
  const page = Fastify()
  const names = [`${HOST}:${pagePort}`, `localhost:${pagePort}`]
  // It hands out tokens: to nobody who came by another name, nor for another page.
  page.addHook('onRequest', async (request, reply) => {
    const { host = '', origin } = request.headers
    if (!names.includes(host) || (origin !== undefined && origin !== `http://${host}`)) return await reply.code(403).send('This page is for this machine')
    reply.headers({ 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'referrer-policy': 'same-origin' })
  })
  page.addContentTypeParser('application/x-www-form-urlencoded', async () => undefined)
  const send = async (reply: FastifyReply, html: string) => {
    const style = createHash('sha256').update(/<style>(.*)<\/style>/s.exec(html)?.[1] ?? '').digest('base64')
    return await reply.header('content-security-policy', `default-src 'none'; style-src 'sha256-${style}'; form-action 'self'`).type('text/html; charset=utf-8').send(html)
  }
  page.get('/', async (_request, reply) => await send(reply, await render()))
  page.post('/reset', async (_request, reply) => {
    await reset()
    return await reply.redirect('/', 303)
  })
  return page
}
