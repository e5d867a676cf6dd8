/**
 * What somebody could learn of what is hidden from them, by what is answered beside it (adversary F4 F5 F6 F17 F21 F28
 * F30). A search without a patient may span three patients here.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import { access, actor, block, consent, document, label, person } from '../helper/resource.js'
import { face, newIns, newPerson, newStructure, openScene } from './scene.js'

const MAX_PATIENTS = 3
const scene = await openScene(t, { MAX_PATIENTS: String(MAX_PATIENTS) })
const byIns = (ins: string) => ({ subject: { identifier: { system: INS_TEST, value: ins } } })
const account = (status: string) => ({ extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: status }] })

t.test('F4 who deposited in a record without choices finds their deposit without naming the patient', async t => {
  const holder = await scene.holder()
  const [hospital, physician] = [await scene.hospital(), await scene.physician()]
  for (const { token } of [hospital, physician]) {
    const id = await scene.make(token, document(holder.id))
    t.same(await scene.ids(token, '/DocumentReference'), [id])
  }
})

t.test('F5 the history of a choice shows the versions that name the reader, and counts no others', async t => {
  const holder = await scene.holder()
  const [former, later] = [await scene.physician(), await scene.physician()]
  const id = await scene.make(holder.token, access(holder.id, former.person))
  const first = (await scene.request(holder.token, 'GET', `/Consent/${id}`)).json.meta.versionId as string
  const change = await scene.change(holder.token, `/Consent/${id}`, { provision: access(holder.id, later.person).provision })
  t.equal(change.status, 200)
  const history = await scene.request(later.token, 'GET', `/Consent/${id}/_history`)
  t.equal(history.status, 200)
  t.same([history.json.total, history.json.entry.length], [1, 1])
  t.notMatch(history.text, former.person)
  t.equal(await scene.status(later.token, `/Consent/${id}/_history/${first}`), 404)
  t.equal(await scene.status(former.token, `/Consent/${id}`), 404)
  t.equal((await scene.request(holder.token, 'GET', `/Consent/${id}/_history`)).json.total, 2)
})

t.test('F5 nor a version that held a deny or chose data', async t => {
  const holder = await scene.holder()
  const physician = await scene.physician()
  const open = { type: 'permit', actor: actor(person(physician.person)) }
  const hiding = [{ ...open, type: 'deny' }, { ...open, securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }]
  for (const provision of hiding) {
    const id = await scene.make(holder.token, consent(holder.id, undefined, provision))
    t.equal((await scene.change(holder.token, `/Consent/${id}`, { provision: open })).status, 200)
    const history = await scene.request(physician.token, 'GET', `/Consent/${id}/_history`)
    t.same([history.status, history.json.total, history.json.entry.length], [200, 1, 1])
  }
})

t.test('F6 who may not deposit learns of no account', async t => {
  const [open, other] = [await scene.holder(), await scene.holder()]
  const closed = await scene.holder(account('closed'))
  const notified = await scene.holder(account('notified'))
  const emergency = await scene.token(as.emergency(newPerson(), newStructure(), other.ins, 'bris_de_glace'))
  const callers: Readonly<Record<string, string>> = {
    'another holder': other.token,
    'a representative': await scene.token({ actor: 'representative', representative_id: 'r', ins: `${INS_TEST}|${other.ins}` }),
    'an application of another holder': await scene.token(as.application('app', other.ins)),
    'a doctor of an insurer': (await scene.physician(newStructure(), { Secteur_Activite: 'SA24^1.2.250.1.71.4.2.4' })).token,
    'software of an insurer': await scene.token(as.structure(newStructure(), { Secteur_Activite: 'SA24' })),
    'an emergency of another patient': emergency,
    operator: scene.operator
  }
  for (const [name, token] of Object.entries(callers)) {
    const faces = await Promise.all([open.ins, closed.ins, notified.ins, newIns()].map(async ins => face(await scene.post(token, document('x', byIns(ins))))))
    t.equal(new Set(faces).size, 1, name)
    t.notMatch(faces[0], '[\n 201')
    const literal = await Promise.all([open.id, closed.id, notified.id, randomUUID()].map(async id => face(await scene.post(token, document(id)))))
    t.equal(new Set(literal).size, 1, `${name}, by id`)
  }
  const may = await scene.hospital()
  const refused = await Promise.all([closed.ins, notified.ins, newIns()].map(async ins => face(await scene.post(may.token, document('x', byIns(ins))))))
  t.equal(new Set(refused).size, 1, 'even who may sees closed and notified as no account')
})

t.test('F17 patients whom a stranger finds by identifier come in no telling order', async t => {
  const births = ['1950-01-01', '2001-01-01', '1975-01-01']
  const patients = []
  for (const birthDate of births) patients.push(await scene.holder({ birthDate }))
  const stranger = await scene.physician()
  const identifiers = patients.map(({ ins }) => `${INS_TEST}|${ins}`).join(',')
  t.equal((await scene.ids(stranger.token, `/Patient?identifier=${identifiers}`)).length, 3)
  for (const sort of ['birthdate', '-birthdate', 'death-date', '_lastUpdated', '-_lastUpdated', 'family', '_id']) {
    const answer = await scene.request(stranger.token, 'GET', `/Patient?identifier=${identifiers}&_sort=${sort}`)
    t.ok(answer.status === 400 || answer.json.entry === undefined, sort)
  }
  for (const also of ['birthdate=1950-01-01', 'gender=female', 'name=petit', `_id=${patients[0]?.id ?? ''}`, '_lastUpdated=ge2020-01-01']) {
    t.same(await scene.ids(stranger.token, `/Patient?identifier=${identifiers}&${also}`), [], also)
  }
  const alone = await scene.request(stranger.token, 'GET', `/Patient?identifier=${INS_TEST}|${patients[0]?.ins ?? ''}`)
  t.same(Object.keys(alone.json.entry[0].resource).toSorted(), ['active', 'id', 'identifier', 'meta', 'resourceType'])
})

t.test('F21 the traces of a search name no document that is hidden from their reader', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const withheld = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const { masterIdentifier } = (await scene.request(physician.token, 'GET', `/DocumentReference/${withheld}`)).json
  t.equal(await scene.status(holder.token, `/DocumentReference/${withheld}`), 404)
  const search = async (query: string) => {
    const before = (await scene.request(holder.token, 'GET', '/AuditEvent?_summary=count')).json.total as number
    t.equal(await scene.status(physician.token, query), 200, query)
    const events = await scene.request(holder.token, 'GET', '/AuditEvent?_count=200')
    const queries = events.json.entry.flatMap(({ resource: { entity = [] } }: { resource: { entity?: { query?: string }[] } }) =>
      entity.flatMap(({ query }) => query === undefined ? [] : [Buffer.from(query, 'base64').toString()]))
    const told = [events.text, ...queries].join()
    // Two of the new events are the holder's own look at the journal.
    return { isTold: told.includes(withheld) || told.includes(masterIdentifier.value), events: events.json.total - before - 1 }
  }
  t.same(await search(`/DocumentReference?_id=${withheld}`), { isTold: false, events: 0 })
  t.same(await search(`/DocumentReference?identifier=${masterIdentifier.value}`), { isTold: false, events: 0 })
  t.same(await search(`/DocumentReference?patient=${holder.id}&_id=${withheld}`), { isTold: false, events: 1 })
  t.same(await search(`/DocumentReference?patient=${holder.id}&identifier=${masterIdentifier.value}`), { isTold: false, events: 1 })
  for (const query of [`DocumentReference?_id:not=${withheld}`, `DocumentReference?relatesto=DocumentReference/${withheld}`, `DocumentReference?related=DocumentReference/${withheld}`]) {
    const { isTold } = await search(`/${query.replace('?', `?patient=${holder.id}&`)}`)
    t.notOk(isTold, query)
  }
})

t.test('F28 a URL that is too long or broken says no more to an anonymous caller than any other', async t => {
  const { token } = await scene.physician()
  const usual = await scene.request(undefined, 'GET', '/Patient/x')
  const absent = face(await scene.request(token, 'GET', '/Patient/x'))
  for (const path of [`/Patient/${'a'.repeat(65)}`, `/Patient/${'a'.repeat(200)}`, `/Patient/${'a'.repeat(3000)}`, `/DocumentReference/x/_history/${'a'.repeat(300)}`, '/unknown', '/Unknown/x']) {
    t.equal(face(await scene.request(undefined, 'GET', path)), face(usual), `anonymous ${path.slice(0, 40)}`)
    t.equal(await scene.status(token, path), 404, `with a token ${path.slice(0, 40)}`)
  }
  t.equal(face(await scene.request(token, 'GET', `/Patient/${'a'.repeat(65)}`)), absent)
  for (const path of ['/Patient/%', '/Patient/%ff']) {
    const answer = await scene.request(undefined, 'GET', path)
    t.same([answer.status, answer.text, answer.headers['www-authenticate']], [usual.status, usual.text, 'Bearer'], path)
    t.equal(face(answer), face(usual), `${path}, the headers too`)
    t.equal(await scene.status('not.a.token', path), 401, `${path} with a worthless token`)
    t.equal(await scene.status(token, path), 404)
  }
})

t.test('F30 many hidden matches do not show by being too many', async t => {
  const { holder, hospital } = await scene.cast()
  const stranger = await scene.physician()
  const value = `urn:uuid:${randomUUID()}`
  const id = await scene.make(hospital.token, document(holder.id, { masterIdentifier: { system: 'urn:ietf:rfc:3986', value } }))
  const ask = async () => [face(await scene.request(stranger.token, 'GET', `/DocumentReference?identifier=${value}`)), face(await scene.request(stranger.token, 'GET', `/DocumentReference?identifier=${value}&_id=${id}`))]
  const before = await ask()
  const collection = scene.mongo.db(scene.database).collection<{ _id: string }>('DocumentReference')
  const { claims, ...stored } = await collection.findOne({ _id: id }) as unknown as { _id: string, claims: unknown }
  await collection.insertMany(Array.from({ length: 205 }, () => {
    const copy = randomUUID()
    return { ...stored, _id: copy, id: copy, patient: randomUUID() }
  }))
  t.same(await ask(), before)
  t.match(before[0], 'total')
})

t.test('F30 records whose holder blocked the caller do not count against them', async t => {
  const blocked = await scene.physician()
  const own = await scene.make(blocked.token, document((await scene.holder()).id))
  const ask = async () => face(await scene.request(blocked.token, 'GET', '/DocumentReference')) + face(await scene.request(blocked.token, 'GET', '/Consent'))
  const before = await ask()
  for (let count = 0; count <= MAX_PATIENTS; count += 1) {
    const holder = await scene.holder()
    await scene.make(holder.token, block(holder.id, person(blocked.person)))
  }
  t.equal(await ask(), before)
  t.same(await scene.ids(blocked.token, '/DocumentReference'), [own])
})

t.test('F30 choices about everyone shut nobody out of what they deposited', async t => {
  const depositor = await scene.physician()
  const own = await scene.make(depositor.token, document((await scene.holder()).id))
  const before = face(await scene.request(depositor.token, 'GET', '/DocumentReference'))
  for (let count = 0; count <= MAX_PATIENTS; count += 1) {
    const holder = await scene.holder()
    await scene.make(holder.token, consent(holder.id, 'partage', { type: 'permit', securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }))
  }
  t.equal(face(await scene.request(depositor.token, 'GET', '/DocumentReference')), before)
  t.same(await scene.ids(depositor.token, '/DocumentReference'), [own])
  for (const type of ['Patient', 'Consent', 'AuditEvent', 'DocumentReference']) t.equal(await scene.status((await scene.physician()).token, `/${type}`), 200, type)
})
