/** What only bytes on a connection can say (security.md A9, D17, D18, D19, E3): the server is not talked into anything. */
import { connect } from 'node:net'
import t from 'tap'
import { document } from '../helper/resource.js'
import { BASE } from '../helper/app.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital } = await scene.cast()
const { hostname, port } = new URL(await scene.app.server.listen({ port: 0, host: '127.0.0.1' }))
const authorization = `Authorization: Bearer ${physician.token}`
const body = JSON.stringify(document(holder.id))

/** All that is answered to some bytes until the server closes, or has been silent for a while. */
async function talk (text: string): Promise<string> {
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  await new Promise<void>(resolve => {
    socket.setTimeout(1500, () => { socket.destroy() })
    socket.on('data', chunk => { chunks.push(chunk) })
    socket.on('error', () => {})
    socket.on('close', () => { resolve() })
    socket.write(text, 'latin1')
  })
  return Buffer.concat(chunks).toString()
}

const statuses = (answer: string) => [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
const depositing = (headers: readonly string[], bytes: string) => ['POST /fhir/DocumentReference HTTP/1.1', 'Host: x', `Authorization: Bearer ${hospital.token}`, 'Content-Type: application/fhir+json', ...headers, '', bytes].join('\r\n')
const count = async () => (await scene.ids(hospital.token, '/DocumentReference')).length

t.test('D19 a body whose end can be read in two ways is read in none', async t => {
  const before = await count()
  const chunked = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  const rows: Readonly<Record<string, string>> = {
    'a length and chunks': depositing([length, 'Transfer-Encoding: chunked'], chunked),
    'two lengths': depositing([length, 'Content-Length: 5'], body),
    'an encoding after chunks': depositing(['Transfer-Encoding: chunked, identity'], chunked),
    'an unknown encoding': depositing(['Transfer-Encoding: xchunked'], chunked),
    'a folded header': depositing(['X-Folded: a', ' b', length], body),
    'a space before the colon': depositing([`Content-Length : ${Buffer.byteLength(body)}`], body),
    'bare line feeds': depositing([length], body).replaceAll('\r\n', '\n'),
    'a NUL in a header': depositing(['X-Nul: a\0b', length], body),
    'a line feed in the extension of a chunk': depositing(['Transfer-Encoding: chunked'], `${Buffer.byteLength(body).toString(16)};a\nb\r\n${body}\r\n0\r\n\r\n`)
  }
  for (const [name, text] of Object.entries(rows)) t.strictSame(statuses(await talk(text)), [400], name)
  t.equal(await count(), before, 'and nothing was done')
  t.strictSame(statuses(await talk(depositing([length, 'Connection: close'], body))), [201], 'while one that is plain is')
})

t.test('D17 A9 who says what the host is, or who asked, is not believed', async t => {
  const search = `/fhir/DocumentReference?patient=${holder.id}&_count=1`
  const asking = (first: string, ...headers: readonly string[]) => [first, authorization, ...headers, 'Connection: close', '', ''].join('\r\n')
  for (const [name, text] of Object.entries({
    'another host': asking(`GET ${search} HTTP/1.1`, 'Host: evil.example'),
    'an absolute address': asking(`GET http://evil.example${search} HTTP/1.1`, 'Host: evil.example'),
    'two hosts': asking(`GET ${search} HTTP/1.1`, 'Host: x', 'Host: evil.example'),
    'what a proxy would say': asking(`GET ${search} HTTP/1.1`, 'Host: x', 'X-Forwarded-Host: evil.example', 'X-Forwarded-For: 192.0.2.66', 'X-Forwarded-Proto: gopher', 'Forwarded: host=evil.example;for=192.0.2.66')
  })) {
    const answer = await talk(text)
    t.match(statuses(answer)[0], /^(?:200|400)$/, name)
    t.notMatch(answer, /evil\.example|192\.0\.2\.66|gopher/, name)
    if (statuses(answer)[0] === 200) t.match(answer, `"fullUrl":"${BASE}/DocumentReference/`, name)
  }
  const traces = await scene.request(holder.token, 'GET', `/AuditEvent?patient=${holder.id}&_count=200`)
  t.notMatch(traces.text, /evil\.example|192\.0\.2\.66/, 'nor in a trace')
  t.strictSame(statuses(await talk(`GET ${search} HTTP/1.1\r\n${authorization}\r\nConnection: close\r\n\r\n`)), [400], 'without a host')
})

t.test('E3 headers have an end', async t => {
  t.strictSame(statuses(await talk(`GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17 * 1024)}\r\n\r\n`)), [431])
})

t.test('D18 CONNECT opens nothing', async t => {
  t.notMatch(statuses(await talk(`CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n${authorization}\r\n\r\n`))[0] ?? 0, /^2/)
})
