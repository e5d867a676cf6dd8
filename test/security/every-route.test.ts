/**
 * Every route of the server, from the table that the server answers by: about what is hidden it answers like about what
 * never was. A row that is added is asked here without a word; one that nothing is asked of fails.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { declaredRows } from '../../src/http/rows.js'
import type { TypedRow } from '../../src/http/rows.js'
import { isShared } from '../../src/consent/family.js'
import { ROOT } from '../helper/root.js'
import type { Method, RequestOptions } from '../helper/app.js'
import { HOOKS, draftsOf, hide, hideRest } from './least.js'
import type { Draft } from './least.js'
import { face, openScene } from './scene.js'

const scene = await openScene(t, { WEBHOOK_ORIGINS: HOOKS, WEBHOOK_SECRET: 'a secret of at least thirty-two characters' })
const cast = await scene.cast()
const { holder, physician } = cast
const [rest] = JSON.parse(readFileSync(new URL('capability-statement.json', ROOT), 'utf8')).rest
const rows = declaredRows(rest, scene.app.context).filter(({ type }) => type === 'Bundle' || !isShared(type))
const drafts = new Map(draftsOf(cast).map(draft => [draft.resourceType, draft]))

type Ask = readonly [Method, string, RequestOptions?]

/** What is asked by a row about one resource, `ID`; of a row on no type, about one of each type. */
function asksOf ({ method, path, type, interaction }: TypedRow, types: readonly string[]): readonly Ask[] {
  const verb = method as Method
  const url = path.replace(/^\/Patient\/:id(?=\/[^$])/, path.includes('_history') ? '/Patient/:id' : `/Patient/${holder.id}`).replace('/:all(^\\*$)', '/*').replace(':version', randomVersion).replace(':id', 'ID')
  const form = (text: string): Ask => [verb, url, { body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } }]
  const draft = { ...(drafts.get(type) ?? { resourceType: type }), id: 'ID' }
  const isByCriteria = !path.includes(':id') && ['PUT', 'PATCH', 'DELETE'].includes(method)
  const target = isByCriteria ? `${url}?_id=ID` : url
  switch (interaction) {
    case 'read': case 'history-instance': case 'delete': return [[verb, target]]
    case 'vread': return [[verb, target.replace(randomVersion, 'VERSION')], [verb, target]]
    case 'update': return [[verb, target, { body: draft }], [verb, target, { body: draft, headers: { 'if-match': 'W/"x"' } }]]
    case 'patch': return [[verb, target, { body: '[{"op":"test","path":"/status","value":"x"}]', headers: { 'content-type': 'application/json-patch+json' } }]]
    case 'create': return type === 'Binary' ? [[verb, url, { body: { resourceType: 'Binary', contentType: 'text/plain', data: 'eA==', securityContext: { reference: 'DocumentReference/ID' } } }]] : [referring(draft)]
    case 'search-type': return verb === 'GET' ? [[verb, `${url}?_id=ID`], [verb, `${url}?_id=ID&_summary=count`]] : [form('_id=ID')]
    case 'search-system': return verb === 'GET' ? [[verb, `${url}?_type=${searched(types)}&_id=ID`]] : [form(`_type=${searched(types)}&_id=ID`)]
    case 'history-type': case 'history-system': return [[verb, url], [verb, `${url}?_since=2020`]]
    case 'transaction': return ['batch', 'transaction'].flatMap(kind => types.map((each): Ask => [verb, url, { body: { resourceType: 'Bundle', type: kind, entry: ['', '/_history', '/$meta'].map(below => ({ request: { method: 'GET', url: `${each}/ID${below}` } })) } }]))
    case 'operation': return [[verb, url, verb === 'POST' ? { body: { resourceType: 'Parameters' } } : {}]]
    default: return []
  }
}

const randomVersion = randomUUID()
const searched = (types: readonly string[]) => types.filter(type => type !== 'Binary').join()

/** A deposit that refers to it. */
function referring ({ id, ...draft }: Draft & { readonly id: string }): Ask {
  return ['POST', `/${draft.resourceType}`, { body: { ...draft, extension: [{ url: 'urn:refers', valueReference: { reference: `${draft.resourceType}/${id}` } }] } }]
}

/** The face of an answer, with the id and the version in question taken out. */
async function about ([method, url, options = {}]: Ask, id: string, version: string): Promise<string> {
  const named = (text: string) => text.replaceAll('ID', id).replaceAll('VERSION', version)
  const asked = JSON.parse(JSON.stringify(options).replaceAll('"ID"', `"${id}"`).replaceAll('/ID"', `/${id}"`).replaceAll('/ID/', `/${id}/`).replaceAll('_id=ID', `_id=${id}`)) as RequestOptions
  return face(await scene.request(physician.token, method, `/fhir${named(url)}`, asked)).replaceAll(id, 'ID').replaceAll(version, 'VERSION')
}

t.test('B12 P11 no route tells what is hidden from what never was', async t => {
  const types = [...new Set(rows.map(({ type }) => type))].filter(type => type !== 'Bundle')
  const isWhole = ({ interaction }: TypedRow) => interaction === 'history-type' || interaction === 'history-system'
  const before = new Map<string, string>()
  for (const row of rows.filter(isWhole)) for (const ask of asksOf(row, types)) before.set(ask[1], await about(ask, randomUUID(), randomVersion))
  const ids = await hideRest(scene, cast, await hide(scene, cast, [...drafts.values()]))
  t.same(types.filter(type => !ids.has(type)), [], 'something of each type is hidden')
  for (const [type, id] of ids) {
    t.equal(await scene.status(physician.token, `/${type}/${id}`, 'GET', { headers: { accept: '*/*' } }), 404, `${type} is hidden`)
    if (type !== 'Patient' && type !== 'RelatedPerson') t.equal(await scene.status(holder.token, `/${type}/${id}`, 'GET', { headers: { accept: '*/*' } }), 200, `${type} is there`)
  }
  let asked = 0
  for (const row of rows) {
    const asks = asksOf(row, types)
    t.ok(asks.length > 0, `something is asked of ${row.method} ${row.path} ${row.interaction}`)
    for (const ask of asks) {
      asked++
      const name = `${ask[0]} ${ask[1]} ${JSON.stringify(ask[2] ?? {}).slice(0, 120)}`
      if (isWhole(row)) {
        t.equal(await about(ask, randomUUID(), randomVersion), before.get(ask[1]), name)
        continue
      }
      const of = row.interaction === 'transaction' || row.interaction === 'search-system' ? types : [row.path.startsWith('/Patient/:id/$') ? 'Patient' : row.type]
      for (const type of of.filter(each => row.type !== 'Bundle' || JSON.stringify(ask[2]).includes(`"${each}/`))) {
        const id = ids.get(type) ?? ''
        const version = type === 'Binary' ? '1' : (await scene.request(holder.token, 'GET', `/${type}/${id}`)).json?.meta?.versionId ?? randomVersion
        t.equal(await about(ask, id, version), await about(ask, randomUUID(), version), `${name} ${type}`)
      }
    }
  }
  t.ok(rows.length > 200 && asked > 250, `${rows.length} routes, ${asked} questions`)
})
