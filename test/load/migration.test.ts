/** The operator's migration path: what a registered source kept comes with its depositor and instants, and opens nothing. */
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { load } from '../../scripts/load/run.js'
import type { Load, Result } from '../../scripts/load/run.js'
import { as, startApp } from '../helper/app.js'
import type { RequestOptions } from '../helper/app.js'
import { access, document, label, patient, consent } from '../helper/resource.js'
import { GP, HOSPITAL, LAB, newIns } from '../interaction/scene.js'

const SOURCE = { 'x-migration-source': LAB }
const { app, token, request } = await startApp(t, { MIGRATION_SOURCES: `${LAB}, 1990000999` })
await app.server.listen({ port: 0, host: '127.0.0.1' })
const server = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}/fhir`
const [operator, lab, hospital] = [await token(as.operator), await token(as.structure(LAB)), await token(as.structure(HOSPITAL))]
const post = async (resource: { resourceType?: string, [name: string]: unknown }, headers: RequestOptions['headers'] = SOURCE, bearer = operator) =>
  await request(bearer, 'POST', resource.resourceType === 'Bundle' ? '' : `/${resource.resourceType ?? ''}`, { body: resource, headers: headers ?? {} })
const get = async (bearer: string, url: string) => await request(bearer, 'GET', url)
const first = await post({ resourceType: 'Organization', name: 'Laboratoire', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: LAB }] }, {})
if (first.status !== 201) throw new Error(first.text)

async function open () {
  const ins = newIns()
  const { id } = (await post(patient(ins), {})).json
  return { id: id as string, ins, holder: await token(as.holder(ins)) }
}
const THEN = '2021-03-04T10:11:12.345+01:00'
const INSTANT = '2021-03-04T09:11:12.345Z'
const kept = (id: string, more: object = {}) => document(id, { meta: { lastUpdated: THEN, versionId: '7' }, ...more })
const monthsAgo = (months: number) => new Date(Date.now() - months * 31 * 24 * 3600_000).toISOString()
const idOf = (location = '') => /\/([^/]+)\/_history/.exec(location)?.[1] ?? ''

t.test('a source\'s document is there as the source had it, and traced as a migration', async t => {
  const { id, holder } = await open()
  const answer = await post(kept(id, { securityLabel: [label('MASQUE_PS')] }), { ...SOURCE, prefer: 'return=representation' })
  t.equal(answer.status, 201, answer.text)
  t.equal(answer.text, '', 'the operator is shown nothing of it')
  const url = `/DocumentReference/${idOf(answer.headers['location'])}`
  t.equal((await get(operator, url)).status, 404)
  t.equal((await get(hospital, url)).status, 404)
  const seen = (await get(lab, url)).json
  t.equal(seen.meta.lastUpdated, INSTANT)
  t.not(seen.meta.versionId, '7')
  t.strictSame((await get(holder, `/DocumentReference?patient=${id}&_lastUpdated=lt2021-03-05`)).json.total, 1)
  const events = (await get(holder, `/AuditEvent?patient=${id}&_sort=-date&_count=50`)).json.entry.map((entry: { resource: object }) => entry.resource)
  const event = events.find((one: { entity: { lifecycle?: object }[] }) => one.entity.some(({ lifecycle }) => lifecycle !== undefined))
  t.match(event, {
    agent: [{}, { who: { display: 'operator' }, requestor: true }, { who: { identifier: { value: LAB } }, requestor: false }],
    entity: [{}, { what: { reference: url.slice(1) }, lifecycle: { code: '2' } }]
  })
  t.notOk(Date.parse(event.recorded) < Date.now() - 600_000, 'the trace is of now')
})

t.test('its later life is that of any deposit of its structure', async t => {
  const { id } = await open()
  const first = kept(id, { securityLabel: [label('MASQUE_PS')] })
  const url = `/DocumentReference/${idOf((await post(first)).headers['location'])}`
  t.equal((await post(first)).status, 409, 'the identifier is the source\'s, once')
  const replacing = document(id, { relatesTo: [{ code: 'replaces', target: { reference: url.slice(1) } }] })
  t.equal((await request(lab, 'POST', '/DocumentReference', { body: replacing })).status, 201)
  const old = (await get(lab, url)).json
  t.equal(old.status, 'superseded')
  t.ok(Date.parse(old.meta.lastUpdated) > Date.now() - 600_000)
  t.match((await get(lab, `/DocumentReference?patient=${id}&status=current`)).json.entry[0].resource.securityLabel, [label('MASQUE_PS')])
})

t.test('what waited to be announced for a month waits no more, and not again', async t => {
  const { id, holder } = await open()
  const announced = `/DocumentReference/${idOf((await post(kept(id, { securityLabel: [label('INVISIBLE_PATIENT'), label('MASQUE_PS')] }))).headers['location'])}`
  const [over, recent] = [await get(holder, announced), kept(id, { meta: { lastUpdated: monthsAgo(0.5) }, securityLabel: [label('INVISIBLE_PATIENT')] })]
  t.strictSame(over.json.securityLabel, [label('MASQUE_PS')])
  const waiting = `/DocumentReference/${idOf((await post(recent)).headers['location'])}`
  t.equal((await get(holder, waiting)).status, 404)
  t.equal((await get(lab, waiting)).status, 200)
  const again = document(id, { relatesTo: [{ code: 'replaces', target: { reference: announced.slice(1) } }], securityLabel: [label('INVISIBLE_PATIENT')] })
  t.equal((await request(lab, 'POST', '/DocumentReference', { body: again })).status, 422)
  const hidden = await post({ resourceType: 'Observation', meta: { lastUpdated: THEN, security: [label('INVISIBLE_PATIENT').coding[0], label('INVISIBLE_REPRESENTANTS_LEGAUX').coding[0]] }, status: 'final', code: { text: 'x' }, subject: { reference: `Patient/${id}` } })
  t.strictSame((await get(holder, `/Observation/${idOf(hidden.headers['location'])}`)).json.meta.security, [label('INVISIBLE_REPRESENTANTS_LEGAUX').coding[0]])
})

t.test('nobody else, from nowhere else, nothing else', async t => {
  const { id, holder } = await open()
  const one = kept(id)
  t.equal((await post(one, {})).status, 403, 'without the header the operator deposits nothing')
  for (const bearer of [lab, holder, await token(as.professional(GP, LAB))]) t.equal((await post(one, SOURCE, bearer)).status, 403)
  t.equal((await post(one, { 'x-migration-source': HOSPITAL })).status, 403, 'not registered')
  t.equal((await post(one, { 'x-migration-source': '1990000999' })).status, 422, 'registered, but nobody knows it')
  for (const other of [access(id, GP), consent(id, 'urgence-ps', { type: 'permit' }), patient(newIns()), { resourceType: 'CareTeam', subject: { reference: `Patient/${id}` } }, { resourceType: 'Communication', status: 'completed', subject: { reference: `Patient/${id}` } }, { resourceType: 'Organization', name: 'x' }, { resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }]) {
    t.equal((await post({ meta: { lastUpdated: THEN }, ...other })).status, 403, JSON.stringify(other).slice(0, 40))
  }
  t.equal((await post(document(id, { meta: undefined }))).json.issue[0].expression[0], 'DocumentReference.meta.lastUpdated')
  for (const lastUpdated of [new Date(Date.now() + 3600_000).toISOString(), '2021-03-04T10:11:60Z']) t.equal((await post(kept(id, { meta: { lastUpdated } }))).status, 422)
  for (const [method, url] of [['GET', `/DocumentReference?patient=${id}`], ['GET', `/Patient/${id}`], ['DELETE', '/DocumentReference/x'], ['PUT', '/DocumentReference/x']] as const) {
    t.equal((await request(operator, method, url, { headers: SOURCE, ...method === 'PUT' ? { body: one } : {} })).status, 400, `${method} ${url}`)
  }
  t.equal((await post(one, { ...SOURCE, 'if-none-exist': `patient=${id}` })).status, 400)
  t.equal((await request(operator, 'POST', '/Binary', { body: Buffer.from('x'), headers: { ...SOURCE, 'content-type': 'text/plain' } })).status, 400)
  t.equal((await get(lab, `/DocumentReference?patient=${id}`)).json.total, 0)
})

t.test('a Bundle that migrates creates and reads nothing', async t => {
  const { id } = await open()
  const bundle = (type: string, ...entry: readonly object[]) => ({ resourceType: 'Bundle', type, entry })
  const create = { fullUrl: `urn:uuid:${randomUUID()}`, resource: kept(id), request: { method: 'POST', url: 'DocumentReference' } }
  for (const type of ['batch', 'transaction']) {
    for (const other of [{ method: 'GET', url: `DocumentReference?patient=${id}` }, { method: 'DELETE', url: `DocumentReference?patient=${id}` }, { ...create.request, ifNoneExist: `patient=${id}` }]) {
      const refused = await post(bundle(type, create, { ...create, fullUrl: 'urn:uuid:x', request: other }))
      t.strictSame([refused.status, refused.json.issue[0].expression], [403, ['Bundle.entry[1].request']])
    }
  }
  const list = { resourceType: 'List', meta: { lastUpdated: THEN }, status: 'current', mode: 'working', subject: { reference: `Patient/${id}` }, entry: [{ item: { reference: create.fullUrl } }] }
  const answer = await post(bundle('transaction', create, { resource: list, request: { method: 'POST', url: 'List' } }))
  t.equal(answer.status, 200, answer.text)
  t.equal((await get(lab, `/List?patient=${id}`)).json.entry[0].resource.meta.lastUpdated, INSTANT)
})

t.test('load --migrate: once, however often, and as the operator only', async t => {
  const { id, ins } = await open()
  const place = path.join(t.testdir({}), 'source.ndjson')
  const subject = { reference: `Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|${ins}` }
  writeFileSync(place, [kept('x', { masterIdentifier: undefined, subject }), kept('x', { masterIdentifier: undefined, subject }), { ...kept('x', { subject }), meta: undefined }].map(one => `${JSON.stringify(one)}\n`).join(''))
  const tokenOf: Load['tokenOf'] = async who => {
    t.strictSame(Object.keys(who), ['as'])
    return { token: await token(as.operator), expires: Date.now() / 1000 + 3600 }
  }
  const bar: Load['bar'] = { start: () => {}, step: () => {}, stop: () => {}, say: () => {} }
  const run = async (who: Load['who'], isRestart = false): Promise<Result> => await load({ names: [place], who, server, atOnce: 4, patience: 20_000, isDryRun: false, isRestart, tokenOf, bar, signal: new AbortController().signal })
  const migrating = { as: 'operator', migrate: LAB }
  t.match(await run(migrating), { done: 2, refused: 1, skipped: 0 })
  t.match(await run(migrating), { done: 0, refused: 1, skipped: 2 })
  t.match(await run(migrating, true), { done: 2, refused: 1, skipped: 0 }, 'by their keys')
  t.equal((await get(lab, `/DocumentReference?patient=${id}`)).json.total, 2)
  await t.rejects(run({ as: 'operator' }), /was loaded as/)
  await t.rejects(run({ as: 'structure', structure: LAB, migrate: LAB }), /needs --as operator/)
})
