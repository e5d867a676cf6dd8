/** The family *trace* (`consent.md` 2): who reads what of an AuditEvent, and what every access leaves behind. */
import t from 'tap'
import { toTrace } from '../../src/audit/trace.js'
import type { TestResponse } from '../helper/app.js'
import { as } from '../helper/app.js'
import { access, actor, consent, document, label, person, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, PRACTICE, isAbsent, link, matches, openScene, refused } from './scene.js'

type Json = TestResponse['json']
const scene = await openScene(t)
const { get, put, made, gp, hospital, operator, request } = scene
const mt = await scene.professional(MT)

async function record () {
  const { id, ins, holder } = await scene.open()
  await made(holder, access(id, GP))
  await made(holder, treating(id, MT))
  const resource = await made(hospital, document(id))
  return { id, ins, holder, resource, url: `/DocumentReference/${resource.id}` }
}
const traces = async (token: string, id: string, query = ''): Promise<Json[]> => {
  const bundle = await get(token, `/AuditEvent?patient=Patient/${id}&_count=200&_sort=date${query}`)
  if (bundle.status !== 200) throw new Error(bundle.text)
  if (bundle.json.total !== matches(bundle).length) throw new Error('the total is not that of the entries')
  return matches(bundle)
}
const kinds = (events: readonly Json[]) => events.map(({ subtype, outcome }) => `${subtype[0].code} ${outcome}`)
const about = (event: Json) => event.entity.flatMap(({ what }: Json) => what === undefined ? [] : [what.reference])
const extensions = (event: Json, name: string) => (event.extension ?? []).filter(({ url }: Json) => url.endsWith(`/${name}`))
const disclosed = (event: Json) => extensions(event, 'disclosed').map(({ valueReference }: Json) => valueReference.reference)

t.test('audit F2 every interaction leaves one event, the refused ones too', async t => {
  const { id, holder, resource, url } = await record()
  const before = (await traces(holder, id)).length
  await get(gp, url)
  await get(gp, `${url}/_history/${resource.meta.versionId}`)
  await get(gp, `${url}/_history`)
  await get(gp, `/DocumentReference?patient=${id}`)
  await put(gp, { ...resource, description: 'mine' })
  await put(hospital, { ...resource, description: 'second' })
  await get(gp, `/${resource.content[0].attachment.url}`)
  await get(scene.lab, url)
  await scene.remove(hospital, url)
  await get(gp, url)
  const events = (await traces(holder, id)).slice(before)
  const expected = ['search-type 0', 'read 0', 'vread 0', 'history-instance 0', 'search-type 0', 'update 4', 'update 0', 'read 0', 'read 4', 'delete 0', 'read 4']
  t.strictSame(kinds(events), expected)
  t.strictSame(events.map(({ action }) => action), ['E', 'R', 'R', 'R', 'E', 'U', 'U', 'R', 'R', 'D', 'R'])
  for (const event of events.filter(({ subtype }) => subtype[0].code !== 'search-type')) t.strictSame(about(event), [`Patient/${id}`, `DocumentReference/${resource.id}`])
})

const BALP = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'

t.test('what was done has the profile of BALP that its trace claims', async t => {
  const { id, holder, resource, url } = await record()
  await get(gp, url)
  await get(gp, `/DocumentReference?patient=${id}`)
  await put(hospital, { ...resource, description: 'second' })
  await get(scene.lab, url)
  await scene.remove(hospital, url)
  const events = await traces(holder, id)
  const { validate } = scene.app.context
  const claims = new Set<string>()
  for (const event of events) {
    t.strictSame(validate(event), [], event.subtype[0].code)
    for (const claim of event.meta.profile ?? []) claims.add(claim.slice(BALP.length))
    t.equal(event.meta.profile === undefined, event.outcome !== '0', 'what was refused claims none')
  }
  t.strictSame([...claims].toSorted(), ['PatientCreate', 'PatientDelete', 'PatientQuery', 'PatientRead', 'PatientUpdate'])
  t.equal((await traces(holder, id, `&_profile=${BALP}PatientDelete`)).length, 1)
  const read = events.find(({ meta }) => meta.profile?.[0] === `${BALP}PatientRead`)
  const [client, user, server] = read.agent
  const broken: readonly object[] = [
    { agent: [user, server] }, { agent: [client, user] }, { agent: [{ ...client, network: undefined }, user, server] }, { agent: [client, { ...user, requestor: false }, server] },
    { subtype: [{ ...read.subtype[0], code: 'create' }] }, { action: 'C' }, { outcome: '4' }, { entity: read.entity.slice(0, 1) }, { entity: read.entity.slice(1) }
  ]
  for (const change of broken) t.not(validate(JSON.parse(JSON.stringify({ ...read, ...change }))).length, 0, JSON.stringify(change).slice(0, 60))
})

t.test('so has what was done to what concerns nobody', async t => {
  const { validate } = scene.app.context
  const caller = (await scene.app.sightOf({ kind: 'operator', subject: 'operator', scopes: [], mode: 'normal', isSecret: false, expires: 0 }, Date.now())).caller
  for (const interaction of ['read', 'create', 'update', 'delete', 'search-type'] as const) {
    const what = interaction === 'search-type' ? { query: 'Organization?name=x' } : { about: 'Organization/x' }
    const event = JSON.parse(toTrace({ interaction, type: 'Organization', patient: null, outcome: '0', ...what }, caller, scene.app.context).text)
    t.strictSame([event.meta.profile.length, validate(event)], [1, []], interaction)
  }
})

t.test('the total of traces is counted once: that of the first page is told on all of them', async t => {
  const { id, holder, url } = await record()
  for (let number = 0; number < 4; number++) await get(gp, url)
  const first = await get(holder, `/AuditEvent?patient=Patient/${id}&_count=2&_sort=date`)
  const second = await get(holder, link(first, 'next') ?? '')
  t.strictSame([matches(second).length, second.json.total], [2, first.json.total], 'though that page left a trace too')
  t.equal((await get(holder, link(second, 'previous') ?? '')).json.total, first.json.total)
  t.ok((await get(holder, link(second, 'first') ?? '')).json.total > first.json.total, 'asked anew, it is counted anew')
})

t.test('says who, in which role and structure, why, and what decided', async t => {
  const { id, holder, url } = await record()
  await get(gp, url)
  const event = (await traces(holder, id)).findLast(({ subtype }) => subtype[0].code === 'read')
  t.match(event, {
    type: { code: 'rest' },
    outcome: '0',
    source: { observer: { display: 'espace-sante-fhir' } }
  })
  t.match(event.agent.find(({ requestor }: Json) => requestor), {
    who: { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } },
    altId: PRACTICE,
    role: [{ coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante', code: '10' }] }],
    purposeOfUse: [{ coding: [{ code: 'TREAT' }, { code: 'normal' }] }]
  })
  const [ground] = (await scene.ids(holder, `/Consent?patient=${id}&category=acces-ps`))
  t.strictSame(extensions(event, 'decision')[0].extension, [
    { url: 'permit', valueBoolean: true }, { url: 'rule', valueUnsignedInt: 14 }, { url: 'choice', valueReference: { reference: `Consent/${ground ?? ''}` } }
  ])
})

t.test('audit F4 a search says what it disclosed and what was asked, never what was hidden or named', async t => {
  const { id, holder, resource } = await record()
  const hidden = await made(hospital, document(id, { securityLabel: [label('MASQUE_PS')] }))
  await get(gp, `/DocumentReference?patient=${id}&status=current`)
  await get(gp, `/DocumentReference?_id=${resource.id},${hidden.id}`)
  const [first, second] = (await traces(holder, id)).slice(-2)
  t.strictSame([disclosed(first), disclosed(second)], [[`DocumentReference/${resource.id}`], [`DocumentReference/${resource.id}`]])
  const queries = [first, second].map(event => event.entity.flatMap(({ query }: Json) => query === undefined ? [] : [decodeURIComponent(Buffer.from(query, 'base64').toString())]))
  t.strictSame(queries, [[`DocumentReference?patient=${id}&status=current`], ['DocumentReference?_id=…']])
  t.notMatch(JSON.stringify(second), hidden.id)
})

t.test('audit F9 the holder reads all with the decision, the médecin traitant what is about documents without it', async t => {
  const { id, holder, url } = await record()
  await get(gp, url)
  await get(gp, `/Consent?patient=${id}`)
  await get(gp, `/Patient/${id}`)
  const [all, ofDocuments] = [await traces(holder, id), await traces(mt, id)]
  t.ok(all.every(event => extensions(event, 'decision').length === 1))
  t.ok(ofDocuments.length >= 2 && ofDocuments.length < all.length)
  for (const event of ofDocuments) {
    t.strictSame(extensions(event, 'decision'), [])
    t.notMatch(about(event).join(), /Consent/)
  }
  t.strictSame(kinds(ofDocuments), ['create 0', 'read 0'])
})

t.test('the médecin traitant reads besides, as any professional, their own accesses of every family', async t => {
  const { id, holder } = await record()
  const [choice = ''] = await scene.ids(holder, `/Consent?patient=${id}&category=acces-ps`)
  t.equal((await get(mt, `/Consent/${choice}`)).status, 200)
  await get(gp, `/Consent/${choice}`)
  await traces(mt, id)
  const events = await traces(mt, id)
  const own = events.filter(event => event.agent[1].who.identifier?.value === MT)
  t.strictSame(kinds(own), ['read 0', 'search-type 0'], 'the choice that they read, and that they asked for the traces')
  t.notOk(events.some(event => about(event).includes(`Consent/${choice}`) && !own.includes(event)), 'but not who else read a choice')
  t.notOk(events.some(event => extensions(event, 'decision').length > 0))
})

t.test('a professional reads their own permitted accesses, others nothing', async t => {
  const { id, ins, holder, url } = await record()
  const other = await scene.professional(GP2)
  await get(gp, url)
  await get(other, url)
  await put(gp, { ...(await get(gp, url)).json, description: 'mine' })
  const own = await traces(gp, id)
  t.strictSame(kinds(own), ['read 0', 'read 0', 'update 4'])
  for (const event of own) t.strictSame([event.agent[1].who.identifier.value, extensions(event, 'decision')], [GP, []])
  const application = await scene.token(as.application('app', ins))
  for (const token of [other, hospital, operator, application]) t.strictSame(await traces(token, id), [])
  const [event] = own
  t.equal((await get(gp, `/AuditEvent/${event.id}`)).status, 200)
  t.strictSame((await get(gp, `/AuditEvent/${event.id}`)).json, event)
  for (const token of [other, hospital, operator]) isAbsent(t, await get(token, `/AuditEvent/${event.id}`))
  const refusal = (await traces(holder, id)).find(one => one.agent[1].who.identifier?.value === GP2)
  t.equal(refusal.outcome, '4')
  isAbsent(t, await get(other, `/AuditEvent/${refusal.id}`))
})

t.test('P28 an event about what is hidden from its reader is absent to them', async t => {
  const { id, holder, resource, url } = await record()
  await get(gp, url)
  const [event] = (await traces(gp, id)).filter(({ subtype }) => subtype[0].code === 'read')
  await get(gp, `/DocumentReference?patient=${id}`)
  await put(holder, { ...resource, securityLabel: [label('MASQUE_PS')] })
  isAbsent(t, await get(gp, `/AuditEvent/${event.id}`))
  const left = await traces(gp, id)
  t.notMatch(JSON.stringify(left), resource.id)
  t.ok(left.some(({ subtype }) => subtype[0].code === 'search-type'), 'that they searched the record, they may read')
  t.equal((await get(holder, `/AuditEvent/${event.id}`)).status, 200)
})

t.test('what is withheld from the holder is withheld from their traces, until it is released', async t => {
  const { id, holder } = await record()
  const doctor = await scene.professional('899700000042', HOSPITAL)
  const secret = await made(doctor, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  await get(gp, `/DocumentReference/${secret.id}`)
  await get(gp, `/DocumentReference?patient=${id}`)
  t.notMatch(JSON.stringify(await traces(holder, id)), secret.id)
  const { securityLabel: _, ...open } = secret
  t.equal((await put(doctor, open)).status, 200)
  const events = (await traces(holder, id)).filter(event => about(event).includes(`DocumentReference/${secret.id}`))
  t.strictSame(kinds(events), ['create 0', 'read 0', 'update 0'], 'then all of it is told')
})

t.test('a deleted document keeps its trace', async t => {
  const { id, holder, resource, url } = await record()
  await scene.remove(hospital, url)
  const events = (await traces(holder, id)).filter(event => about(event).includes(`DocumentReference/${resource.id}`))
  t.strictSame(kinds(events), ['create 0', 'delete 0'])
})

t.test('reading traces is traced, and names the record only', async t => {
  const { id, holder } = await record()
  const [first] = await traces(holder, id)
  await get(holder, `/AuditEvent/${first.id}`)
  const [search, read] = (await traces(holder, id)).slice(-2)
  t.strictSame([kinds([search, read]), about(read), disclosed(search)], [['search-type 0', 'read 0'], [`Patient/${id}`], []])
})

t.test('is searched by what it says', async t => {
  const { id, holder, resource, url } = await record()
  await get(gp, url)
  await get(await scene.professional(GP2), url)
  t.strictSame(kinds(await traces(holder, id, '&action=R')), ['read 0', 'read 4'])
  t.strictSame(kinds(await traces(holder, id, '&outcome=4')), ['read 4'])
  t.strictSame(kinds(await traces(holder, id, `&entity=DocumentReference/${resource.id}`)), ['create 0', 'read 0', 'read 4'])
  t.strictSame(kinds(await traces(holder, id, `&agent:identifier=urn:oid:1.2.250.1.71.4.2.1|${GP2}`)), ['read 4'])
  t.strictSame(kinds(await traces(holder, id, '&date=lt2000')), [])
  t.equal((await traces(holder, id, '&subtype=create')).length, 4)
})

t.test('audit F7 is never changed', async t => {
  const { id, holder } = await record()
  const [event] = await traces(holder, id)
  for (const method of ['PUT', 'DELETE', 'PATCH', 'POST'] as const) {
    refused(t, await request(holder, method, `/AuditEvent/${event.id}`, method === 'DELETE' ? {} : { body: event }), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  }
})

t.test('a choice is traced for the holder alone', async t => {
  const { id, holder } = await record()
  const choice = await made(holder, consent(id, 'administrateur', { type: 'permit', actor: actor(person(GP2)) }))
  const mine = (await traces(holder, id)).filter(event => about(event).includes(`Consent/${choice.id}`))
  t.strictSame(kinds(mine), ['create 0'])
  for (const token of [mt, gp, hospital]) t.notMatch(JSON.stringify(await traces(token, id)), choice.id)
})
