/** `Patient/$export`: the question is kept, the answer is made when it is taken; so a choice between the two counts, to the byte. */
import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { as } from '../helper/app.js'
import { access, block, document, label, person } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, PRACTICE, isAbsent, look, matches, openScene, refused } from '../interaction/scene.js'
import type { Record } from '../interaction/scene.js'

const scene = await openScene(t, { EXPORT_SETTLE: '0', MAX_EXPORTS: '4', MAX_PATIENTS: '4', MAX_OWN_DOWNLOADS: '2' })
const { get, hospital, made, open, operator, put, remove, request, token } = scene
const ASYNC = { prefer: 'respond-async' }
const jobs = scene.mongo.db(scene.database).collection<{ _id: string, until: Date, asked: string }>('Export')

type Json = TestResponse['json']
/** A professional whom nobody has chosen yet. */
const doctor = async (id = `8${String(Math.random()).slice(2, 13).padEnd(11, '0')}`) => ({ id, token: await token(as.professional(id, PRACTICE)) })
const named = (...ids: readonly string[]) => ({ resourceType: 'Parameters', parameter: ids.map(id => ({ name: 'patient', valueReference: { reference: `Patient/${id}` } })) })
const observation = (id: string) => ({ resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] }, subject: { reference: `Patient/${id}` }, effectiveDateTime: '2026-11-01' })

/** A record that a doctor sees, with documents in it. */
async function seen (by: string, documents = 1): Promise<Record & { readonly documents: readonly Json[] }> {
  const record = await open()
  await made(record.holder, access(record.id, by))
  const list: Json[] = []
  for (let index = 0; index < documents; index++) list.push(await made(hospital, document(record.id)))
  return { ...record, documents: list }
}

/** The address of a job. */
async function begun (token: string, query = '', body?: object): Promise<string> {
  const response = await request(token, body === undefined ? 'GET' : 'POST', `/Patient/$export${query}`, { headers: ASYNC, ...body === undefined ? {} : { body } })
  if (response.status !== 202) throw new Error(`not begun: ${response.status} ${response.text}`)
  return response.headers['content-location'] ?? ''
}

const lines = ({ text }: Pick<TestResponse, 'text'>): Json[] => text.split('\n').filter(line => line !== '').map(line => JSON.parse(line))
const ids = (response: Pick<TestResponse, 'text'>) => lines(response).map(({ id }) => id as string)
const file = async (token: string, job: string, type: string) => await get(token, `${job}/${type}.ndjson`, { accept: 'application/fhir+ndjson' })
const traces = async (holder: string, id: string): Promise<Json[]> => matches(await get(holder, `/AuditEvent?patient=Patient/${id}&_sort=-_lastUpdated&_count=100`)).filter(({ subtype }) => subtype[0].code === 'operation')

t.test('from the kick-off to the files: what the caller finds, of each patient who let them in, each file in their traces', async t => {
  const gp = await doctor()
  const [one, two, other] = [await seen(gp.id, 2), await seen(gp.id), await seen(GP2)]
  await made(hospital, observation(one.id))
  const kickOff = await get(gp.token, '/Patient/$export?_type=Patient,DocumentReference,Observation&_outputFormat=application/fhir%2Bndjson', { ...ASYNC, accept: 'application/fhir+json' })
  t.strictSame([kickOff.status, kickOff.text], [202, ''])
  const job = kickOff.headers['content-location'] ?? ''
  t.match(job, /^http:\/\/127\.0\.0\.1:8080\/fhir\/Patient\/\$export\/[0-9a-f-]{36}$/)
  const status = await get(gp.token, job, { accept: 'application/json' })
  t.strictSame([status.status, status.headers['content-type']], [200, 'application/json; charset=utf-8'])
  t.ok(Date.parse(status.headers['expires'] ?? '') > Date.now() + 23 * 3600_000)
  const { transactionTime, ...manifest } = status.json
  t.match(transactionTime, /^\d{4}-\d\d-\d\dT.*Z$/)
  t.strictSame(manifest, {
    request: 'http://127.0.0.1:8080/fhir/Patient/$export?_type=Patient%2CDocumentReference%2CObservation&_outputFormat=application%2Ffhir%2Bndjson',
    requiresAccessToken: true,
    output: ['DocumentReference', 'Observation', 'Patient'].map(type => ({ type, url: `${job}/${type}.ndjson` })),
    error: []
  })
  const documents = await get(gp.token, manifest.output[0].url)
  t.strictSame([documents.status, documents.headers['content-type'], documents.text.at(-1)], [200, 'application/fhir+ndjson', '\n'])
  t.strictSame(ids(documents).sort(), [...one.documents, ...two.documents].map(({ id }) => id).sort())
  t.strictSame(ids(await file(gp.token, job, 'Patient')).sort(), [one.id, two.id].sort())
  t.strictSame(ids(await file(gp.token, job, 'Observation')).length, 1)
  const [{ content: [{ attachment }] }] = lines(documents)
  t.match(attachment.url, /^http:\/\/127\.0\.0\.1:8080\/fhir\/Binary\//, 'a content has an absolute address')
  t.equal((await get(gp.token, attachment.url, { accept: 'text/plain' })).status, 200, 'at which it is')
  const [first, ...rest] = (await traces(two.holder, two.id)).reverse()
  t.strictSame([rest.length, Buffer.from(first.entity.at(-1).query, 'base64').toString()], [1, '$export?_type=DocumentReference'], 'one for each file with something of theirs')
  t.match(JSON.stringify(first.extension), `"valueReference":{"reference":"DocumentReference/${two.documents[0].id}"}`)
  t.match(JSON.stringify(first.extension), '"url":"permit","valueBoolean":true')
  t.notMatch(JSON.stringify(first), one.documents[0].id)
  t.strictSame(await traces(other.holder, other.id), [], 'and none in a record of which nothing was told')
  const { asked, ...stored } = await jobs.findOne({ _id: job.split('/').at(-1) ?? '' }) ?? { asked: '' }
  t.notMatch(JSON.stringify(stored) + Buffer.from(asked, 'base64').toString('latin1'), one.id, 'the job names nobody in clear')
})

t.test('P20 what is hidden after the kick-off is in no file, and all else is as if it had never been', async t => {
  const gp = await doctor()
  const { id, holder, documents: [plain, secret] } = await seen(gp.id, 2)
  const job = await begun(gp.token, '?_type=DocumentReference,Patient')
  const [before, identity, status] = [await file(gp.token, job, 'DocumentReference'), await file(gp.token, job, 'Patient'), await get(gp.token, job)]
  t.strictSame(ids(before).sort(), [plain.id, secret.id].sort())
  t.equal((await put(holder, { ...secret, securityLabel: [label('MASQUE_PS')] })).status, 200)
  const after = await file(gp.token, job, 'DocumentReference')
  t.strictSame(look(after), { ...look(before), text: before.text.split('\n').filter(line => !line.includes(`"id":"${secret.id}"`)).join('\n') })
  t.strictSame(look(await get(gp.token, job)), look(status), 'the manifest says the same')
  await made(holder, block(id, person(gp.id)))
  const [nothing, never] = [await file(gp.token, job, 'DocumentReference'), await file(gp.token, await begun(gp.token, '?_type=Observation'), 'Observation')]
  t.strictSame([look(nothing), nothing.text], [look(never), ''])
  t.strictSame([(await file(gp.token, job, 'Patient')).text, ids(identity)], ['', [id]])
  t.strictSame(look(await get(gp.token, job)), look(status))
})

t.test('a file goes page by page, each with the choices of its moment and when it is asked for', async t => {
  const gp = await doctor()
  const { id, holder } = await seen(gp.id)
  const entry = Array.from({ length: 230 }, () => ({ resource: observation(id), request: { method: 'POST', url: 'Observation' } }))
  t.equal((await request(hospital, 'POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } })).status, 200)
  const job = await begun(gp.token, '?_type=Observation')
  const whole = await file(gp.token, job, 'Observation')
  t.strictSame([ids(whole).length, new Set(ids(whole)).size], [230, 230])
  t.equal((await traces(holder, id)).length, 3)
  const taken = async () => await scene.app.server.inject({ url: new URL(`${job}/Observation.ndjson`).pathname, headers: { authorization: `Bearer ${gp.token}` }, payloadAsStream: true })
  const [response, other] = [await taken(), await taken()]
  const third = await file(gp.token, job, 'Observation')
  refused(t, third, 429, { code: 'throttled' })
  t.match(third.headers['retry-after'], /^\d+$/, 'while two are under way')
  await made(holder, block(id, person(gp.id)))
  const begin = await text(response.stream())
  other.stream().destroy()
  t.strictSame([ids({ text: begin }), response.statusCode], [ids(whole).slice(0, 100), 200], 'the page that was under way, and nothing of the others')
  t.equal(begin.at(-1), '\n')
})

t.test('what is written later is left to the next one, which asks for what is new', async t => {
  const { id, holder, documents: [first] } = await seen(GP)
  const job = await begun(holder, '?_type=DocumentReference')
  const { transactionTime } = (await get(holder, job)).json
  const second = await made(hospital, document(id))
  t.strictSame(ids(await file(holder, job, 'DocumentReference')), [first.id])
  const next = await begun(holder, `?_type=DocumentReference&_since=${transactionTime}`)
  t.strictSame(ids(await file(holder, next, 'DocumentReference')), [second.id])
  for (const each of [job, next]) await remove(holder, each)
})

t.test('a holder takes their own record, whomever they name', async t => {
  const mine = await seen(GP, 1)
  const other = await seen(GP)
  await made(hospital, document(mine.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const job = await begun(mine.holder)
  const { output } = (await get(mine.holder, job)).json
  const types = output.map(({ type }: Json) => type)
  for (const type of ['Patient', 'DocumentReference', 'Consent', 'AuditEvent', 'Communication', 'Appointment', 'RelatedPerson']) t.ok(types.includes(type), type)
  for (const type of ['Practitioner', 'Slot', 'Binary', 'Subscription']) t.notOk(types.includes(type), type)
  t.strictSame(ids(await file(mine.holder, job, 'Patient')), [mine.id])
  t.strictSame(ids(await file(mine.holder, job, 'DocumentReference')), [mine.documents[0].id], 'without what is not announced yet')
  t.strictSame(lines(await file(mine.holder, job, 'Consent')).length, 1)
  const told = lines(await file(mine.holder, job, 'AuditEvent'))
  t.ok(told.length > 2 && told.every(({ entity }) => entity[0].what.reference === `Patient/${mine.id}`), `${told.length} traces, all theirs`)
  t.strictSame(ids(await file(mine.holder, job, 'AuditEvent')), told.map(({ id }) => id), 'and not those of taking them')
  const named = await begun(mine.holder, '?_type=Patient', { resourceType: 'Parameters', parameter: [{ name: 'patient', valueReference: { reference: `Patient/${other.id}` } }] })
  t.equal((await file(mine.holder, named, 'Patient')).text, '')
  for (const each of [job, named]) await remove(mine.holder, each)
})

t.test('patients are named in a body; one who is hidden is like one who is not there', async t => {
  const gp = await doctor()
  const [one, two, hidden] = [await seen(gp.id), await seen(gp.id), await seen(GP2)]
  const body = (id: string) => ({ resourceType: 'Parameters', parameter: [...named(one.id).parameter, ...named(id).parameter, { name: '_type', valueString: 'Patient' }, { name: '_type', valueString: 'DocumentReference' }, { name: '_since', valueInstant: '2020-01-01T00:00:00Z' }] })
  const looksOf = async (id: string) => {
    const job = await begun(gp.token, '', body(id))
    const all = await Promise.all([get(gp.token, job), file(gp.token, job, 'Patient'), file(gp.token, job, 'DocumentReference')])
    t.strictSame(all[0].json.request, 'http://127.0.0.1:8080/fhir/Patient/$export')
    t.strictSame([ids(all[1]), ids(all[2])], [[one.id], [one.documents[0].id]], 'the other one, who is seen, was not named')
    await remove(gp.token, job)
    const { transactionTime } = all[0].json
    return all.map(response => look(response, job.split('/').at(-1) ?? '', transactionTime, all[0].headers['expires'] ?? ''))
  }
  t.strictSame(await looksOf(hidden.id), await looksOf(randomUUID()))
  t.strictSame((await traces(two.holder, two.id)), [])
  t.match(JSON.stringify((await traces(hidden.holder, hidden.id))[0]?.extension), '"valueBoolean":false', 'who was named hears that it was refused')
  const software = await begun(hospital, '?_type=Patient,DocumentReference', named(one.id))
  t.strictSame([ids(await file(hospital, software, 'Patient')), ids(await file(hospital, software, 'DocumentReference'))], [[], [one.documents[0].id]], 'the software of a structure takes what it deposited')
  await remove(hospital, software)
})

t.test('B23 P20 to everybody but the one who asked, in that role, a job is as absent as one that never was', async t => {
  const gp = await doctor()
  const { holder } = await seen(gp.id)
  const job = await begun(gp.token, '?_type=Patient')
  const id = job.split('/').at(-1) ?? ''
  const nothing = job.replace(id, randomUUID())
  for (const other of [holder, operator, hospital, (await doctor()).token, await token(as.professional(gp.id, HOSPITAL))]) {
    for (const [method, path] of [['GET', ''], ['GET', '/Patient.ndjson'], ['HEAD', '/Patient.ndjson'], ['DELETE', '']] as const) {
      const [hidden, absent] = [await request(other, method, `${job}${path}`), await request(other, method, `${nothing}${path}`)]
      if (method !== 'HEAD') isAbsent(t, hidden)
      t.strictSame(look(hidden, id), look(absent, nothing.split('/').at(-1) ?? ''), `${method} ${path}`)
    }
  }
  t.equal((await get(undefined, job)).status, 401)
  t.equal((await get(gp.token, job)).status, 200, 'and there it is')
  for (const path of ['/Observation.ndjson', '/Nonsense.ndjson', '/Patient', '/Patient.csv']) isAbsent(t, await get(gp.token, `${job}${path}`))
})

t.test('a job is there until it is cancelled or over, whatever becomes of the server', async t => {
  const gp = await doctor()
  await seen(gp.id)
  const [one, two] = [await begun(gp.token, '?_type=Patient'), await begun(gp.token, '?_type=Patient')]
  await scene.restart()
  t.strictSame([(await get(gp.token, one)).status, ids(await file(gp.token, one, 'Patient')).length], [200, 1])
  const cancelled = await remove(gp.token, one)
  t.strictSame([cancelled.status, cancelled.text], [202, ''])
  await jobs.updateOne({ _id: two.split('/').at(-1) ?? '' }, { $set: { until: new Date() } })
  for (const job of [one, two]) {
    for (const response of [await get(gp.token, job), await file(gp.token, job, 'Patient'), await remove(gp.token, job)]) isAbsent(t, response)
  }
  t.match(await jobs.indexes(), [{}, {}, { key: { until: 1 }, expireAfterSeconds: 0 }], 'and the database forgets it')
})

t.test('it is not done while something may be under way that was written before', async t => {
  const gp = await doctor()
  await seen(gp.id)
  const exports: { settle: number } = scene.app.context.exports
  exports.settle = 90_000
  const job = await begun(gp.token, '?_type=Patient')
  const { status, headers, text } = await get(gp.token, job)
  t.match([status, headers['retry-after'], headers['x-progress'], text], [202, /^(?:90|89|88)$/, /\w/, ''])
  isAbsent(t, await file(gp.token, job, 'Patient'))
  exports.settle = 0
  t.strictSame([(await get(gp.token, job)).status, ids(await file(gp.token, job, 'Patient')).length], [200, 1])
})

t.test('jobs, files under way and patients are bounded', async t => {
  const gp = await doctor()
  for (let count = 0; count < 4; count++) await seen(gp.id)
  const answers = await Promise.all(Array.from({ length: 7 }, async () => await get(gp.token, '/Patient/$export?_type=Patient', ASYNC)))
  t.strictSame(answers.map(({ status }) => status).sort(), [202, 202, 202, 202, 429, 429, 429], 'even asked all at once')
  for (const response of answers.filter(({ status }) => status === 429)) {
    refused(t, response, 429, { code: 'throttled' })
    t.ok(Number(response.headers['retry-after']) > 23 * 3600)
  }
  const [job = '', last = ''] = answers.flatMap(({ headers }) => headers['content-location'] ?? [])
  await remove(gp.token, last)
  t.equal((await get(gp.token, '/Patient/$export?_type=Patient', ASYNC)).status, 202, 'one that is deleted makes room')
  for (let count = 0; count < 4; count++) t.equal((await request(gp.token, 'HEAD', `${job}/Patient.ndjson`)).status, 200, 'one that only asks leaves at once')
  t.equal(ids(await file(gp.token, job, 'Patient')).length, 4)
  await remove(gp.token, job)
  await seen(gp.id)
  refused(t, await get(gp.token, '/Patient/$export', ASYNC), 400, { code: 'too-costly' })
  const many = named(...Array.from({ length: 201 }, () => randomUUID()))
  refused(t, await request(gp.token, 'POST', '/Patient/$export', { body: many, headers: ASYNC }), 400, { code: 'too-costly', expression: 'patient' })
})

t.test('what is not asked as the specification has it is refused; lenient handling says what it left out', async t => {
  const { holder, ins } = await open()
  refused(t, await get(holder, '/Patient/$export'), 400, { code: 'required', expression: 'Prefer' })
  refused(t, await get(holder, '/Patient/$export', { prefer: 'respond-async, return=minimal', accept: 'application/xml' }), 406, { code: 'not-supported', expression: 'Accept' })
  const value = { code: 'value', details: 'MSG_PARAM_INVALID' }
  for (const [query, expression] of [['_outputFormat=csv', '_outputFormat'], ['_since=2026', '_since'], ['_since=2026-13-01T00:00:00Z', '_since'], ['_type=Nonsense', '_type'], ['_type=Patient,Practitioner', '_type'], ['_type=Binary', '_type'], ['_type=', '_type'], ['_since=2026-01-01T00:00:00Z&_since=2026-01-01T00:00:00Z', '_since'], ['patient=Patient/x', 'patient']] as const) {
    for (const prefer of ['respond-async', 'respond-async; handling=lenient']) refused(t, await get(holder, `/Patient/$export?${query}`, { prefer }), 400, { ...value, expression })
  }
  refused(t, await request(holder, 'POST', '/Patient/$export', { headers: ASYNC, body: { resourceType: 'Parameters', parameter: [{ name: 'patient', valueReference: { reference: 'Group/x' } }] } }), 400, { ...value, expression: 'Parameters.parameter[0]' })
  refused(t, await request(holder, 'POST', '/Patient/$export', { headers: ASYNC, body: { resourceType: 'Patient' } }), 400, { code: 'invalid', expression: 'resourceType' })
  refused(t, await get(holder, '/Patient/$export?_typeFilter=Patient%3Factive%3Dtrue&_elements=id', ASYNC), 400, ...['_typeFilter', '_elements'].map(expression => ({ code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression })))
  const lenient = await get(holder, '/Patient/$export?_type=Patient&_elements=id', { prefer: 'respond-async,handling=lenient' })
  t.match([lenient.status, lenient.json.issue[1]], [202, { severity: 'warning', expression: ['_elements'] }])
  refused(t, await request(holder, 'PUT', '/Patient/$export'), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  const narrow = await token({ ...as.holder(ins), scope: 'patient/Patient.rs patient/Observation.s' })
  for (const query of ['?_type=Observation', '?_type=Patient,DocumentReference']) refused(t, await get(narrow, `/Patient/$export${query}`, ASYNC), 403, { code: 'forbidden' })
  t.strictSame((await get(narrow, await begun(narrow))).json.output.map(({ type }: Json) => type), ['Patient'])
  const wide = await begun(holder, '?_type=Patient,DocumentReference')
  refused(t, await file(narrow, wide, 'DocumentReference'), 403, { code: 'forbidden' })
  t.equal((await file(narrow, wide, 'Patient')).status, 200)
})
