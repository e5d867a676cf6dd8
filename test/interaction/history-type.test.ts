/** history-type and history-system (R4 http.html#history), and `_since`, `_at`, `_count` on all three levels. */
import t from 'tap'
import { as } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { access, actor, block, document, label, person } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, isAbsent, link, openScene, refused } from './scene.js'

type Json = TestResponse['json']
const scene = await openScene(t)
const { get, put, post, made, remove, gp, hospital, lab, operator } = scene

const said = (bundle: TestResponse): readonly string[] => (bundle.json.entry ?? []).map((entry: Json) => entry.resource.description ?? entry.resource.resourceType)
const types = (bundle: TestResponse) => [...new Set((bundle.json.entry ?? []).map((entry: Json) => entry.resource.resourceType))].toSorted()
/** A record with a document in three versions and one in one, oldest first. */
async function record () {
  const { id, holder } = await scene.open()
  const one = await made(hospital, document(id, { description: 'one 1' }))
  const other = await made(hospital, document(id, { description: 'other 1' }))
  const second = (await put(hospital, { ...one, description: 'one 2' })).json
  const third = (await put(hospital, { ...one, description: 'one 3' })).json
  return { id, holder, one, other, second, third }
}
const ALL = ['one 3', 'one 2', 'other 1', 'one 1']
async function pages (token: string, url: string): Promise<{ readonly said: readonly (readonly string[])[], readonly totals: readonly number[] }> {
  const bundles: TestResponse[] = []
  for (let next: string | undefined = url; next !== undefined;) {
    const bundle: TestResponse = await get(token, next)
    t.equal(bundle.status, 200)
    bundles.push(bundle)
    next = link(bundle, 'next')
  }
  return { said: bundles.map(said), totals: bundles.map(({ json }) => json.total) }
}

t.test('holds the versions of every resource of a type, newest first, with what made them', async t => {
  const { holder, one, other, third } = await record()
  const { status, json } = await get(holder, '/DocumentReference/_history')
  t.equal(status, 200)
  t.match(json, { resourceType: 'Bundle', type: 'history', total: 4, link: [{ relation: 'self', url: 'http://127.0.0.1:8080/fhir/DocumentReference/_history' }] })
  t.strictSame(json.entry.map((entry: Json) => [entry.resource.description, entry.request.method, entry.request.url, entry.response.status]), [
    ['one 3', 'PUT', `DocumentReference/${one.id}`, '200'],
    ['one 2', 'PUT', `DocumentReference/${one.id}`, '200'],
    ['other 1', 'POST', 'DocumentReference', '201'],
    ['one 1', 'POST', 'DocumentReference', '201']
  ])
  t.match(json.entry[0], { fullUrl: `http://127.0.0.1:8080/fhir/DocumentReference/${one.id}`, response: { etag: `W/"${third.meta.versionId}"`, lastModified: third.meta.lastUpdated } })
  t.match(json.entry[2], { resource: { id: other.id, meta: other.meta } })
})

t.test('pages by sealed links that nothing moves, each with the whole total', async t => {
  const { holder, one } = await record()
  t.strictSame(await pages(holder, '/DocumentReference/_history?_count=3'), { said: [ALL.slice(0, 3), ALL.slice(3)], totals: [4, 4] })
  t.strictSame((await pages(holder, '/DocumentReference/_history?_count=1')).said, ALL.map(each => [each]))
  const first = await get(holder, '/DocumentReference/_history?_count=2')
  await put(hospital, { ...one, description: 'one 4' })
  const next = link(first, 'next') ?? ''
  const second = await get(holder, next)
  t.strictSame([said(second), second.json.total], [ALL.slice(2), 5], 'a new version moves no page that was begun')
  for (const [token, url] of [[gp, next], [holder, `${next}&_count=1`], [holder, next.replace('DocumentReference/_history', '_history')], [holder, next.replace('DocumentReference', 'Consent')]] as const) {
    isAbsent(t, await get(token, url))
  }
})

t.test('resources that were written in one transaction keep their order from page to page', async t => {
  const { id, holder } = await scene.open()
  const first = await made(hospital, document(id, { description: 'replaced' }))
  await made(hospital, document(id, { description: 'replacing', relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${first.id}` } }] }))
  const whole = said(await get(holder, '/DocumentReference/_history'))
  t.equal(whole.length, 3)
  t.strictSame((await pages(holder, '/DocumentReference/_history?_count=1')).said.flat(), whole)
})

t.test('_since holds what was made then or later', async t => {
  const { holder, one, second, third } = await record()
  const since = (instant: string) => `_since=${encodeURIComponent(instant)}`
  for (const [url, all] of [['/DocumentReference/_history', ['one 3', 'one 2']], [`/DocumentReference/${one.id}/_history`, ['one 3', 'one 2']], ['/_history', ['one 3', 'one 2']]] as const) {
    const bundle = await get(holder, `${url}?${since(second.meta.lastUpdated)}`)
    t.strictSame([said(bundle), bundle.json.total], [all, 2], url)
    t.strictSame(said(await get(holder, `${url}?${since(third.meta.lastUpdated.replace('Z', '+00:00'))}`)), ['one 3'])
    t.strictSame((await pages(holder, `${url}?_count=1&${since(second.meta.lastUpdated)}`)), { said: all.map(each => [each]), totals: [2, 2] })
    t.strictSame(said(await get(holder, `${url}?_since=2100-01-01`)), [])
  }
})

t.test('_at holds what was current then', async t => {
  const { holder, one, second, third } = await record()
  const between = (from: Json, to: Json) => new Date((Date.parse(from.meta.lastUpdated) + Date.parse(to.meta.lastUpdated)) / 2).toISOString()
  const at = async (url: string, instant: string) => said(await get(holder, `${url}?_at=${encodeURIComponent(instant)}`))
  const instants = [one.meta.lastUpdated, between(second, third), third.meta.lastUpdated, new Date().toISOString()]
  t.strictSame(await Promise.all(instants.map(async instant => await at(`/DocumentReference/${one.id}/_history`, instant))), [['one 1'], ['one 2'], ['one 3'], ['one 3']])
  t.strictSame(await at('/DocumentReference/_history', between(second, third)), ['one 2', 'other 1'])
  t.strictSame(await at('/DocumentReference/_history', '2020'), [])
  t.strictSame(await at('/DocumentReference/_history', new Date().toISOString().slice(0, 4)), ALL, 'a year is all of its instants')
  const paged = await pages(holder, `/DocumentReference/_history?_count=1&_at=${encodeURIComponent(between(second, third))}`)
  t.strictSame(paged, { said: [['one 2'], ['other 1']], totals: [2, 2] })
})

t.test('what was deleted has no version there any more', async t => {
  const { holder, one } = await record()
  await remove(hospital, `/DocumentReference/${one.id}`)
  for (const token of [holder, hospital]) {
    const bundle = await get(token, '/DocumentReference/_history')
    t.notOk(said(bundle).some(each => each.startsWith('one') && bundle.text.includes(one.id)))
    if (token === holder) t.strictSame([said(bundle), bundle.json.total], [['other 1'], 1])
  }
  refused(t, await get(holder, `/DocumentReference/${one.id}/_history`), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
})

t.test('a version is there when the current one may be seen, and it itself under the labels of the current one', async t => {
  const { id, holder, one, third } = await record()
  await made(holder, access(id, GP))
  const seen = async () => said(await get(gp, '/DocumentReference/_history')).filter(each => each !== 'foreign')
  t.strictSame(await seen(), ALL)
  const masked = (await put(holder, { ...third, securityLabel: [label('MASQUE_PS')] })).json
  t.strictSame(await seen(), ['other 1'], 'a mask of today hides every version')
  const { securityLabel, ...open } = masked
  t.equal((await put(holder, open)).status, 200)
  t.strictSame(await seen(), ['one 3', 'one 3', ...ALL], 'and taken off hides none')
  await put(hospital, { ...one, status: 'entered-in-error' })
  t.strictSame(await seen(), ['other 1'], 'what is in error now was never seen')
  const blocked = await made(holder, block(id, person(GP)))
  t.strictSame(await seen(), [])
  await put(holder, { ...blocked, status: 'inactive' })
})

t.test('what a version says itself counts too, and what is hidden ends nothing', async t => {
  const { id, holder } = await scene.open()
  const named = '899700000077'
  const versions = [await made(holder, access(id, named))]
  for (const who of [GP2, named]) versions.push((await put(holder, { ...versions[0], provision: { type: 'permit', actor: actor(person(who)) } })).json)
  const token = await scene.professional(named)
  const ids = (bundle: TestResponse) => (bundle.json.entry ?? []).map((entry: Json) => entry.resource.meta.versionId)
  const [first, hidden, last] = versions.map(({ meta }) => meta)
  for (const url of ['/Consent/_history', `/Consent/${versions[0].id}/_history`]) {
    const bundle = await get(token, url)
    t.strictSame([ids(bundle), bundle.json.total], [[last.versionId, first.versionId], 2])
    t.strictSame(ids(await get(token, `${url}?_at=${encodeURIComponent(hidden.lastUpdated)}`)), [first.versionId], 'as if the hidden version were not there')
    t.strictSame(ids(await get(holder, `${url}?_at=${encodeURIComponent(hidden.lastUpdated)}`)), [hidden.versionId])
  }
})

t.test('without a patient it is answered like a search without a patient', async t => {
  const { id, holder } = await record()
  const stranger = await scene.professional('899700000066')
  const nothing = await get(stranger, '/DocumentReference/_history')
  t.strictSame([nothing.status, nothing.json.total, nothing.json.entry], [200, 0, undefined])
  await made(holder, access(id, '899700000066'))
  t.strictSame(said(await get(stranger, '/DocumentReference/_history')), ALL, 'who has a word about the caller')
  t.equal((await get(operator, '/DocumentReference/_history')).json.total, 0)
  t.equal((await get(lab, '/DocumentReference/_history')).json.total, 0)
  const deposits = await get(hospital, '/DocumentReference/_history?_count=200')
  t.ok(said(deposits).length === deposits.json.total && said(deposits).length >= 4, 'the caller\'s own deposits')
  const search = await get(hospital, '/DocumentReference?_count=200')
  t.strictSame([...new Set(deposits.json.entry.map((entry: Json) => entry.resource.id))].toSorted(), search.json.entry.map((entry: Json) => entry.resource.id).toSorted())
})

t.test('the directory has its history always', async t => {
  const first = await made(operator, { resourceType: 'Organization', name: 'before', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: HOSPITAL }] })
  await put(operator, { ...first, name: 'after' })
  const bundle = await get(gp, '/Organization/_history')
  t.strictSame(bundle.json.entry.map((entry: Json) => entry.resource.name), ['after', 'before'])
  await remove(operator, `/Organization/${first.id}`)
  t.equal((await get(gp, '/Organization/_history')).json.total, 0)
})

t.test('history-system holds all types, within the scopes', async t => {
  const { id, holder } = await record()
  await made(holder, access(id, GP2))
  const bundle = await get(holder, '/_history')
  t.strictSame([types(bundle), bundle.json.total], [['Consent', 'DocumentReference', 'Patient'], 6])
  t.strictSame(bundle.json.entry.map((entry: Json) => entry.response.lastModified), bundle.json.entry.map((entry: Json) => entry.response.lastModified).toSorted().toReversed())
  t.match(bundle.json.link, [{ relation: 'self', url: 'http://127.0.0.1:8080/fhir/_history' }])
  t.strictSame((await pages(holder, '/_history?_count=1')).said.flat(), said(bundle))
  const { ins } = await scene.open()
  const narrow = async (scope: string) => await scene.token({ ...as.holder(ins), scope })
  t.strictSame(types(await get(await narrow('user/Patient.s user/Consent.r'), '/_history')), ['Patient'])
  refused(t, await get(await narrow('user/*.r'), '/_history'), 403, { code: 'forbidden' })
  refused(t, await get(await narrow('user/*.r'), '/Patient/_history'), 403, { code: 'forbidden' })
})

t.test('leaves a trace with what it disclosed in each record, for the holder', async t => {
  const { id, holder, one, other } = await record()
  await made(holder, access(id, GP2))
  const reader = await scene.professional(GP2)
  await get(reader, '/DocumentReference/_history?_count=2')
  await get(reader, '/_history?_since=2020')
  const events = (await get(holder, `/AuditEvent?patient=${id}&_count=200`)).json.entry.map((entry: Json) => entry.resource)
  const disclosed = (code: string) => events.filter((event: Json) => event.subtype[0].code === code)
    .map((event: Json) => (event.extension ?? []).flatMap((extension: Json) => extension.valueReference?.reference ?? []).toSorted())
  t.strictSame(disclosed('history-type'), [[`DocumentReference/${one.id}`]])
  const [whole, ...more] = disclosed('history-system')
  t.strictSame(more, [], 'one, of whatever types')
  t.ok([one, other].every(({ id }) => whole.includes(`DocumentReference/${id}`)))
})

t.test('refuses what it does not know, and other methods', async t => {
  const { holder } = await scene.open()
  for (const url of ['/DocumentReference/_history', '/_history']) {
    refused(t, await get(holder, `${url}?patient=x`), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'patient' })
    for (const [name, value] of [['_count', '0'], ['_since', 'x'], ['_at', '2020-13'], ['_since', '2020&_since=2021']] as const) {
      refused(t, await get(holder, `${url}?${name}=${value}`), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: name })
    }
    refused(t, await scene.request(holder, 'POST', url, { body: {} }), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
    t.equal((await get(undefined, url)).status, 401)
  }
  isAbsent(t, await get(holder, '/AuditEvent/_history'))
  t.ok([404, 405].includes((await post(holder, { resourceType: 'Binary/_history' })).status))
})
