/** The gate (`src/release/release.ts`): a contradiction sends nothing and is told; without a durable trace nothing goes. */
import { PassThrough } from 'node:stream'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import t from 'tap'
import type { Answer, Body } from '../../src/interaction/answer.js'
import type { Sight } from '../../src/interaction/sight.js'
import type { Kept } from '../../src/interaction/store.js'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { isReleased, release } from '../../src/release/release.js'
import type { ReleasePorts } from '../../src/release/release.js'
import { as } from '../helper/app.js'
import { document } from '../helper/resource.js'
import { openScene } from '../security/scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id } = await scene.cast()
const { registry, hash, newId, clock, store } = scene.app.context

const version = await store.read('DocumentReference', id) as Kept
/** The sight of a reader of the record, its choices read; and one of somebody who may not see it. */
const mine = await sightOf(as.professional(physician.person, physician.structure))
const theirs = await sightOf(as.professional('810000000009', '1000000009'))

async function sightOf (claims: object): Promise<Sight> {
  const text = claims as Readonly<Record<string, string>>
  const sight = await scene.app.sightOf({
    kind: 'professional',
    subject: 'x',
    scopes: [],
    mode: 'normal',
    isSecret: false,
    expires: 0,
    person: `person:${text['SubjectNameID']}`,
    structure: `structure:${text['SubjectOrganizationID']}`,
    profession: 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante|10',
    sector: 'SA07'
  }, Date.now())
  await sight.enter([holder.id])
  return sight
}

function ports (more: Partial<ReleasePorts> = {}) {
  const alarms: string[] = []
  const traces: unknown[] = []
  const gate: ReleasePorts = { registry, hash, newId, clock, base: 'http://x', outline: () => undefined, alarm: message => alarms.push(message), notice: () => {}, store: { ...store, append: async list => { traces.push(...list) } }, ...more }
  return { gate, alarms, traces }
}

const bodies: Readonly<Record<string, Body>> = {
  resource: { kind: 'resource', version },
  content: { kind: 'content', version, content: { size: 5, read: async function * () { yield Buffer.from('bytes') } }, contentType: 'text/plain', isRaw: true, binary: 'b', securityContext: 'c' },
  searchset: { kind: 'searchset', total: 1, links: [], entries: [{ version, mode: 'match' }], ignored: [] },
  parameters: { kind: 'parameters', parameters: [{ name: 'one', parts: [{ name: 'other', value: { valueBoolean: true } }, { name: 'reference', version }] }] },
  included: { kind: 'searchset', total: 1, links: [], entries: [{ version, mode: 'include' }], ignored: [] },
  lines: { kind: 'lines', entries: [{ version, mode: 'match' }] },
  history: { kind: 'history', total: 1, links: [], entries: [{ version, current: version, isFirst: true }] }
}
const answer = (body: Body, sight: Sight): Answer => ({ status: 200, headers: {}, body, sight, accesses: [{ interaction: 'read', type: 'DocumentReference', patient: holder.id, outcome: '0' }] })

t.test('what the reader may see goes, once its trace is kept', async t => {
  for (const [name, body] of Object.entries(bodies)) {
    const { gate, alarms, traces } = ports()
    const released = await release(answer(body, mine), gate)
    t.ok(isReleased(released), name)
    t.match(released.payload instanceof Readable ? await text(released.payload) : released.payload.toString(), name === 'content' ? 'bytes' : id)
    t.same([alarms.length, traces.length], [0, 1])
  }
})

t.test('what the choices contradict does not go: 500, the alarm, no trace of a disclosure', async t => {
  for (const [name, body] of Object.entries(bodies)) {
    const { gate, alarms, traces } = ports()
    const error = await release(answer(body, theirs), gate).catch((thrown: unknown) => thrown)
    t.ok(error instanceof OutcomeError && error.kind === 'bug', name)
    t.same([alarms.length, traces.length], [1, 0])
    t.notMatch(alarms[0], id, 'the alarm names no resource')
    t.notMatch(alarms[0], holder.id)
  }
})

t.test('what was written and is not understood is told to the operator by its id, in a Bundle too', async t => {
  const told: string[] = []
  const { gate } = ports({ notice: choice => told.push(choice) })
  const warned = (choice: string): Answer => ({
    ...answer({ kind: 'nothing' }, mine), version: { ...version, type: 'Consent', id: choice }, warnings: [{ diagnostics: 'Not understood', expression: 'Consent.provision.purpose' }]
  })
  const alone = await release(warned('one'), gate)
  t.equal(alone.headers['warning'], '299 - "Consent.provision.purpose: Not understood"')
  const { headers } = await release(answer({ kind: 'bundle', type: 'batch-response', entries: [warned('two'), answer({ kind: 'nothing' }, mine), warned('three')] }, mine), gate)
  t.same([told, headers['warning']], [['one', 'two', 'three'], undefined])
})

t.test('lines that follow pass the gate when those before them went: what is contradicted then breaks them off, and is in no trace', async t => {
  let asked = 0
  const lines = (sight: Sight, next?: () => Promise<Answer>): Answer => answer({ kind: 'lines', entries: [{ version, mode: 'match' }], ...next === undefined ? {} : { next } }, sight)
  const after = (sight: Sight) => async () => { asked++; return lines(sight) }
  const { gate, traces } = ports()
  const { payload } = await release(lines(mine, after(mine)), gate)
  t.same([asked, traces.length], [0, 1], 'nothing is read ahead')
  t.equal((await text(payload as Readable)).split('\n').length, 3)
  t.same([asked, traces.length], [1, 2])
  const { gate: other, traces: kept, alarms } = ports()
  const broken = await release(lines(mine, after(theirs)), other)
  await t.rejects(text(broken.payload as Readable), { message: 'bug' })
  t.same([kept.length, alarms.length], [1, 1])
})

t.test('one resource of many is enough', async t => {
  const { gate, alarms } = ports()
  const other = await scene.cast()
  const foreign = await store.read('DocumentReference', other.id) as Kept
  const body: Body = { kind: 'searchset', total: 2, links: [], entries: [{ version, mode: 'match' }, { version: foreign, mode: 'include' }], ignored: [] }
  await t.rejects(release(answer(body, mine), gate))
  t.equal(alarms.length, 1)
})

t.test('audit F1 a trace that cannot be kept holds everything back', async t => {
  for (const [name, body] of Object.entries(bodies)) {
    const { gate } = ports({ store: { ...store, append: async () => { throw new OutcomeError('audit-unavailable') } } })
    t.equal(await release(answer(body, mine), gate).then(() => 'released', (error: unknown) => error instanceof OutcomeError ? error.kind : 'another'), 'audit-unavailable', name)
  }
})

t.test('what was read under another election of the primary than the one of its trace is held back', async t => {
  const late = new Proxy(mine, { get: (sight, name) => name === 'election' ? '7fffffff00000000000000ff' : Reflect.get(sight, name) as unknown })
  for (const [name, body] of Object.entries(bodies)) {
    const { gate } = ports({ store })
    t.equal(await release(answer(body, late), gate).then(() => 'released', (error: unknown) => error instanceof OutcomeError ? error.kind : 'another'), 'store-unavailable', name)
    t.equal((await release(answer(body, mine), gate)).status, 200, name)
  }
  const entry = { ...answer({ kind: 'resource', version }, late) }
  const { gate } = ports({ store })
  const bundle: Answer = { ...answer({ kind: 'bundle', type: 'batch-response', entries: [entry] }, mine) }
  await t.rejects(release(bundle, gate), { message: 'store-unavailable' }, 'an entry of a Bundle')
})

t.test('audit F6 nothing goes before the trace is kept', async t => {
  let keep = () => {}
  let isReleasedYet = false
  const { gate } = ports({ store: { ...store, append: async () => await new Promise(resolve => { keep = resolve }) } })
  const going = release(answer({ kind: 'resource', version }, mine), gate).then(() => { isReleasedYet = true })
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  t.notOk(isReleasedYet)
  keep()
  await going
  t.ok(isReleasedYet)
})

t.test('audit F1 over HTTP: while the journal cannot be written every read is 503 and says nothing', async t => {
  const db = scene.mongo.db(scene.database)
  const url = (await scene.request(physician.token, 'GET', `/DocumentReference/${id}`)).json.content[0].attachment.url as string
  await db.command({ collMod: 'AuditEvent', validator: { never: true }, validationLevel: 'strict', validationAction: 'error' })
  for (const path of [`/DocumentReference/${id}`, `/DocumentReference/${id}/_history`, `/DocumentReference?patient=${holder.id}`, `/${url}`, `/Patient/${holder.id}`, '/DocumentReference/absent', `/Consent?patient=${holder.id}`]) {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await scene.request(physician.token, method, path, { headers: { accept: '*/*' } })
      t.equal(answer.status, 503, `${method} ${path}`)
      t.notMatch(answer.text, id)
      t.notMatch(answer.text, 'Compte rendu')
      if (method === 'GET') t.equal(answer.json.issue[0].code, 'no-store')
    }
  }
  const refused = await scene.post(hospital.token, document(holder.id))
  t.ok(refused.status >= 500, 'nor is anything written')
  await db.command({ collMod: 'AuditEvent', validator: {}, validationLevel: 'off' })
  t.equal((await scene.ids(hospital.token, `/DocumentReference?patient=${holder.id}`)).length, 1)
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 200, 'and when it can, all goes on')
})

t.test('P28 audit F10 a log of a failure holds kinds and places, nothing of the request', async t => {
  const lines: string[] = []
  const stream = new PassThrough().on('data', (line: Buffer) => lines.push(line.toString()))
  const { createServer } = await import('../../src/http/server.js')
  const server = createServer(pino({ level: 'trace' }, stream), async () => { throw new Error('nobody is known here') })
  t.teardown(async () => { await server.close() })
  server.get('/x/:id', async () => { throw new Error('CANARY') })
  const answer = await server.inject({ url: '/x/CANARY?name=CANARY', headers: { authorization: 'Bearer CANARY', 'x-y': 'CANARY' } })
  t.equal(answer.statusCode, 500)
  t.notMatch(answer.payload, 'CANARY')
  t.ok(lines.length > 0)
  t.notMatch(lines.join(''), 'CANARY')
})
