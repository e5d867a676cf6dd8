/** Hostile requests (security.md D and E): each is refused or means what it says, none breaks the server. */
import t from 'tap'
import type { Method } from '../helper/app.js'
import { actor, consent, document, person } from '../helper/resource.js'
import { face, openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id } = await scene.cast()
const resource = document(holder.id)
const text = JSON.stringify(resource)
/** The text of a document with members beside its own. */
const beside = (members: string) => text.replace('{', `{${members},`)
const post = async (body: string | Buffer, headers = {}) => await scene.request(hospital.token, 'POST', '/DocumentReference', { body, headers })

t.test('D1 P27 an operator of the database in a query is a name or a value, never an operator', async t => {
  const visible = await scene.ids(physician.token, '/DocumentReference')
  for (const query of ['identifier[$ne]=x', '$where=1', '__proto__=z', 'constructor=1', 'toString=1', 'hasOwnProperty=1', 'facts.labels=x', 'identifier.$ne=x', 'patient[$gt]=', '$or=1', '_id[$exists]=true', '=', 'a%00=b', '%ff=%ff']) {
    const answer = await scene.request(physician.token, 'GET', `/DocumentReference?${query}`)
    t.equal(answer.status, 400, query)
    t.equal(answer.json.resourceType, 'OperationOutcome')
    const lenient = await scene.request(physician.token, 'GET', `/DocumentReference?${query}`, { headers: { prefer: 'handling=lenient' } })
    t.ok(lenient.status < 500, `${query}, lenient`)
    const found = (lenient.status === 200 ? lenient.json.entry ?? [] : []).filter(({ search }: { search: { mode: string } }) => search.mode === 'match')
    t.ok(found.length <= visible.length)
  }
  for (const query of ['_id=%00', '_id={"$ne":null}', '_id[]=x', 'identifier={"$gt":""}', 'patient={"$ne":"x"}', 'type=.*', 'status=$ne', '_id=../x', 'type=%5C%7C%5C']) {
    const answer = await scene.request(physician.token, 'GET', `/DocumentReference?${query}`)
    t.ok(answer.status === 400 || answer.json.total === 0, query)
  }
})

t.test('D2 a body with names of the database is refused by name', async t => {
  for (const members of ['"$where":"1"', '"a.b":1', '"_bsontype":"ObjectId"', '"toBSON":1', '"$set":{"status":"x"}', '"_id":"x"', '"facts":{"labels":[]}']) {
    t.equal((await post(beside(members))).status, 422, members)
  }
  t.equal((await post(text.replace('"attachment":{', '"attachment":{"_bsontype":"Binary",'))).status, 422, 'deep inside')
})

t.test('D3 D4 names of prototypes and names given twice are refused', async t => {
  for (const members of ['"__proto__":{"status":"x"}', '"\\u005f_proto__":{}', '"constructor":{"prototype":{}}', '"prototype":{}', '"status":"current"', '"\\u0073tatus":"current"']) {
    const answer = await post(beside(members))
    t.equal(answer.status, 400, members)
    t.equal(answer.json.issue[0].code, 'structure')
  }
  t.equal((await post(text.replace('"attachment":{', '"attachment":{"__proto__":{},'))).status, 400, 'deep inside')
})

t.test('D5 nesting has an end', async t => {
  for (const body of [
    '{"a":'.repeat(600_000) + '1' + '}'.repeat(600_000), '['.repeat(600_000) + ']'.repeat(600_000), '['.repeat(65) + ']'.repeat(65), '['.repeat(1_000_000),
    `{"resourceType":"DocumentReference","extension":[${'{},'.repeat(1_000_001)}{}]}`
  ]) {
    const answer = await post(body)
    t.equal(answer.status, 400)
    t.equal(answer.json.resourceType, 'OperationOutcome')
  }
})

t.test('D6 numbers are finite, and come back digit for digit', async t => {
  const extended = (number: string) => beside(`"extension":[{"url":"urn:x","valueDecimal":${number}}]`)
  for (const number of ['1e400', '-1e400', 'NaN', 'Infinity', '01', '1.', '.5', '+1', '0x1', '1e-400', `1${'0'.repeat(400)}`]) {
    t.equal((await post(extended(number))).status, 400, number.slice(0, 20))
  }
  for (const number of ['1.00', '-0.0', '0.1000000000000000000000000000', '123456789012345678901234567890.123', '1E+2']) {
    const answer = await post(extended(number).replace(/urn:uuid:[\w-]+/, `urn:uuid:${Math.random()}`))
    t.equal(answer.status, 201, number)
    const read = await scene.request(hospital.token, 'GET', `/DocumentReference/${answer.json.id as string}`)
    t.ok(read.text.includes(`"valueDecimal":${number}}`), number)
  }
})

t.test('D7 bytes that are no text of FHIR are refused', async t => {
  const described = (value: string) => beside(`"description":"${value}"`)
  for (const value of ['\\ud800', '\\udc00x', 'a\\u0000b', '\\u0007', '\\u001b']) t.equal((await post(described(value))).status, 400, value)
  const raw: Readonly<Record<string, Buffer>> = {
    'overlong UTF-8': Buffer.concat([Buffer.from('{"resourceType":"'), Buffer.from([0xC0, 0xAF]), Buffer.from('"}')]),
    'a surrogate in UTF-8': Buffer.concat([Buffer.from('{"resourceType":"'), Buffer.from([0xED, 0xA0, 0x80]), Buffer.from('"}')]),
    'a byte order mark': Buffer.concat([Buffer.from([0xEF, 0xBB, 0xBF]), Buffer.from(text)]),
    'UTF-16': Buffer.from(text, 'utf16le'),
    'a raw control character': Buffer.from(described('\u0001')),
    nothing: Buffer.from(''),
    'only white space': Buffer.from(' \n'),
    'two values': Buffer.from(`${text}${text}`),
    'a comment': Buffer.from(`${text}/* */`),
    'a list': Buffer.from(`[${text}]`),
    null: Buffer.from('null'),
    'a string': Buffer.from('"x"')
  }
  for (const [name, body] of Object.entries(raw)) t.equal((await post(body)).status, 400, name)
})

t.test('D11 an id is a name, never a path', async t => {
  const absent = face(await scene.request(physician.token, 'GET', '/DocumentReference/absent'))
  for (const path of ['..%2f..%2fAuditEvent', '%2e%2e%2fPatient', '%00', 'a%00', 'a%0d%0ab', 'a%0aSet-Cookie:x', 'a'.repeat(65), '%2e', 'x%20y', '%24ne', '%7B%22$ne%22:1%7D', `${id}%00`, `${id}%20`, `${id}%0a`, id.toUpperCase() === id ? 'X' : id.toUpperCase()]) {
    const answer = await scene.request(physician.token, 'GET', `/DocumentReference/${path}`)
    t.equal(answer.status, 404, path)
    t.notOk('set-cookie' in answer.headers)
    if (path !== '%2e') t.equal(face(answer), absent, path)
  }
})

t.test('D12 a body is read under its own media type or not at all', async t => {
  const invalid = JSON.stringify({ ...resource, status: 'no' })
  for (const type of ['application/fhir+json', 'application/json', 'APPLICATION/FHIR+JSON', 'application/fhir+json; charset=utf-8', 'application/fhir+json;charset="UTF-8"', ' application/fhir+json', 'application/fhir+json\t; x=y', 'application/fhir+json; fhirVersion=4.0']) {
    const status = (await post(invalid, { 'content-type': type })).status
    t.ok(status === 422 || status === 415, `${type}: ${status}`)
  }
  for (const type of ['text/plain', 'application/fhir+xml', 'text/html', 'application/xml', 'application/fhir+json, text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/fhir+json; charset=utf-16', 'application/fhir+jsonx', 'x']) {
    t.equal((await post(text, { 'content-type': type })).status, 415, type)
  }
  for (const type of ['application/fhir+json; fhirVersion=3.0', 'application/fhir+json;fhirVersion="5.0"']) t.equal((await post(text, { 'content-type': type })).status, 415, type)
  const search = async (type: string, body: string) => (await scene.request(physician.token, 'POST', '/DocumentReference/_search', { body, headers: { 'content-type': type } })).status
  t.equal(await search('application/x-www-form-urlencoded', `patient=${holder.id}`), 200)
  t.equal(await search('application/fhir+json', '{}'), 415)
  t.equal(await search('application/x-www-form-urlencoded', '$where=1'), 400)
})

t.test('D18 methods are what they are, and an address says which it has', async t => {
  const victim = await scene.make(hospital.token, document(holder.id))
  for (const headers of [{ 'x-http-method-override': 'DELETE' }, { 'x-http-method': 'DELETE' }, { 'x-method-override': 'DELETE' }]) {
    for (const method of ['GET', 'POST'] as const) await scene.request(hospital.token, method, `/DocumentReference/${victim}`, { headers })
    await scene.request(hospital.token, 'GET', `/DocumentReference/${victim}?_method=DELETE`)
  }
  t.equal(await scene.status(hospital.token, `/DocumentReference/${victim}`), 200)
  const rows: readonly (readonly [Method, string, string])[] = [
    ['POST', `/DocumentReference/${victim}`, 'GET, HEAD, PUT, PATCH, DELETE'], ['DELETE', `/AuditEvent/${victim}`, 'GET, HEAD'],
    ['PUT', `/AuditEvent/${victim}`, 'GET, HEAD'], ['POST', '/CodeSystem', 'GET, HEAD'], ['GET', '/DocumentReference/_search', 'POST'], ['DELETE', `/Patient/${holder.id}`, 'GET, HEAD, PUT, PATCH']
  ]
  for (const [method, url, allow] of rows) {
    const answer = await scene.request(hospital.token, method, url)
    if (url.endsWith('_search')) {
      t.ok([404, 405].includes(answer.status))
    } else {
      t.equal(answer.status, 405, `${method} ${url}`)
      t.same(answer.headers['allow']?.split(', ').toSorted(), allow.split(', ').toSorted())
    }
  }
  for (const method of ['TRACE', 'PROPFIND', 'LOCK', 'SEARCH'] as const) {
    const { status } = await scene.request(hospital.token, method as Method, `/DocumentReference/${victim}`)
    t.ok(status >= 400 && status < 500, `${method} ${status}`)
  }
})

t.test('D20 an address has one spelling', async t => {
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 200)
  for (const path of [`/documentreference/${id}`, `/DOCUMENTREFERENCE/${id}`, `/DocumentReference/${id}/`, `//DocumentReference/${id}`, `/DocumentReference//${id}`, `/DocumentReference/${id};x=1`, `/DocumentReference%2f${id}`, `/DocumentReference/${id}/_history/`, `/DocumentReference/${id}.json`, '/DocumentReference/', `/DocumentReference/${id}/$everything`]) {
    t.equal(await scene.status(physician.token, path), 404, path)
  }
})

t.test('E1 a body has an end, packed or not', async t => {
  const long = await post(`{"a":"${'x'.repeat(15 * 1024 * 1024)}"}`)
  t.equal(long.status, 413)
  t.equal(long.json.issue[0].code, 'too-long')
  for (const encoding of ['gzip', 'deflate', 'br', 'x']) t.equal((await post(text, { 'content-encoding': encoding })).status, 415, encoding)
  const content = document(holder.id, {}, 'x'.repeat(10 * 1024 * 1024 + 1))
  t.equal((await scene.post(hospital.token, content)).status, 413, 'nor may a document inside be longer')
  t.equal((await scene.request(physician.token, 'POST', '/DocumentReference/_search', { body: `patient=${'x'.repeat(70 * 1024)}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 413)
})

t.test('E3 C9 what asks for too much is refused before it costs', async t => {
  const many = (count: number, part: string) => Array.from({ length: count }, () => part).join('')
  for (const query of [
    `_id=${many(10_000, 'x,')}`, many(1000, '_id=x&'), `${many(30, '_include=DocumentReference:author&')}`, '_count=-1', '_count=abc', '_count=1.5', '_count=', '_count=1e3',
    '_has:Observation:patient:code=x', '_sort=unknown', '_sort=', '_include=Patient:*', '_include=x', '_include=Unknown:x', '_revinclude=Patient:link', 'date=yesterday', 'date=ge', 'date=2026-02-30', '_lastUpdated=xx2026',
    'patient.nom=x', 'patient:Group=x', 'type:in=x', 'type:unknown=x', '_total=x', '_summary=x', '_elements=id&_elements=x', '_page=x&_count=1'
  ]) {
    const { status } = await scene.request(physician.token, 'GET', `/DocumentReference?${query}`)
    t.ok([400, 404].includes(status), `${query.slice(0, 60)} ${status}`)
  }
  const clamped = await scene.request(physician.token, 'GET', '/DocumentReference?_count=1000000')
  t.equal(clamped.status, 200)
  const started = performance.now()
  const provision = Array.from({ length: 60 }).reduce<object>(inner => ({ type: 'permit', provision: [inner] }), { type: 'permit' })
  t.equal((await scene.post(holder.token, consent(holder.id, undefined, provision))).status >= 400, true, 'nested choices')
  const actors = Array.from({ length: 2000 }, (_, index) => actor(person(`8${String(index).padStart(11, '0')}`))).flat()
  const { status } = await scene.post(holder.token, consent(holder.id, 'acces-ps', { type: 'permit', actor: actors }))
  t.equal(status, 422, 'two thousand actors of a kind that takes one')
  t.ok(performance.now() - started < 5000)
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 200, 'the server stands')
})
