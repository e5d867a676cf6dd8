/**
 * Hidden is absent (security.md B): a document that exists and is hidden answers like an id that was never given, byte
 * for byte but the id itself; lists, counts and pages are of what is visible.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Method, RequestOptions } from '../helper/app.js'
import { BASE, as } from '../helper/app.js'
import { access, actor, block, consent, document, label, patient, person, structure } from '../helper/resource.js'
import { face, newIns, openScene } from './scene.js'

const scene = await openScene(t)
const cast = await scene.cast()
const { holder, physician, hospital, id: seen } = cast
const hiddenDocument = document(holder.id, { securityLabel: [label('MASQUE_PS')] })
const hidden = await scene.make(hospital.token, hiddenDocument)
const pointing = await scene.make(hospital.token, document(holder.id, { context: { related: [{ reference: `DocumentReference/${hidden}` }] } }))
const stored = (await scene.request(hospital.token, 'GET', `/DocumentReference/${hidden}`)).json
const content = stored.content[0].attachment.url as string
const deleted = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
await scene.request(hospital.token, 'DELETE', `/DocumentReference/${deleted}`)
const stranger = await scene.physician()
const refused = await scene.make(holder.token, block(holder.id, person(stranger.person)))

/** The face of an answer about `id`, with the id taken out. */
async function about (token: string, id: string, method: Method, url: string, options: RequestOptions = {}): Promise<string> {
  const text = JSON.stringify(options).replaceAll('ID', id)
  return face(await scene.request(token, method, url.replaceAll('ID', id), JSON.parse(text) as RequestOptions)).replaceAll(id, 'ID')
}

const absent = new Map<string, Promise<string>>()
/** The same about an id that was never given; asked once. */
async function aboutNothing (token: string, name: string, method: Method, url: string, options?: RequestOptions): Promise<string> {
  const key = `${token} ${name}`
  const known = absent.get(key) ?? about(token, randomUUID(), method, url, options)
  absent.set(key, known)
  return await known
}

type Row = readonly [name: string, method: Method, url: string, options?: RequestOptions]
const body = { ...document(holder.id), id: 'ID' }
const ROWS: readonly Row[] = [
  ['B1 read', 'GET', '/TYPE/ID'],
  ['B1 read, head', 'HEAD', '/TYPE/ID'],
  ['B1 read why', 'GET', '/TYPE/ID/$why'],
  ['B1 read why, with a body', 'POST', '/TYPE/ID/$why', { body: { resourceType: 'Parameters', parameter: [{ name: 'purpose', valueCode: 'TREAT' }] } }],
  ['B2 vread', 'GET', `/TYPE/ID/_history/${stored.meta.versionId as string}`],
  ['B2 history', 'GET', '/TYPE/ID/_history'],
  ['B4 read, the right ETag', 'GET', '/TYPE/ID', { headers: { 'if-none-match': `W/"${stored.meta.versionId as string}"` } }],
  ['B4 read, any ETag', 'GET', '/TYPE/ID', { headers: { 'if-none-match': '*' } }],
  ['B4 read, modified since', 'GET', '/TYPE/ID', { headers: { 'if-modified-since': 'Sat, 01 Jan 2028 00:00:00 GMT' } }],
  ['B17 update', 'PUT', '/TYPE/ID', { body }],
  ['B4 update, the right ETag', 'PUT', '/TYPE/ID', { body, headers: { 'if-match': `W/"${stored.meta.versionId as string}"` } }],
  ['B4 update, a wrong ETag', 'PUT', '/TYPE/ID', { body, headers: { 'if-match': 'W/"x"' } }],
  ['B22 update, a faulty body', 'PUT', '/TYPE/ID', { body: { resourceType: 'DocumentReference', id: 'ID', status: 'no' } }],
  ['B22 update, another id', 'PUT', '/TYPE/ID', { body: { ...body, id: 'other' } }],
  ['B22 update, no JSON', 'PUT', '/TYPE/ID', { body: '{' }],
  ['B21 patch', 'PATCH', '/TYPE/ID', { body: [] }],
  ['B4 delete', 'DELETE', '/TYPE/ID'],
  ['B4 delete, a wrong ETag', 'DELETE', '/TYPE/ID', { headers: { 'if-match': 'W/"x"' } }],
  ['B5 search by id', 'GET', '/TYPE?_id=ID'],
  ['B5 search by id, with another', 'GET', `/TYPE?_id=ID,${seen}`],
  ['B5 search by id, in the record', 'GET', `/TYPE?_id=ID&patient=${holder.id}`],
  ['B10 count', 'GET', '/TYPE?_id=ID&_summary=count'],
  ['B10 no page', 'GET', '/TYPE?_id=ID&_count=0']
]
const REFERRING: readonly Row[] = [
  ['B5 who replaces it', 'GET', '/DocumentReference?relatesto=DocumentReference/ID'],
  ['B5 who replaces it, with inclusion', 'GET', `/DocumentReference?patient=${holder.id}&relatesto=DocumentReference/ID&_include=DocumentReference:relatesto`],
  ['B9 choices about it', 'GET', '/Consent?data=DocumentReference/ID'],
  ['B9 traces of it', 'GET', `/AuditEvent?patient=${holder.id}&entity=DocumentReference/ID`],
  ['B5 search by id, reversed', 'GET', '/DocumentReference?_id=ID&_revinclude=DocumentReference:relatesto&_revinclude=Consent:data'],
  ['B22 a deposit that refers to it', 'POST', '/DocumentReference', { body: document(holder.id, { context: { related: [{ reference: 'DocumentReference/ID' }] } }) }],
  ['B22 a deposit that replaces it', 'POST', '/DocumentReference', { body: document(holder.id, { relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/ID' } }] }) }],
  ['B22 a deposit that appends to it', 'POST', '/DocumentReference', { body: document(holder.id, { relatesTo: [{ code: 'appends', target: { reference: 'DocumentReference/ID' } }] }) }],
  ['B22 a deposit in its name', 'POST', '/DocumentReference', { body: document('ID') }],
  ['B22 a choice about it', 'POST', '/Consent', { body: consent(holder.id, 'partage', { type: 'deny', data: [{ meaning: 'instance', reference: { reference: 'DocumentReference/ID' } }] }) }]
]

/** The same of less: what differs by the kind of thing that is hidden. */
const CORE = ROWS.filter(([name]) => /read|history|the right ETag|update$|delete$|by id$/.test(name))

const rowsOf = (type: string, rows = ROWS) => rows.map(([name, method, url, options = {}]): Row => [`${type} ${name}`, method, url.replaceAll('TYPE', type), options])

for (const [what, id, callers, rows] of [
  ['a masked document', hidden, [physician], [...rowsOf('DocumentReference'), ...REFERRING]],
  ['B3 a deleted hidden document', deleted, [physician], [...rowsOf('DocumentReference', CORE), ...REFERRING.slice(0, 6)]],
  ['a document, to its blocked reader', seen, [stranger], rowsOf('DocumentReference', CORE)],
  ['a block', refused, [physician], rowsOf('Consent', CORE)],
  ['a patient', holder.id, [stranger], rowsOf('Patient', CORE)]
] as const) {
  t.test(`B1 B2 B4 B9 B10 B17 B21 B22 P1 ${what} answers like what never was`, async t => {
    for (const caller of callers) {
      for (const [name, method, url, options] of rows) {
        t.equal(await about(caller.token, id, method, url, options), await aboutNothing(caller.token, name, method, url, options), name)
      }
    }
  })
}

t.test('B1 P18 the content of a hidden document answers like what never was', async t => {
  const id = content.replace('Binary/', '')
  for (const [url, accept] of [['/Binary/ID', '*/*'], ['/Binary/ID', 'application/fhir+json'], ['/Binary/ID', 'image/png'], ['/Binary/ID/_history/1', '*/*']] as const) {
    t.equal(await about(physician.token, id, 'GET', url, { headers: { accept } }), await about(physician.token, randomUUID(), 'GET', url, { headers: { accept } }), `${url} ${accept}`)
  }
  t.equal(await scene.status(hospital.token, `/${content}`), 200)
})

t.test('B3 what was deleted is told to whom could read it', async t => {
  t.equal(await scene.status(hospital.token, `/DocumentReference/${deleted}`), 410)
  t.equal(await scene.status(holder.token, `/DocumentReference/${deleted}`), 410)
})

t.test('B10 P7 counts are of what is visible, however they are asked', async t => {
  const expected = (await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}`)).length
  t.equal(expected, 2)
  t.equal((await scene.ids(hospital.token, `/DocumentReference?patient=${holder.id}`)).length, 3)
  for (const how of ['_total=accurate', '_summary=count', '_count=0', '_count=1', '_total=estimate&_count=1']) {
    t.equal((await scene.request(physician.token, 'GET', `/DocumentReference?patient=${holder.id}&${how}`)).json.total, expected, how)
  }
})

t.test('B6 P8 a page link serves its caller and its query only, whole', async t => {
  const first = await scene.request(physician.token, 'GET', `/DocumentReference?patient=${holder.id}&_count=1`)
  const next = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
  const absent = face(await scene.request(physician.token, 'GET', '/DocumentReference?_page=x'))
  t.equal((await scene.request(physician.token, 'GET', next)).json.entry.length, 1)
  t.equal(face(await scene.request(stranger.token, 'GET', next)), absent, 'another person')
  const elsewhere = await scene.token(as.professional(physician.person, stranger.structure))
  t.equal(face(await scene.request(elsewhere, 'GET', next)), absent, 'the same person in another structure')
  const flipped = next.slice(0, -3) + (next.at(-3) === 'A' ? 'B' : 'A') + next.slice(-2)
  t.equal(face(await scene.request(physician.token, 'GET', flipped)), absent, 'a character changed')
  t.equal(face(await scene.request(physician.token, 'GET', next.slice(0, -4))), absent, 'cut')
  t.equal(face(await scene.request(physician.token, 'GET', `${next}&_count=100`)), absent, 'with more')
  t.equal(await scene.status(physician.token, next.replace('DocumentReference', 'Consent')), 404, 'on another type')
  await scene.restart()
  t.equal((await scene.request(physician.token, 'GET', next)).json.entry.length, 1, 'after a restart it still serves')
})

t.test('B7 C11 P8 the next page knows what was revoked since', async t => {
  const { holder, physician, hospital } = await scene.cast()
  for (let count = 0; count < 3; count += 1) await scene.make(hospital.token, document(holder.id))
  const first = await scene.request(physician.token, 'GET', `/DocumentReference?patient=${holder.id}&_count=2`)
  const next = first.json.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
  const rest = await scene.ids(physician.token, next)
  t.equal(rest.length, 2)
  await scene.change(holder.token, `/DocumentReference/${rest[0] ?? ''}`, { securityLabel: [label('MASQUE_PS')] })
  t.same(await scene.ids(physician.token, next), rest.slice(1))
  await scene.make(holder.token, block(holder.id, person(physician.person)))
  const shut = await scene.request(physician.token, 'GET', next)
  t.same([shut.status, shut.json.total, shut.json.entry], [200, 0, undefined])
})

t.test('B5 P6 inclusions reach nothing that is hidden, nor another record', async t => {
  const found = await scene.request(physician.token, 'GET', `/DocumentReference?_id=${pointing}&_include=DocumentReference:relatesto&_include=DocumentReference:patient&_revinclude=AuditEvent:entity`)
  t.equal(found.status, 200)
  t.same(found.json.entry.filter(({ search }: { search: { mode: string } }) => search.mode === 'include')
    .map(({ resource }: { resource: { resourceType: string } }) => resource.resourceType).filter((type: string) => type !== 'AuditEvent'), ['Patient'])
  const replaced = await scene.make(hospital.token, document(holder.id))
  const over = await scene.make(hospital.token, document(holder.id, {
    type: { coding: [{ system: 'urn:unknown', code: 'x' }] },
    relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${replaced}` } }]
  }))
  t.equal(await scene.status(physician.token, `/DocumentReference/${over}`), 404, 'a type that the matrix does not know')
  t.same(await scene.ids(physician.token, `/DocumentReference?_id=${replaced}&_revinclude=DocumentReference:relatesto`), [replaced])
  t.same((await scene.ids(hospital.token, `/DocumentReference?_id=${replaced}&_revinclude=DocumentReference:relatesto`)).toSorted(), [replaced, over].toSorted())
})

t.test('B18 P16 no update moves a document, its authors or its labels out of reach of the choices', async t => {
  const { hospital, holder, physician, id } = await scene.cast()
  const other = await scene.holder()
  await scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [label('MASQUE_PS')] })
  const changes: Readonly<Record<string, object>> = {
    patient: { subject: { reference: `Patient/${other.id}` } },
    author: { author: [person(physician.person)] },
    custodian: { custodian: structure(physician.structure) },
    type: { type: { coding: [{ system: 'urn:x', code: 'x' }] } },
    label: { securityLabel: undefined },
    'label by meta': { securityLabel: undefined, meta: {} },
    'another label': { securityLabel: [label('N', 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality')] }
  }
  for (const [name, change] of Object.entries(changes)) {
    const { status } = await scene.change(hospital.token, `/DocumentReference/${id}`, change)
    t.ok([403, 422].includes(status), `${name} ${status}`)
    t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404, name)
  }
  t.same(await scene.ids(other.token, '/DocumentReference'), [])
})

t.test('B20 P24 every spelling of a reference meets the same filter', async t => {
  const expected = (await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}`)).toSorted()
  t.ok(expected.length > 0)
  for (const query of [`patient=Patient/${holder.id}`, `patient=${BASE}/Patient/${holder.id}`, `subject=Patient/${holder.id}`, `subject:Patient=${holder.id}`, `patient:Patient=${holder.id}`]) {
    t.same((await scene.ids(physician.token, `/DocumentReference?${query}`)).toSorted(), expected, query)
    const none = await scene.request(stranger.token, 'GET', `/DocumentReference?${query}`)
    t.same([none.status, none.json.total], [200, 0])
  }
  for (const query of [`patient=patient/${holder.id}`, `patient=Patient/${holder.id}/_history/1`, `patient=${BASE.toUpperCase()}/Patient/${holder.id}`, `subject=http://elsewhere/fhir/Patient/${holder.id}`]) {
    const answer = await scene.request(stranger.token, 'GET', `/DocumentReference?${query}`)
    t.ok(answer.status === 400 || answer.json.total === 0, query)
  }
})

t.test('B19 neither a link between patients nor a stay in a team gives sight', async t => {
  const { holder, id } = await scene.cast()
  const ins = newIns()
  await scene.make(scene.operator, patient(ins, { link: [{ other: { reference: `Patient/${holder.id}` }, type: 'seealso' }] }))
  const linked = await scene.token(as.holder(ins))
  t.equal(await scene.status(linked, `/DocumentReference/${id}`), 404)
  t.equal(await scene.status(linked, `/Patient/${holder.id}`), 404)
  t.same(await scene.ids(linked, `/DocumentReference?patient=${holder.id}`), [])
  const self = await scene.physician()
  t.equal((await scene.post(self.token, access(holder.id, self.person))).status, 403, 'nor does a choice that one gives oneself')
  t.equal((await scene.post(self.token, consent(holder.id, undefined, { type: 'permit', actor: actor(person(self.person)) }))).status, 403)
})
