/**
 * Non-interference (`consent.md` 8): one record, once with documents that are hidden from the asker and once without them;
 * the same requests, the same bytes. Both databases grow from one: the base is kept and put back, so that the ids of
 * what is common are equal; what the server draws anew (ids of traces, instants, page links) is replaced by its order.
 */
import t from 'tap'
import type { Document } from 'mongodb'
import type { Method, RequestOptions } from '../helper/app.js'
import { block, consent, document, label, person, treating } from '../helper/resource.js'
import { face, newPerson, openScene } from './scene.js'

const scene = await openScene(t)
const db = scene.mongo.db(scene.database)
const { holder, physician, hospital, id: seen } = await scene.cast()
const replaced = await scene.make(hospital.token, document(holder.id))
await scene.make(hospital.token, document(holder.id, { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${replaced}` } }] }))
await scene.change(hospital.token, `/DocumentReference/${seen}`, { description: 'second version' })
await scene.make(holder.token, treating(holder.id, newPerson()))
await scene.make(holder.token, block(holder.id, person(newPerson())))
const other = await scene.cast()
const base = await snapshot()
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const common = new Set(JSON.stringify([...base]).match(UUID))

interface Hidden { readonly id: string, readonly version: string, readonly content: string, readonly identifier: string }
type Hide = (id: string) => Promise<unknown>

/** What makes a document of this record hidden from the physician. */
const WAYS: Readonly<Record<string, readonly [more: Readonly<Record<string, unknown>>, after?: Hide]>> = {
  'masked at deposit': [{ securityLabel: [label('MASQUE_PS')] }],
  'masked by the holder': [{}, async id => await scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [label('MASQUE_PS')] })],
  'of a type that the profession does not read': [{ type: { coding: [{ system: 'urn:x', code: 'x' }] } }],
  'masked and deleted': [{ securityLabel: [label('MASQUE_PS')] }, async id => await scene.request(hospital.token, 'DELETE', `/DocumentReference/${id}`)],
  'entered in error': [{}, async id => await scene.change(hospital.token, `/DocumentReference/${id}`, { status: 'entered-in-error' })],
  'denied by a choice': [{}, async id => await scene.make(holder.token, consent(holder.id, 'partage', { type: 'deny', data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } }] }))]
}
t.test('B1 B2 B4 B5 B10 P2 P3 P5 P7 documents hidden in each way change no byte of any answer', async t => {
  const hidden: Hidden[] = []
  for (const [name, [more, after]] of Object.entries(WAYS)) {
    const { masterIdentifier, ...draft } = document(holder.id, more)
    const id = await scene.make(hospital.token, { ...draft, masterIdentifier })
    const { meta, content } = (await scene.request(hospital.token, 'GET', `/DocumentReference/${id}`)).json
    hidden.push({ id, version: meta.versionId, content: content[0].attachment.url, identifier: masterIdentifier.value })
    await after?.(id)
    t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404, name)
  }
  // Choices are held equal: the one that names a document stays when the document goes. So are traces of the asker.
  const kept = await snapshot()
  const withThem = await ask(hidden)
  const ids = hidden.map(({ id }) => id)
  const without = new Map(base)
  for (const name of ['Consent', 'Rules']) without.set(name, kept.get(name) ?? [])
  without.set('AuditEvent', kept.get('AuditEvent')?.filter(({ facts }) => !(facts.about as string[]).some(about => ids.includes(about.slice(about.indexOf('/') + 1)))) ?? [])
  await restore(without)
  const withoutThem = await ask(hidden)
  t.ok(withThem.filter(({ answer }) => answer.startsWith('[\n 200') && answer.includes(seen)).length > 20, 'the rest is seen')
  t.equal(withThem.length, withoutThem.length)
  for (const [index, { request, answer }] of withThem.entries()) t.equal(answer, withoutThem[index]?.answer, request)
})

/** What names one hidden document is asked of each; the rest once. */
function requests ([first, ...others]: readonly Hidden[]): readonly (readonly [Method, string, RequestOptions?])[] {
  if (first === undefined) return []
  return [...requestsAbout(first), ...others.flatMap(({ id, version, content }): readonly (readonly [Method, string, RequestOptions?])[] => [
    ['GET', `/DocumentReference/${id}`], ['GET', `/DocumentReference/${id}/_history/${version}`], ['GET', `/${content}`, { headers: { accept: '*/*' } }], ['DELETE', `/DocumentReference/${id}`]
  ])]
}

function requestsAbout ({ id, version, content, identifier }: Hidden): readonly (readonly [Method, string, RequestOptions?])[] {
  const list = (query: string) => ['GET', `/DocumentReference?${query}`] as const
  const sorts = ['date', '-date', '_lastUpdated', '-_lastUpdated', '_id']
  return [
    ['GET', `/DocumentReference/${seen}/$why`], ['GET', `/Patient/${holder.id}/$why`], ['GET', `/DocumentReference/${id}/$why`], ['POST', `/DocumentReference/${id}/$why`],
    ['GET', `/DocumentReference/${seen}`], ['GET', `/DocumentReference/${seen}/_history`], ['GET', `/DocumentReference/${replaced}`],
    ['GET', `/DocumentReference/${id}`], ['HEAD', `/DocumentReference/${id}`], ['GET', `/DocumentReference/${id}/_history`], ['GET', `/DocumentReference/${id}/_history/${version}`], ['GET', `/${content}`, { headers: { accept: '*/*' } }],
    ['GET', `/DocumentReference/${id}`, { headers: { 'if-none-match': `W/"${version}"` } }],
    ['PUT', `/DocumentReference/${id}`, { body: { ...document(holder.id), id } }], ['DELETE', `/DocumentReference/${id}`],
    list(`patient=${holder.id}`), list(''), list(`patient=${holder.id}&_summary=count`), list(`patient=${holder.id}&_count=0`), list(`patient=${holder.id}&_total=accurate&_count=1`),
    ...sorts.map(sort => list(`patient=${holder.id}&_sort=${sort}`)), ...sorts.slice(0, 3).map(sort => list(`_sort=${sort}&_count=1`)),
    list(`_id=${id}`), list(`_id=${id},${seen}`), list(`identifier=${identifier}`), list(`patient=${holder.id}&identifier=${identifier}`), list(`patient=${holder.id}&_id=${id}`),
    list(`patient=${holder.id},${other.holder.id}`), list(`patient=${holder.id}&type=http://loinc.org|11488-4`), list(`patient=${holder.id}&status=current`), list(`patient=${holder.id}&status:not=current`),
    list(`patient=${holder.id}&security-label=MASQUE_PS`), list(`patient=${holder.id}&date=ge2026&_include=DocumentReference:patient`), list(`patient=${holder.id}&_include=DocumentReference:relatesto`),
    list(`patient=${holder.id}&_revinclude=DocumentReference:relatesto&_revinclude=Consent:data`), list(`relatesto=DocumentReference/${id}`), list(`patient=${holder.id}&_lastUpdated=gt2026-01-01`),
    ['GET', `/Patient?_id=${holder.id}&_revinclude=DocumentReference:patient`], ['GET', `/Consent?patient=${holder.id}`], ['GET', `/Consent?data=DocumentReference/${id}`],
    ['GET', `/AuditEvent?patient=${holder.id}&_sort=-date&_count=100`], ['GET', `/AuditEvent?patient=${holder.id}&entity=DocumentReference/${id}`], ['GET', '/AuditEvent?_sort=date&_count=100'], ['GET', '/AuditEvent?_summary=count'],
    ['POST', '/DocumentReference', { body: document(holder.id, { context: { related: [{ reference: `DocumentReference/${id}` }] } }) }],
    ['POST', '/Consent', { body: consent(holder.id, 'partage', { type: 'deny', data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } }] }) }]
  ]
}

/** Every request, and the pages behind it, one after the other. */
async function ask (hidden: readonly Hidden[]): Promise<readonly { readonly request: string, readonly answer: string }[]> {
  const names = new Map<string, string>()
  const answers = []
  for (const [method, url, options] of requests(hidden)) {
    let next: string | undefined = url
    while (next !== undefined && answers.length < 200) {
      const response = await scene.request(physician.token, method, next, options)
      answers.push({ request: `${method} ${next.replace(/_page=.*/, '_page')}`, answer: normalised(face(response), names) })
      next = response.status === 200 && method === 'GET' && response.text.startsWith('{') ? response.json.link?.find(({ relation }: { relation: string }) => relation === 'next')?.url : undefined
    }
  }
  return answers
}

/** What is drawn anew, by its order of appearance: ids that the base has not, instants of this run, page links by their length. */
function normalised (text: string, names: Map<string, string>): string {
  const name = (kind: string, value: string) => {
    const known = names.get(value) ?? `${kind}${names.size}`
    names.set(value, known)
    return known
  }
  return text
    .replace(/_page=([\w-]+)/g, (_, token: string) => `_page=(${token.length})`)
    .replace(UUID, value => common.has(value) ? value : name('id', value))
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, 'instant')
}

async function snapshot (): Promise<ReadonlyMap<string, readonly Document[]>> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name)
  return new Map(await Promise.all(names.map(async name => [name, await db.collection(name).find().toArray()] as const)))
}

async function restore (kept: ReadonlyMap<string, readonly Document[]>): Promise<void> {
  for (const [name, documents] of kept) {
    await db.collection(name).deleteMany({})
    if (documents.length > 0) await db.collection(name).insertMany([...documents])
  }
}
