/** Mails to holders, to a real SMTP server: that something happened, and nothing of what; as the holder wants it. */
import { text } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerSession } from 'smtp-server'
import t from 'tap'
import { as, INS_TEST } from '../helper/app.js'
import { access, document, emergency, label, person } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, PRACTICE, isAbsent, openScene, refused } from '../interaction/scene.js'
import type { Record } from '../interaction/scene.js'
import { MINOR, beginning, legalOf, tellAll, workerOf } from './scene.js'

interface Received { readonly to: readonly string[], readonly from: string, readonly data: string }
const received: Received[] = []
/** Recipients that the server refuses. */
const refusedTo = new Set<string>()
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onRcptTo: ({ address }, _session, callback) => {
    callback(refusedTo.has(address) ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null)
  },
  onData: (stream, session: SMTPServerSession, callback) => {
    text(stream).then(data => {
      const { mailFrom, rcptTo } = session.envelope
      received.push({ to: rcptTo.map(({ address }) => address), from: mailFrom === false ? '' : mailFrom.address, data })
      callback()
    }, callback)
  }
})
await new Promise<void>(resolve => { smtp.listen(0, '127.0.0.1', resolve) })
t.teardown(async () => { await new Promise<void>(resolve => { smtp.close(() => { resolve() }) }) })
const settings = { mail: { url: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`, from: 'ne-pas-repondre@espace-sante.example' } }

const scene = await openScene(t)
const { get, made, hospital, put, mongo, database, operator } = scene
const db = mongo.db(database)
const HOUR = 3600_000
let now = Date.now()
const clock = () => now
const { worker, warnings } = workerOf(scene, { clock, settings })
await beginning(scene)
const PREFERENCE = 'https://fhir.espace-sante.example/StructureDefinition/notification-preference'
const preference = (way: string, kinds: readonly string[] = [], endpoint?: string) => ({
  url: PREFERENCE, extension: [{ url: 'way', valueCode: way }, ...kinds.map(valueCode => ({ url: 'kind', valueCode })), ...endpoint === undefined ? [] : [{ url: 'endpoint', valueUrl: endpoint }]]
})

/** A record whose holder gave an address. */
async function reachable (address: string, extension: readonly object[] = [], more: object = {}): Promise<Record> {
  const record = await scene.open(more)
  const { json } = await get(record.holder, `/Patient/${record.id}`)
  const response = await put(record.holder, { ...json, telecom: [{ system: 'email', value: address }], ...extension.length === 0 ? {} : { extension } })
  if (response.status !== 200) throw new Error(response.text)
  await told()
  received.length = 0
  return record
}

/** Tells and sends what is due, so many hours from now. */
async function told (hours = 0): Promise<void> {
  now = Date.now() + hours * HOUR
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  await tellAll(scene, worker)
  await worker.deliverAll()
}
const mailsTo = (address: string) => received.filter(({ to }) => to.includes(address))

t.test('a mail says that something happened, and nothing of what, whose or by whom', async t => {
  const { id, ins, holder } = await reachable('lea@example.org')
  const deposit = await made(hospital, document(id))
  await told(2)
  t.equal(received.length, 1)
  const [mail] = received
  t.match(mail, { to: ['lea@example.org'], from: 'ne-pas-repondre@espace-sante.example' })
  const data = mail?.data ?? ''
  t.match(data, /^Auto-Submitted: auto-generated\r$/m)
  t.match(data, /^Message-ID: <[0-9a-f-]{36}@espace-sante\.example>\r$/m)
  for (const secret of [id, ins, deposit.id, HOSPITAL, 'PETIT', 'Léa', 'Compte rendu', '11488-4', holder]) t.notMatch(data, secret)
  await told(4)
  t.equal(received.length, 1, 'once')
})

t.test('much at once is one mail, and one more an hour later', async t => {
  const { id, holder } = await reachable('paul@example.org')
  await made(holder, access(id, GP2))
  for (let count = 0; count < 3; count++) await made(hospital, document(id))
  await told(2)
  t.equal(mailsTo('paul@example.org').length, 1)
  await made(hospital, document(id))
  await told(2.5)
  t.equal(mailsTo('paul@example.org').length, 1, 'within the hour it waits')
  await told(3.1)
  t.equal(mailsTo('paul@example.org').length, 2)
  t.equal(await db.collection('Outbox').countDocuments({ patient: id }), 0)
})

t.test('what the holder must not see yet is not mailed before it is released', async t => {
  const { id } = await reachable('anne@example.org')
  const secret = await made(scene.gp, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  await told(2)
  t.equal(mailsTo('anne@example.org').length, 0)
  t.equal((await put(scene.gp, { ...secret, securityLabel: undefined })).status, 200)
  await told(4)
  t.equal(mailsTo('anne@example.org').length, 1)
})

t.test('what happens in a secret session is mailed to nobody: the address may be a parent\'s', async t => {
  const { id } = await reachable('parents@example.org')
  await made(await scene.token(as.structure(HOSPITAL, { Connexion_Secrete: true })), document(id))
  await told(2)
  t.equal(mailsTo('parents@example.org').length, 0)
})

t.test('what is hidden from a legal representative is mailed to nobody while there is one: the address may be theirs', async t => {
  const minor = await reachable('family@example.org', [], MINOR)
  const { relative, parent } = await legalOf(scene, minor)
  const hidden = await made(await scene.token(as.professional(GP, PRACTICE, { Connexion_Secrete: true })), document(minor.id))
  await told(2)
  const mails = () => mailsTo('family@example.org').length
  const before = mails()
  isAbsent(t, await get(parent, `/DocumentReference/${hidden.id}`))
  t.equal((await get(scene.gp, `/DocumentReference/${hidden.id}`)).status, 200, 'its author reads it in an ordinary session')
  await made(scene.gp, { resourceType: 'Communication', status: 'completed', subject: { reference: `Patient/${minor.id}` }, sender: person(GP), recipient: [{ reference: `Patient/${minor.id}` }] })
  await told(4)
  t.equal(mails(), before, 'neither of that, nor of what was written to the minor alone')
  await made(hospital, document(minor.id))
  await told(6)
  t.equal(mails(), before + 1, 'of what a representative sees there is one')
  await get(scene.gp, `/DocumentReference/${hidden.id}`)
  await told(8)
  t.equal(mails(), before + 1)
  t.equal((await put(operator, { ...relative, active: false })).status, 200)
  await told(10)
  t.equal(mails(), before + 2, 'and of all of it, where nobody represents them')
})

t.test('the holder says what they want to be mailed of', async t => {
  const some = await reachable('some@example.org', [preference('mail', ['emergency'])])
  const none = await reachable('none@example.org', [preference('none')])
  for (const { id, holder } of [some, none]) {
    await made(holder, emergency(id, 'urgence-ps', 'BTG'))
    await made(hospital, document(id))
  }
  await told(2)
  t.equal(received.length, 0)
  for (const { id, ins } of [some, none]) {
    const rescuer = await scene.token(as.emergency(GP2, PRACTICE, ins, 'bris_de_glace'))
    await get(rescuer, `/DocumentReference?patient=Patient/${id}`)
  }
  await told(4)
  t.strictSame(received.map(({ to }) => to), [['some@example.org']])
})

t.test('a preference is the holder\'s to write, and is whole', async t => {
  const { id, holder } = await reachable('jean@example.org')
  const { json } = await get(holder, `/Patient/${id}`)
  const bad = [{ url: PREFERENCE }, preference('pigeon'), preference('mail', ['nonsense']), preference('webhook'), preference('mail', [], 'https://hooks.example.org/x'), preference('webhook', [], 'https://hooks.example.org/x')]
  for (const extension of bad) t.equal((await put(holder, { ...json, extension: [extension] })).status, 422, JSON.stringify(extension))
  const eleven = Array.from({ length: 11 }, () => preference('mail'))
  refused(t, await put(holder, { ...json, extension: eleven }), 422, { code: 'business-rule', expression: 'Patient.extension' })
  refused(t, await put(operator, { ...json, extension: [preference('none')] }), 403, { code: 'forbidden', expression: 'Patient.extension' })
  refused(t, await put(holder, { ...json, extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: 'active' }] }), 403, { code: 'forbidden', expression: 'Patient.extension' })
  const said = await put(holder, { ...json, extension: [preference('mail', ['deposit'])] })
  t.equal(said.status, 200)
  t.equal((await put(operator, said.json)).status, 200, 'the operator leaves it as it is')
  refused(t, await put(operator, json), 403, { code: 'forbidden', expression: 'Patient.extension' })
  t.equal((await put(holder, json)).status, 200, 'and may be taken back')
  const identity = { resourceType: 'Patient', identifier: [{ system: INS_TEST, value: '190017512345999' }], name: [{ family: 'X', given: ['Y'] }], birthDate: '1990', gender: 'female', extension: [preference('none')] }
  refused(t, await scene.post(operator, identity), 403, { code: 'forbidden', expression: 'Patient.extension' })
})

t.test('no address that could be more than one is written to', async t => {
  const { id } = await reachable('a@example.org, b@example.org')
  const two = await reachable('x@example.org\r\nBcc: y@example.org')
  for (const each of [id, two.id]) await made(hospital, document(each))
  await told(2)
  t.strictSame(received.flatMap(({ to }) => to).filter(address => /^[abxy]@/.test(address)), [])
})

t.test('killed between sending and noting it, a mail goes again under the same Message-ID', async t => {
  const { id } = await reachable('kill@example.org')
  await made(hospital, document(id))
  const { ports } = workerOf(scene, { clock, settings })
  const killed = workerOf(scene, { clock, settings, ports: { memory: { ...ports.memory, note: async () => { throw new Error('killed') } }, outbox: { ...ports.outbox, postpone: async () => { throw new Error('killed') } } } })
  now = Date.now() + 2 * HOUR
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  await tellAll(scene, killed.worker)
  await t.rejects(killed.worker.deliverAll(), /killed/)
  t.equal(mailsTo('kill@example.org').length, 1)
  await told(3)
  const ids = mailsTo('kill@example.org').map(({ data }) => /^Message-ID: (.*)\r$/m.exec(data)?.[1])
  t.equal(ids.length, 2)
  t.equal(new Set(ids).size, 1)
})

t.test('a mailbox that is refused is tried for a day, then the operator is told, without its address', async t => {
  const { id } = await reachable('gone@example.org')
  refusedTo.add('gone@example.org')
  await made(hospital, document(id))
  for (let hours = 2; hours < 60; hours += 4) await told(hours)
  const [dead] = await db.collection('Outbox').find({ patient: id }).toArray()
  t.match(dead, { way: 'mail', attempts: 9 })
  t.notOk('at' in (dead ?? {}))
  t.match(warnings, [{ way: 'mail', attempts: 9 }])
  t.notMatch(JSON.stringify([warnings, dead]), 'gone@')
  t.equal(received.length, 0)
})
