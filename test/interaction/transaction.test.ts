/** transaction (R4 http.html#transaction): all or nothing, in R4's order, its entries pointing at one another. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { block, document, structure } from '../helper/resource.js'
import { got, placeOf, posted, put, statuses, transaction, urn, withBinary } from './bundle.js'
import type { Entry } from './bundle.js'
import { HOSPITAL, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, hospital, lab, request } = scene
const { id: patientId, holder } = await scene.open()
const send = async (token: string, body: object, headers: Record<string, string> = {}) => await request(token, 'POST', '/fhir', { body, headers })
const all = async () => await scene.ids(holder, `/DocumentReference?patient=Patient/${patientId}&_count=200`)

t.test('documents with their contents are written together, and answered in the order in which they were asked', async t => {
  const [one, other] = [withBinary(patientId, {}, 'the first'), withBinary(patientId, {}, 'the second')]
  const response = await send(hospital, transaction(one.binary, one.document, other.document, other.binary))
  t.match([response.status, response.json.resourceType, response.json.type], [200, 'Bundle', 'transaction-response'])
  t.equal(response.headers['content-type'], 'application/fhir+json; charset=utf-8')
  t.same(statuses(response), ['201', '201', '201', '201'])
  t.same([0, 1, 2, 3].map(index => placeOf(response, index).split('/')[0]), ['Binary', 'DocumentReference', 'DocumentReference', 'Binary'])
  const read = await get(hospital, `/${placeOf(response, 1)}`)
  t.equal(read.json.content[0].attachment.url, placeOf(response, 0), 'the document names its content')
  t.match(response.json.entry[1].response, { etag: read.headers['etag'], lastModified: read.json.meta.lastUpdated, location: `http://127.0.0.1:8080/fhir/DocumentReference/${read.json.id}/_history/${read.json.meta.versionId}` })
  t.equal((await get(hospital, `/${placeOf(response, 0)}`)).text, 'the first')
  t.equal((await get(hospital, `/${placeOf(response, 3)}`)).text, 'the second')
})

t.test('a choice that is none is refused at its place', async t => {
  const kind = { resourceType: 'Consent', status: 'active', scope: { text: 'x' }, patient: { reference: `Patient/${patientId}` } }
  for (const resource of [null, 5, [], {}, { ...kind, category: {} }, { ...kind, category: [null] }, { ...kind, category: [{ coding: [null] }] }, { ...kind, category: [{ text: 'x' }], provision: { actor: [null] } }]) {
    const response = await send(holder, transaction({ resource, request: { method: 'POST', url: 'Consent' } } as never))
    t.ok([400, 422].includes(response.status), `${response.status} ${JSON.stringify(resource)}`)
    t.match(response.json.issue[0].expression[0], /^Bundle\.entry\[0\]/)
  }
})

t.test('Prefer says what is told of what was written', async t => {
  const ask = async (prefer?: string) => (await send(hospital, transaction(posted(document(patientId))), prefer === undefined ? {} : { prefer })).json.entry[0]
  t.same(Object.keys(await ask()), ['response'])
  t.equal((await ask('return=representation')).resource.resourceType, 'DocumentReference')
  t.match(await ask('return=OperationOutcome'), { response: { status: '201', outcome: { resourceType: 'OperationOutcome' } } })
})

t.test('what points at an entry points at what it became, whatever their order', async t => {
  const [a, b] = [urn(), urn()]
  const second = document(patientId, { relatesTo: [{ code: 'appends', target: { reference: a } }], context: { related: [{ reference: a }] } })
  const response = await send(hospital, transaction(posted(second, b), posted(document(patientId), a)))
  t.equal(response.status, 200, response.text)
  const { json } = await get(hospital, `/${placeOf(response, 0)}`)
  t.same([json.relatesTo[0].target.reference, json.context.related[0].reference], [placeOf(response, 1), placeOf(response, 1)])
})

t.test('links are rewritten in narratives and in elements of the type uri, and what names a version of a new entry means it', async t => {
  const [at, source, strange] = [urn(), `http://elsewhere.example/fhir/DocumentReference/${randomUUID()}`, urn()]
  const narrative = (address: string) => ({ status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>href="${at}" <a title="x" href='${address}'>x</a></p></div>` })
  const holding = (more: object) => posted(Object.assign(document(patientId), more))
  const response = await send(hospital, transaction(
    holding({ text: narrative(at), extension: [{ url: 'urn:x', valueUri: at }], meta: { source: at } }),
    holding({ context: { related: [`${source}/_history/3`, `${source}/_history/2`, source].map(reference => ({ reference })) } }),
    posted(document(patientId), at),
    posted(Object.assign(document(patientId), { meta: { versionId: '3' } }), source),
    posted({ resourceType: 'Procedure', status: 'completed', code: { text: 'x' }, subject: { reference: `Patient/${patientId}` }, instantiatesUri: ['urn:x', at] } as object)))
  t.equal(response.status, 200, response.text)
  const [first, second, , , procedure] = await Promise.all([0, 1, 2, 3, 4].map(async index => (await get(hospital, `/${placeOf(response, index)}`)).json))
  const [place, versioned] = [placeOf(response, 2), placeOf(response, 3)]
  t.equal(first.text.div, narrative(place).div)
  t.same([first.extension[0].valueUri, first.meta.source, procedure.instantiatesUri], [place, place, ['urn:x', place]])
  t.same(second.context.related.map(({ reference }: { reference: string }) => reference), [versioned, `${source}/_history/2`, versioned])
  refused(t, await send(hospital, transaction(holding({ text: narrative(strange) }))), 422, { code: 'invariant', expression: 'Bundle.entry[0].resource.text.div' })
})

t.test('an entry that is replaced in the same Bundle is answered as the whole leaves it', async t => {
  const first = urn()
  const response = await send(hospital, transaction(posted(document(patientId), first), posted(document(patientId, { relatesTo: [{ code: 'replaces', target: { reference: first } }] }))), { prefer: 'return=representation' })
  t.equal(response.status, 200, response.text)
  const read = await get(hospital, `/${placeOf(response, 0)}`)
  t.match([read.json.status, response.json.entry[0].resource], ['superseded', read.json])
  t.equal(response.json.entry[0].response.etag, read.headers['etag'])
  t.equal((await get(hospital, `/${placeOf(response, 0)}/_history`)).json.total, 1, 'made and changed in one: one version')
})

t.test('a Bundle whose seventh of eight entries is wrong writes nothing, and names it', async t => {
  const before = await all()
  const entries: Entry[] = Array.from({ length: 8 }, (_, index) => posted(document(patientId, index === 6 ? { status: 'nonsense', date: 'yesterday' } : {})))
  refused(t, await send(hospital, transaction(...entries)), 422,
    { code: 'code-invalid', expression: 'Bundle.entry[6].resource.status' },
    { code: 'value', expression: 'Bundle.entry[6].resource.date' })
  entries[6] = posted(document('nobody'))
  refused(t, await send(hospital, transaction(...entries)), 422, { code: 'not-found', expression: 'Bundle.entry[6].resource.subject' })
  t.same(await all(), before)
})

t.test('creates, changes, deletes and reads, in the order of R4', async t => {
  const [kept, gone] = await Promise.all([scene.made(hospital, document(patientId)), scene.made(hospital, document(patientId))])
  const response = await send(hospital, transaction(
    got(`DocumentReference/${kept.id}`),
    put({ ...kept, description: 'corrected' }),
    posted(document(patientId)),
    { request: { method: 'DELETE', url: `DocumentReference/${gone.id}` } },
    got(`DocumentReference?patient=Patient/${patientId}&_total=accurate`)))
  t.equal(response.status, 200, response.text)
  t.same(statuses(response), ['200', '200', '201', '204', '200'])
  t.equal(response.json.entry[0].resource.description, 'corrected', 'what is read is what the others wrote')
  const listed = response.json.entry[4].resource
  t.match(listed, { resourceType: 'Bundle', type: 'searchset' })
  const ids = (await scene.ids(hospital, `/DocumentReference?patient=Patient/${patientId}&_count=200`))
  t.equal(listed.total, ids.length)
  t.ok(ids.includes(placeOf(response, 2).split('/')[1] ?? ''))
  t.equal((await get(hospital, `/DocumentReference/${gone.id}`)).status, 410)
})

t.test('a transaction that only reads may ask for histories, one that changes something may not', async t => {
  const { id } = await scene.made(hospital, document(patientId))
  const read = await send(hospital, transaction(got(`DocumentReference/${id}/_history`), got(`DocumentReference/${id}/$meta`)))
  t.match(read.json, { entry: [{ resource: { type: 'history', total: 1 } }, { resource: { resourceType: 'Parameters' } }] }, read.text)
  refused(t, await send(hospital, transaction(posted(document(patientId)), got(`DocumentReference/${id}/_history`))), 400, { code: 'not-supported', expression: 'Bundle.entry[1].request.url' })
  refused(t, await send(lab, transaction(got(`DocumentReference/${id}/_history`))), 404, { code: 'not-found', details: 'MSG_NO_EXIST', expression: 'Bundle.entry[0]' })
})

t.test('what is wrong with the Bundle is said with its entry, before anything is written', async t => {
  const before = await all()
  const [at, good] = [urn(), posted(document(patientId))]
  const kept = await scene.made(hospital, document(patientId))
  const cases: readonly (readonly [object, number, string, string])[] = [
    [transaction(good, { resource: document(patientId) }), 400, 'required', 'Bundle.entry[1].request'],
    [transaction(good, { request: { method: 'POST', url: 'DocumentReference' } }), 400, 'required', 'Bundle.entry[1].resource'],
    [transaction(good, { ...good }), 400, 'invalid', 'Bundle.entry[1].fullUrl'],
    [transaction(put(kept), { request: { method: 'DELETE', url: `DocumentReference/${kept.id}` } }), 400, 'invalid', 'Bundle.entry[1].request.url'],
    [transaction(good, posted({ resourceType: 'Nonsense' })), 404, 'not-found', 'Bundle.entry[1].request.url'],
    [transaction(good, posted(document(patientId, { relatesTo: [{ code: 'appends', target: { reference: urn() } }] }))), 422, 'not-found', 'Bundle.entry[1].resource.relatesTo[0].target'],
    [transaction(good, posted(document(patientId, { relatesTo: [{ code: 'appends', target: { reference: at } }] }), at)), 400, 'invalid', 'Bundle.entry[1]'],
    [transaction(good, withBinary(patientId).document), 422, 'not-found', 'Bundle.entry[1].resource.content[0].attachment.url'],
    [transaction(good, withBinary(patientId).binary), 422, 'business-rule', 'Bundle.entry[1].resource']
  ]
  for (const [body, status, code, expression] of cases) refused(t, await send(hospital, body), status, { code, expression })
  const method = await send(hospital, transaction(good, { request: { method: 'DELETE', url: 'Patient/x' } }))
  refused(t, method, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED', expression: 'Bundle.entry[1].request.method' })
  t.equal(method.headers['allow'], 'POST')
  t.same((await all()).toSorted(), [...before, kept.id].toSorted())
  refused(t, await send(hospital, { resourceType: 'Bundle', type: 'collection' }), 400, { code: 'invalid', expression: 'Bundle.type' })
  refused(t, await send(hospital, document(patientId)), 400, { code: 'invalid', expression: 'resourceType' })
  refused(t, await send(hospital, transaction(...Array.from({ length: 501 }, () => got('DocumentReference/x')))), 400, { code: 'too-costly', expression: 'Bundle.entry[500]' })
  t.strictSame((await send(hospital, { resourceType: 'Bundle', type: 'transaction' })).json, { resourceType: 'Bundle', type: 'transaction-response' })
})

t.test('an identifier that is taken fails the whole', async t => {
  const masterIdentifier = { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` }
  await scene.made(lab, document(patientId, { masterIdentifier }))
  const before = await all()
  const response = await send(lab, transaction(posted(document(patientId)), posted(document(patientId, { masterIdentifier }))))
  refused(t, response, 409, { code: 'duplicate', expression: 'Bundle.entry[1]' })
  const twice = { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` }
  refused(t, await send(lab, transaction(posted(document(patientId, { masterIdentifier: twice })), posted(document(patientId)), posted(document(patientId, { masterIdentifier: twice })))),
    409, { code: 'duplicate', expression: 'Bundle.entry[2]' })
  t.same(await all(), before)
})

t.test('deposits at once in one record all arrive', async t => {
  const before = (await all()).length
  const responses = await Promise.all(Array.from({ length: 5 }, async () => await send(hospital, transaction(posted(document(patientId)), posted(document(patientId))))))
  t.same(responses.map(({ status }) => status), [200, 200, 200, 200, 200])
  t.equal((await all()).length, before + 10)
})

t.test('entries may refer to each other: in the directory, and in one record', async t => {
  const [at, other] = [urn(), urn()]
  const pair = [
    posted({ resourceType: 'Organization', name: 'x', endpoint: [{ reference: other }] } as object, at),
    posted({ resourceType: 'Endpoint', status: 'active', connectionType: { code: 'hl7-fhir-rest' }, payloadType: [{ text: 'any' }], address: 'https://x.example', managingOrganization: { reference: at } } as object, other)
  ]
  const made = await send(scene.operator, transaction(...pair))
  t.equal(made.status, 200, made.text)
  t.equal((await get(scene.operator, `/${placeOf(made, 0)}`)).json.endpoint[0].reference, placeOf(made, 1))
  const above = transaction(posted({ resourceType: 'Organization', name: 'x', partOf: { reference: other } } as object, at), posted({ resourceType: 'Organization', name: 'y', partOf: { reference: at } } as object, other))
  refused(t, await send(scene.operator, above), 400, { code: 'invalid', expression: 'Bundle.entry[0]' })
  for (const order of [(list: Entry[]) => list, (list: Entry[]) => list.toReversed()]) {
    const entries = order(visit(patientId))
    const response = await send(hospital, transaction(...entries))
    t.equal(response.status, 200, response.text)
    const [encounter, condition] = order([0, 1] as never).map(index => placeOf(response, index as never))
    t.equal((await get(holder, `/${encounter ?? ''}`)).json.diagnosis[0].condition.reference, condition)
    t.equal((await get(holder, `/${condition ?? ''}`)).json.encounter.reference, encounter)
  }
})

t.test('entries that refer to each other out of a record, or to what their writer may not read, are refused as a whole', async t => {
  const { id: otherId, holder: otherHolder } = await scene.open()
  const count = async (token: string, id: string) => (await get(token, `/Condition?patient=${id}`)).json.total
  const before = await count(holder, patientId)
  for (const [entries, place] of [[visit(patientId, otherId), 'Bundle.entry[1].resource.encounter'], [visit(otherId, patientId), 'Bundle.entry[1].resource.encounter']] as const) {
    refused(t, await send(hospital, transaction(...entries)), 422, { code: 'not-found', expression: place })
  }
  await scene.made(otherHolder, block(otherId, structure(HOSPITAL)))
  refused(t, await send(hospital, transaction(...visit(otherId))), 422, { code: 'not-found', expression: 'Bundle.entry[1].resource.encounter' })
  t.same([await count(holder, patientId), await count(otherHolder, otherId)], [before, 0])
})

/** An encounter and its diagnosis, which refer to each other. */
function visit (patientId: string, otherId = patientId): Entry[] {
  const [at, other] = [urn(), urn()]
  return [
    posted({ resourceType: 'Encounter', status: 'finished', class: { code: 'AMB' }, subject: { reference: `Patient/${patientId}` }, diagnosis: [{ condition: { reference: other } }] } as object, at),
    posted({ resourceType: 'Condition', code: { text: 'x' }, subject: { reference: `Patient/${otherId}` }, encounter: { reference: at } } as object, other)
  ]
}
