/** Conditional interactions and references (R4 http.html#ccreate, #cond-update, #cdelete, #trules). */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { document, patient } from '../helper/resource.js'
import { placeOf, posted, statuses, transaction, urn } from './bundle.js'
import { HOSPITAL, isAbsent, look, newIns, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, hospital, lab, operator, request } = scene
const { id: patientId, ins, holder } = await scene.open()
const identified = () => {
  const value = `urn:uuid:${randomUUID()}`
  return { masterIdentifier: { system: 'urn:ietf:rfc:3986', value }, criteria: `identifier=urn:ietf:rfc:3986|${value}` }
}
const put = async (token: string, url: string, body: object, headers = {}) => await request(token, 'PUT', url, { body, headers })
const send = async (token: string, body: object) => await request(token, 'POST', '/fhir', { body })
const practitioner = () => ({ resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: `8${randomUUID().replace(/\D/g, '').slice(0, 8)}` }], name: [{ family: randomUUID() }] })

t.test('If-None-Exist creates what is not there, and answers what is', async t => {
  const { masterIdentifier, criteria } = identified()
  const body = document(patientId, { masterIdentifier })
  const made = await scene.post(hospital, body, { 'if-none-exist': criteria })
  t.equal(made.status, 201, made.text)
  const again = await scene.post(hospital, body, { 'if-none-exist': criteria })
  t.match([again.status, again.json.id, again.headers['etag']], [200, made.json.id, made.headers['etag']])
  t.equal((await scene.ids(holder, `/DocumentReference?patient=Patient/${patientId}&${criteria}`)).length, 1)
})

t.test('of many creations on one condition at once, one is made', async t => {
  const { masterIdentifier, criteria } = identified()
  const { masterIdentifier: _, ...rest } = document(patientId)
  const body = { ...rest, identifier: [masterIdentifier] }
  const bodies = [body, { ...body, description: 'a' }, { ...body, description: 'b' }, { ...body, description: 'c' }]
  const answers = await Promise.all(bodies.map(async each => await scene.post(hospital, each, { 'if-none-exist': criteria })))
  t.same(answers.map(({ status }) => status).toSorted(), [200, 200, 200, 201])
  t.equal(new Set(answers.map(({ json }) => json.id)).size, 1)
  const { name, ...who } = practitioner()
  const [family] = [randomUUID()]
  const entries = await Promise.all(Array.from({ length: 4 }, async () => await scene.post(operator, { ...who, name: [{ family }] }, { 'if-none-exist': `family=${family}` })))
  t.same(entries.map(({ status }) => status).toSorted(), [200, 200, 200, 201], 'in the directory, which has no record')
  const one = newIns()
  const people = await Promise.all(Array.from({ length: 4 }, async () => await scene.post(operator, patient(one), { 'if-none-exist': `identifier=${INS_TEST}|${one}` })))
  t.same(people.map(({ status }) => status).toSorted(), [200, 200, 200, 201], 'nor has who opens one')
})

t.test('what matches twice, or is no criterion, creates nothing', async t => {
  const description = { type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] } }
  await scene.made(hospital, document(patientId, description))
  await scene.made(hospital, document(patientId, description))
  const several = await scene.post(hospital, document(patientId), { 'if-none-exist': `patient=Patient/${patientId}&type=11488-4` })
  refused(t, several, 412, { code: 'multiple-matches' })
  for (const [criteria, expression] of [['', 'criteria'], ['_count=1', '_count'], ['_sort=date', '_sort']] as const) {
    refused(t, await scene.post(hospital, document(patientId), { 'if-none-exist': criteria }), 400, { code: 'invalid', expression })
  }
  refused(t, await scene.post(hospital, document(patientId), { 'if-none-exist': 'nonsense=1' }), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'nonsense' })
})

t.test('what another structure deposited, and is not seen, matches nothing', async t => {
  const { masterIdentifier, criteria } = identified()
  const hidden = await scene.made(lab, document(patientId, { masterIdentifier }))
  const made = await scene.post(hospital, document(patientId, { masterIdentifier }), { 'if-none-exist': criteria })
  t.equal(made.status, 201)
  t.not(made.json.id, hidden.id)
})

t.test('an update by criteria changes the one match', async t => {
  const { masterIdentifier, criteria } = identified()
  const made = await scene.made(hospital, document(patientId, { masterIdentifier }))
  const { id, ...body } = made
  const changed = await put(hospital, `/DocumentReference?${criteria}`, { ...body, description: 'corrected' })
  t.match([changed.status, changed.json?.id, changed.json?.description], [200, id, 'corrected'], changed.text)
  t.equal((await put(hospital, `/DocumentReference?${criteria}&_format=json`, { ...made, description: 'again' })).status, 200, 'with its id too')
  refused(t, await put(hospital, `/DocumentReference?${criteria}`, { ...made, id: 'other' }), 400, { code: 'invalid', expression: 'DocumentReference.id' })
  refused(t, await put(hospital, `/DocumentReference?${criteria}`, body, { 'if-match': 'W/"old"' }), 412, { code: 'conflict', details: 'MSG_VERSION_AWARE_CONFLICT', expression: 'If-Match' })
  refused(t, await put(hospital, `/DocumentReference?patient=Patient/${patientId}&type=11488-4`, body), 412, { code: 'multiple-matches' })
})

t.test('an update by criteria that match nothing creates, unless the client chose an id', async t => {
  const { masterIdentifier, criteria } = identified()
  const body = document(patientId, { masterIdentifier })
  isAbsent(t, await put(hospital, `/DocumentReference?${criteria}`, { ...body, id: 'mine' }))
  isAbsent(t, await put(hospital, `/DocumentReference?${criteria}`, body, { 'if-match': 'W/"1"' }))
  const made = await put(hospital, `/DocumentReference?${criteria}`, body)
  t.equal(made.status, 201)
  t.ok(made.headers['location'])
})

t.test('a deletion by criteria deletes the one match', async t => {
  const { masterIdentifier, criteria } = identified()
  const { id } = await scene.made(hospital, document(patientId, { masterIdentifier }))
  const [hidden, absent] = [await scene.remove(lab, `/DocumentReference?${criteria}`), await scene.remove(lab, `/DocumentReference?${identified().criteria}`)]
  t.strictSame([hidden.status, hidden.text, hidden.headers['etag'], look(hidden)], [204, '', undefined, look(absent)], 'what matches nothing is as gone as it can be')
  t.equal((await get(hospital, `/DocumentReference/${id}`)).status, 200)
  refused(t, await scene.remove(hospital, `/DocumentReference?patient=Patient/${patientId}&type=11488-4`), 412, { code: 'multiple-matches' })
  t.equal((await scene.remove(hospital, `/DocumentReference?${criteria}`)).status, 204)
  t.equal((await get(hospital, `/DocumentReference/${id}`)).status, 410)
  t.equal((await scene.remove(hospital, `/DocumentReference?${criteria}`)).status, 204)
})

t.test('a reference by criteria becomes what it matches', async t => {
  const who = await scene.made(operator, practitioner())
  const [{ system, value }] = who.identifier
  const author = [{ reference: `Practitioner?identifier=${system}|${value}` }]
  const subject = { reference: `Patient?identifier=${INS_TEST}|${ins}` }
  const made = await scene.post(hospital, document(patientId, { author, subject }))
  t.match([made.status, made.json.author, made.json.subject], [201, [{ reference: `Practitioner/${who.id}` }], { reference: `Patient/${patientId}` }], made.text)
  refused(t, await scene.post(hospital, document(patientId, { author: [{ reference: `Practitioner?identifier=${system}|none` }] })), 422, { code: 'not-found', expression: 'DocumentReference.author[0]' })
  refused(t, await scene.post(hospital, document(patientId, { subject: { reference: `Patient?identifier=${INS_TEST}|${newIns()}` } })), 422, { code: 'not-found', expression: 'DocumentReference.subject' })
  await scene.made(operator, { ...practitioner(), identifier: who.identifier })
  refused(t, await scene.post(hospital, document(patientId, { author })), 412, { code: 'multiple-matches', expression: 'DocumentReference.author[0]' })
})

t.test('entries of a transaction are conditional too, and what points at them finds what they match', async t => {
  const [there, fresh, changed] = [identified(), identified(), identified()]
  const known = await scene.made(hospital, document(patientId, { masterIdentifier: there.masterIdentifier }))
  const { id: changedId, ...old } = await scene.made(hospital, document(patientId, { masterIdentifier: changed.masterIdentifier }))
  const at = urn()
  const response = await send(hospital, transaction(
    posted(document(patientId, { masterIdentifier: there.masterIdentifier }), at, { ifNoneExist: there.criteria }),
    posted(document(patientId, { masterIdentifier: fresh.masterIdentifier }), urn(), { ifNoneExist: fresh.criteria }),
    { resource: { ...old, description: 'corrected' }, request: { method: 'PUT', url: `DocumentReference?${changed.criteria}` } },
    posted(document(patientId, { relatesTo: [{ code: 'appends', target: { reference: at } }], subject: { reference: `Patient?identifier=${INS_TEST}|${ins}` } }))))
  t.equal(response.status, 200, response.text)
  t.same(statuses(response), ['200', '201', '200', '201'])
  t.same([placeOf(response, 0), placeOf(response, 2)], [`DocumentReference/${known.id}`, `DocumentReference/${changedId}`])
  t.equal((await get(hospital, `/${placeOf(response, 3)}`)).json.relatesTo[0].target.reference, `DocumentReference/${known.id}`)
})

t.test('an entry whose criteria match too much fails the transaction, a deletion that matches nothing does not', async t => {
  const { criteria } = identified()
  const good = posted(document(patientId))
  t.same(statuses(await send(hospital, transaction(good, { request: { method: 'DELETE', url: `DocumentReference?${criteria}` } }))), ['201', '204'])
  refused(t, await send(hospital, transaction(good, { request: { method: 'DELETE', url: `DocumentReference?patient=Patient/${patientId}&type=11488-4` } })), 412, { code: 'multiple-matches', expression: 'Bundle.entry[1]' })
  refused(t, await send(hospital, transaction(good, posted(document(patientId), urn(), { ifNoneExist: `patient=Patient/${patientId}&type=11488-4` }))), 412, { code: 'multiple-matches', expression: 'Bundle.entry[1]' })
  refused(t, await send(hospital, transaction(posted(document(patientId), urn(), { ifNoneExist: criteria }), posted(document(patientId), urn(), { ifNoneExist: criteria }))), 400, { code: 'invalid', expression: 'Bundle.entry[1].request.ifNoneExist' })
})

t.test('a condition needs the scope of a search', async t => {
  const { masterIdentifier, criteria } = identified()
  const narrow = await scene.token({ actor: 'structure', SubjectOrganizationID: HOSPITAL, scope: 'user/DocumentReference.cud' })
  for (const [method, url, headers] of [['POST', '/DocumentReference', { 'if-none-exist': criteria }], ['PUT', `/DocumentReference?${criteria}`, {}], ['DELETE', `/DocumentReference?${criteria}`, {}]] as const) {
    refused(t, await request(narrow, method, url, { headers, ...method === 'DELETE' ? {} : { body: document(patientId, { masterIdentifier }) } }), 403, { code: 'forbidden' })
  }
})

t.test('a reference by criteria means what another entry creates, whatever their order', async t => {
  const who = practitioner()
  const [identifier] = who.identifier
  const role = { resourceType: 'PractitionerRole', practitioner: { reference: `Practitioner?identifier=${identifier?.system ?? ''}|${identifier?.value ?? ''}` } }
  const organization = (value: string, above?: string) => ({
    resourceType: 'Organization', name: value, identifier: [{ system: 'urn:x', value }], ...above === undefined ? {} : { partOf: { reference: `Organization?identifier=urn:x|${above}` } }
  })
  const names = Array.from({ length: 3 }, () => randomUUID())
  const tree = names.map((name, index) => posted(organization(name, names[index + 1])))
  for (const entries of [[posted(role), posted(who)], tree, tree.toReversed()]) {
    const response = await send(operator, transaction(...entries))
    t.same([response.status, statuses(response)], [200, entries.map(() => '201')], response.text)
    if (entries.length > 2) await Promise.all(entries.map(async (_, index) => await scene.remove(operator, `/${placeOf(response, index)}`)))
    else t.equal((await get(operator, `/${placeOf(response, 0)}`)).json.practitioner.reference, placeOf(response, 1))
  }
  for (const entries of [[posted(role), posted(who)], [posted(who), posted(role)]]) {
    refused(t, await send(operator, transaction(...entries)), 412, { code: 'multiple-matches', expression: `Bundle.entry[${entries.findIndex(({ resource }) => resource === role)}].resource.practitioner` })
  }
})
