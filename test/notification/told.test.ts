/** What others do to a record is told to its holder (`consent.md` 7): once each, whatever happens to who tells it, and by the rule of traces. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { createDeadLetters } from '../../src/store/outbox-store.js'
import { as } from '../helper/app.js'
import { access, actor, block, consent, document, emergency, label, person, purpose, treating } from '../helper/resource.js'
import { GP, GP2, MT, PRACTICE, isAbsent, openScene } from '../interaction/scene.js'
import { beginning, notifications, tellAll, told, workerOf } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, made, mongo, database, open, operator, professional, put } = scene
const db = mongo.db(database)
const teller = workerOf(scene)
await beginning(scene)

t.test('accesses, deposits, changes and emergencies of others are told to the holder, their own are not', async t => {
  const { id, ins, holder } = await open()
  await made(holder, access(id, GP))
  const deposit = await made(hospital, document(id))
  t.equal((await get(gp, `/DocumentReference/${deposit.id}`)).status, 200)
  t.equal((await get(gp, `/DocumentReference?patient=Patient/${id}`)).status, 200)
  t.equal((await put(hospital, { ...deposit, extension: [{ url: 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived', valueBoolean: true }] })).status, 200)
  await get(holder, `/DocumentReference/${deposit.id}`)
  await made(holder, emergency(id, 'urgence-ps', 'BTG'))
  const rescuer = await scene.token(as.emergency(GP2, PRACTICE, ins, 'bris_de_glace'))
  t.equal((await get(rescuer, `/DocumentReference/${deposit.id}`)).status, 200)
  t.strictSame(await told(scene, holder, { id }), [], 'nothing before it is told')
  t.ok(await tellAll(scene, teller.worker))
  const list = await notifications(scene, holder, id)
  t.strictSame(await told(scene, holder, { id }), ['deposit', 'deposit', 'access', 'access', 'change', 'emergency'])
  t.match(list.map(({ payload }) => payload[0].contentString), [
    /^L’opérateur du service a ajouté un élément à votre dossier le /,
    /^La structure 1750712184 a ajouté un élément à votre dossier le \d\d\/\d\d\/\d{4} à \d\d:\d\d\.$/,
    /^Le professionnel 899700218896 \(structure 1751234567\) a consulté votre dossier le /,
    /^Le professionnel 899700218896/, /^La structure 1750712184 a modifié un élément de votre dossier/,
    /^Le professionnel 899700366240 .*a consulté en urgence votre dossier/
  ])
  for (const notification of list) {
    t.strictSame(scene.app.context.validate(notification), [])
    t.notMatch(JSON.stringify(notification), deposit.id, 'it names nothing')
    t.equal((await get(holder, `/${notification.about[0].reference}`)).status, 200, 'but the trace, which says it all')
    for (const other of [gp, hospital, operator, rescuer]) isAbsent(t, await get(other, `/Communication/${notification.id}`))
  }
  const traces = (await get(holder, `/AuditEvent?patient=Patient/${id}&_count=200`)).text
  for (const notification of list) t.notMatch(traces, notification.id, 'an access to a notification names the record alone')
})

t.test('what was not shown is not told, nor what happened while the account was shut', async t => {
  const { id, holder } = await open()
  const deposit = await made(hospital, document(id))
  isAbsent(t, await get(gp, `/DocumentReference/${deposit.id}`))
  t.equal((await get(gp, `/DocumentReference?patient=Patient/${id}`)).json.total, 0)
  await tellAll(scene, teller.worker)
  t.strictSame(await told(scene, holder, { id }), ['deposit', 'deposit'])
})

t.test('what is told takes no turn of its record: a total that was remembered stays, whoever was there', async t => {
  const { id, holder } = await open()
  await made(holder, access(id, GP))
  const deposit = await made(hospital, document(id))
  await tellAll(scene, teller.worker)
  const turn = async () => (await db.collection('Rules').findOne({ _id: `${id}|*` } as object))?.['turn']
  const before = await turn()
  t.type(before, 'number')
  t.equal((await get(gp, `/DocumentReference/${deposit.id}`)).status, 200)
  await tellAll(scene, teller.worker)
  t.strictSame((await told(scene, holder, { id })).at(-1), 'access')
  t.equal(await turn(), before)
})

t.test('a choice that a professional records is told as one', async t => {
  const { id, holder } = await open()
  const attested = { verification: [{ verified: true, verifiedWith: { reference: `Patient/${id}` }, verificationDate: new Date().toISOString() }] }
  const period = { start: new Date().toISOString(), end: new Date(Date.now() + 12 * 3600_000).toISOString() }
  const response = await scene.post(gp, consent(id, 'acces-ponctuel', { type: 'permit', actor: actor(person(GP)), period }, attested))
  t.equal(response.status, 201, response.text)
  await tellAll(scene, teller.worker)
  t.strictSame((await told(scene, holder, { id })).filter(kind => kind !== 'deposit'), ['choice'])
})

t.test('it is told once, by however many, after any failure', async t => {
  const { id, holder } = await open()
  await made(hospital, document(id))
  const { feed } = teller.ports
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  // Killed between what it wrote and the note that it was written.
  const killed = workerOf(scene, { ports: { feed: { ...feed, lead: async (...asked) => { const reader = await feed.lead(...asked); return reader === undefined ? undefined : { ...reader, keep: async () => { throw new Error('killed') } } } } } })
  await t.rejects(killed.worker.tellAll(), /killed/)
  t.strictSame(await told(scene, holder, { id }), ['deposit', 'deposit'])
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  t.ok(await tellAll(scene, teller.worker))
  t.strictSame(await told(scene, holder, { id }), ['deposit', 'deposit'], 'again, and still once')
  await made(hospital, document(id))
  // Two at once that both believe that they lead.
  const [one, other] = [workerOf(scene), workerOf(scene)]
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  const first = one.worker.tellAll()
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  await Promise.all([first, other.worker.tellAll()])
  t.strictSame(await told(scene, holder, { id }), ['deposit', 'deposit', 'deposit'])
})

t.test('one process leads at a time', async t => {
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  t.ok(await tellAll(scene, teller.worker))
  t.notOk(await workerOf(scene).worker.tellAll(), 'the lease of another one holds')
  t.ok(await workerOf(scene, { clock: () => Date.now() + 60_000 }).worker.tellAll(), 'until it ends')
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
})

t.test('where MongoDB cannot go on from where it was, the journal itself is read', async t => {
  const { id, holder } = await open()
  await made(hospital, document(id))
  t.ok(await tellAll(scene, teller.worker))
  await made(hospital, document(id))
  await db.collection('Feed').updateOne({}, { $set: { until: 0, token: { _data: 'of an oplog that is gone' } } })
  t.ok(await tellAll(scene, workerOf(scene).worker))
  t.equal((await told(scene, holder, { id })).length, 3)
  await made(hospital, document(id))
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  t.ok(await tellAll(scene, teller.worker))
  t.equal((await told(scene, holder, { id })).length, 4, 'and from then on as ever')
})

t.test('what the holder must not see yet is not told, by any way, until it is released', async t => {
  const { id, holder } = await open()
  await made(holder, access(id, GP))
  const secret = await made(gp, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  await tellAll(scene, teller.worker)
  const [hidden] = await db.collection('Communication').find({ patient: id, 'facts.told.about': `DocumentReference/${secret.id}` }).toArray()
  const notification = String(hidden?._id)
  isAbsent(t, await get(holder, `/Communication/${notification}`))
  isAbsent(t, await get(holder, `/Communication/${notification}/_history`))
  const ways = [`/Communication?_id=${notification}`, `/Communication?patient=Patient/${id}&_count=100`, `/Patient?_id=${id}&_revinclude=Communication:patient`, '/Communication/_history', '/_history', `/Patient/${id}/Communication`, `/Patient/${id}/*?_count=200`, '/fhir?_type=Communication,DocumentReference&_count=200']
  for (const url of ways) {
    const response = await get(holder, url)
    t.equal(response.status, 200, `${url} ${response.text.slice(0, 300)}`)
    t.notMatch(JSON.stringify(response.json.entry ?? []), notification, url)
  }
  t.equal((await get(holder, `/Communication?patient=Patient/${id}&_summary=count`)).json.total, 1, 'nor counted')
  t.equal((await put(gp, { ...secret, securityLabel: undefined })).status, 200)
  t.equal((await get(holder, `/Communication/${notification}`)).status, 200, 'released, it is there')
  for (const url of ways.filter(url => !url.endsWith('_history'))) t.match((await get(holder, url)).text, notification, url)
  t.equal((await get(holder, `/Communication?patient=Patient/${id}&_summary=count`)).json.total, 2)
})

t.test('a search that was let in for the sake of what is hidden alone is not told, until that is released', async t => {
  const { id, holder } = await open()
  const secret = await made(hospital, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  t.equal((await get(hospital, `/DocumentReference?patient=Patient/${id}`)).json.entry.length, 1)
  await tellAll(scene, teller.worker)
  t.strictSame(await told(scene, holder, { id }), ['deposit'], 'of the record itself')
  t.equal((await put(hospital, { ...secret, securityLabel: undefined })).status, 200)
  await tellAll(scene, teller.worker)
  t.strictSame((await told(scene, holder, { id })).toSorted(), ['access', 'change', 'deposit', 'deposit'])
})

t.test('an emergency is told to the médecin traitant too, and nothing else', async t => {
  const { id, ins, holder } = await open()
  const mt = await professional(MT)
  await made(holder, treating(id, MT))
  await made(holder, emergency(id, 'urgence-ps', 'BTG'))
  await made(holder, consent(id, 'urgence-masques', { type: 'permit', purpose: [purpose('BTG'), purpose('ETREAT')], securityLabel: label('MASQUE_PS').coding }))
  const deposit = await made(hospital, document(id, { securityLabel: [label('MASQUE_PS')] }))
  const rescuer = await scene.token(as.emergency(GP2, PRACTICE, ins, 'bris_de_glace'))
  t.equal((await get(rescuer, `/DocumentReference/${deposit.id}`)).status, 200)
  await get(rescuer, `/Patient/${id}`)
  await tellAll(scene, teller.worker)
  t.strictSame(await told(scene, mt, { id }), ['emergency'], 'of the record, not of who the patient is')
  t.match((await notifications(scene, mt, id))[0].payload[0].contentString, /le dossier de votre patient/)
  t.strictSame((await get(mt, '/Communication')).json.total, 1, 'without a patient')
  t.strictSame((await told(scene, holder, { id })).filter(kind => kind === 'emergency').length, 2)
  const [{ id: notification }] = await notifications(scene, mt, id)
  isAbsent(t, await get(holder, `/Communication/${notification}`))
  isAbsent(t, await get(await professional(GP2), `/Communication/${notification}`))
  // Blocked, they are still the médecin traitant; then somebody else is, and the block shuts them out of what is masked.
  await made(holder, block(id, person(MT)))
  t.strictSame(await told(scene, mt, { id }), ['emergency'])
  await made(holder, treating(id, GP))
  isAbsent(t, await get(mt, `/DocumentReference/${deposit.id}`))
  isAbsent(t, await get(mt, `/Communication/${notification}`))
  t.strictSame(await told(scene, mt, { id }), [])
  t.strictSame((await get(mt, '/Communication')).json.total, 0)
})

/** The commands that a request sent to MongoDB, in their order, each as what it does and where. */
async function commands (token: string, url: string, status: number): Promise<readonly string[]> {
  await db.command({ profile: 0 })
  await db.collection('system.profile').drop().catch(() => {})
  await db.command({ profile: 2 })
  const response = await get(token, url)
  await db.command({ profile: 0 })
  if (response.status !== status) throw new Error(`${url} ${response.status}`)
  const profile = await db.collection('system.profile').find({ 'command.profile': { $exists: false } }).sort({ ts: 1 }).toArray()
  return profile.map(({ ns, command }) => `${Object.keys(command as object)[0]} ${(ns as string).split('.')[1]}`)
}

t.test('a read costs what it did: three commands, and none for what is told', async t => {
  const { id, holder } = await open()
  await made(holder, access(id, GP))
  const deposit = await made(hospital, document(id))
  await get(gp, `/DocumentReference/${deposit.id}`)
  t.strictSame(await commands(gp, `/DocumentReference/${deposit.id}`, 200), ['find DocumentReference', 'find Rules', 'insert AuditEvent'])
})

t.test('what is withheld after it was told is told no more, and costs what is absent costs', async t => {
  const { id, holder } = await open()
  await made(holder, access(id, GP))
  const deposit = await made(gp, document(id))
  await tellAll(scene, teller.worker)
  const [notification] = (await notifications(scene, holder, id)).filter(({ payload }) => payload[0].contentString.includes(GP))
  t.equal((await get(holder, `/Communication/${notification.id}`)).status, 200)
  t.equal((await put(gp, { ...deposit, securityLabel: [label('INVISIBLE_PATIENT')] })).status, 200)
  isAbsent(t, await get(holder, `/Communication/${notification.id}`))
  for (const [url, status] of [['/Communication/ID', 404], ['/Communication/ID/_history', 404], ['/Communication/ID/_history/x', 404], ['/Communication?_id=ID', 200], [`/Communication?patient=Patient/${id}&_id=ID`, 200], ['/Communication?_id=ID&_summary=count', 200]] as const) {
    const [hidden, absent] = [await commands(holder, url.replace('ID', notification.id), status), await commands(holder, url.replace('ID', randomUUID()), status)]
    t.strictSame(hidden.toSorted(), absent.toSorted(), url)
  }
})

t.test('started, it tells by itself, and stops', async t => {
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  const { id, holder } = await open()
  const { worker } = workerOf(scene)
  await worker.start()
  await made(hospital, document(id))
  let seen: readonly string[] = []
  const until = Date.now() + 60_000
  while (seen.length < 2 && Date.now() < until) seen = await told(scene, holder, { id })
  await worker.stop()
  t.strictSame(seen, ['deposit', 'deposit'])
  t.ok(await tellAll(scene, teller.worker), 'another one leads at once')
  t.strictSame(teller.warnings, [])
})

t.test('what cannot be told holds up nothing, and the operator is told', async t => {
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  await tellAll(scene, teller.worker)
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  const { id, holder } = await open()
  const failing = workerOf(scene)
  const { context } = failing.ports
  let isFirst = true
  const broken = workerOf(scene, { ports: { context: { ...context, newId: () => { if (!isFirst) return context.newId(); isFirst = false; throw new TypeError('broken') } } } })
  await made(hospital, document(id))
  t.ok(await tellAll(scene, broken.worker))
  t.strictSame((await told(scene, holder, { id })).length, 1)
  t.match(broken.warnings, [{ reason: 'TypeError' }])
  t.match(await db.collection('Outbox').find({ patient: id }).toArray(), [{ reason: 'TypeError', patient: id }])
  t.strictSame((await db.collection('Outbox').find({ patient: id, at: { $exists: true } }).toArray()).length, 0)
  const letters = createDeadLetters(db)
  await letters.retry('all', 0)
  await broken.worker.deliverAll()
  t.strictSame((await told(scene, holder, { id })).length, 2, 'and it is told on the operator’s word')
  t.strictSame(await db.collection('Outbox').find({ patient: id }).toArray(), [])
})

t.test('a record that cannot be told holds up no other of its batch, and is told once it can be', async t => {
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  await tellAll(scene, teller.worker)
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  const [before, failed, after] = [await open(), await open(), await open()]
  for (const { id } of [before, failed, after]) await made(hospital, document(id))
  const { context } = teller.ports
  const isAbout = ({ next }: { readonly next: { readonly patient: string | null } }) => next.patient === failed.id
  const commit: typeof context.store.commit = async write => {
    if (write.changes.some(isAbout)) throw new OutcomeError('store-unavailable')
    await context.store.commit(write)
  }
  const failing = workerOf(scene, { ports: { context: { ...context, store: { ...context.store, commit } } } })
  await t.rejects(failing.worker.tellAll(), new OutcomeError('store-unavailable'), 'its batch is not done: it is told again')
  t.strictSame(await told(scene, before.holder, before), ['deposit', 'deposit'])
  t.strictSame(await told(scene, failed.holder, failed), [])
  t.strictSame(await told(scene, after.holder, after), ['deposit', 'deposit'])
  await db.collection('Feed').updateOne({}, { $set: { until: 0 } })
  t.ok(await tellAll(scene, teller.worker))
  for (const each of [before, failed, after]) t.strictSame(await told(scene, each.holder, each), ['deposit', 'deposit'], 'each once')
})
