/** `Patient/[id]/$report-access`: an access is questioned; the operator is asked, answers, and learns nothing else. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as, INS_TEST } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { access, actor, consent, document, label, treating } from '../helper/resource.js'
import { GP, GP2, MT, isAbsent, look, matches, openScene, refused } from '../interaction/scene.js'
import type { Record } from '../interaction/scene.js'
import { costOf } from '../security/cost.js'

const scene = await openScene(t)
const { get, gp, hospital, made, open, operator, post, professional, put, remove, request } = scene

const KIND = 'https://fhir.espace-sante.example/CodeSystem/message-kind'
const OPERATOR = { type: 'Organization', identifier: { system: 'https://fhir.espace-sante.example/NamingSystem/party', value: 'operator' } }
const RELATED = { resourceType: 'RelatedPerson', name: [{ family: 'PETIT' }] }

const event = (id: string) => ({ name: 'event', valueReference: { reference: `AuditEvent/${id}` } })
const comment = (valueString: string) => ({ name: 'comment', valueString })
const report = async (token: string, { id }: Pick<Record, 'id'>, ...parameter: object[]) =>
  await request(token, 'POST', `/Patient/${id}/$report-access`, { body: { resourceType: 'Parameters', ...parameter.length === 0 ? {} : { parameter } } })
const messages = async (token: string, { id }: Pick<Record, 'id'>) => matches(await get(token, `/Communication?patient=Patient/${id}`)).map(({ id: one }) => one as string)

/** A record in which a professional reads a document; the trace of that. */
async function record (more: object = {}) {
  const opened = await open(more)
  await made(opened.holder, access(opened.id, GP))
  const deposit = await made(hospital, document(opened.id))
  await get(gp, `/DocumentReference/${deposit.id}`)
  return { ...opened, deposit, trace: await traceOf(opened.holder, deposit.id, 'read') }
}

async function traceOf (token: string, about: string, interaction: string): Promise<string> {
  const [trace] = matches(await get(token, `/AuditEvent?entity=DocumentReference/${about}&subtype=${interaction}`))
  return trace?.id as string
}

/** A legal representative of a minor, or a helper. */
async function around ({ id, ins, holder }: Record, isLegal: boolean) {
  const relative = await made(isLegal ? operator : holder, { ...RELATED, patient: { reference: `Patient/${id}` }, ...isLegal ? { extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/legal-representation', valueCode: 'minor' }] } : {} })
  if (!isLegal) await made(holder, consent(id, 'delegation', { type: 'permit', period: { end: '2099' }, actor: actor({ reference: `RelatedPerson/${relative.id as string}` }) }))
  return { id: relative.id as string, token: await scene.token({ actor: 'representative', representative_id: relative.id, ins: `${INS_TEST}|${ins}`, sub: relative.id }) }
}

const answer = (question: TestResponse['json'], more: object = {}) => ({
  resourceType: 'Communication',
  status: 'completed',
  subject: question.subject,
  inResponseTo: [{ reference: `Communication/${question.id as string}` }],
  sender: OPERATOR,
  recipient: [question.sender],
  payload: [{ contentString: 'Nous avons interrogé la structure.' }],
  ...more
})

t.test('the holder asks: the operator reads the question, and nobody else but the holder does', async t => {
  const mine = await record()
  await made(mine.holder, treating(mine.id, MT))
  const response = await report(mine.holder, mine, event(mine.trace), comment('Je ne connais pas ce professionnel.'))
  const question = response.json
  t.equal(response.status, 200)
  t.match(question, {
    resourceType: 'Communication',
    status: 'completed',
    category: [{ coding: [{ system: KIND, code: 'report-access' }] }],
    subject: { reference: `Patient/${mine.id}` },
    about: [{ reference: `AuditEvent/${mine.trace}` }],
    sender: { reference: `Patient/${mine.id}` },
    recipient: [OPERATOR],
    payload: [{ contentString: 'Je ne connais pas ce professionnel.' }]
  })
  t.strictSame(scene.app.context.validate(question), [])
  t.notMatch(response.text, new RegExp(`${GP}|${mine.deposit.id as string}`), 'of the access it says no more than the trace’s id')
  for (const token of [mine.holder, operator]) {
    t.strictSame((await get(token, `/Communication/${question.id as string}`)).json, question)
    t.strictSame(await messages(token, mine), [question.id])
    t.equal((await get(token, `/Communication/${question.id as string}/_history`)).json.entry.length, 1)
  }
  t.ok(matches(await get(operator, `/Communication?category=${KIND}|report-access&_count=200`)).some(({ id }) => id === question.id), 'the operator finds it without the patient')
  const helper = await around(mine, false)
  t.equal((await get(helper.token, `/DocumentReference/${mine.deposit.id as string}`)).status, 200)
  const others = [
    gp, hospital, await professional(MT), await professional(GP2), helper.token, (await open()).holder,
    await professional('899700000025', '1751234567', { Secteur_Activite: 'SA24' }), await scene.token(as.application('app', mine.ins))
  ]
  for (const other of others) {
    isAbsent(t, await get(other, `/Communication/${question.id as string}`))
    for (const url of [`/Communication?_id=${question.id as string}`, '/Communication', '/Communication/_history', `/Communication?patient=Patient/${mine.id}`]) {
      t.notOk(matches(await get(other, url)).some(({ id }) => id === question.id), url)
    }
  }
})

t.test('the operator learns nothing else of the record', async t => {
  const mine = await record()
  const own = await made(gp, { resourceType: 'Communication', status: 'completed', subject: { reference: `Patient/${mine.id}` }, sender: { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } }, recipient: [{ reference: `Patient/${mine.id}` }] })
  const question = (await report(mine.holder, mine, event(mine.trace))).json
  t.equal(question.payload, undefined)
  t.strictSame(await messages(operator, mine), [question.id])
  for (const url of [`/Communication/${own.id as string}`, `/AuditEvent/${mine.trace}`, `/DocumentReference/${mine.deposit.id as string}`, `/Patient/${mine.id}/$activity`]) isAbsent(t, await get(operator, url))
  for (const type of ['AuditEvent', 'DocumentReference', 'Consent', 'Appointment']) t.equal((await get(operator, `/${type}?patient=Patient/${mine.id}`)).json.total, 0, type)
  t.notMatch((await get(operator, `/Communication?_id=${question.id as string}&_include=*&_revinclude=*`)).text, own.id)
  t.equal((await get(operator, '/Communication/_history')).json.total, 0, 'no history of the type')
  t.equal((await get(operator, '/_history')).json.entry?.some(({ resource }: { resource: { resourceType: string } }) => resource.resourceType === 'Communication') ?? false, false, 'nor of all')
  t.equal((await get(operator, `/Communication?_has:AuditEvent:entity:_id=${mine.trace}`)).json.total ?? 0, 0)
})

t.test('the operator answers in the thread, to all who take part, and writes nothing else', async t => {
  const mine = await record()
  const question = (await report(mine.holder, mine, event(mine.trace))).json
  const told = await made(operator, answer(question))
  t.strictSame((await messages(mine.holder, mine)).toSorted(), [question.id, told.id].toSorted(), 'the holder sees both')
  t.strictSame((await messages(operator, mine)).toSorted(), [question.id, told.id].toSorted())
  isAbsent(t, await get(gp, `/Communication/${told.id as string}`))
  isAbsent(t, await get(hospital, `/Communication/${told.id as string}`))
  const own = await made(gp, { resourceType: 'Communication', status: 'completed', subject: question.subject, sender: { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } }, recipient: [{ reference: `Patient/${mine.id}` }] })
  const toGp = { identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } }
  for (const [what, resource, status] of [
    ['without a question', answer(question, { inResponseTo: undefined }), 403],
    ['to somebody who takes no part', answer(question, { recipient: [question.sender, toGp] }), 403],
    ['to somebody else alone', answer(question, { recipient: [toGp] }), 403],
    ['to nobody', answer(question, { recipient: undefined }), 403],
    ['as somebody else', answer(question, { sender: toGp }), 403],
    ['as the holder', answer(question, { sender: question.sender }), 403],
    ['a draft', answer(question, { status: 'preparation' }), 422],
    ['a label', answer(question, { meta: { security: label('INVISIBLE_PATIENT').coding } }), 403],
    ['to a message that they do not see', answer(question, { inResponseTo: [{ reference: `Communication/${own.id as string}` }] }), 422],
    ['to one that never was', answer(question, { inResponseTo: [{ reference: `Communication/${randomUUID()}` }] }), 422],
    ['about what they do not see', answer(question, { about: [{ reference: `DocumentReference/${mine.deposit.id as string}` }] }), 422],
    ['in another record', answer(question, { subject: { reference: `Patient/${(await open()).id}` } }), 422]
  ] as const) t.equal((await post(operator, resource)).status, status, what)
  t.equal((await put(operator, { ...question, status: 'stopped' })).status, 403, 'the question is not theirs to change')
  t.equal((await remove(operator, `/Communication/${question.id as string}`)).status, 403)
  for (const change of [{ payload: [] }, { recipient: [toGp] }, { meta: { ...told.meta, security: label('INVISIBLE_PATIENT').coding } }]) {
    t.ok([403, 422].includes((await put(operator, { ...told, ...change })).status), `nor is ${Object.keys(change)[0] ?? ''} of what they sent`)
  }
  t.equal((await get(mine.holder, `/Communication/${told.id as string}`)).status, 200)
  t.equal((await put(operator, { ...told, status: 'stopped' })).status, 200, 'that it was a mistake, they may say')
  const asHolder = { ...answer(question), sender: question.sender, recipient: [OPERATOR] }
  refused(t, await post(mine.holder, asHolder), 422, { code: 'business-rule', expression: 'Communication.recipient[0]' })
  refused(t, await post(gp, { ...asHolder, sender: toGp, inResponseTo: undefined }), 422, { code: 'business-rule', expression: 'Communication.recipient[0]' })
  const stopped = (await get(mine.holder, `/Communication/${question.id as string}`)).json
  t.equal((await put(mine.holder, { ...stopped, status: 'stopped' })).status, 200)
  t.equal((await post(operator, answer(question))).status, 403, 'a thread that is closed')
})

t.test('who asks again is answered what they asked, once, and may ask anew when they took it back', async t => {
  const mine = await record()
  const both = await Promise.all([report(mine.holder, mine, event(mine.trace), comment('un')), report(mine.holder, mine, event(mine.trace), comment('deux'))])
  t.strictSame(both.map(({ status }) => status), [200, 200])
  t.equal(both[0].json.id, both[1].json.id)
  const [first] = both
  const again = await report(mine.holder, mine, event(mine.trace), comment('trois'))
  t.strictSame([again.status, again.json, again.headers['etag']], [200, first.json, first.headers['etag']])
  const changed = await put(mine.holder, { ...first.json, status: 'stopped' })
  t.equal(changed.status, 200)
  t.equal((await report(mine.holder, mine, event(mine.trace))).json.id, first.json.id, 'also when it was changed')
  t.strictSame(await messages(operator, mine), [first.json.id])
  t.equal((await remove(mine.holder, `/Communication/${first.json.id as string}`)).status, 204)
  t.strictSame(await messages(operator, mine), [])
  const anew = await report(mine.holder, mine, event(mine.trace))
  t.equal(anew.status, 200)
  t.not(anew.json.id, first.json.id)
})

t.test('the trace says who asked, by which operation; the person complained of sees it nowhere', async t => {
  const mine = await record()
  const question = (await report(mine.holder, mine, event(mine.trace))).json
  await report(mine.holder, mine, event(mine.trace))
  const traces = matches(await get(mine.holder, `/AuditEvent?patient=Patient/${mine.id}&entity=Communication/${question.id as string}`))
  t.strictSame(traces.map(({ subtype }) => subtype[0].code).toSorted(), ['create', 'operation'])
  for (const { entity } of traces) t.ok(entity.some(({ query }: TestResponse['json']) => query !== undefined && Buffer.from(query, 'base64').toString() === '$report-access'))
  for (const token of [gp, operator]) t.notMatch((await get(token, `/AuditEvent?patient=Patient/${mine.id}`)).text, question.id)
})

t.test('a legal representative asks for themselves; what the child asked is the child’s', async t => {
  const child = await record({ birthDate: '2015-05-05' })
  const parent = await around(child, true)
  const ofChild = (await report(child.holder, child, event(child.trace), comment('secret'))).json
  const ofParent = await report(parent.token, child, event(child.trace), comment('visible'))
  t.equal(ofParent.status, 200)
  t.not(ofParent.json.id, ofChild.id, 'they are not told that it was asked')
  t.match(ofParent.json, { sender: { reference: `RelatedPerson/${parent.id}` }, recipient: [OPERATOR, { reference: `Patient/${child.id}` }] })
  isAbsent(t, await get(parent.token, `/Communication/${ofChild.id as string}`))
  t.strictSame(await messages(parent.token, child), [ofParent.json.id])
  t.strictSame((await messages(child.holder, child)).toSorted(), [ofChild.id, ofParent.json.id].toSorted())
  t.equal((await post(operator, answer(ofParent.json))).status, 403, 'the answer is the holder’s too')
  const told = await made(operator, answer(ofParent.json, { recipient: [ofParent.json.sender, { reference: `Patient/${child.id}` }] }))
  for (const token of [parent.token, child.holder]) t.equal((await get(token, `/Communication/${told.id as string}`)).status, 200)
  const secret = await made(operator, answer(ofChild))
  isAbsent(t, await get(parent.token, `/Communication/${secret.id as string}`))
})

t.test('a trace that they do not see is as absent as one that never was, in bytes and in commands', async t => {
  const [mine, other] = [await record(), await record()]
  const withheld = await made(hospital, document(mine.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const db = scene.mongo.db(scene.database)
  const [hidden] = await db.collection<{ _id: string }>('AuditEvent').find({ patient: mine.id }).sort({ at: -1 }).limit(1).toArray()
  isAbsent(t, await get(mine.holder, `/AuditEvent/${hidden?._id ?? ''}`))
  const costScene = { ...scene, mongo: scene.mongo, database: scene.database } as unknown as Parameters<typeof costOf>[0]
  const cost = async (id: string) => {
    const { look, commands } = await costOf(costScene, async () => await report(mine.holder, mine, event(id)))
    return `${commands} ${look}`
  }
  const nothing = await cost(randomUUID())
  t.match(nothing, /404/)
  for (const [what, id] of [['hidden', hidden?._id ?? ''], ['of another record', other.trace]] as const) t.equal(await cost(id), nothing, what)
  t.strictSame(await messages(mine.holder, mine), [])
  t.equal((await put(hospital, { ...withheld, securityLabel: undefined })).status, 200)
  t.equal((await report(mine.holder, mine, event(hidden?._id ?? ''))).status, 200, 'and there when it is told')
})

t.test('it is theirs alone to ask', async t => {
  const mine = await record()
  for (const other of [hospital, await professional('899700000033'), (await open()).holder]) {
    const [present, nothing] = [await report(other, mine, event(mine.trace)), await report(other, { id: randomUUID() }, event(mine.trace))]
    isAbsent(t, present)
    t.strictSame(look(present, mine.id), look(nothing, mine.id))
  }
  const [own] = matches(await get(gp, `/AuditEvent?patient=Patient/${mine.id}`))
  refused(t, await report(gp, mine, event(own.id)), 403, { code: 'forbidden' })
  refused(t, await report(operator, mine, event(mine.trace)), 403, { code: 'forbidden' })
  refused(t, await report((await around(mine, false)).token, mine, event(mine.trace)), 403, { code: 'forbidden' })
  for (const scope of ['patient/AuditEvent.rs', 'patient/Communication.crs']) refused(t, await report(await scene.token({ ...as.holder(mine.ins), scope }), mine, event(mine.trace)), 403, { code: 'forbidden' })
  t.equal((await request(undefined, 'POST', `/Patient/${mine.id}/$report-access`, { body: {} })).status, 401)
})

t.test('what is asked badly is refused by its place, and asks nothing', async t => {
  const mine = await record()
  const first = 'Parameters.parameter[0]'
  for (const [parameters, expression, code] of [
    [[], 'event', 'required'],
    [[{ name: 'event', valueReference: { reference: `DocumentReference/${mine.deposit.id as string}` } }], first, 'value'],
    [[{ name: 'event', valueReference: { display: 'that one' } }], first, 'value'],
    [[{ name: 'event', valueBoolean: true }], first, 'value'],
    [[event(mine.trace), event(mine.trace)], 'Parameters.parameter[1]', 'value'],
    [[comment('x'.repeat(2001)), event(mine.trace)], first, 'value'],
    [[{ name: 'comment', valueBoolean: true }, event(mine.trace)], first, 'value']
  ] as const) refused(t, await report(mine.holder, mine, ...parameters), 400, { code, details: 'MSG_PARAM_INVALID', expression })
  refused(t, await report(mine.holder, mine, event(mine.trace), { name: 'who', valueString: 'x' }), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'Parameters.parameter[1]' })
  t.strictSame(await messages(mine.holder, mine), [])
  t.equal((await report(mine.holder, mine, { name: 'event', valueString: `AuditEvent/${mine.trace}` }, comment('x'.repeat(2000)))).status, 200)
})

t.test('while the account is shut nobody reads what was asked, the operator neither', async t => {
  const mine = await record()
  const question = (await report(mine.holder, mine, event(mine.trace))).json
  const patient = (await get(operator, `/Patient/${mine.id}`)).json
  const account = (valueCode: string) => ({ ...patient, extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode }] })
  t.equal((await put(operator, account('suspended'))).status, 200)
  for (const token of [operator, mine.holder]) {
    isAbsent(t, await get(token, `/Communication/${question.id as string}`))
    t.notMatch((await get(token, '/Communication?_count=200')).text, question.id)
  }
  t.equal((await post(operator, answer(question))).status, 422)
  t.equal((await put(operator, account('active'))).status, 200)
  t.equal((await get(operator, `/Communication/${question.id as string}`)).status, 200)
})
