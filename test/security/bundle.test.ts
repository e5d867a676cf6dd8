/**
 * Bundles, conditions and patches in an adversary's hands: what is hidden is as absent, whatever is packed around it; two
 * entries see no more than one; and the record keeps what was tried.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { access, block, document, label, structure } from '../helper/resource.js'
import { batch, deleted, got, placeOf, posted, put, statuses, transaction, urn, withBinary } from '../interaction/bundle.js'
import type { Entry } from '../interaction/bundle.js'
import { face, openScene } from './scene.js'
import type { TestResponse } from '../helper/app.js'

const scene = await openScene(t)
const { request } = scene
const send = async (token: string, body: object, headers: Record<string, string> = {}) => await request(token, 'POST', '/fhir', { body, headers })
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const supersede = { resourceType: 'Parameters', parameter: [{ name: 'operation', part: [{ name: 'type', valueCode: 'replace' }, { name: 'path', valueString: 'DocumentReference.status' }, { name: 'value', valueCode: 'superseded' }] }] }
/** The face of an answer with the ids in it that the attacker chose made alike. */
const blank = (response: TestResponse, ...names: readonly string[]) => names.reduce((text, name) => text.replaceAll(name, '*'), face(response))

/** A document that nobody but its hospital and holder sees, an attacker who feeds the same record, and what is there for nobody. */
async function stage () {
  const { holder, hospital, id, resource } = await scene.cast()
  const attacker = await scene.hospital()
  const own = await scene.make(attacker.token, document(holder.id))
  return { holder, hospital, hidden: id, resource, attacker, own, nothing: randomUUID() }
}

t.test('B15 P13 a transaction about what is hidden fails as one about nothing, whatever stands around it', async t => {
  const { holder, hidden, attacker, nothing, resource } = await stage()
  const around = () => posted(document(holder.id))
  const tries: Readonly<Record<string, (id: string) => Entry>> = {
    read: id => got(`DocumentReference/${id}`),
    vread: id => got(`DocumentReference/${id}/_history/${nothing}`),
    update: id => put({ ...resource, id }),
    'update of nonsense': id => put({ resourceType: 'DocumentReference', id, status: 'nonsense' } as object),
    'update of a version': id => put({ ...resource, id }, { ifMatch: 'W/"x"' }),
    patch: id => ({ resource: supersede, request: { method: 'PATCH', url: `DocumentReference/${id}` } }),
    'patch of nonsense': id => ({ resource: { resourceType: 'Parameters' }, request: { method: 'PATCH', url: `DocumentReference/${id}` } }),
    delete: id => deleted(`DocumentReference/${id}`),
    replaces: id => posted(document(holder.id, { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${id}` } }] })),
    appends: id => posted(document(holder.id, { relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${id}` } }] })),
    list: id => posted({ resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${holder.id}` }, entry: [{ item: { reference: `DocumentReference/${id}` } }] } as object),
    provenance: id => posted({ resourceType: 'Provenance', recorded: '2026-06-12T10:00:00+02:00', target: [{ reference: `DocumentReference/${id}` }], agent: [{ who: { display: 'x' } }] } as object)
  }
  for (const [name, entry] of Object.entries(tries)) {
    for (const place of [0, 1, 2]) {
      const body = (id: string) => transaction(...[around(), around()].toSpliced(place, 0, entry(id)))
      const [one, other] = [await send(attacker.token, body(hidden)), await send(attacker.token, body(nothing))]
      t.equal(blank(one, hidden), blank(other, nothing), `${name} at ${place}`)
      t.ok([404, 422].includes(one.status), `${name}: ${one.status}`)
      t.match(one.text, `Bundle.entry[${place}]`)
    }
    const [one, other] = [await send(attacker.token, batch(entry(hidden), got('Patient/x'))), await send(attacker.token, batch(entry(nothing), got('Patient/x')))]
    t.equal(blank(one, hidden), blank(other, nothing), `${name} in a batch`)
  }
})

t.test('B14 of a batch of ten the one about what is hidden is absent alone, and each is traced', async t => {
  const { holder, hidden, own, attacker, nothing } = await stage()
  const asked = (id: string) => batch(...Array.from({ length: 9 }, () => got(`DocumentReference/${own}`)).toSpliced(4, 0, got(`DocumentReference/${id}`)))
  const [one, other] = [await send(attacker.token, asked(hidden)), await send(attacker.token, asked(nothing))]
  t.same(statuses(one), ['200', '200', '200', '200', '404', '200', '200', '200', '200', '200'])
  t.equal(blank(one, hidden), blank(other, nothing))
  const events: readonly string[] = (await request(holder.token, 'GET', `/AuditEvent?patient=Patient/${holder.id}&subtype=read&_count=200`)).json.entry.map(({ resource }: TestResponse['json']) => resource.outcome)
  t.same(events.toSorted(), [...Array.from({ length: 18 }, () => '0'), '4'], 'nine and nine, and the one that is the record\'s')
})

t.test('B13 nothing is in a container that its reader does not see: a list in a Bundle, contained, in a document', async t => {
  const { holder, physician, hospital, id } = await scene.cast()
  const hidden = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
  const list = (...ids: readonly string[]) => ({ resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${holder.id}` }, entry: ids.map(each => ({ item: { reference: `DocumentReference/${each}` } })) })
  const [whole, mixed] = [await scene.make(hospital.token, list(id)), await scene.make(hospital.token, list(id, hidden))]
  const provenance = await scene.make(hospital.token, { resourceType: 'Provenance', recorded: '2026-06-12T10:00:00+02:00', target: [{ reference: `DocumentReference/${id}` }, { reference: `DocumentReference/${hidden}` }], agent: [{ who: { display: 'x' } }] })
  const asked = await send(physician.token, batch(got(`List/${whole}`), got(`List/${mixed}`), got(`Provenance/${provenance}`), got(`List?item=DocumentReference/${id}`), got(`DocumentReference?_id=${id}&_revinclude=List:item&_revinclude=Provenance:target`), got(`DocumentReference?_list=${mixed}`)))
  t.same(statuses(asked), ['200', '404', '404', '200', '200', '200'])
  for (const one of [hidden, mixed, provenance]) t.notMatch(asked.text, `"id":"${one}"`)
  t.notMatch(asked.text, hidden)
  t.match(asked.text, whole)
  await scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [label('MASQUE_PS')] })
  t.same(statuses(await send(physician.token, batch(got(`List/${whole}`), got(`List?_id=${whole}`)))), ['404', '200'])
  t.equal((await request(physician.token, 'GET', `/List?_id=${whole}`)).json.total, 0)
})

t.test('B19 P18 a content of somebody else is not taken for one\'s own', async t => {
  const { holder, hospital, hidden, attacker } = await stage()
  const theirs = (await request(hospital.token, 'GET', `/DocumentReference/${hidden}`)).json.content[0].attachment.url as string
  const nothing = `Binary/${randomUUID()}`
  for (const spelled of ['', 'http://127.0.0.1:8080/fhir/']) {
    const body = (url: string) => transaction(posted({ ...document(holder.id), content: [{ attachment: { contentType: 'text/plain', url: spelled + url } }] } as object))
    const [one, other] = [await send(attacker.token, body(theirs)), await send(attacker.token, body(nothing))]
    t.equal(one.status, 422)
    t.equal(blank(one, theirs), blank(other, nothing))
  }
  const { document: first, binary } = withBinary(holder.id)
  const second = { ...first, fullUrl: urn(), resource: { ...first.resource, masterIdentifier: { system: 'urn:ietf:rfc:3986', value: urn() } } }
  t.equal((await send(attacker.token, transaction(first, second, binary))).status, 422, 'nor one content for two documents')
})

t.test('B16 P14 conditions match only what is seen', async t => {
  const { holder, hidden, attacker, resource } = await stage()
  const { masterIdentifier: { system, value } } = resource
  const known = `identifier=${system}|${value}`
  const unknown = `identifier=${system}|${urn()}`
  const [token, { json: { entry: _, ...none } }] = [attacker.token, await request(attacker.token, 'GET', `/DocumentReference?${unknown}`)]
  t.equal(none.total, 0)
  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
    const body = method === 'DELETE' ? {} : { body: method === 'PUT' ? { ...resource, id: 'x' } : supersede }
    const ask = async (criteria: string) => await request(token, method, `/DocumentReference?${criteria}`, body)
    t.equal(blank(await ask(known), known), blank(await ask(unknown), unknown), method)
    const entry = (criteria: string) => transaction({ request: { method, url: `DocumentReference?${criteria}` }, ...method === 'DELETE' ? {} : { resource: body.body as object } })
    t.equal(blank(await send(token, entry(known)), known), blank(await send(token, entry(unknown)), unknown), `${method} in a Bundle`)
  }
  const made = await request(token, 'POST', '/DocumentReference', { body: document(holder.id, { masterIdentifier: resource.masterIdentifier }), headers: { 'if-none-exist': known } })
  t.equal(made.status, 201, 'a creation is made')
  t.not(made.json.id, hidden)
  for (const reference of [`DocumentReference?${known}`, `DocumentReference?_id=${hidden}`]) {
    const other = await scene.hospital()
    const nobody = reference.replace(hidden, randomUUID()).replace(known, unknown)
    const ask = async (text: string) => await request(other.token, 'POST', '/DocumentReference', { body: document(holder.id, { relatesTo: [{ code: 'appends', target: { reference: text } }] }) })
    const [one, two] = [await ask(reference), await ask(nobody)]
    t.equal(one.status, 422)
    t.equal(blank(one, reference), blank(two, nobody), 'a reference leads nowhere')
  }
})

t.test('of what is seen and what is not, only what is seen makes a condition ambiguous', async t => {
  const { holder, attacker } = await stage()
  const criteria = `patient=Patient/${holder.id}&type=11488-4`
  const deletion = await request(attacker.token, 'DELETE', `/DocumentReference?${criteria}`)
  t.equal(deletion.status, 204, 'one of the two is the attacker\'s own: it alone is meant')
})

t.test('two entries of one Bundle see no more than each alone', async t => {
  const { holder, hospital, hidden } = await stage()
  const physician = await scene.physician()
  const ponctual = { ...access(holder.id, physician.person), category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }, { coding: [{ system: 'https://fhir.espace-sante.example/CodeSystem/consent-kind', code: 'acces-ponctuel' }] }] }
  const self = await send(physician.token, transaction(posted(Object.assign(ponctual, { provision: { ...ponctual.provision, period: { start: new Date(Date.now() - 1000).toISOString(), end: new Date(Date.now() + 3600_000).toISOString() } } })), got(`DocumentReference/${hidden}`)))
  t.equal(self.status, 404, self.text)
  t.equal((await request(physician.token, 'GET', `/DocumentReference/${hidden}`)).status, 404, 'and the access was not recorded')
  const mask = transaction(put({ ...(await request(holder.token, 'GET', `/DocumentReference/${hidden}`)).json, securityLabel: [label('MASQUE_PS')] }), got(`DocumentReference/${hidden}`))
  t.same(statuses(await send(holder.token, mask)), ['200', '200'], 'the holder masks and reads')
  const at = urn()
  const chained = await send(hospital.token, transaction(
    posted(document(holder.id, { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${hidden}` } }], securityLabel: [label('N', CONFIDENTIALITY)] }), at)))
  t.equal(chained.status, 200, chained.text)
  const labels = (await request(holder.token, 'GET', `/${placeOf(chained, 0)}`)).json.securityLabel.flatMap(({ coding }: { coding: { code: string }[] }) => coding.map(({ code }) => code))
  t.ok(labels.includes('MASQUE_PS'), 'a replacement in a Bundle keeps the mask')
})

t.test('C1 a choice that a Bundle writes counts for every request after it', async t => {
  const { holder, hospital, hidden } = await stage()
  const response = await send(holder.token, transaction(posted(block(holder.id, structure(hospital.structure))), posted(access(holder.id, '899700218896'))))
  t.same(statuses(response), ['201', '201'], response.text)
  t.equal((await request(hospital.token, 'GET', `/DocumentReference/${hidden}`)).status, 404)
  t.equal((await request(hospital.token, 'POST', '/fhir', { body: batch(got(`DocumentReference/${hidden}`)) })).json.entry[0].response.status, '404')
})

t.test('scopes are asked of each entry', async t => {
  const { holder, own, attacker } = await stage()
  const narrow = await scene.token({ actor: 'structure', SubjectOrganizationID: attacker.structure, scope: 'user/DocumentReference.c' })
  t.same(statuses(await send(narrow, batch(posted(document(holder.id)), got(`DocumentReference/${own}`), deleted(`DocumentReference/${own}`), got('Patient?_id=x')))), ['201', '403', '403', '403'])
  const refusedWhole = await send(narrow, transaction(posted(document(holder.id)), got(`DocumentReference/${own}`)))
  t.match([refusedWhole.status, refusedWhole.json.issue[0].expression], [403, ['Bundle.entry[1]']])
})

t.test('who may write and not read learns of nothing by what they refer to', async t => {
  const { holder, own, attacker, nothing } = await stage()
  const narrow = await scene.token({ actor: 'structure', SubjectOrganizationID: attacker.structure, scope: 'user/List.c user/DocumentReference.c' })
  const list = (reference: string) => ({ resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${holder.id}` }, entry: [{ item: { reference } }] })
  const refer = async (id: string) => face(await scene.post(narrow, list(`DocumentReference/${id}`))).replaceAll(id, 'ID')
  t.equal(await refer(own), await refer(nothing))
  t.match(await refer(own), '422')
  t.equal((await scene.post(attacker.token, list(`DocumentReference/${own}`))).status, 201, 'who may read it too refers to it')
  const entry = (resource: { readonly resourceType: string }, fullUrl: string) => ({ fullUrl, resource, request: { method: 'POST', url: resource.resourceType } })
  const body = { resourceType: 'Bundle', type: 'transaction', entry: [entry(document(holder.id), 'urn:uuid:00000000-0000-4000-8000-000000000001'), entry(list('urn:uuid:00000000-0000-4000-8000-000000000001'), 'urn:uuid:00000000-0000-4000-8000-000000000002')] }
  t.equal((await scene.request(narrow, 'POST', '', { body })).status, 200, 'what comes in the same Bundle is there')
})

t.test('what a transaction tried is kept where it was tried, though nothing came of it', async t => {
  const { holder, hidden, own, attacker } = await stage()
  const events = async () => (await request(holder.token, 'GET', `/AuditEvent?patient=Patient/${holder.id}&_count=200`)).json.entry
    .map(({ resource }: TestResponse['json']) => [resource.id, `${resource.subtype[0].code} ${resource.outcome}`]).filter(([, event]: string[]) => event !== 'search-type 0')
  const since = async (known: readonly string[][]) => (await events()).filter(([id]: string[]) => !known.some(([old]) => old === id)).map(([, event]: string[]) => event).toSorted()
  const before = await events()
  await send(attacker.token, transaction(posted(document(holder.id)), put({ ...document(holder.id), id: own } as object), got(`DocumentReference/${hidden}`)))
  t.same(await since(before), ['create 4', 'update 4'], 'up to the entry that failed')
  const later = await events()
  await send(attacker.token, transaction(posted(document(holder.id)), got(`DocumentReference/${hidden}`)))
  t.same(await since(later), ['create 4', 'read 4'], 'what it could not see is kept too')
  const good = await events()
  await send(attacker.token, transaction(posted(document(holder.id)), got(`DocumentReference/${own}`)))
  t.same(await since(good), ['create 0', 'read 0'], 'one for each entry')
})

t.test('B21 P15 P16 a patch is no way around the rules of an update', async t => {
  const { holder, own, attacker, nothing } = await stage()
  const patch = async (operations: readonly object[]) => await request(attacker.token, 'PATCH', `/DocumentReference/${own}`, { body: JSON.stringify(operations), headers: { 'content-type': 'application/json-patch+json' } })
  for (const [path, value] of [['/subject', { reference: `Patient/${nothing}` }], ['/author', [{ display: 'x' }]], ['/meta', { security: [] }], ['/content/0/attachment/url', 'Binary/x']] as const) {
    const response = await patch([{ op: 'add', path, value }])
    t.equal(response.status, 405, path)
    t.notMatch(response.text, nothing)
  }
  t.equal((await patch([{ op: 'copy', from: '/subject', path: '/status' }])).status, 422)
  await scene.change(holder.token, `/DocumentReference/${own}`, { securityLabel: [label('MASQUE_PS')] })
  for (const operations of [[{ op: 'remove', path: '/securityLabel' }], [{ op: 'replace', path: '/securityLabel/0', value: label('N', CONFIDENTIALITY) }], [{ op: 'replace', path: '/securityLabel', value: [label('N', CONFIDENTIALITY)] }]]) {
    t.equal((await patch(operations)).status, 403, 'an author does not unmask')
  }
  t.equal((await request(holder.token, 'GET', `/DocumentReference/${own}`)).json.securityLabel[0].coding[0].code, 'MASQUE_PS')
})
