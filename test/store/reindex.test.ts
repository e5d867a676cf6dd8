/**
 * A search parameter that is added, or whose definition changes: what is stored is indexed anew in the background, with
 * index values only; until then the parameter is refused. A server that ends in between goes on where it was.
 */
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import type { CapabilityStatement } from '@medplum/fhirtypes'
import { first } from '../../src/interaction/version.js'
import { createIndexStore } from '../../src/store/index-store.js'
import { createSealing } from '../../src/store/stored.js'
import { as, startApp } from '../helper/app.js'
import { ROOT } from '../helper/root.js'
import { document, patient } from '../helper/resource.js'

type Edit = (folder: string, statement: { rest: [{ resource: { type: string, searchParam: { name: string, definition: string, type: string }[] }[] }] }) => void
const ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const INS = '190017512345678'

/** A project like this one, but for its parameters. */
function projectWith (edit: Edit): URL {
  const folder = mkdtempSync(path.join(tmpdir(), 'project-'))
  const root = fileURLToPath(ROOT)
  for (const name of ['dist', 'terminology']) symlinkSync(path.join(root, name), path.join(folder, name))
  cpSync(path.join(root, 'profiles'), path.join(folder, 'profiles'), { recursive: true })
  const statement = JSON.parse(readFileSync(path.join(root, 'capability-statement.json'), 'utf8')) as CapabilityStatement
  edit(folder, statement as never)
  writeFileSync(path.join(folder, 'capability-statement.json'), JSON.stringify(statement))
  return pathToFileURL(`${folder}/`)
}

const before = projectWith((folder, { rest: [{ resource }] }) => {
  for (const each of resource) if (each.type === 'DocumentReference') each.searchParam = each.searchParam.filter(({ name }) => name !== 'isArchived')
  const file = path.join(folder, 'profiles', 'search-parameter-ihe-mhd-document-reference-creation.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace('DocumentReference.content.attachment.creation', 'DocumentReference.date'))
})
const after = projectWith((folder, { rest: [{ resource }] }) => {
  const url = 'https://fhir.espace-sante.example/SearchParameter/test-alias'
  writeFileSync(path.join(folder, 'profiles', 'alias.json'), JSON.stringify({ resourceType: 'SearchParameter', id: 'test-alias', url, status: 'active', name: 'Alias', description: 'x', code: 'alias', base: ['Organization'], type: 'string', expression: 'Organization.alias' }))
  resource.find(({ type }) => type === 'Organization')?.searchParam.push({ name: 'alias', definition: url, type: 'string' })
})

let root = before
const env = { REINDEX_PAUSE: '0' }
const scene = await startApp(t, env, () => root)
const { request, mongo, database } = scene
const db = mongo.db(database)
const [operator, lab, holder] = await Promise.all([scene.token(as.operator), scene.token(as.structure('1690000012')), scene.token(as.holder(INS))])
const get = async (token: string, url: string) => await request(token, 'GET', url)
const { id: patientId } = (await request(operator, 'POST', '/Patient', { body: patient(INS) })).json

const saved = await Promise.all([true, false, undefined].map(async value => (await request(lab, 'POST', '/DocumentReference', {
  body: document(patientId, value === undefined ? {} : { extension: [{ url: ARCHIVED, valueBoolean: value }] })
})).json))
const search = async (query: string) => await get(holder, `/DocumentReference?patient=${patientId}&${query}`)
const ids = (json: { readonly entry?: readonly { readonly resource: { readonly id: string } }[] }) => (json.entry ?? []).map(({ resource }) => resource.id)
/** Many organizations, in one write. */
const many = Array.from({ length: 250 }, (_, index) => ({ resourceType: 'Organization', name: `O${index}`, alias: [index % 50 === 0 ? 'Rare' : 'Usual'] }) as const)
await scene.app.context.store.commit({
  changes: many.map(resource => ({ next: first(scene.app.context, { resource, facts: { names: [] }, patient: null } as never, scene.app.context.newId(), Date.now()), claims: [] })), traces: []
})
const stateOf = async (type: string) => await db.collection<{ _id: string }>('Index').findOne({ _id: type }) as unknown as { readonly progress?: { readonly after: string }, readonly done: readonly { readonly code: string }[] } | null
const stored = async (type: string) => await db.collection(type).find({}, { projection: { version: 1, at: 1, body: 1, facts: 1 } }).sort({ _id: 1 }).toArray()

t.test('before, it is unknown, or means something else', async t => {
  t.equal((await get(operator, '/Organization?alias=rare')).status, 400)
  t.equal((await search('isArchived=true')).status, 400)
  t.same(ids((await search('creation=2026-06-12')).json).length, 3)
})

t.test('P25 while a type is indexed anew, what is not complete is refused by name, the rest is answered', async t => {
  const [documents, organizations] = [await stored('DocumentReference'), await stored('Organization')]
  root = after
  env.REINDEX_PAUSE = '2000'
  await scene.restart()
  for (const query of ['isArchived=true', 'isArchived:missing=true', '_sort=isArchived', 'creation=2026']) {
    const { status, json, headers } = await search(query)
    t.match([status, json.issue], [503, [{ code: 'transient', expression: [query.startsWith('_sort') ? 'isArchived' : query.split(/[=:]/)[0]] }]], query)
    t.equal(headers['retry-after'], '30')
  }
  t.same(ids((await search('type=11488-4')).json).length, 3)
  t.equal((await get(operator, '/Organization?alias=rare')).status, 503)
  t.equal((await get(operator, '/Organization?name=O1')).status, 200)
  const state = async () => (await stateOf('Organization'))?.progress?.after ?? ''
  while (await state() === '') await wait(50)
  // What was done is not done again: a document of the first batch that is spoilt meanwhile stays so.
  const [spoilt] = await db.collection<{ _id: string }>('Organization').find().sort({ _id: 1 }).limit(1).toArray()
  await db.collection<{ _id: string }>('Organization').updateOne({ _id: spoilt?._id ?? '' }, { $set: { keys: [] } })
  const reached = await state()
  env.REINDEX_PAUSE = '0'
  await scene.restart()
  t.ok(await state() >= reached)
  await scene.app.indexed
  t.same((await db.collection('Organization').findOne({ _id: spoilt?._id as never }))?.['keys'], [])
  t.same([await stored('DocumentReference'), await stored('Organization')], [documents, organizations], 'no version, no instant, no body, no fact')
})

t.test('then it is answered, by the definition of now', async t => {
  const [archived, active, neither] = saved.map(({ id }) => id)
  t.same(ids((await search('isArchived=true')).json), [archived])
  t.same(ids((await search('isArchived=false')).json), [active])
  t.same(ids((await search('isArchived:missing=true')).json), [neither])
  t.same(ids((await search('creation=2026-06-12')).json), [])
  t.same(ids((await search('_sort=-isArchived')).json).slice(0, 2), [archived, active])
  const rare = (await get(operator, '/Organization?alias=rare&_count=100')).json.total
  t.ok(rare >= 4, 'all but what was spoilt')
  t.equal((await get(holder, `/${saved[0].content[0].attachment.url}`)).status, 200, 'a content is still found by its document')
  t.equal((await get(holder, `/DocumentReference?identifier=${saved[0].masterIdentifier.value}&patient=${patientId}`)).json.total, 1)
  t.same((await stateOf('Organization'))?.done.map(({ code }) => code).includes('alias'), true)
  await scene.restart()
  t.equal((await search('isArchived=true')).status, 200, 'and a start after it waits for nothing')
})

t.test('a resource that changed since it was read is left alone', async t => {
  const store = createIndexStore(db, createSealing(scene.app.context.keyring))
  const { filed } = await store.batch('DocumentReference', '', 10)
  t.equal(filed.length, 3)
  const [one] = filed
  if (one === undefined) throw new Error('nothing is stored')
  const changed = (await request(lab, 'PUT', `/DocumentReference/${one.version.id}`, { body: { ...JSON.parse(one.version.text), description: 'Autre' } }))
  t.equal(changed.status, 200)
  const whole = await db.collection('DocumentReference').findOne({ _id: one.version.id as never })
  t.equal(await store.refile('DocumentReference', [{ ...one, version: { ...one.version, keys: ['x'] } }]), 0)
  t.same(await db.collection('DocumentReference').findOne({ _id: one.version.id as never }), whole)
})
