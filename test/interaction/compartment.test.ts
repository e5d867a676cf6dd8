/** Searches over several types (R4 search-system), and within a patient's compartment (compartmentdefinition-patient.html). */
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { access, document, label } from '../helper/resource.js'
import { GP, isAbsent, link, look, matches, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, made, gp, hospital, ids, request } = scene
const { id: patientId, holder, ins } = await scene.open()
const other = await scene.open()
const choice = await made(holder, access(patientId, GP))
const documents = [await made(hospital, document(patientId)), await made(hospital, document(patientId)), await made(hospital, document(patientId))]
const masked = await made(hospital, document(patientId, { securityLabel: [label('MASQUE_PS')] }))
await made(hospital, document(other.id))
const folder = await made(hospital, { resourceType: 'List', status: 'current', mode: 'working', title: 'Lettres', subject: { reference: `Patient/${patientId}` }, entry: [{ item: { reference: `DocumentReference/${documents[0].id as string}` } }] })
const all = documents.map(({ id }) => id as string).sort()
const typesOf = (bundle: Parameters<typeof matches>[0]) => [...new Set(matches(bundle).map(({ resourceType }) => resourceType))].sort()

t.test('a compartment holds what is of its patient and seen', async t => {
  t.strictSame((await ids(gp, `/Patient/${patientId}/DocumentReference`)).toSorted(), all)
  t.strictSame((await ids(holder, `/Patient/${patientId}/DocumentReference`)).toSorted(), [...all, masked.id].sort())
  t.strictSame(await ids(gp, `/Patient/${patientId}/DocumentReference?_id=${documents[1].id as string}`), [documents[1].id])
  t.strictSame(await ids(gp, `/Patient/${patientId}/List`), [folder.id])
  t.strictSame(await ids(gp, `/Patient/${patientId}/Consent`), [choice.id])
  t.strictSame(await ids(gp, `/Patient/${patientId}/Patient`), [patientId])
  t.strictSame(await ids(gp, `/Patient/${patientId}/DocumentReference?patient=${other.id}`), [])
  t.strictSame(await ids(gp, `/Patient/${other.id}/DocumentReference`), [])
  t.strictSame(await ids(gp, `/Patient/${patientId}/List?item.status=current`), [folder.id])
  t.strictSame(await ids(gp, `/Patient/${patientId}/Patient?identifier=${ins}`), [patientId])
  t.strictSame(await ids(await scene.professional('899700000099'), `/Patient/${patientId}/Patient?identifier=${INS_TEST}|${ins}`), [], 'nobody is found there by identifier alone')
})

t.test('a compartment is paged and posted like any search', async t => {
  const first = await get(gp, `/Patient/${patientId}/DocumentReference?_count=2&_sort=_id`)
  t.equal(link(first, 'self'), `http://127.0.0.1:8080/fhir/Patient/${patientId}/DocumentReference?_count=2&_sort=_id`)
  const second = await get(gp, link(first, 'next') ?? '')
  t.strictSame([...matches(first), ...matches(second)].map(({ id }) => id), all)
  t.strictSame([first.json.total, second.json.total], [3, 3])
  isAbsent(t, await get(gp, (link(first, 'next') ?? '').replace(`Patient/${patientId}/`, '')))
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  t.strictSame(look(await request(gp, 'POST', `/Patient/${patientId}/DocumentReference/_search?_sort=_id`, { body: 'status=current', headers })),
    look(await get(gp, `/Patient/${patientId}/DocumentReference?_sort=_id&status=current`)))
})

t.test('an asterisk is all types of the compartment', async t => {
  const bundle = await get(gp, `/Patient/${patientId}/*?_count=200`)
  t.strictSame(typesOf(bundle).filter(type => type !== 'AuditEvent'), ['Consent', 'DocumentReference', 'List', 'Patient'])
  t.notMatch(bundle.text, masked.id)
  t.strictSame(matches(await get(gp, `/Patient/${patientId}/*?_type=List,Consent`)).map(({ id }) => id).sort(), [folder.id, choice.id].sort())
  t.equal(look(await get(gp, `/Patient/${other.id}/*?_type=List`), other.id).text, look(await get(gp, '/Patient/x/*?_type=List'), 'x').text)
})

t.test('a search of the whole server spans the types that it names', async t => {
  const url = (query: string) => `/fhir?_type=DocumentReference,List,Consent&patient=${patientId}&${query}`
  const bundle = await get(gp, url('_sort=-_lastUpdated'))
  t.strictSame(matches(bundle).map(({ id }) => id), [folder.id, ...documents.map(({ id }) => id as string).reverse(), choice.id])
  t.equal(bundle.json.total, 5)
  t.equal(link(bundle, 'self'), `http://127.0.0.1:8080/fhir?_type=DocumentReference%2CList%2CConsent&patient=${patientId}&_sort=-_lastUpdated`)
  t.strictSame(matches(await get(gp, url(`_id=${folder.id as string}`))).map(({ id }) => id), [folder.id])
  for (const sort of ['_id', '-_id', '_lastUpdated', '-_lastUpdated']) {
    const whole = matches(await get(gp, url(`_sort=${sort}`))).map(({ id }) => id)
    for (const count of [1, 2]) {
      const seen: string[] = []
      let last = await get(gp, url(`_sort=${sort}&_count=${count}`))
      for (;;) {
        seen.push(...matches(last).map(({ id }) => id))
        const next = link(last, 'next')
        if (next === undefined) break
        last = await get(gp, next)
      }
      t.strictSame(seen, whole, `${sort} by ${count}`)
      const back: string[] = matches(last).map(({ id }) => id)
      for (let previous = link(last, 'previous'); previous !== undefined; previous = link(last, 'previous')) {
        last = await get(gp, previous)
        back.unshift(...matches(last).map(({ id }) => id))
      }
      t.strictSame(back, whole, `${sort} by ${count}, backwards`)
    }
  }
  t.equal((await get(gp, url('_summary=count'))).json.total, 5)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  t.strictSame(look(await request(gp, 'POST', '/_search', { body: url('_sort=_id').slice('/fhir?'.length), headers })), look(await get(gp, url('_sort=_id'))))
})

t.test('only what all of the types understand is asked of several', async t => {
  const unknown = { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN' }
  refused(t, await get(gp, `/fhir?_type=DocumentReference,Consent&patient=${patientId}&description=x`), 400, { ...unknown, expression: 'description' })
  const lenient = await get(gp, `/fhir?_type=DocumentReference,Consent&patient=${patientId}&description=x`, { prefer: 'handling=lenient' })
  t.strictSame([matches(lenient).length, matches(lenient, 'outcome').length], [4, 1])
  refused(t, await get(gp, '/fhir?_type=Nonsense'), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: '_type' })
  refused(t, await get(gp, '/DocumentReference?_type=List'), 400, { ...unknown, expression: '_type' })
  const narrow = await scene.professional(GP, undefined, { scope: 'user/DocumentReference.rs' })
  refused(t, await get(narrow, `/fhir?_type=DocumentReference,List&patient=${patientId}`), 403, { code: 'forbidden' })
  t.strictSame(typesOf(await get(narrow, `/fhir?_id=${all.join()},${folder.id as string}`)), ['DocumentReference'])
  t.strictSame(typesOf(await get(narrow, `/Patient/${patientId}/*`)), ['DocumentReference'])
})

t.test('a search of several types leaves one trace, whatever types it told of', async t => {
  const count = async () => (await get(holder, '/AuditEvent?subtype=search-system&_summary=count')).json.total as number
  const before = await count()
  await get(gp, `/Patient/${patientId}/*?_type=DocumentReference,List`)
  t.equal(await count(), before + 1)
  await get(gp, `/Patient/${patientId}/*?_type=Condition,Procedure`)
  t.equal(await count(), before + 2)
})
