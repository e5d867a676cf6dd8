/** create (R4 http.html#create): what is answered, and what is refused before anything is written. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import { document, patient } from '../helper/resource.js'
import { isAbsent, look, newIns, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, post, hospital, lab, operator, request } = scene
const { id: patientId, ins, holder } = await scene.open()
const valid = (more = {}) => document(patientId, more)
const raw = async (body: string | Buffer, type = 'application/fhir+json', url = '/DocumentReference') =>
  await request(hospital, 'POST', url, { body, headers: { 'content-type': type } })

t.test('returns Created with the address of the version, and the resource', async t => {
  const body = valid({ id: 'mine', meta: { versionId: 'mine', lastUpdated: '2001-01-01T00:00:00Z' } })
  const { status, headers, json } = await post(hospital, body)
  t.equal(status, 201)
  t.notOk([json.id, json.meta.versionId].includes('mine'), 'the ids are the server\'s')
  t.equal(headers['location'], `http://127.0.0.1:8080/fhir/DocumentReference/${json.id}/_history/${json.meta.versionId}`)
  t.match(headers, { etag: `W/"${json.meta.versionId}"`, 'last-modified': new Date(json.meta.lastUpdated).toUTCString() })
  t.ok(Math.abs(Date.now() - Date.parse(json.meta.lastUpdated)) < 60_000)
  t.strictSame((await get(hospital, headers['location'] ?? '')).json, json, 'what was answered is what is there')
})

t.test('Prefer says what is answered', async t => {
  const minimal = await post(hospital, valid(), { prefer: 'return=minimal' })
  t.strictSame([minimal.status, minimal.text], [201, ''])
  t.ok(minimal.headers['location'])
  const outcome = await post(hospital, valid(), { prefer: 'return=OperationOutcome' })
  t.match(outcome.json, { resourceType: 'OperationOutcome', issue: [{ severity: 'information', code: 'informational' }] })
  for (const prefer of ['return=representation', 'respond-async', 'handling=strict, return=representation']) {
    t.equal((await post(hospital, valid(), { prefer })).json.resourceType, 'DocumentReference', prefer)
  }
})

t.test('returns Unprocessable with the place of every fault', async t => {
  refused(t, await post(hospital, valid({ status: 'nonsense', date: 'yesterday', colour: 'red', content: [] })), 422,
    { code: 'structure', expression: 'DocumentReference.colour' },
    { code: 'code-invalid', expression: 'DocumentReference.status' },
    { code: 'value', expression: 'DocumentReference.date' },
    { code: 'invariant', expression: 'DocumentReference.content' })
})

t.test('returns Unprocessable for what is missing or nested wrongly', async t => {
  const { status: _, ...rest } = valid()
  const response = await post(hospital, rest)
  refused(t, response, 422, { code: 'required', expression: 'DocumentReference' })
  t.match(response.json.issue[0].diagnostics, /status/)
  refused(t, await post(hospital, valid({ content: [{ attachment: { contentType: 'text/plain', data: '***' } }] })), 422,
    { code: 'value', expression: 'DocumentReference.content[0].attachment.data' })
  refused(t, await post(hospital, valid({ description: '' })), 422, { code: 'value', expression: 'DocumentReference.description' })
})

t.test('a refused deposit leaves nothing', async t => {
  const before = (await scene.ids(holder, `/DocumentReference?patient=Patient/${patientId}&_count=200`)).length
  await post(hospital, valid({ date: 'yesterday' }))
  t.equal((await scene.ids(holder, `/DocumentReference?patient=Patient/${patientId}&_count=200`)).length, before)
})

t.test('returns Unsupported Media Type for what is no JSON', async t => {
  for (const type of ['application/fhir+xml', 'text/plain', 'application/x-www-form-urlencoded', 'application/fhir+json; charset=latin1']) {
    const response = await raw(JSON.stringify(valid()), type)
    t.match([response.status, response.json.issue[0].code], [415, 'not-supported'], type)
  }
  t.equal((await raw(JSON.stringify(valid()), 'application/json; charset=utf-8')).status, 201)
})

t.test('returns Bad Request with the place for bytes that others could read otherwise', async t => {
  const unparsable = { code: 'structure', details: 'MSG_CANT_PARSE_CONTENT' }
  const nested = `{"resourceType":"DocumentReference","extension":${'['.repeat(80)}${']'.repeat(80)}}`
  const cases: readonly (readonly [string | Buffer, string | undefined])[] = [
    ['', undefined],
    ['{"resourceType":"DocumentReference",', 'line 1, column 37'],
    ['{"resourceType":"DocumentReference","status":"current","status":"superseded"}', 'DocumentReference.status'],
    ['{"resourceType":"DocumentReference","content":[{"attachment":{"size":1e999}}]}', 'DocumentReference.content[0].attachment.size'],
    ['{"resourceType":"DocumentReference","__proto__":{}}', 'DocumentReference'],
    ['{"resourceType":"DocumentReference","description":"\\ud800"}', 'DocumentReference.description'],
    ['{"resourceType":"DocumentReference","description":"\\u0000"}', 'DocumentReference.description'],
    [Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), undefined],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), undefined],
    ['null', undefined],
    [nested, undefined]
  ]
  for (const [body, expression] of cases) {
    const response = await raw(body)
    const known = body === nested ? response.json.issue[0].expression?.[0] : expression
    t.comment(String(body).slice(0, 60))
    refused(t, response, 400, { ...unparsable, ...known === undefined ? {} : { expression: known } })
  }
})

t.test('returns Bad Request where the body is of another type than the address', async t => {
  for (const body of [patient(newIns()), [], 7, {}]) {
    refused(t, await request(hospital, 'POST', '/DocumentReference', { body: typeof body === 'number' ? '7' : body }), 400, { code: 'invalid', expression: 'resourceType' })
  }
})

t.test('decimals keep their digits', async t => {
  const text = JSON.stringify(patient(newIns())).replace('"gender"', '"extension":[{"url":"http://example.org/weight","valueDecimal":1.50}],"gender"')
  const made = await request(operator, 'POST', '/Patient', { body: text })
  t.equal(made.status, 201)
  t.match(made.text, '"valueDecimal":1.50}')
  t.match((await get(operator, `/Patient/${made.json.id}`)).text, '"valueDecimal":1.50}')
})

t.test('returns Conflict on an identifier that this structure has given this patient already', async t => {
  const body = valid()
  t.equal((await post(hospital, body)).status, 201)
  const again = document(patientId, { masterIdentifier: body.masterIdentifier })
  refused(t, await post(hospital, again), 409, { code: 'duplicate' })
  t.equal((await post(lab, again)).status, 201, 'another structure knows nothing of it')
  const elsewhere = await scene.open()
  t.equal((await post(hospital, document(elsewhere.id, { masterIdentifier: body.masterIdentifier }))).status, 201, 'nor another record')
})

t.test('of two deposits of one identifier one is written', async t => {
  const body = valid()
  const answers = await Promise.all([1, 2, 3].map(async () => await post(hospital, body)))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 409, 409])
})

t.test('a record that is closed, opposed or unknown refuses in the same bytes', async t => {
  const status = (valueCode: string) => ({ extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode }] })
  const records = await Promise.all(['notified', 'opposed', 'suspended', 'closed', 'deleted'].map(async code => (await scene.open(status(code))).id))
  const unknown = await post(hospital, document(randomUUID()))
  refused(t, unknown, 422, { code: 'not-found', expression: 'DocumentReference.subject' })
  for (const id of records) t.strictSame(look(await post(hospital, document(id))), look(unknown))
})

t.test('the patient is named by id, by INS or by a conditional reference', async t => {
  const subjects = [
    { reference: `http://127.0.0.1:8080/fhir/Patient/${patientId}` },
    { reference: `Patient?identifier=${INS_TEST}|${ins}` },
    { reference: `Patient?identifier=${encodeURIComponent(`${INS_TEST}|${ins}`)}` },
    { type: 'Patient', identifier: { system: INS_TEST, value: ins } }
  ]
  for (const subject of subjects) {
    const { status, json } = await post(hospital, valid({ subject }))
    t.strictSame([status, json.subject.reference], [201, `Patient/${patientId}`])
  }
  const others = [{ reference: `Patient?identifier=${INS_TEST}|${newIns()}` }, { reference: 'Patient?name=PETIT' }, { reference: `Practitioner/${patientId}` }, { display: 'Léa' }]
  for (const subject of others) refused(t, await post(hospital, valid({ subject })), 422, { code: 'not-found', expression: 'DocumentReference.subject' })
  const { subject: _, ...nobody } = valid()
  refused(t, await post(hospital, nobody), 422, { code: 'required', expression: 'DocumentReference.subject' })
})

t.test('a deposit asks for no ground, only for somebody who cares', async t => {
  const made = await post(await scene.professional('899700000099'), valid())
  t.equal(made.status, 201)
  const insurer = await scene.professional('899700000098', '1750000098', { Secteur_Activite: 'SA24^1.2.250.1.71.4.2.4' })
  for (const token of [operator, insurer, await scene.token(as.application('app', ins))]) refused(t, await post(token, valid()), 403, { code: 'forbidden' })
  refused(t, await post(holder, valid()), 403, { code: 'forbidden' })
  const own = { type: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire', code: 'DOCPAT01' }] } }
  t.equal((await post(holder, valid(own))).status, 201, 'the holder deposits their own types')
  const other = await scene.open()
  refused(t, await post(holder, document(other.id, own)), 422, { code: 'not-found', expression: 'DocumentReference.subject' })
})

t.test('a reference is written only where its target is there for the writer', async t => {
  const hidden = await scene.made(lab, valid())
  const related = (reference: string) => valid({ context: { related: [{ reference }] } })
  const unknown = await post(hospital, related(`DocumentReference/${randomUUID()}`))
  refused(t, unknown, 422, { code: 'not-found', expression: 'DocumentReference.context.related[0]' })
  t.strictSame(look(await post(hospital, related(`DocumentReference/${hidden.id}`))), look(unknown))
  t.equal((await post(lab, related(`DocumentReference/${hidden.id}`))).status, 201)
  refused(t, await post(hospital, valid({ author: [{ reference: '#nobody' }] })), 422, { code: 'invariant', expression: 'DocumentReference.author[0]' })
  refused(t, await post(hospital, valid({ author: [{ reference: `urn:uuid:${randomUUID()}` }] })), 422, { code: 'not-found', expression: 'DocumentReference.author[0]' })
})

t.test('what nobody may write has no address for it', async t => {
  const response = await post(operator, { resourceType: 'CodeSystem' })
  refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  t.equal(response.headers['allow'], 'GET, HEAD')
  isAbsent(t, await get(operator, `/CodeSystem/${randomUUID()}`))
})
