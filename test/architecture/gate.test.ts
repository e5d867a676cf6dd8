/**
 * One gate (`src/release/release.ts`): what sends bytes stands in one place, and a route that goes around it sends none.
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { createServer, send } from '../../src/http/server.js'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { isReleased, releaseError, releasePublic } from '../../src/release/release.js'
import { inProject } from '../helper/root.js'

const SRC = inProject('src')
const SECRET = '{"resourceType":"Patient","name":[{"family":"SECRET"}]}'

/** Where each way of sending may stand, and how often. */
const SENDERS: readonly (readonly [what: string, pattern: RegExp, places: Readonly<Record<string, number>>])[] = [
  // Of a websocket: one of three words, and the id that its client sent.
  ['.send(', /\.send\(/g, { 'http/server.ts': 2, 'http/sockets.ts': 1 }],
  ['reply.raw', /reply\.raw\b/g, { 'http/server.ts': 1 }],
  ['hijack', /\.hijack\b/g, {}],
  // The refusal of an upgrade: a status line, without a body.
  ['raw sockets', /\b(?:socket|raw)\.(?:write|end)\(|\.pipe\(|writeHead\(/g, { 'http/sockets.ts': 1 }],
  ['redirects and trailers', /reply\.(?:redirect|trailer|serialize|serializer|sendFile|callNotFound)\b/g, {}],
  ['a receipt', /receipts\.add\(/g, { 'release/release.ts': 1 }],
  ['another parser of bodies', /addContentTypeParser\(/g, { 'http/server.ts': 2, 'http/raw.ts': 1 }],
  // Of the definitions of R4 alone, at start.
  ['a regular expression made of text', /new RegExp\(/g, { 'validation/primitive.ts': 2 }],
  ['a program made of text', /\beval\(|new Function\(/g, {}]
]

t.test('audit F5 what sends stands where it may', async t => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
  for (const [what, pattern, places] of SENDERS) {
    const found = files.map(file => [file.replaceAll(path.sep, '/'), [...readFileSync(path.join(SRC, file), 'utf8').matchAll(pattern)].length] as const).filter(([, count]) => count > 0)
    t.same(Object.fromEntries(found), places, what)
  }
})

/** A server with routes that forget the gate, each in its own way. */
function forgetful () {
  const server = createServer(pino({ level: 'silent' }), async () => { throw new Error('nobody is known here') })
  server.get('/payload', async () => SECRET)
  server.get('/object', async () => JSON.parse(SECRET) as object)
  server.get('/reply', async (_request, reply) => await reply.code(200).send(SECRET))
  server.get('/buffer', async (_request, reply) => await reply.send(Buffer.from(SECRET)))
  server.get('/forged', async (_request, reply) => {
    reply.released = { status: 200, headers: {}, payload: SECRET }
    return await reply.send(SECRET)
  })
  server.get('/copied', async (_request, reply) => {
    reply.released = { ...releasePublic('{}'), payload: SECRET }
    return await reply.send(SECRET)
  })
  server.get('/thrown', async () => { throw Object.assign(new Error(SECRET), { statusCode: 400 }) })
  server.get('/empty', async (_request, reply) => await reply.code(204).send())
  server.get('/public', async (_request, reply) => await send(reply, releasePublic('{"public":true}')))
  server.setNotFoundHandler(async (_request, reply) => await reply.send(SECRET))
  return server
}

t.test('audit F1 a route without a receipt answers 500, and no byte of what it meant to send', async t => {
  const server = forgetful()
  t.teardown(async () => { await server.close() })
  for (const url of ['/payload', '/object', '/reply', '/buffer', '/forged', '/copied', '/empty', '/nowhere']) {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await server.inject({ method, url })
      t.equal(answer.statusCode, 500, `${method} ${url}`)
      t.notMatch(answer.payload, 'SECRET', url)
      t.notMatch(JSON.stringify(answer.headers), 'SECRET', url)
    }
  }
  const thrown = await server.inject({ url: '/thrown' })
  t.equal(thrown.statusCode, 400)
  t.notMatch(thrown.payload, 'SECRET', 'nor what an error says')
  t.equal((await server.inject({ url: '/public' })).payload, '{"public":true}', 'while the gate lets through')
})

t.test('a receipt is made by the gate alone, and cannot be written on', async t => {
  const released = releasePublic('{}')
  t.ok(isReleased(released))
  t.ok(isReleased(releaseError(new OutcomeError('absent'))))
  for (const forged of [{ ...released }, Object.create(released) as unknown, JSON.parse(JSON.stringify(released)) as unknown, null, undefined, '', 1]) t.notOk(isReleased(forged))
  t.throws(() => { Object.assign(released, { payload: SECRET }) }, TypeError)
  t.equal(released.payload, '{}')
})

t.test('P23 every answer says that it is not kept, not guessed at, and runs nothing', async t => {
  const server = forgetful()
  t.teardown(async () => { await server.close() })
  for (const url of ['/public', '/payload', '/thrown', '/nowhere']) {
    const { headers } = await server.inject({ url })
    t.match(headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'" }, url)
  }
})
