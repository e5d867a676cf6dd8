/** Loading through the server's own write path: whole, in order, once, whatever is lost on the way. */
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { load } from '../../scripts/load/run.js'
import type { Load, Result } from '../../scripts/load/run.js'
import type { Who } from '../../scripts/load/part.js'
import { writeSample } from '../../scripts/sample/run.js'
import { as, startApp } from '../helper/app.js'
import { access, document, patient } from '../helper/resource.js'
import { GP, LAB, newIns } from '../interaction/scene.js'
import { inProject } from '../helper/root.js'

const { app, token, mongo, database } = await startApp(t)
await app.server.listen({ port: 0, host: '127.0.0.1' })
const server = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}/fhir`
const dir = t.testdir({})
const inSubject = (ins: string) => ({ reference: `Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|${ins}` })

const tokenOf: Load['tokenOf'] = async (who: Who) => ({
  token: await token(who['as'] === 'holder' ? as.holder(String(who['ins']).split('|').at(-1) ?? '') : who['as'] === 'structure' ? as.structure(String(who['structure'])) : as.operator),
  expires: Date.now() / 1000 + 3600
})
const said: string[] = []
const bar: Load['bar'] = { start: () => {}, step: () => {}, stop: () => {}, say: line => said.push(line) }
const run = async (names: readonly string[], more: Partial<Load> = {}): Promise<Result> => {
  said.length = 0
  return await load({ names, who: undefined, server, atOnce: 8, patience: 20_000, isDryRun: false, isRestart: false, tokenOf, bar, signal: new AbortController().signal, ...more })
}
const told = ({ done, refused, skipped }: Result) => [done, refused, skipped]
const count = async (type: string, filter: object = {}) => await mongo.db(database).collection(type).countDocuments(filter)
const file = (name: string, resources: readonly (object | string)[]) => {
  const place = path.join(dir, name)
  writeFileSync(place, resources.map(resource => `${typeof resource === 'string' ? resource : JSON.stringify(resource)}\n`).join(''))
  return place
}
const lab: Who = { as: 'structure', structure: LAB }
const operator: Who = { as: 'operator' }

/** A way to the server on which answers are lost, and refusals come that it never made. */
async function openRoad (mishap: (number: number) => 'lost' | 'busy' | 'cut' | undefined): Promise<string> {
  let number = 0
  const road = createServer((incoming, outgoing) => {
    const bad = mishap(++number)
    if (bad === 'busy') { outgoing.writeHead(503, { 'retry-after': '0' }).end(); incoming.resume(); return }
    if (bad === 'cut') { incoming.socket.destroy(); return }
    const { pathname } = new URL(incoming.url ?? '/', 'http://x')
    const onward = request(new URL(pathname, server), { method: incoming.method ?? 'POST', headers: incoming.headers }, answer => {
      // The server has written; nobody hears of it.
      if (bad === 'lost') { answer.resume().on('end', () => incoming.socket.destroy()); return }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>(resolve => road.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { road.closeAllConnections(); road.close() })
  return `http://127.0.0.1:${(road.address() as AddressInfo).port}/fhir`
}

t.test('a sample loads whole, and again nothing', async t => {
  const out = path.join(dir, 'sample')
  const made = await writeSample({ patients: 9, seed: 'load', out, isGzip: false, root: inProject('') })
  const first = await run([out])
  t.same(said, [])
  t.equal(first.refused, 0)
  t.equal(await count('Patient'), 9)
  t.ok(await count('List') >= 1, 'submissions')
  t.equal(await count('List'), made.get('Bundle'))
  t.ok(await count('DocumentReference') > (made.get('DocumentReference') ?? Infinity), 'and what is in them')
  t.equal(await count('Consent'), made.get('Consent'))
  const again = await run([out])
  t.strictSame(told(again), [0, 0, first.done])
})

t.test('what others refer to comes first, wherever it stands', async t => {
  const ins = newIns()
  const mixed = file('mixed.ndjson', [
    patient(ins, { managingOrganization: { display: 'CH' } }),
    { resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899700000017' }] },
    { resourceType: 'Organization', name: 'Service', partOf: { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1990000549' } } }
  ].toReversed().concat([]))
  const parent = file('parent.ndjson', [{ resourceType: 'Organization', name: 'Pôle', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1990000549' }] }])
  t.strictSame(told(await run([parent, mixed], { who: operator })), [4, 0, 0], said.join())
  const documents = file('documents.ndjson', Array.from({ length: 12 }, () => document('x', { subject: inSubject(ins) })))
  t.strictSame(told(await run([documents], { who: lab })), [12, 0, 0], said.join())
})

t.test('a refusal is told by file and line, and tried again', async t => {
  const [known, late] = [newIns(), newIns()]
  await run([file('known.ndjson', [patient(known)])], { who: operator })
  const place = file('refusals.ndjson', [
    document('x', { subject: inSubject(known) }), document('x', { subject: inSubject(late) }), '{"resourceType":', '', { resourceType: 'Bundle', type: 'collection' }, { resourceType: 'Nothing' }, document('x', { subject: inSubject(known), status: 'odd' })
  ])
  t.strictSame(told(await run([place], { who: lab })), [1, 5, 0])
  const report = readFileSync(`${place}.rejected.ndjson`, 'utf8').trimEnd().split('\n').map(line => JSON.parse(line)).toSorted((one, other) => one.line - other.line)
  t.strictSame(report.map(({ file, line, status }) => [file, line, status]), [['refusals.ndjson', 2, 422], ['refusals.ndjson', 3, 0], ['refusals.ndjson', 5, 0], ['refusals.ndjson', 6, 404], ['refusals.ndjson', 7, 422]])
  t.ok(report.every(({ outcome }) => outcome.resourceType === 'OperationOutcome' && outcome.issue.length > 0))
  t.match(said.find(line => line.includes(':2 ')), /refusals\.ndjson:2 422 .*\(DocumentReference\.subject\)/)
  t.notMatch(readFileSync(`${place}.rejected.ndjson`, 'utf8'), late, 'nothing of the resource')
  await run([file('late.ndjson', [patient(late)])], { who: operator })
  t.strictSame(told(await run([place], { who: lab })), [1, 4, 1], 'only what was refused is sent again')
})

t.test('each line as the holder whom it names', async t => {
  const list = [newIns(), newIns()]
  await run([file('holders.ndjson', list.map(ins => patient(ins)))], { who: operator })
  const choices = list.map(ins => ({ ...access('x', GP), patient: inSubject(ins), performer: [inSubject(ins)] }))
  const place = file('choices.ndjson', [...choices, { ...access('x', GP), patient: { reference: 'Patient/x' } }])
  t.strictSame(told(await run([place], { who: { as: 'holder' } })), [2, 1, 0])
  t.match(said[0], /choices\.ndjson:3 not sent/)
})

t.test('lost answers, cut connections and a busy server: all of it, once', async t => {
  const list = Array.from({ length: 6 }, newIns)
  const road = await openRoad(number => number % 7 === 3 ? 'lost' : number % 11 === 5 ? 'busy' : number % 13 === 7 ? 'cut' : undefined)
  const before = { Organization: await count('Organization'), Consent: await count('Consent'), DocumentReference: await count('DocumentReference') }
  // Nothing in these is unique: only the key keeps them from being there twice.
  const structures = file('twice.ndjson', [...Array.from({ length: 20 }, (_, index) => ({ resourceType: 'Organization', name: `Structure ${index}` })), ...list.map(ins => patient(ins))])
  t.strictSame(told(await run([structures], { who: operator, server: road })), [26, 0, 0], said.join())
  t.equal(await count('Organization'), before.Organization + 20)
  const choices = file('choices-lost.ndjson', list.flatMap(ins => Array.from({ length: 5 }, () => ({ ...access('x', GP), patient: inSubject(ins), performer: [inSubject(ins)] }))))
  t.strictSame(told(await run([choices], { who: { as: 'holder' }, server: road })), [30, 0, 0], said.join())
  t.equal(await count('Consent'), before.Consent + 30)
  const documents = file('documents-lost.ndjson', list.flatMap(ins => Array.from({ length: 10 }, () => document('x', { masterIdentifier: undefined, subject: inSubject(ins) }))))
  t.strictSame(told(await run([documents], { who: lab, server: road })), [60, 0, 0], said.join())
  t.equal(await count('DocumentReference'), before.DocumentReference + 60)
})

t.test('a load that was killed goes on, and writes nothing twice', async t => {
  const place = file('killed.ndjson', Array.from({ length: 40 }, (_, index) => ({ resourceType: 'Organization', name: `Reprise ${index}` })))
  const stop = new AbortController()
  let asked = 0
  const road = await openRoad(() => { if (++asked === 15) stop.abort(); return undefined })
  const killed = await run([place], { who: operator, server: road, signal: stop.signal })
  t.equal(killed.stopped, 'Stopped')
  // As after kill -9: the state is that of a moment ago.
  const state = JSON.parse(readFileSync(`${place}.load-state`, 'utf8'))
  writeFileSync(`${place}.load-state`, JSON.stringify({ ...state, phases: { structures: { through: 4, refused: [] } } }))
  const rest = await run([place], { who: operator, server: road })
  t.strictSame(told(rest), [36, 0, 4])
  rmSync(`${place}.load-state`)
  t.strictSame(told(await run([place], { who: operator, server: road })), [40, 0, 0], 'even without a state')
  t.equal(await count('Organization', { body: /Reprise/ }), 40)
})

t.test('what has changed since, or goes elsewhere, is not written a second time', async t => {
  const place = file('changing.ndjson', [{ resourceType: 'Organization', name: 'Avant' }])
  await run([place], { who: operator })
  await t.rejects(run([place], { who: lab }), /was loaded as/)
  await t.rejects(run([place], { who: operator, server: 'http://127.0.0.1:1/fhir' }), /was loaded to/)
  file('changing.ndjson', [{ resourceType: 'Organization', name: 'Après' }])
  await t.rejects(run([place], { who: operator }), /has changed/)
  t.strictSame(told(await run([place], { who: operator, isRestart: true })), [1, 0, 0])
})

t.test('compressed files, single resources, folders', async t => {
  const folder = path.join(dir, 'folder')
  t.testdir({})
  const { mkdirSync } = await import('node:fs')
  mkdirSync(path.join(folder, 'inside'), { recursive: true })
  const organization = (name: string) => JSON.stringify({ resourceType: 'Organization', name })
  writeFileSync(path.join(folder, 'a.ndjson.gz'), gzipSync(`${organization('A')}\n${organization('B')}\n`))
  writeFileSync(path.join(folder, 'c.json'), JSON.stringify({ resourceType: 'Organization', name: 'C' }, null, 2))
  writeFileSync(path.join(folder, 'inside', 'd.json.gz'), gzipSync(organization('D')))
  writeFileSync(path.join(folder, 'readme.txt'), 'not one of ours')
  const dry = await run([folder], { who: operator, isDryRun: true })
  t.strictSame([...dry.types], [['Organization', 4]])
  t.notOk(existsSync(path.join(folder, 'a.ndjson.gz.load-state')), 'a dry run leaves nothing behind')
  t.strictSame(told(await run([folder], { who: operator })), [4, 0, 0])
  t.strictSame(told(await run([folder], { who: operator })), [0, 0, 4])
})

t.test('an expired token is renewed; one that is never taken ends the load', async t => {
  let asked = 0
  const place = file('token.ndjson', [{ resourceType: 'Organization', name: 'Jeton' }])
  const renewed = await run([place], { who: operator, tokenOf: async who => ++asked === 1 ? { token: 'a.b.c', expires: Infinity } : await tokenOf(who) })
  t.strictSame(told(renewed), [1, 0, 0])
  const other = file('token2.ndjson', [{ resourceType: 'Organization', name: 'Jeton' }])
  t.match((await run([other], { who: operator, tokenOf: () => ({ token: 'a.b.c', expires: Infinity }) })).stopped, /does not take the token/)
})

t.test('a server that stays away ends the load, which goes on later', async t => {
  const place = file('away.ndjson', [{ resourceType: 'Organization', name: 'Loin' }])
  t.match((await run([place], { who: operator, server: 'http://127.0.0.1:1/fhir', patience: 100 })).stopped, /Nothing was answered/)
  rmSync(`${place}.load-state`)
  t.strictSame(told(await run([place], { who: operator })), [1, 0, 0])
})

t.test('nobody named, nothing there, nothing of ours: told before anything is begun', async t => {
  const place = file('nobody.ndjson', [{ resourceType: 'Organization' }])
  await t.rejects(run([place]), /--as is missing/)
  await t.rejects(run([path.join(dir, 'absent')], { who: operator }), /is not there/)
  await t.rejects(run([path.join(dir, 'folder', 'readme.txt')], { who: operator }), /neither/)
})
