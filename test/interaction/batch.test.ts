/** batch (R4 http.html#transaction): each entry as if it came alone. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { access, document } from '../helper/resource.js'
import { batch, bundle, deleted, got, placeOf, posted, put, statuses, urn, withBinary } from './bundle.js'
import type { TestResponse } from '../helper/app.js'
import { GP, openScene } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, lab, request } = scene
const { id: patientId } = await scene.open()
const send = async (token: string, body: object, headers: Record<string, string> = {}) => await request(token, 'POST', '/fhir', { body, headers })

t.test('every entry is answered, in order, and what one refuses leaves the others alone', async t => {
  const [kept, gone] = await Promise.all([scene.made(hospital, document(patientId)), scene.made(hospital, document(patientId))])
  const response = await send(hospital, batch(
    posted(document(patientId)),
    posted(document(patientId, { status: 'nonsense' })),
    got(`DocumentReference/${kept.id}`),
    got(`DocumentReference/${randomUUID()}`),
    put({ ...kept, description: 'corrected' }),
    deleted(`DocumentReference/${gone.id}`),
    got(`DocumentReference?patient=Patient/${patientId}&_id=${kept.id}`),
    deleted('Patient/x'),
    got('Nonsense/1'),
    got(`DocumentReference/${gone.id}`)))
  t.match([response.status, response.json.type], [200, 'batch-response'])
  t.same(statuses(response), ['201', '422', '200', '404', '200', '204', '200', '405', '404', '410'])
  const [, wrong, read, absent, , , found] = response.json.entry
  t.match(wrong.response.outcome, { resourceType: 'OperationOutcome', issue: [{ code: 'code-invalid', expression: ['DocumentReference.status'] }] })
  t.same(read.resource, kept, 'in the order in which they were asked')
  t.equal(absent.response.outcome.issue[0].code, 'not-found')
  t.equal(found.resource.total, 1)
  t.equal((await get(hospital, `/${placeOf(response, 0)}`)).status, 200)
  t.equal((await get(hospital, `/DocumentReference/${kept.id}`)).json.description, 'corrected')
})

t.test('what is forgiven many entries hides no fault of another: the Bundle is refused, at its place', async t => {
  const forgiven = Array.from({ length: 60 }, () => ({ fullUrl: urn() }) as never)
  const response = await send(hospital, batch(...forgiven, { request: 'GET DocumentReference' } as never))
  t.match([response.status, response.json.issue], [422, [{ expression: ['Bundle.entry[60].request'] }]])
  const misplaced = await send(hospital, batch(got('Patient/x'), { ...got('Patient/x'), search: { mode: 'match' } } as never))
  t.match([misplaced.status, misplaced.json.issue], [422, [{ expression: ['Bundle.entry[1]'], diagnostics: /bdl-2/ }]])
})

t.test('an entry says what it would say alone', async t => {
  const made = await scene.made(hospital, document(patientId))
  for (const [token, url] of [[hospital, `DocumentReference/${made.id}`], [lab, `DocumentReference/${made.id}`], [lab, `DocumentReference/${randomUUID()}`], [hospital, 'DocumentReference?nonsense=1']] as const) {
    const [alone, { json: { entry: [entry] } }] = [await get(token, `/${url}`), await send(token, batch(got(url)))]
    t.equal(entry.response.status, String(alone.status))
    t.same(entry.resource ?? entry.response.outcome, alone.json)
    t.equal(entry.response.etag, alone.headers['etag'])
  }
})

t.test('an address may begin with a slash, as in the examples of R4, or with the path of the base', async t => {
  const made = await scene.made(hospital, document(patientId))
  const place = `DocumentReference/${made.id}`
  const response = await send(hospital, batch(...[`/${place}`, `/fhir/${place}`, `/${place}/_history/${made.meta.versionId}`, `/DocumentReference?patient=${patientId}&_id=${made.id}`, `//${place}`, `/other/${place}`, `/fhirs/${place}`].map(url => got(url))))
  t.same(statuses(response), ['200', '200', '200', '200', '404', '404', '404'])
  t.same(response.json.entry[0].resource, made)
  t.equal(response.json.entry[3].resource.total, 1)
  t.same(statuses(await send(hospital, batch({ request: { method: 'POST', url: '/DocumentReference' }, resource: document(patientId) }))), ['201'])
})

t.test('an entry that has not changed is not told again', async t => {
  const made = await scene.made(hospital, document(patientId))
  const ask = async (etag: string, token = hospital) => (await send(token, batch(got(`DocumentReference/${made.id}`, { ifNoneMatch: etag })))).json.entry[0]
  t.match(await ask(`W/"${made.meta.versionId}"`), { response: { status: '304' } })
  t.notOk('resource' in await ask(`W/"${made.meta.versionId}"`))
  t.equal((await ask('W/"other"')).resource.id, made.id)
  t.equal((await ask(`W/"${made.meta.versionId}"`, lab)).response.status, '404', 'and what is hidden is absent')
})

t.test('a history, a search over several types or an operation says what it would say alone', async t => {
  const made = await scene.made(hospital, document(patientId))
  const { holder, id } = await scene.open()
  await scene.made(hospital, document(id))
  const place = `DocumentReference/${made.id}`
  const asked: readonly (readonly [token: string, url: string, status: string])[] = [
    [hospital, `${place}/_history`, '200'], [hospital, `/fhir/${place}/_history?_count=1`, '200'], [lab, `${place}/_history`, '404'], [lab, `DocumentReference/${randomUUID()}/_history`, '404'],
    [hospital, `${place}/$meta`, '200'], [lab, `${place}/$meta`, '404'], [hospital, `${place}/_history/${made.meta.versionId}/$meta`, '200'],
    [holder, 'DocumentReference/_history', '200'], [holder, '_history?_count=2', '200'], [holder, `Patient/${id}/$everything`, '200'], [holder, `Patient/${id}/$everything?nonsense=1`, '400'],
    [holder, `Patient/${id}/DocumentReference`, '200'], [holder, `Patient/${id}/*`, '200'], [holder, `DocumentReference/$docref?patient=Patient/${id}`, '200'], [holder, '?_type=DocumentReference,Consent', '200'],
    [hospital, 'CodeSystem/$lookup?system=http://loinc.org&code=none', '404'], [holder, `Patient/${id}/$activity?_format=csv`, '406'], [holder, `Patient/${id}/$nonsense`, '404'], [holder, 'Patient/$export', '404']
  ]
  for (const [token, url, status] of asked) {
    const { json: { entry: [entry] } } = await send(token, batch(got(url)))
    t.equal(entry.response.status, status, url)
    if (url.includes('csv') || url.endsWith('/*') || url.includes('$export') || url.startsWith('/fhir') || url.includes('$nonsense')) continue
    const alone = await get(token, `/${url}`)
    t.strictSame([alone.status, entry.resource ?? entry.response.outcome], [Number(status), alone.json], url)
  }
  t.equal((await send(holder, batch(got(`Patient/${id}/$summary`)))).json.entry[0].resource.type, 'document')
  const parameters = { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:x', code: 'y' }] } }] }
  const operated = await send(hospital, batch(
    { resource: parameters, request: { method: 'POST', url: `${place}/$meta-add`, ifMatch: 'W/"other"' } },
    { resource: parameters, request: { method: 'POST', url: `${place}/$meta-add` } },
    { request: { method: 'POST', url: `${place}/_history` } }))
  t.same(statuses(operated), ['412', '200', '404'])
  t.match((await get(hospital, `/${place}`)).json.meta.tag, [{ code: 'y' }])
  const traces = await get(holder, `/AuditEvent?patient=${id}&subtype=history-type,operation&_count=200`)
  t.ok(traces.json.total >= 4, `${traces.json.total} traces`)
  t.match((await send(holder, batch(...Array.from({ length: 51 }, () => got('_history'))))).json.issue, [{ code: 'too-costly', expression: ['Bundle.entry[50]'] }])
})

t.test('HEAD is a read of which nothing is told, and If-Modified-Since is heeded', async t => {
  const made = await scene.made(hospital, document(patientId))
  const place = `DocumentReference/${made.id}`
  const { meta: { lastUpdated, versionId } } = made
  const before = new Date(Date.parse(lastUpdated) - 1).toISOString()
  const response = await send(hospital, batch(
    { request: { method: 'HEAD', url: place } }, { request: { method: 'HEAD', url: `DocumentReference/${randomUUID()}` } },
    got(place, { ifModifiedSince: lastUpdated }), got(place, { ifModifiedSince: before }), got(place, { ifModifiedSince: lastUpdated, ifNoneMatch: 'W/"other"' })))
  t.same(statuses(response), ['200', '404', '304', '200', '200'])
  t.same(response.json.entry.map((entry: object) => 'resource' in entry), [false, false, false, true, true])
  t.match(response.json.entry[0].response, { etag: `W/"${versionId}"` })
})

t.test('Prefer says what is told', async t => {
  const ask = async (prefer: string) => (await send(hospital, batch(posted(document(patientId))), { prefer })).json.entry[0]
  t.equal((await ask('return=representation')).resource.resourceType, 'DocumentReference')
  t.equal((await ask('return=OperationOutcome')).response.outcome.resourceType, 'OperationOutcome')
  t.notOk('resource' in await ask('return=minimal'))
})

t.test('entries do not know of one another, and a Binary names its record, as alone', async t => {
  const at = urn()
  const { document: own, binary } = withBinary(patientId)
  const response = await send(hospital, batch(posted(document(patientId), at), posted(document(patientId, { relatesTo: [{ code: 'appends', target: { reference: at } }] })), binary, own, posted({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==', securityContext: { reference: `Patient/${patientId}` } } as object)))
  t.same(statuses(response), ['201', '422', '422', '422', '201'])
  t.equal((await get(hospital, `/${placeOf(response, 4)}`, { accept: 'text/plain' })).text, 'x')
  t.equal((await get(lab, `/${placeOf(response, 4)}`, { accept: 'text/plain' })).status, 404)
})

t.test('E4 more conditional references than a Bundle may have: nothing is begun', async t => {
  const { id: patientId, holder } = await scene.open()
  const one = (index: number) => posted(document(patientId, { context: { related: Array.from({ length: 41 }, (_, part) => ({ reference: `DocumentReference?identifier=urn:x|${index}-${part}` })) } }))
  const response = await send(hospital, batch(posted(document(patientId)), one(1), one(2), one(3), one(4), one(5)))
  t.match([response.status, response.json.issue], [400, [{ code: 'too-costly', expression: ['Bundle.entry[5].resource.context.related[36]'] }]])
  t.equal((await get(holder, `/DocumentReference?patient=${patientId}`)).json.total, 0)
})

t.test('each sees the record as it is when its turn comes', async t => {
  const { id: patientId, holder } = await scene.open()
  const made = await scene.made(hospital, document(patientId))
  const choice = await scene.made(holder, access(patientId, GP))
  t.equal((await get(gp, `/DocumentReference/${made.id}`)).status, 200)
  const response = await send(holder, batch(deleted(`Consent/${choice.id}`), posted(access(patientId, GP)), got(`Consent?patient=Patient/${patientId}`)))
  t.same(statuses(response), ['204', '201', '200'])
  t.same(response.json.entry[2].resource.entry.map(({ resource }: { resource: { id: string } }) => `Consent/${resource.id}`), [placeOf(response, 1)])
})

t.test('leaves one event for each entry', async t => {
  const { id: patientId, holder } = await scene.open()
  const made = await scene.made(hospital, document(patientId))
  const before = await scene.ids(holder, `/AuditEvent?patient=Patient/${patientId}&_count=200`)
  await send(hospital, bundle('batch', posted(document(patientId)), got(`DocumentReference/${made.id}`), put({ ...made, description: 'x' }), put({ ...made, status: 'nonsense' })))
  const events = (await get(holder, `/AuditEvent?patient=Patient/${patientId}&_count=200`)).json.entry
    .filter(({ resource }: TestResponse['json']) => !before.includes(resource.id) && resource.subtype[0].code !== 'search-type')
    .map(({ resource }: TestResponse['json']) => `${resource.subtype[0].code} ${resource.outcome}`)
  t.same(events.toSorted(), ['create 0', 'read 0', 'update 0', 'update 4'])
})
