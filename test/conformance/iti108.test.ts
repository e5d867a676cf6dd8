/**
 * ITI-108 (IHE Privacy Consent on FHIR, Access Consent): what a Consent Registry answers, through HTTP. Its encoding in
 * XML is not built, and the CapabilityStatement declares JSON alone.
 */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST } from '../helper/app.js'
import { actor, consent, document, person, purpose, structure } from '../helper/resource.js'
import { GP, GP2, isAbsent, matches, openScene, refused } from '../interaction/scene.js'

const scene = await openScene(t)
const { get, post, put, made, ids, gp, lab, operator, request } = scene
const PCF = 'https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF'
const basic = (patient: string, more: object = {}, provision: object = { type: 'permit', purpose: [purpose('TREAT')] }) =>
  consent(patient, undefined, provision, { meta: { profile: [`${PCF}.consentBasic`] }, ...more })

t.test('the CapabilityStatement declares what the registry of IHE does', async t => {
  const { json } = await get(undefined, '/metadata')
  const [rest] = json.rest
  const declared = rest.resource.find(({ type }: { type: string }) => type === 'Consent')
  for (const code of ['create', 'read', 'vread', 'update', 'delete', 'search-type']) t.ok(declared.interaction.some((one: { code: string }) => one.code === code), code)
  for (const name of ['_id', '_lastUpdated', 'status', 'patient', 'actor']) t.ok(declared.searchParam.some((one: { name: string }) => one.name === name), name)
  t.ok(rest.interaction.some(({ code }: { code: string }) => code === 'search-system'))
})

t.test('a Consent is created, read in each of its versions, updated and deleted', async t => {
  const { id, holder } = await scene.open()
  const created = await post(holder, basic(id))
  t.equal(created.status, 201)
  const [, consentId, first] = /Consent\/([^/]+)\/_history\/([^/]+)$/.exec(created.headers['location'] ?? '') ?? []
  t.match(created.json, { resourceType: 'Consent', id: consentId, meta: { versionId: first, profile: [`${PCF}.consentBasic`] } })
  t.strictSame((await get(holder, `/Consent/${consentId}`)).json, created.json)
  const updated = await put(holder, { ...created.json, status: 'inactive' }, { 'if-match': created.headers['etag'] ?? '' })
  t.match([updated.status, updated.json.status], [200, 'inactive'])
  t.equal((await get(holder, `/Consent/${consentId}/_history/${first}`)).json.status, 'active', 'the history tells what was in force')
  t.equal((await get(holder, `/Consent/${consentId}/_history/${updated.json.meta.versionId}`)).json.status, 'inactive')
  const inError = await put(holder, { ...updated.json, status: 'entered-in-error' })
  t.equal(inError.status, 200)
  t.equal((await scene.remove(holder, `/Consent/${consentId}`)).status, 204)
  refused(t, await get(holder, `/Consent/${consentId}`), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
  t.strictSame(await ids(holder, `/Consent?patient=Patient/${id}&_id=${consentId}`), [])
})

t.test('changed in each of the ways that IHE names: the one that is in force counts', async t => {
  const { id, holder } = await scene.open()
  const there = (await made(lab, document(id))).id
  const seen = async () => await ids(gp, `/DocumentReference?patient=${id}`)
  const permit = await made(holder, basic(id))
  t.strictSame(await seen(), [there])
  const revised = await put(holder, { ...permit, provision: { type: 'deny', purpose: [purpose('TREAT')] } })
  t.strictSame(await seen(), [], 'revised in its place')
  t.equal((await put(holder, { ...revised.json, status: 'inactive' })).status, 200)
  const next = await made(holder, basic(id))
  t.strictSame(await seen(), [there], 'a new one, the old one inactive')
  const dissent = await made(holder, basic(id, {}, { type: 'deny', purpose: [purpose('TREAT')] }))
  t.equal((await scene.remove(holder, `/Consent/${next.id}`)).status, 204)
  t.strictSame(await seen(), [], 'a new one, the old one deleted')
  const both = await request(holder, 'POST', '/fhir', {
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { fullUrl: `urn:uuid:${randomUUID()}`, resource: basic(id), request: { method: 'POST', url: 'Consent' } },
        { fullUrl: `Consent/${dissent.id}`, resource: { ...dissent, status: 'inactive' }, request: { method: 'PUT', url: `Consent/${dissent.id}` } }
      ]
    }
  })
  t.equal(both.status, 200, both.text)
  t.strictSame(await seen(), [there], 'both at once')
})

t.test('searches by GET and by POST find what each parameter means', async t => {
  const { id, ins, holder } = await scene.open()
  const other = await scene.open()
  await made(other.holder, basic(other.id))
  const organization = await made(operator, { resourceType: 'Organization', active: true, identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1690000088' }] })
  const list = await made(operator, { resourceType: 'Group', type: 'practitioner', actual: true, member: [{ entity: person(GP2) }] })
  const all = {
    everyone: (await made(holder, basic(id))).id,
    person: (await made(holder, basic(id, {}, { type: 'permit', actor: actor(person(GP)) }))).id,
    structure: (await made(holder, basic(id, {}, { type: 'deny', actor: actor({ reference: `Organization/${organization.id}` }) }))).id,
    list: (await made(holder, basic(id, { meta: { profile: ['https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentIntermediate'] } }, { type: 'deny', provision: [{ type: 'permit', purpose: [purpose('BTG')], actor: actor({ reference: `Group/${list.id}` }) }] }))).id,
    proposed: (await made(holder, basic(id, { status: 'proposed' }))).id
  }
  const today = new Date().toISOString().slice(0, 10)
  const mine = 'everyone person structure list'
  const rows: readonly (readonly [query: string, expected: string])[] = [
    [`patient=Patient/${id}&status=active`, mine],
    [`patient=${id}&status=active`, mine],
    [`patient.identifier=${INS_TEST}|${ins}&status=active`, mine],
    [`patient:identifier=${INS_TEST}|${ins}&status=active`, ''],
    [`patient=Patient/${id}&status=active,proposed`, `${mine} proposed`],
    [`patient=Patient/${id}&status=inactive`, ''],
    [`patient=Patient/${id}&status=active&actor=Organization/${organization.id}`, 'structure'],
    [`patient=Patient/${id}&status=active&actor:identifier=urn:oid:1.2.250.1.71.4.2.1|${GP}`, 'person'],
    [`patient=Patient/${id}&status=active&actor=Group/${list.id}`, ''],
    [`patient=Patient/${id}&status=active&_id=${all.person},${all.proposed}`, 'person'],
    [`patient=Patient/${id}&status=active&_lastUpdated=ge${today}`, mine],
    [`patient=Patient/${id}&status=active&_lastUpdated=lt2020-01-01`, ''],
    [`patient=Patient/${other.id}&status=active`, ''],
    [`patient.identifier=${INS_TEST}|${other.ins}&status=active`, '']
  ]
  for (const [query, expected] of rows) {
    const wanted = expected.split(' ').flatMap(name => all[name as keyof typeof all] ?? []).toSorted()
    const found = await get(holder, `/Consent?${query}`)
    t.match([found.status, found.json.type, found.json.total], [200, 'searchset', wanted.length], query)
    t.strictSame(matches(found).map(({ id }) => id).toSorted(), wanted, query)
    const posted = await request(holder, 'POST', '/Consent/_search', { body: query, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    t.strictSame([posted.status, matches(posted).map(({ id }) => id).toSorted()], [200, wanted], `POST ${query}`)
  }
})

t.test('whom a choice shuts out, and who is none of its readers, find nothing and learn nothing', async t => {
  const { id, ins, holder } = await scene.open()
  const there = await made(holder, basic(id, {}, { type: 'deny', actor: actor(person(GP)) }))
  for (const token of [gp, lab, operator, await scene.professional(GP2)]) {
    t.strictSame(await ids(token, `/Consent?patient=Patient/${id}&status=active`), [])
    t.strictSame(await ids(token, `/Consent?patient.identifier=${INS_TEST}|${ins}&status=active`), [])
    isAbsent(t, await get(token, `/Consent/${there.id}`))
  }
  refused(t, await post(gp, basic(id)), 403, { code: 'forbidden' })
})

t.test('the answers of a registry: 200 without a match, an OperationOutcome with an error, no update that creates', async t => {
  const { id, holder } = await scene.open()
  t.match((await get(holder, `/Consent?patient=Patient/${id}&status=active`)).json, { resourceType: 'Bundle', type: 'searchset', total: 0 })
  refused(t, await get(holder, `/Consent?patient=Patient/${id}&nonsense=1`), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'nonsense' })
  const lenient = await get(holder, `/Consent?patient=Patient/${id}&nonsense=1`, { prefer: 'handling=lenient' })
  t.equal(matches(lenient, 'outcome')[0]?.issue[0].severity, 'warning')
  isAbsent(t, await put(holder, { ...basic(id), id: randomUUID() }))
  refused(t, await get(holder, `/Consent?patient=Patient/${id}`, { accept: 'application/fhir+xml' }), 406, { code: 'not-supported', expression: 'Accept' })
  t.equal((await post(holder, basic(id, { organization: [structure('1690000012')] }))).status, 201)
})
