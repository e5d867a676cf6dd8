/** What an adversary found in Bundles, conditions, containers, messages and appointments, each as a test. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { access, document, label, patient as identity, person, structure } from '../helper/resource.js'
import { posted, statuses, transaction, withBinary } from '../interaction/bundle.js'
import { GP, HOSPITAL, isAbsent, newIns, openScene, refused } from '../interaction/scene.js'

const scene = await openScene(t)
const { get, gp, hospital, ids, made, open, operator, post, put, request } = scene
const self = (id: string) => ({ reference: `Patient/${id}` })
const list = (patient: string, references: readonly string[]) => ({
  resourceType: 'List', status: 'current', mode: 'working', subject: self(patient), entry: references.map(reference => ({ item: { reference } }))
})
const message = (patient: string, sender: object, recipient: readonly object[], more: object = {}) => ({
  resourceType: 'Communication', status: 'completed', subject: self(patient), sender, recipient, payload: [{ contentString: 'x' }], ...more
})
const send = async (token: string, body: object) => await request(token, 'POST', '', { body })

t.test('our base is ours however it is spelled: a container follows the mask, and names nothing that is hidden', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const masked = await made(hospital, document(patient))
  for (const base of ['HTTP://127.0.0.1:8080/fhir', 'Http://127.0.0.1:8080/fhir', 'http://127.0.0.1:8080/fhir']) {
    const { id } = await made(hospital, list(patient, [`${base}/DocumentReference/${masked.id}`]))
    t.equal((await get(hospital, `/List/${id}`)).json.entry[0].item.reference, `DocumentReference/${masked.id}`)
  }
  t.equal((await put(holder, { ...masked, securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.strictSame(await ids(gp, `/List?patient=${patient}&item=DocumentReference/${masked.id}`), [])
  for (const base of ['HTTP://127.0.0.1:8080/fhir', 'http://127.0.0.1:8080/fhir']) {
    refused(t, await post(gp, list(patient, [`${base}/DocumentReference/${masked.id}`])), 422, { code: 'not-found', expression: 'List.entry[0].item' })
  }
})

t.test('messages that answer one another in a circle are read once', async t => {
  const { id: patient, holder } = await open()
  const pharmacy = newIns().slice(0, 10)
  await made(operator, {
    resourceType: 'Organization',
    identifier: [structure(pharmacy).identifier],
    name: 'Officine',
    type: [{ coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite', code: 'SA33' }] }]
  })
  const draft = message(patient, self(patient), [structure(pharmacy)], { status: 'preparation' })
  const ones = await Promise.all([1, 2, 3].map(async () => await made(holder, draft)))
  const answering = (to: readonly { id: string }[]) => ({ inResponseTo: to.map(({ id }) => ({ reference: `Communication/${id}` })) })
  const others = []
  while (others.length < ones.length) others.push(await made(holder, { ...draft, ...answering(ones) }))
  for (const one of ones) t.equal((await put(holder, { ...one, ...answering(others), status: 'completed' })).status, 200)
  for (const one of others) t.equal((await put(holder, { ...one, status: 'completed' })).status, 200)
  const began = performance.now()
  await post(holder, message(patient, self(patient), [structure(pharmacy)], answering(ones)))
  t.ok(performance.now() - began < 5000)
})

t.test('an update of an appointment does not tell whether an INS exists', async t => {
  const { id: patient, holder } = await open()
  const stranger = await open()
  const body = await made(hospital, {
    resourceType: 'Appointment', status: 'booked', start: '2026-12-01T10:00:00Z', end: '2026-12-01T10:30:00Z', participant: [self(patient), structure(HOSPITAL)].map(actor => ({ actor, status: 'accepted' }))
  })
  for (const token of [hospital, holder]) {
    const looks = await Promise.all([stranger.ins, newIns()].flatMap(ins => [{ identifier: { system: INS_TEST, value: ins } }, { reference: `Patient?identifier=${INS_TEST}|${ins}` }])
      .map(async actor => await put(token, { ...body, participant: [...body.participant, { actor, status: 'accepted' }] })))
    for (const look of looks) refused(t, look, 422, { code: 'business-rule', expression: 'Appointment.participant' })
  }
})

t.test('what a reference or a condition asks of a record is traced there, whatever becomes of the request', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const searches = async () => (await get(holder, `/AuditEvent?patient=${patient}&subtype=search-type&_count=100`)).json.total
  const before = await searches()
  const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: self(patient) }
  t.equal((await post(gp, { ...observation, derivedFrom: [{ reference: `DocumentReference?patient=${patient}&type=99999-9` }] })).status, 422)
  const asked = await searches()
  t.ok(asked > before)
  t.equal((await post(gp, { ...observation, status: 'nonsense' }, { 'if-none-exist': `patient=${patient}&code=zzz` })).status, 422)
  t.ok(await searches() > asked)
})

t.test('a transaction that is sent again, or is malformed, is answered and never fails', async t => {
  const { id: patient } = await open()
  const value = `urn:uuid:${randomUUID()}`
  const { document: entry, binary } = withBinary(patient, { masterIdentifier: { system: 'urn:ietf:rfc:3986', value } })
  const condition = { ifNoneExist: `patient=${patient}&identifier=urn:ietf:rfc:3986|${encodeURIComponent(value)}` }
  const again = transaction(binary, { ...entry, request: { ...entry.request, ...condition } })
  const [first, second] = [await send(hospital, again), await send(hospital, again)]
  t.strictSame([first.status, statuses(first)], [200, ['201', '201']])
  t.strictSame([second.status, statuses(second)], [200, ['200', '200']])
  const { id } = await made(hospital, document(patient))
  const patching = (resource: object) => transaction({ resource, request: { method: 'PATCH', url: `DocumentReference/${id}` } })
  const bodies = [
    transaction({ ...binary, resource: null } as never, entry),
    patching({ resourceType: 'Parameters', parameter: 5 }), patching({ resourceType: 'Parameters', parameter: [{ name: 'operation', part: 5 }] }),
    patching({ resourceType: 'Parameters', parameter: [{ name: 'operation', part: [null] }] }), patching({ resourceType: 'Binary', contentType: 5, data: 'W10=' }),
    transaction({ ...entry, resource: { ...entry.resource, relatesTo: 5 }, request: { ...entry.request, ...condition } } as never, { resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from('[{"op":"replace","path":"/status","value":"superseded"}]').toString('base64') }, request: { method: 'PATCH', url: `DocumentReference/${id}` } })
  ]
  for (const body of bodies) t.ok((await send(hospital, body)).status < 500, JSON.stringify(body).slice(0, 120))
})

t.test('a patient who is found by an identifier alone shows no version and no instant to a condition', async t => {
  const { ins } = await open()
  const criteria = `identifier=${INS_TEST}|${ins}`
  const alone = await post(gp, identity(ins), { 'if-none-exist': criteria })
  t.notOk(alone.headers['etag'] ?? alone.headers['last-modified'])
  const { json } = await send(gp, transaction(posted(identity(ins), undefined, { ifNoneExist: criteria })))
  t.strictSame(Object.keys(json.entry?.[0].response ?? {}).filter(name => name !== 'status'), [])
})

t.test('no message is withheld from the holder a second time, and its sender is who writes it', async t => {
  const { id: patient, holder } = await open()
  const withheld = { meta: { security: label('INVISIBLE_PATIENT').coding } }
  const sent = await made(gp, message(patient, person(GP), [self(patient)], withheld))
  isAbsent(t, await get(holder, `/Communication/${sent.id}`))
  const { meta, ...open_ } = sent
  t.equal((await put(gp, open_)).status, 200)
  t.equal((await get(holder, `/Communication/${sent.id}`)).status, 200)
  refused(t, await put(gp, { ...open_, ...withheld }), 422, { code: 'business-rule', expression: 'Communication.meta.security' })
  const forged = { resourceType: 'Practitioner', id: 'p', identifier: [person(GP).identifier, person('899700366240').identifier] }
  refused(t, await post(gp, { ...message(patient, { reference: '#p' }, [self(patient)]), contained: [forged] }), 403, { code: 'forbidden', expression: 'Communication.sender' })
})
