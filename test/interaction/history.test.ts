/** history-instance (R4 http.html#history): the versions that a caller may see, under the labels of the current one. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { access, actor, document, label, person, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, isAbsent, link, look, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, put, made, gp, hospital, operator } = scene
const { id: patientId, holder } = await scene.open()
const mt = await scene.professional(MT)
await made(holder, access(patientId, GP))
await made(holder, treating(patientId, MT))

/** A document of the hospital with some versions, oldest first. */
async function written (count: number, token = hospital) {
  const versions = [await made(token, document(patientId, { description: 'version 1' }))]
  while (versions.length < count) versions.push((await put(token, { ...versions[0], description: `version ${versions.length + 1}` })).json)
  return { versions, url: `/DocumentReference/${versions[0].id}/_history` }
}
const said = (bundle: TestResponse) => (bundle.json.entry ?? []).map((entry: TestResponse['json']) => entry.resource.description)

t.test('returns every version, newest first, with what made it', async t => {
  const { versions, url } = await written(3)
  const { status, json, headers } = await get(gp, url)
  t.equal(status, 200)
  t.match(json, { resourceType: 'Bundle', type: 'history', total: 3, link: [{ relation: 'self', url: `http://127.0.0.1:8080/fhir${url}` }] })
  t.strictSame(json.entry, versions.toReversed().map(({ id, meta, ...rest }, index) => ({
    fullUrl: `http://127.0.0.1:8080/fhir/DocumentReference/${id}`,
    resource: { ...rest, id, meta },
    request: index === 2 ? { method: 'POST', url: 'DocumentReference' } : { method: 'PUT', url: `DocumentReference/${id}` },
    response: { status: index === 2 ? '201' : '200', etag: `W/"${meta.versionId}"`, lastModified: meta.lastUpdated }
  })))
  t.equal(headers['etag'], `W/"${versions[2].meta.versionId}"`)
})

t.test('pages, each with the whole total', async t => {
  const { url } = await written(5)
  const pages: string[][] = []
  let next: string | undefined = `${url}?_count=2`
  while (next !== undefined) {
    const page: TestResponse = await get(gp, next)
    t.equal(page.json.total, 5)
    pages.push(said(page))
    next = link(page, 'next')
  }
  t.strictSame(pages, [['version 5', 'version 4'], ['version 3', 'version 2'], ['version 1']])
})

t.test('a page that was begun is not moved by a new version', async t => {
  const { versions, url } = await written(3)
  const first = await get(gp, `${url}?_count=2`)
  await put(hospital, { ...versions[0], description: 'version 4' })
  const second = await get(gp, link(first, 'next') ?? '')
  t.strictSame([said(second), second.json.total], [['version 1'], 4])
})

t.test('a next link serves its own caller and its own resource only', async t => {
  const { url } = await written(2)
  const other = await written(2)
  const next = link(await get(gp, `${url}?_count=1`), 'next') ?? ''
  isAbsent(t, await get(mt, next))
  isAbsent(t, await get(gp, `${next.slice(0, -2)}AA`))
  isAbsent(t, await get(gp, `${other.url}?${next.split('?')[1] ?? ''}`))
  isAbsent(t, await get(gp, `${next}&_count=2`))
  t.strictSame(said(await get(gp, next)), ['version 1'])
})

t.test('B2 P10 a mask of today hides what was open yesterday', async t => {
  const { versions, url } = await written(2)
  const next = link(await get(gp, `${url}?_count=1`), 'next') ?? ''
  await put(holder, { ...versions[1], securityLabel: [label('MASQUE_PS')] })
  for (const address of [url, next, `${url}/${versions[0].meta.versionId}`]) isAbsent(t, await get(gp, address))
  t.strictSame(look(await get(gp, url)), look(await get(gp, `/DocumentReference/${randomUUID()}/_history`)))
  for (const token of [holder, hospital, mt]) {
    const bundle = await get(token, url)
    t.strictSame([bundle.json.total, said(bundle)], [3, ['version 2', 'version 2', 'version 1']])
  }
  const { json } = await get(holder, `/DocumentReference/${versions[0].id}`)
  await put(holder, { ...json, securityLabel: [] }).then(async () => await put(holder, { ...versions[1] }))
  t.equal((await get(gp, url)).status, 200, 'once it is taken off, also the versions that had it are read')
})

t.test('a version in error is its authors\' and the holder\'s, as long as it is the last', async t => {
  const { versions, url } = await written(2)
  await put(hospital, { ...versions[1], status: 'entered-in-error' })
  isAbsent(t, await get(gp, url))
  isAbsent(t, await get(mt, url))
  for (const token of [holder, hospital]) t.equal((await get(token, url)).json.total, 3)
})

t.test('B2 P10 a version is judged by what it says itself', async t => {
  const first = await made(holder, access(patientId, GP2))
  const second = await put(holder, { ...first, provision: { type: 'permit', actor: actor(person('899700000055')) } })
  t.equal(second.status, 200)
  const named = await scene.professional('899700000055')
  const bundle = await get(named, `/Consent/${first.id}/_history`)
  t.strictSame([bundle.status, bundle.json.total, bundle.json.entry.length], [200, 1, 1], 'not the version that named somebody else')
  isAbsent(t, await get(named, `/Consent/${first.id}/_history/${first.meta.versionId}`))
  isAbsent(t, await get(await scene.professional(GP2), `/Consent/${first.id}/_history`))
  t.equal((await get(holder, `/Consent/${first.id}/_history`)).json.total, 2)
})

t.test('the directory has its history too', async t => {
  const { id, ...rest } = await made(operator, { resourceType: 'Organization', name: 'before', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: HOSPITAL }] })
  await put(operator, { ...rest, id, name: 'after' })
  const bundle = await get(gp, `/Organization/${id}/_history`)
  t.strictSame(bundle.json.entry.map((entry: TestResponse['json']) => entry.resource.name), ['after', 'before'])
})

t.test('refuses what it does not know', async t => {
  const { url } = await written(1)
  refused(t, await get(gp, `${url}?_sort=_id`), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: '_sort' })
  for (const count of ['0', '-1', 'x', '1.5']) refused(t, await get(gp, `${url}?_count=${count}`), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: '_count' })
  refused(t, await get(gp, `${url}?_page=nonsense`), 404, { code: 'not-found', details: 'MSG_NO_EXIST' })
})
