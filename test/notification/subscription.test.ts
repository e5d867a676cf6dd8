/** Subscriptions as resources (`consent.md` 2, 5 *Subscription*): whose they are, what they may ask for, and where they may call. */
import t from 'tap'
import { as } from '../helper/app.js'
import { access } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, PRACTICE, isAbsent, look, openScene, refused } from '../interaction/scene.js'
import { allowing, hook, listening } from './subscription-scene.js'

const ORIGIN = 'https://hooks.example.org'
const scene = await openScene(t, { ...allowing(ORIGIN), MAX_SUBSCRIPTIONS: '5', SUBSCRIPTION_DAYS: '7' })
const { made, post, put, get, remove, ids, gp, hospital, operator, token, request } = scene
const endpoint = `${ORIGIN}/hook`
const DAY = 24 * 3600_000
const GONE = 'ffffffff-ffff-4fff-8fff-ffffffffffff'
let number = 100
/** A professional of whom nothing is known yet. */
const somebody = async (claims = {}) => await scene.professional(`8997000${number++}00`, PRACTICE, claims)

t.test('the server makes it active, and says when it ends', async t => {
  const before = Date.now()
  const answer = await post(await somebody(), hook('DocumentReference?status=current', endpoint, { header: ['Authorization: Bearer secret'] }, { error: 'not of the server' }))
  t.equal(answer.status, 201)
  t.match(answer.json, { status: 'active', criteria: 'DocumentReference?status=current', channel: { type: 'rest-hook', endpoint, header: ['Authorization: Bearer secret'] } })
  t.notOk(answer.json.error, 'only the server says that it failed')
  const end = Date.parse(answer.json.end)
  t.ok(end >= before + 7 * DAY && end <= Date.now() + 7 * DAY)
})

t.test('an end within the bound is taken, and an update begins the bound anew', async t => {
  const who = await somebody()
  const end = new Date(Date.now() + DAY).toISOString()
  const subscription = await made(who, hook('Observation?code=1-8', endpoint, {}, { end }))
  t.equal(subscription.end, end)
  const last = new Date(Date.now() + 6 * DAY).toISOString()
  t.match((await put(who, { ...subscription, end: last })).json, { end: last, status: 'active' })
  t.equal((await put(who, { ...subscription, status: 'off' })).json.status, 'off')
  for (const other of [new Date(Date.now() + 8 * DAY).toISOString(), new Date(Date.now() - 1).toISOString(), '2020-01-01T00:00:00Z']) {
    refused(t, await put(who, { ...subscription, end: other }), 422, { code: 'business-rule', expression: 'Subscription.end' })
  }
  refused(t, await put(who, { ...subscription, status: 'error' }), 422, { code: 'business-rule', expression: 'Subscription.status' })
})

t.test('criteria are a search that its owner could make, of what one resource answers', async t => {
  const who = await somebody()
  const place = 'Subscription.criteria'
  for (const [criteria, code] of [
    ['Observation?nonsense=1', 'not-supported'],
    ['Observation?date=yesterday', 'value'],
    ['Observation?code:contains=1', 'not-supported'],
    ['Observation?_sort=date', 'not-supported'],
    ['Observation?_include=Observation:patient', 'not-supported'],
    ['Observation?_include:iterate=Observation:patient', 'not-supported'],
    ['Observation?_revinclude=Provenance:target', 'not-supported'],
    ['Observation?_count=1', 'not-supported'],
    ['Observation?_total=accurate', 'not-supported'],
    ['Observation?_summary=count', 'not-supported'],
    ['Observation?_elements=code', 'not-supported'],
    ['Observation?_format=json', 'not-supported'],
    ['AuditEvent?action=R', 'not-supported'],
    ['Subscription?status=active', 'not-supported'],
    ['Binary', 'not-supported'],
    ['Account?status=active', 'not-supported'],
    ['DocumentReference?_has:Provenance:target:recorded=gt2026-01-01', 'too-costly'],
    ['Observation?encounter.status=finished', 'too-costly'],
    ['constructor?a=b', 'value'],
    ['/Observation?code=1-8', 'value'],
    ['https://other.example/Observation?code=1-8', 'value'],
    ['Patient/1/Observation?code=1-8', 'value'],
    ['', undefined],
    [`Observation?code=${'1'.repeat(1100)}`, 'too-long']
  ] as const) {
    const answer = await post(who, hook(criteria, endpoint))
    t.equal(answer.status, 422, criteria)
    if (code !== undefined) t.match(answer.json.issue, [{ code, expression: [place] }], criteria)
    t.notMatch(answer.text, /yesterday|1111/, 'no value is repeated')
  }
  for (const criteria of ['Observation', 'Observation?', 'Slot?status=free', 'DocumentReference?_lastUpdated=gt2026-01-01', 'DocumentReference?patient.identifier=x%7C1', 'Observation?patient=Patient/1&encounter.status=finished', 'Slot?schedule.actor:Practitioner.name=Martin']) {
    const { id } = await made(who, hook(criteria, endpoint))
    t.equal((await remove(who, `/Subscription/${id}`)).status, 204, criteria)
  }
})

t.test('a type that the scopes of the token do not reach is refused, as is one that the criteria lead to', async t => {
  const narrow = await token({ ...as.professional('899700012345', PRACTICE), scope: 'user/Subscription.cruds user/Observation.rs user/Slot.r' })
  for (const criteria of ['DocumentReference?status=current', 'Slot?status=free', 'Observation?patient.identifier=x%7C1', 'Observation?_has:Provenance:target:recorded=gt2026-01-01']) {
    refused(t, await post(narrow, hook(criteria, endpoint)), 422, { code: 'forbidden', expression: 'Subscription.criteria' })
  }
  t.equal((await post(narrow, hook('Observation?code=1-8', endpoint))).status, 201)
  refused(t, await post(await token({ ...as.professional('899700012345', PRACTICE), scope: 'user/Observation.rs' }), hook('Observation?code=1-8', endpoint)), 403, { code: 'forbidden' })
})

t.test('D15 an endpoint is below an origin that the operator allows, compared whole', async t => {
  const who = await somebody()
  for (const other of ['http://169.254.169.254/latest/meta-data', 'http://127.0.0.1:8080/fhir', 'http://[::1]/', 'http://localhost/', 'file:///etc/passwd', 'http://hooks.example.org/hook', 'https://hooks.example.org.evil.com/', 'https://hooks.example.org:444/', 'https://user@hooks.example.org/', 'https://user:secret@hooks.example.org/', 'https://evil.com/https://hooks.example.org/', 'https://evil.com#https://hooks.example.org/', `${endpoint}#there`, 'mailto:a@hooks.example.org', 'hooks.example.org', 'javascript:alert(1)', '//hooks.example.org/']) {
    refused(t, await post(who, hook('Observation?code=1-8', other)), 422, { code: 'value', expression: 'Subscription.channel.endpoint' })
  }
  const { endpoint: _, ...bare } = hook('Observation?code=1-8', endpoint).channel as { readonly type: string, readonly endpoint: string }
  refused(t, await post(who, { ...hook('Observation?code=1-8', endpoint), channel: bare }), 422, { code: 'value', expression: 'Subscription.channel.endpoint' })
})

t.test('D15 D19 a header of the channel is of the receiver alone: none that smuggles, misleads a proxy or ends its line', async t => {
  const who = await somebody()
  for (const header of ['Host: evil.example', 'host: evil.example', 'Content-Length: 0', 'Transfer-Encoding: chunked', 'Connection: close', 'Upgrade: h2c', 'Expect: 100-continue', 'Cookie: a=b', 'Content-Type: text/html', 'Webhook-Signature: v1,x', 'Webhook-Id: 1', 'X-Forwarded-For: 10.0.0.1', 'X-Original-URL: /admin', 'X-HTTP-Method-Override: DELETE', 'X-Real-IP: 10.0.0.1', 'X-A: b\r\nHost: evil', 'X-A: b\nX-C: d', 'X-A : b', 'X-A: b\u0000', 'X-A: é', 'X-A', ': b', 'Authorization:', 'Authorization', `X-A: ${'b'.repeat(3000)}`]) {
    const answer = await post(who, hook('Observation?code=1-8', endpoint, { header: [header] }))
    t.ok([400, 422].includes(answer.status), JSON.stringify(header))
    t.match(JSON.stringify(answer.json.issue.map(({ expression }: { readonly expression?: unknown }) => expression)), /channel\.header/, JSON.stringify(header))
    t.notMatch(answer.text, /evil|10\.0\.0\.1/, 'no value is repeated')
  }
  refused(t, await post(who, hook('Observation?code=1-8', endpoint, { header: ['X-A: 1', 'x-a: 2'] })), 422, { code: 'business-rule', expression: 'Subscription.channel.header' })
  for (const index of [0, 1]) {
    const [header, _header]: [(string | null)[], (object | null)[]] = [['X-A: 1'], [null]]
    header.splice(index, 0, null)
    _header.splice(index, 0, { extension: [{ url: 'https://example.org/absent', valueString: 'asked' }] })
    refused(t, await post(who, hook('Observation?code=1-8', endpoint, { header, _header })), 422, { code: 'value', expression: `Subscription.channel.header[${index}]` })
  }
  refused(t, await post(who, hook('Observation?code=1-8', endpoint, { header: Array.from({ length: 9 }, (_, index) => `X-A${index}: 1`) })), 422, { code: 'too-long', expression: 'Subscription.channel.header' })
})

t.test('channels and payloads that are not served are refused', async t => {
  const who = await somebody()
  for (const type of ['email', 'sms', 'message']) refused(t, await post(who, hook('Observation?code=1-8', endpoint, { type })), 422, { code: 'not-supported', expression: 'Subscription.channel.type' })
  refused(t, await post(who, listening('Observation?code=1-8')), 422, { code: 'not-supported', expression: 'Subscription.channel.type' })
  for (const payload of ['application/fhir+xml', 'application/json', 'text/plain']) refused(t, await post(who, hook('Observation?code=1-8', endpoint, { payload })), 422, { code: 'not-supported', expression: 'Subscription.channel.payload' })
  refused(t, await post(who, { ...hook('Observation?code=1-8', endpoint), contained: [{ resourceType: 'Provenance', id: 'a', recorded: '2026-01-01T10:00:00Z', agent: [{ who: { display: 'x' } }], target: [{ reference: '#' }] }] }), 422, { code: 'business-rule', expression: 'Subscription.contained' })
  refused(t, await post(who, { ...hook('Observation?code=1-8', endpoint), modifierExtension: [{ url: 'https://example.org/not', valueBoolean: true }] }), 422, { code: 'extension', expression: 'Subscription.modifierExtension' })
  refused(t, await post(who, { ...hook('Observation?code=1-8', endpoint), reason: 'x'.repeat(20_000) }), 422, { code: 'too-long', expression: 'Subscription' })
})

t.test('none is made in an emergency, nor in a secret session', async t => {
  const { id, ins } = await scene.open()
  const mode = await token(as.emergency(GP2, PRACTICE, ins, 'bris_de_glace'))
  const secret = await token({ ...as.holder(ins), Connexion_Secrete: true })
  for (const who of [mode, secret]) refused(t, await post(who, hook(`Observation?patient=Patient/${id}`, endpoint)), 403, { code: 'forbidden' })
})

t.test('a caller has so many and no more', async t => {
  const who = await somebody()
  for (let count = 0; count < 5; count++) await made(who, hook(`Observation?code=${count}`, endpoint))
  refused(t, await post(who, hook('Observation?code=9', endpoint)), 422, { code: 'too-costly', expression: 'Subscription' })
  const [first] = await ids(who, '/Subscription')
  t.equal((await remove(who, `/Subscription/${first}`)).status, 204)
  t.equal((await post(who, hook('Observation?code=9', endpoint))).status, 201, 'until one is gone')
})

t.test('nor by asking for many at once', async t => {
  const who = await somebody()
  const answers = await Promise.all(Array.from({ length: 8 }, async () => await post(who, hook('Observation?code=1-8', endpoint))))
  t.equal(answers.filter(({ status }) => status === 201).length, 5)
  for (const { status } of answers) t.ok([201, 409, 422].includes(status), String(status))
  t.equal((await ids(who, '/Subscription')).length, 5)
})

t.test('P19 it is of who made it, in that role: to anybody else it is as absent as what never was', async t => {
  const { id: patient, ins, holder } = await scene.open()
  await made(holder, access(patient, GP))
  const subscription = await made(gp, hook(`DocumentReference?patient=Patient/${patient}`, endpoint, { header: ['Authorization: Bearer secret'] }))
  const others = {
    operator,
    holder,
    hospital,
    practice: await token(as.structure(PRACTICE)),
    colleague: await scene.professional(GP2, PRACTICE),
    'the same person elsewhere': await scene.professional(GP, HOSPITAL),
    'the same person in an emergency': await token(as.emergency(GP, PRACTICE, ins, 'bris_de_glace')),
    'médecin traitant': await scene.professional(MT)
  }
  for (const [name, who] of Object.entries(others)) {
    const ask = async (id: string) => [
      look(await get(who, `/Subscription/${id}`), id),
      look(await put(who, { ...subscription, id }), id),
      look(await put(who, { resourceType: 'Subscription', id }, { 'if-match': `W/"${subscription.meta.versionId}"` }), id),
      look(await remove(who, `/Subscription/${id}`), id),
      look(await get(who, `/Subscription?_id=${id}&_total=accurate`), id),
      look(await request(who, 'POST', '/', { body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: `Subscription/${id}` } }] } }), id),
      look(await get(who, `/?_type=Subscription&_id=${id}`), id)
    ]
    t.strictSame(await ask(subscription.id), await ask(GONE), name)
    isAbsent(t, await get(who, `/Subscription/${subscription.id}`))
    t.strictSame(await ids(who, '/Subscription?_lastUpdated=gt2020&_total=accurate'), [], name)
  }
  t.equal((await get(gp, `/Subscription/${subscription.id}`)).json.channel.header[0], 'Authorization: Bearer secret')
  t.ok((await ids(gp, '/Subscription?status=active&type=rest-hook')).includes(subscription.id))
  t.equal((await remove(gp, `/Subscription/${subscription.id}`)).status, 204)
  t.equal((await get(gp, `/Subscription/${subscription.id}`)).status, 410, 'its owner hears that it is gone')
  isAbsent(t, await get(operator, `/Subscription/${subscription.id}`))
})

t.test('G1 what it says is sealed where it is kept: criteria, endpoint, secrets, and who asks', async t => {
  const { id: patient, ins, holder } = await scene.open()
  await made(holder, hook(`DocumentReference?patient=Patient/${patient}&type=11488-4`, `${endpoint}/canary-of-the-path`, { header: ['Authorization: Bearer canary-of-the-secret'] }))
  const stored = JSON.stringify(await scene.mongo.db(scene.database).collection('Subscription').find().toArray())
  for (const what of [ins, 'canary', '11488-4', 'DocumentReference?', 'Bearer', HOSPITAL]) t.notMatch(stored, what)
})

t.test('it is no part of a record: of what its owner does with it no trace stands there but those of what is told', async t => {
  const { id: patient, holder } = await scene.open()
  const { id } = await made(holder, hook(`DocumentReference?patient=Patient/${patient}`, endpoint))
  await get(holder, `/Subscription/${id}`)
  await ids(holder, '/Subscription')
  t.notMatch((await get(holder, `/AuditEvent?patient=Patient/${patient}`)).text, `Subscription/${id}`)
})

t.test('the CapabilityStatement says what is served', async t => {
  const { json } = await get(undefined, '/metadata')
  const { interaction } = json.rest[0].resource.find(({ type }: { readonly type: string }) => type === 'Subscription')
  t.strictSame(interaction.map(({ code }: { readonly code: string }) => code), ['read', 'create', 'update', 'delete', 'search-type'])
  t.notOk(json.rest[0].extension, 'no websocket where none is served')
})
