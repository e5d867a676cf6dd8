/**
 * What is hidden cannot be told from what is absent by the work that it makes (consent.md 1 *hidden is absent*): the same
 * commands to MongoDB, kind by kind, and traces of one size; whether the keys of the record are known to
 * the server or not. `npm run timing` measures the time itself.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Method, RequestOptions } from '../helper/app.js'
import { access, block, document, label, person } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const db = scene.mongo.db(scene.database)
const { holder, physician, hospital, id: seen } = await scene.cast()
const stranger = await scene.physician()
const masked = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
const deleted = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
await scene.request(hospital.token, 'DELETE', `/DocumentReference/${deleted}`)
const list = await scene.make(hospital.token, { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${holder.id}` }, entry: [{ item: { reference: `DocumentReference/${masked}` } }] })
const other = await scene.cast()
const refused = await scene.make(holder.token, block(holder.id, person(stranger.person)))
const once = await scene.make(hospital.token, document(holder.id))
await scene.request(physician.token, 'GET', `/DocumentReference/${once}`)
await scene.change(holder.token, `/DocumentReference/${once}`, { securityLabel: [label('MASQUE_PS')] })
const [trace = ''] = await scene.ids(holder.token, `/AuditEvent?patient=${holder.id}&entity=DocumentReference/${once}&subtype=read`)
const permit = await scene.make(holder.token, access(holder.id, (await scene.physician()).person))

type Row = readonly [name: string, method: Method, url: string, options?: RequestOptions]

/** The commands that a request sent, each as what it does and where. */
async function commands (token: string, [, method, url, options = {}]: Row, id: string): Promise<readonly string[]> {
  await db.command({ profile: 0 })
  await db.collection('system.profile').drop().catch(() => {})
  await db.command({ profile: 2 })
  const { status } = await scene.request(token, method, url.replaceAll('ID', id), JSON.parse(JSON.stringify(options).replaceAll('ID', id)) as RequestOptions)
  await db.command({ profile: 0 })
  const profile = await db.collection('system.profile').find({ 'command.profile': { $exists: false } }).toArray()
  return [`${method} ${status}`, ...profile.map(({ op, ns, command }) => `${op as string} ${(ns as string).split('.').slice(1).join('.')} ${Object.keys(command as object)[0] ?? ''}`).toSorted()]
}

const body = { ...document(holder.id), id: 'ID' }
const READ: readonly Row[] = [
  ['read', 'GET', '/TYPE/ID'],
  ['search by id', 'GET', '/TYPE?_id=ID'],
  ['history', 'GET', '/TYPE/ID/_history']
]
const ROWS: readonly Row[] = [
  ...READ,
  ['read, head', 'HEAD', '/TYPE/ID'],
  ['why', 'GET', '/TYPE/ID/$why'],
  ['read of a version', 'GET', '/TYPE/ID/_history/x'],
  ['conditional read', 'GET', '/TYPE/ID', { headers: { 'if-none-match': '*' } }],
  ['conditional read, modified since', 'GET', '/TYPE/ID', { headers: { 'if-modified-since': 'Sat, 01 Jan 2028 00:00:00 GMT' } }],
  ['search by two ids', 'GET', `/TYPE?_id=ID,${randomUUID()}`],
  ['search by its id and what is seen', 'GET', `/TYPE?_id=ID,${seen}`],
  ['search by its id and what is seen of another', 'GET', `/TYPE?_id=ID,${other.id}`],
  ['count by id', 'GET', '/TYPE?_id=ID&_summary=count'],
  ['search by id, sorted', 'GET', '/TYPE?_id=ID&_sort=-_lastUpdated']
]
const WRITES: readonly Row[] = [
  ['update', 'PUT', '/TYPE/ID', { body }],
  ['update, If-Match', 'PUT', '/TYPE/ID', { body, headers: { 'if-match': 'W/"x"' } }],
  ['patch', 'PATCH', '/TYPE/ID', { body: [{ op: 'replace', path: '/status', value: 'superseded' }], headers: { 'content-type': 'application/json-patch+json' } }],
  ['delete', 'DELETE', '/TYPE/ID'],
  ['update by criteria', 'PUT', '/TYPE?_id=ID', { body }],
  ['delete by criteria', 'DELETE', '/TYPE?_id=ID']
]
const OPERATIONS: readonly Row[] = [
  ['activity', 'GET', '/TYPE/ID/$activity'],
  ['activity, posted', 'POST', '/TYPE/ID/$activity', { body: { resourceType: 'Parameters', parameter: [{ name: 'by', valueCode: 'professional' }] } }],
  ['report of an access', 'POST', '/TYPE/ID/$report-access', { body: { resourceType: 'Parameters', parameter: [{ name: 'event', valueReference: { reference: `AuditEvent/${trace}` } }] } }]
]
const of = (type: string, rows: readonly Row[]) => rows.map(([name, method, url, options = {}]): Row => [`${type} ${name}`, method, url.replaceAll('TYPE', type), options])

for (const [what, hidden, caller, rows] of [
  ['a masked document', masked, physician, of('DocumentReference', [...ROWS, ...WRITES])],
  ['a deleted masked document', deleted, physician, of('DocumentReference', [...READ, ...WRITES])],
  ['a document, to somebody without a ground', other.id, physician, of('DocumentReference', [...READ, ...WRITES])],
  ['a document, to somebody who is blocked', seen, stranger, of('DocumentReference', [...READ, ...WRITES])],
  ['a list of what is masked', list, physician, of('List', [...READ, ['delete', 'DELETE', '/TYPE/ID']])],
  ['a block', refused, physician, of('Consent', [...READ, ['delete', 'DELETE', '/TYPE/ID']])],
  ['a choice about somebody else', permit, physician, of('Consent', READ)],
  ['a trace of what was masked since', trace, physician, of('AuditEvent', [...READ.slice(0, 2), ['search in the record', 'GET', `/TYPE?patient=${holder.id}&_id=ID`]])],
  ['a patient', other.holder.id, physician, of('Patient', [...READ, ['why', 'GET', '/TYPE/ID/$why'], ...OPERATIONS])],
  ['a patient, to another one', other.holder.id, holder, of('Patient', OPERATIONS)],
  ['a patient, to the software of a structure', other.holder.id, hospital, of('Patient', OPERATIONS)]
] as const) {
  t.test(`P1 P28 ${what} asks MongoDB for what something absent asks for`, async t => {
    // Whose structure is which is kept from the first request on.
    await scene.ids(caller.token, '/Organization?name=x')
    for (const row of rows) {
      t.strictSame(await commands(caller.token, row, hidden), await commands(caller.token, row, randomUUID()), row[0])
    }
  })
}

t.test('so it is when the server has just started and knows no key', async t => {
  const cold = async ({ token }: { readonly token: string }, row: Row, id: string) => {
    await scene.restart()
    return await commands(token, row, id)
  }
  for (const [hidden, caller, rows] of [
    [masked, physician, of('DocumentReference', [...READ, ...WRITES.slice(0, 4)])],
    [other.holder.id, physician, of('Patient', OPERATIONS)],
    [other.holder.id, holder, of('Patient', OPERATIONS)]
  ] as const) {
    for (const row of rows) {
      t.strictSame(await cold(caller, row, hidden), await cold(caller, row, randomUUID()), row[0])
      t.strictSame(await commands(caller.token, row, hidden), await commands(caller.token, row, randomUUID()), `${row[0]}, again`)
    }
  }
})

t.test('an operation that is refused to a stranger walks the way of a read that is refused to them', async t => {
  for (const caller of [physician, holder]) {
    await scene.ids(caller.token, '/Organization?name=x')
    for (const id of [other.holder.id, randomUUID()]) {
      const [, ...read] = await commands(caller.token, ['read', 'GET', '/Patient/ID'], id)
      for (const row of of('Patient', OPERATIONS)) {
        const [, ...operation] = await commands(caller.token, row, id)
        t.strictSame(operation, read, row[0])
      }
    }
  }
})

t.test('a refused read asks for a key whether it is known or not, a permitted one only once', async t => {
  const keys = async (id: string) => (await commands(physician.token, ['read', 'GET', '/DocumentReference/ID'], id)).filter(command => command.includes('Key')).length
  await scene.restart()
  t.same([await keys(masked), await keys(masked), await keys(randomUUID()), await keys(randomUUID())], [1, 1, 1, 1])
  t.same([await keys(seen), await keys(seen)], [1, 0], 'what was refused taught the server no key')
})

t.test('a body is opened for who may see it, and for nobody else', async t => {
  const versions = db.collection<{ _id: string, body: unknown }>('DocumentReference')
  const stored = await versions.findOne({ _id: masked })
  // Whoever opens it fails.
  await versions.updateOne({ _id: masked }, { $set: { body: (await versions.findOne({ _id: seen }))?.body } })
  for (const [name, method, url, options] of of('DocumentReference', [...ROWS, ...WRITES])) {
    const { status } = await scene.request(physician.token, method, url.replaceAll('ID', masked), options)
    t.ok(status < 500, `${name} ${status}`)
  }
  t.equal(await scene.status(hospital.token, `/DocumentReference/${masked}`), 500, 'its author does')
  await versions.updateOne({ _id: masked }, { $set: { body: stored?.body } })
  t.equal(await scene.status(hospital.token, `/DocumentReference/${masked}`), 200)
})

t.test('P28 the traces of what is hidden and of what is absent are of one size', async t => {
  const size = async (method: Method, url: string) => {
    const known = new Set((await db.collection('AuditEvent').find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => String(_id)))
    await scene.request(physician.token, method, url, method === 'PUT' ? { body } : {})
    const traces = await db.collection('AuditEvent').aggregate([{ $project: { size: { $bsonSize: '$$ROOT' }, patient: 1, keys: { $size: '$keys' } } }]).toArray()
    const fresh = traces.filter(({ _id }) => !known.has(String(_id)))
    t.equal(fresh.length, 1)
    return fresh[0] as { readonly size: number, readonly keys: number, readonly patient: string | null } | undefined
  }
  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    const [hidden, absent] = [await size(method, `/DocumentReference/${masked}`), await size(method, `/DocumentReference/${randomUUID()}`)]
    t.same([hidden?.patient, absent?.patient], [holder.id, null], 'the one is in the record, the other in none')
    t.equal(hidden?.keys, absent?.keys)
    t.ok(Math.abs((hidden?.size ?? 0) - (absent?.size ?? 0)) < 256, `${method}: ${hidden?.size ?? 0} and ${absent?.size ?? 0} bytes`)
  }
})
