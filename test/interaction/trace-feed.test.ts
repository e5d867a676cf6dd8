/** ITI-20 (`consent.md` 5 *traces*): the software of a registered structure feeds its own events, and those only; they are read like every trace. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { as } from '../helper/app.js'
import { access, block, document, label, person, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, isAbsent, matches, openScene, refused } from './scene.js'

type Json = TestResponse['json']
const ID_NAT_PS = 'urn:oid:1.2.250.1.71.4.2.1'
const ID_NAT_ST = 'urn:oid:1.2.250.1.71.4.2.2'
const scene = await openScene(t, { TRACE_SOURCES: HOSPITAL })
const { get, made, gp, hospital, lab, request } = scene
const mt = await scene.professional(MT)
const inHospital = await scene.token(as.professional(GP2, HOSPITAL))

const entity = (reference: string, code: string, role: string) => ({
  what: { reference }, type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code }, role: { system: 'http://terminology.hl7.org/CodeSystem/object-role', code: role }
})
const dcm = (code: string) => ({ coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code }] })

/** A reading in the hospital, as its software says it. */
const event = (patient: string, about: readonly string[], more: object = {}) => ({
  resourceType: 'AuditEvent',
  meta: { profile: ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead'] },
  type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
  subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'read' }],
  action: 'R',
  recorded: '2026-11-20T08:00:00Z',
  outcome: '0',
  agent: [
    { type: dcm('110152'), who: { display: 'dossier de soins' }, requestor: false, network: { address: '192.0.2.7', type: '2' } },
    { type: dcm('110153'), who: { display: 'serveur' }, requestor: false, network: { address: '192.0.2.8', type: '2' } },
    { type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] }, who: { identifier: { system: ID_NAT_PS, value: GP2 } }, requestor: true }
  ],
  source: { observer: { identifier: { system: ID_NAT_ST, value: HOSPITAL } } },
  entity: [entity(`Patient/${patient}`, '1', '1'), ...about.map(reference => entity(reference, '2', '4'))],
  ...more
})

async function record () {
  const { id, ins, holder } = await scene.open()
  await made(holder, access(id, GP))
  await made(holder, treating(id, MT))
  const resource = await made(hospital, document(id))
  return { id, ins, holder, url: `DocumentReference/${resource.id}` }
}
const feed = async (token: string, body: object) => await request(token, 'POST', '/AuditEvent', { body })
const idOf = ({ headers }: TestResponse) => /AuditEvent\/([^/]+)/.exec(headers['location'] ?? '')?.[1] ?? ''

t.test('an event is kept as it was said, is its own trace, and is read by the rule of traces', async t => {
  const { id, holder, url } = await record()
  const creations = async () => (await get(holder, `/AuditEvent?patient=${id}&subtype=create`)).json.total
  const before = await creations()
  const fed = await feed(hospital, event(id, [url]))
  t.strictSame([fed.status, fed.text], [201, ''], 'its writer reads no trace')
  const path = `/AuditEvent/${idOf(fed)}`
  const read = await get(holder, path)
  t.match(read.json, { recorded: '2026-11-20T08:00:00Z', agent: [{}, {}, { who: { type: 'Practitioner', identifier: { value: GP2 } }, altId: HOSPITAL }] })
  t.equal(read.json.extension, undefined, 'it says nothing of a decision of this server')
  t.equal(await creations(), before, 'it is the one trace of its write')
  t.equal((await get(mt, path)).status, 200, 'the médecin traitant reads what is of the record')
  t.equal((await get(inHospital, path)).status, 200, 'and who asked there, as their own')
  for (const token of [gp, hospital, lab]) isAbsent(t, await get(token, path))
  const ids = matches(await get(holder, `/Patient/${id}/$activity?by=professional`)).map((each: Json) => each.id)
  t.ok(ids.includes(idOf(fed)), 'it is among the activity of professionals')
  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) t.equal((await request(hospital, method, path, { body: {} })).status, 405, method)
})

t.test('it is absent while what it tells of is hidden from its reader', async t => {
  const { id, holder, url } = await record()
  const path = `/AuditEvent/${idOf(await feed(hospital, event(id, [url])))}`
  t.equal((await get(mt, path)).status, 200)
  const masked = await made(hospital, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const hidden = await feed(hospital, event(id, [`DocumentReference/${masked.id}`]))
  t.equal(hidden.status, 201)
  isAbsent(t, await get(holder, `/AuditEvent/${idOf(hidden)}`))
  t.notOk(JSON.stringify((await get(holder, `/AuditEvent?patient=${id}&_count=200`)).json).includes(masked.id))
  t.equal((await get(holder, `/AuditEvent?patient=${id}&entity=DocumentReference/${masked.id}`)).json.total, 0)
  const secret = await feed(hospital, event(id, [], { meta: { security: label('INVISIBLE_REPRESENTANTS_LEGAUX').coding } }))
  t.equal(secret.status, 201)
  t.equal((await get(holder, `/AuditEvent/${idOf(secret)}`)).status, 200)
  await made(holder, block(id, person(GP2)))
  isAbsent(t, await get(inHospital, path))
})

t.test('nobody feeds but the software of a registered structure, whatever it names', async t => {
  const { id, holder, url } = await record()
  for (const token of [holder, gp, mt, inHospital, lab, scene.operator]) {
    for (const patient of [id, randomUUID()]) refused(t, await feed(token, event(patient, [url])), 403, { code: 'forbidden' })
  }
})

t.test('a structure feeds its own events, in no words, of what it may refer to', async t => {
  const { id, ins, holder, url } = await record()
  const other = await made(lab, document(id))
  const [client, server, user] = event(id, []).agent
  const plain = { meta: undefined }
  const rows: readonly (readonly [string, object, string])[] = [
    ['observed by another one', { source: { observer: { identifier: { system: ID_NAT_ST, value: '1690000099' } } } }, 'AuditEvent.source.observer'],
    ['observed by nobody known', { source: { observer: { display: 'hospital' } } }, 'AuditEvent.source.observer'],
    ['asked by nobody', { ...plain, agent: [client, server, { ...user, who: { display: 'operator' } }] }, 'AuditEvent.agent[2].who'],
    ['asked by the holder', { ...plain, agent: [{ ...user, who: { reference: `Patient/${id}` } }] }, 'AuditEvent.agent[0].who'],
    ['by another structure', { ...plain, agent: [client, { ...server, who: { identifier: { system: ID_NAT_ST, value: '1690000099' } } }, user] }, 'AuditEvent.agent[1].who'],
    ['by somebody of another structure', { ...plain, agent: [{ ...user, altId: '1690000099' }] }, 'AuditEvent.agent[0].altId'],
    ['with a decision', { extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/decision', extension: [{ url: 'permit', valueBoolean: true }] }] }, 'AuditEvent.extension'],
    ['with words', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), { ...entity(url, '2', '4'), name: 'Sérologie' }] }, 'AuditEvent.entity[1].name'],
    ['with a label that traces do not know', { meta: { security: label('MASQUE_PS').coding } }, 'AuditEvent.meta.security'],
    ['asked by somebody who is the holder too', { ...plain, agent: [{ ...user, who: { ...user?.who, reference: `Patient/${id}` } }] }, 'AuditEvent.agent[0].who'],
    ['with an extension within', { ...plain, agent: [{ ...user, extension: [{ url: 'urn:x', valueString: 'Sérologie' }] }] }, 'AuditEvent.agent[0].extension'],
    ['with a purpose in words', { ...plain, agent: [{ ...user, purposeOfUse: [{ text: 'Sérologie' }] }] }, 'AuditEvent.agent[0].purposeOfUse[0].text'],
    ['of what is shown by words', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), { ...entity(url, '2', '4'), what: { reference: url, display: 'Sérologie' } }] }, 'AuditEvent.entity[1].what.display'],
    ['of what is elsewhere', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), entity(`https://elsewhere.example/fhir/${url}`, '2', '4')] }, 'AuditEvent.entity[1].what'],
    ['of what another name names too', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), { ...entity(url, '2', '4'), what: { reference: url, identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2' } } }] }, 'AuditEvent.entity[1].what'],
    ['of what is named beside a query', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), { ...entity('', '2', '24'), query: 'eA==', what: { identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2' } } }] }, 'AuditEvent.entity[1].what'],
    ['about nobody', { ...plain, entity: [entity(url, '2', '4')] }, 'AuditEvent.entity'],
    ['about somebody who is not there', { ...plain, entity: [entity(`Patient/${randomUUID()}`, '1', '1')] }, 'AuditEvent.entity[0].what'],
    ['of what is named without a reference', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), { ...entity('', '2', '4'), what: { identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2' } } }] }, 'AuditEvent.entity[1].what'],
    ['of what another one deposited', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), entity(`DocumentReference/${other.id}`, '2', '4')] }, 'AuditEvent.entity[1].what'],
    ['of what is not there', { ...plain, entity: [entity(`Patient/${id}`, '1', '1'), entity(`DocumentReference/${randomUUID()}`, '2', '4')] }, 'AuditEvent.entity[1].what']
  ]
  const outcome = ({ status, text }: TestResponse) => [status, text === '' ? undefined : JSON.parse(text).issue[0].expression]
  for (const [what, more, expression] of rows) t.strictSame(outcome(await feed(hospital, event(id, [url], more))), [422, [expression]], what)
  t.strictSame(outcome(await feed(hospital, event(id, [url], { action: 'C' }))), [422, ['AuditEvent.action']], 'what it claims and is not')
  const byIns = await feed(hospital, event(id, [], { ...plain, entity: [{ ...entity('', '1', '1'), what: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: ins } } }] }))
  t.equal(byIns.status, 201)
  const { text, json } = await get(holder, `/AuditEvent/${idOf(byIns)}`)
  t.strictSame([json.entity[0].what.reference, text.includes(ins)], [`Patient/${id}`, false], 'the INS stands in no event')
})

t.test('nobody is shown as the operator who is none, and what no clock shows is refused', async t => {
  const { id, holder } = await record()
  const [client, server, user] = event(id, []).agent
  const fed = await feed(hospital, event(id, [], { meta: undefined, agent: [client, server, { ...user, who: { ...user?.who, display: 'operator' } }] }))
  t.equal(fed.status, 201)
  const { text } = await get(holder, `/Patient/${id}/$activity?by=professional&_count=1&_format=csv`)
  t.match(text, `,professionnel,${GP2},`)
  const leap = await feed(hospital, event(id, [], { meta: undefined, recorded: '2026-11-20T08:00:60Z' }))
  t.match([leap.status, leap.text], [422, 'AuditEvent.recorded'], 'nobody could be told when that was')
})

t.test('it is fed in a Bundle too, once for each key, and tells no depositor', async t => {
  const { id, holder } = await record()
  const fullUrl = `urn:uuid:${randomUUID()}`
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { fullUrl, request: { method: 'POST', url: 'DocumentReference' }, resource: document(id) },
      { request: { method: 'POST', url: 'AuditEvent' }, resource: event(id, [fullUrl]) }
    ]
  }
  const headers = { 'idempotency-key': `"${randomUUID()}"` }
  const first = await request(hospital, 'POST', '', { body: bundle, headers })
  t.equal(first.status, 200, first.text)
  const [deposited, fed] = first.json.entry.map((entry: Json) => entry.response.location)
  t.match(await get(holder, `/${fed.split('/fhir/')[1].split('/_history')[0]}`), { status: 200, json: { entity: [{}, { what: { reference: deposited.split('/fhir/')[1].split('/_history')[0] } }] } })
  t.equal((await request(hospital, 'POST', '', { body: bundle, headers })).text, first.text)
  const alone = { 'idempotency-key': `"${randomUUID()}"` }
  const [one, again] = [await request(hospital, 'POST', '/AuditEvent', { body: event(id, [], { meta: undefined }), headers: alone }), await request(hospital, 'POST', '/AuditEvent', { body: event(id, [], { meta: undefined }), headers: alone })]
  t.strictSame([one.status, again.status, idOf(again)], [201, 201, idOf(one)])
  const create = event(id, [], { meta: undefined, action: 'C', subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', code: 'create' }] })
  const path = deposited.split('/fhir/')[1].split('/_history')[0]
  t.equal((await feed(hospital, { ...create, entity: [...create.entity, entity(path, '2', '4')] })).status, 201)
  const why = await get(holder, `/${path}/$why`)
  t.equal(why.status, 200)
  t.notOk(why.text.includes(GP2), 'who a fed event calls the depositor is none')
})
