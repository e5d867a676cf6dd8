/** One write is all or nothing, and durable before it is acknowledged (`design.md` 5): on the store itself, watched. */
import { randomBytes, randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import type { CommandStartedEvent } from 'mongodb'
import t from 'tap'
import { createKeyring } from '../../src/crypto/keyring.js'
import { equals } from '../../src/filter/filter.js'
import type { Change, Kept, ResourceStore, Version, Write } from '../../src/interaction/store.js'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { createClient } from '../../src/store/client.js'
import { createCollections } from '../../src/store/indexes.js'
import { createKeyStore } from '../../src/store/key-store.js'
import { createResourceStore } from '../../src/store/resource-store.js'

const url = process.env['MONGODB_URL'] ?? ''
const client = createClient(url)
// The client of the server, with its commands shown.
Object.assign((client as unknown as { s: { options: { monitorCommands: boolean } } }).s.options, { monitorCommands: true })
await client.connect()
const db = client.db(`transaction${process.pid}`)
const keyring = createKeyring(randomBytes(32), createKeyStore(db))
await createCollections(db, new Map([['DocumentReference', 'record'], ['Consent', 'choice'], ['AuditEvent', 'trace'], ['Organization', 'directory']]))
const store: ResourceStore = createResourceStore(client, db, keyring)
const commands: CommandStartedEvent[] = []
client.on('commandStarted', event => commands.push(event))
t.teardown(async () => {
  await new MongoClient(url).connect().then(async other => { await other.db(db.databaseName).dropDatabase(); await other.close() })
  await client.close()
})

const patient = randomUUID()
const version = (more: Partial<Version> = {}): Version => ({
  type: 'DocumentReference',
  id: randomUUID(),
  version: randomUUID(),
  revision: 1,
  at: Date.now(),
  patient,
  isDeleted: false,
  keys: ['status|x'],
  found: [],
  dates: {},
  sort: {},
  facts: { labels: [] },
  text: '{"resourceType":"DocumentReference"}',
  ...more
})
const trace = () => version({ type: 'AuditEvent', text: '{"resourceType":"AuditEvent"}' })
const write = (changes: readonly Change[], more: Partial<Write> = {}): Write => ({ changes, traces: [trace()], ...more })
const rules = (stamp: string): NonNullable<Write['rules']> => async () => [{ patient, actor: '*', stamp, body: '{}', speaks: false }]
const textOf = async (kept: Kept | undefined) => kept === undefined ? undefined : (await store.opened(kept))?.text
const kindOf = async (work: Promise<unknown>) => await work.then(() => 'done', error => error instanceof OutcomeError ? error.kind : String(error))

/** How many documents each collection has. */
async function census (): Promise<Readonly<Record<string, number>>> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).toSorted()
  return Object.fromEntries(await Promise.all(names.map(async name => [name, await db.collection(name).countDocuments()] as const)))
}

t.before(async () => {
  await store.commit(write([], { keys: [keyring.create(patient)], rules: rules('first') }))
})

t.test('a write leaves its resource, the version before, its rules and its trace', async t => {
  const first = version()
  const before = await census()
  await store.commit(write([{ next: first, claims: ['a'] }], { rules: rules('second') }))
  const second = { ...first, version: randomUUID(), revision: 2, text: '{"resourceType":"DocumentReference","status":"current"}' }
  await store.commit(write([{ next: second, replaces: first, claims: ['a'] }]))
  const after = await census()
  t.same(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]).filter(([, count]) => count !== 0),
    [['AuditEvent', 2], ['DocumentReference', 1], ['DocumentReference.history', 1]])
  t.equal(await textOf(await store.read('DocumentReference', first.id)), second.text)
  t.equal(await textOf(await store.readVersion('DocumentReference', first.id, first.version)), first.text)
  t.equal((await store.rules(patient, '*'))?.stamp, 'second')
})

t.test('what a write gives up, the same write claims again', async t => {
  const old = version()
  await store.commit(write([{ next: old, claims: ['moving'] }]))
  const gone = { ...old, version: randomUUID(), revision: 2, isDeleted: true, text: '' }
  const fresh = version()
  t.equal(await kindOf(store.commit(write([{ next: fresh, claims: ['moving'] }, { next: gone, replaces: old, claims: [] }]))), 'done')
  t.equal((await store.read('DocumentReference', fresh.id))?.version, fresh.version)
  t.equal((await store.read('DocumentReference', old.id))?.isDeleted, true)
})

t.test('of many that are replaced at once, each goes to its history', async t => {
  const olds = Array.from({ length: 5 }, () => version())
  await store.commit(write(olds.map(next => ({ next, claims: [] }))))
  const nexts = olds.map(old => ({ ...old, version: randomUUID(), revision: 2, text: '{"resourceType":"DocumentReference","status":"superseded"}' }))
  const before = await census()
  await store.commit(write(nexts.map((next, index) => ({ next, replaces: olds[index] ?? old(), claims: [] }))))
  t.equal((await census())['DocumentReference.history'], (before['DocumentReference.history'] ?? 0) + 5)
  for (const [index, { id, version: now }] of nexts.entries()) {
    t.equal((await store.read('DocumentReference', id))?.version, now)
    t.equal(await textOf(await store.readVersion('DocumentReference', id, olds[index]?.version ?? '')), olds[index]?.text)
  }
  function old (): Version { throw new Error('not there') }
})

t.test('a write of which one part fails leaves nothing', async t => {
  const kept = version()
  await store.commit(write([{ next: kept, claims: ['taken'] }]))
  const turn = (await store.rules(patient, '*'))?.turn ?? -1
  const next = () => ({ ...kept, version: randomUUID(), revision: 2 })
  const failures: Readonly<Record<string, readonly [Write, string]>> = {
    'a claim that is taken': [write([{ next: version(), claims: ['free'] }, { next: version(), claims: ['taken'] }], { rules: rules('x') }), 'duplicate'],
    'an id that is taken': [write([{ next: version(), claims: [] }, { next: version({ id: kept.id }), claims: [] }]), 'duplicate'],
    'a version that is not the current one': [write([{ next: version(), claims: [] }, { next: next(), replaces: { ...kept, version: 'other' }, claims: [] }]), 'contention'],
    'a resource that is not there': [write([{ next: version(), claims: [] }, { next: next(), replaces: version(), claims: [] }]), 'contention'],
    'a turn that is over': [write([{ next: version(), claims: [] }], { turns: [{ patient, turn: turn - 1 }] }), 'contention'],
    'rules that cannot be computed': [write([{ next: version(), claims: [] }], { rules: async () => { throw new OutcomeError('bug') } }), 'bug'],
    'a trace that is there already': [write([{ next: version(), claims: [] }], await twice()), 'duplicate'],
    'a record without a key': [write([{ next: version({ patient: 'nobody' }), claims: [] }]), 'Error: a resource cannot be sealed: its record has no key']
  }
  for (const [name, [failing, kind]] of Object.entries(failures)) {
    const before = await census()
    const stamp = (await store.rules(patient, '*'))?.stamp
    t.equal(await kindOf(store.commit(failing)), kind, name)
    t.same(await census(), before, `${name}: nothing is left`)
    t.equal((await store.rules(patient, '*'))?.stamp, stamp)
    t.equal((await store.read('DocumentReference', kept.id))?.version, kept.version)
  }

  async function twice (): Promise<Partial<Write>> {
    const known = trace()
    await store.append([known], [])
    return { traces: [trace(), known] }
  }
})

t.test('deposits that share a transaction stand each for itself', async t => {
  const patients = await Promise.all(Array.from({ length: 6 }, async () => {
    const id = randomUUID()
    await store.commit(write([], { keys: [keyring.create(id)], rules: async () => [{ patient: id, actor: '*', stamp: 's', body: '{}', speaks: false }] }))
    return id
  }))
  const deposits = await Promise.all(patients.map(async (id, index) => {
    const turn = (await store.rules(id, '*'))?.turn ?? -1
    // The third claims what is taken, the fifth comes too late.
    return { next: version({ patient: id }), claims: index === 2 ? ['taken'] : [`free ${id}`], turn: { patient: id, turn: index === 4 ? turn - 1 : turn } }
  }))
  const before = await census()
  const outcomes = await Promise.all(deposits.map(async ({ next, claims, turn }) =>
    await kindOf(store.commit(write([{ next, claims }], { turns: [turn], traces: [version({ type: 'AuditEvent', patient: next.patient })] })))))
  t.same(outcomes, ['done', 'done', 'duplicate', 'done', 'contention', 'done'])
  const found = await Promise.all(deposits.map(async ({ next }) => (await store.read('DocumentReference', next.id)) !== undefined))
  t.same(found, outcomes.map(outcome => outcome === 'done'))
  const after = await census()
  t.same(['DocumentReference', 'AuditEvent'].map(name => (after[name] ?? 0) - (before[name] ?? 0)), [4, 4], 'each once, with its trace')
})

t.test('of two writes with one turn, one is made', async t => {
  const turn = (await store.rules(patient, '*'))?.turn ?? -1
  const outcomes = await Promise.all(Array.from({ length: 6 }, async () => await kindOf(store.commit(write([{ next: version(), claims: [] }], { turns: [{ patient, turn }] })))))
  t.same(outcomes.toSorted(), ['contention', 'contention', 'contention', 'contention', 'contention', 'done'])
})

t.test('of two updates of one version, one is made', async t => {
  const kept = version()
  await store.commit(write([{ next: kept, claims: [] }]))
  const outcomes = await Promise.all(Array.from({ length: 6 }, async () =>
    await kindOf(store.commit(write([{ next: { ...kept, version: randomUUID(), revision: 2 }, replaces: kept, claims: [] }])))))
  t.equal(outcomes.filter(outcome => outcome === 'done').length, 1)
  t.same(outcomes.filter(outcome => outcome !== 'done' && outcome !== 'contention'), [])
  const { total, entries } = await store.history({ types: [{ type: 'DocumentReference', filter: equals('patient', patient) }], id: kept.id, currentFacts: [], limit: 10, countTo: 10 })
  t.same([total, entries.map(({ version }) => version.revision)], [2, [2, 1]])
})

t.test('every write is acknowledged by a majority and the journal, every read is of what a majority has', async t => {
  const kept = version()
  commands.length = 0
  await store.commit(write([{ next: kept, claims: ['w'] }], { rules: rules('third') }))
  await store.commit(write([{ next: { ...kept, version: randomUUID(), revision: 2 }, replaces: kept, claims: ['w'] }]))
  await store.append([trace()], [])
  await store.read('DocumentReference', kept.id)
  await store.readVersion('DocumentReference', kept.id, kept.version)
  await store.find({ type: 'DocumentReference', filter: equals('patient', patient), sort: [], limit: 2 })
  await store.count('DocumentReference', equals('patient', patient))
  await store.distinct('DocumentReference', equals('patient', patient), 'patient', 2)
  await store.rules(patient, '*')
  t.ok(commands.length > 10, 'the commands are seen')
  const seen = new Set<string>()
  for (const { commandName, command } of commands) {
    const isInTransaction = command['txnNumber'] !== undefined && command['autocommit'] === false
    seen.add(`${commandName}${isInTransaction ? ' in a transaction' : ''}`)
    if (commandName === 'commitTransaction' || (!isInTransaction && ['insert', 'update', 'delete', 'findAndModify'].includes(commandName))) {
      t.match(command['writeConcern'], { w: 'majority', j: true }, `${commandName} is durable`)
    } else if (isInTransaction && command['startTransaction'] === true) {
      t.match(command['readConcern'], { level: 'snapshot' }, `${commandName} begins a transaction on one snapshot`)
    } else if (!isInTransaction && ['find', 'aggregate', 'count', 'distinct'].includes(commandName)) {
      t.match(command['readConcern'], { level: 'majority' }, `${commandName} reads what stays`)
      t.ok(Number(command['maxTimeMS']) > 0, `${commandName} ends`)
    }
    t.notOk(isInTransaction && command['writeConcern'] !== undefined && commandName !== 'commitTransaction' && commandName !== 'abortTransaction')
  }
  for (const expected of ['commitTransaction in a transaction', 'insert in a transaction', 'insert', 'find', 'aggregate']) t.ok(seen.has(expected), `${expected} was among them`)
})

t.test('G2 a stored text that was moved to another place does not open, and is not given', async t => {
  const [one, other] = [version(), version()]
  await store.commit(write([{ next: one, claims: [] }, { next: other, claims: [] }]))
  const collection = db.collection<{ _id: string, body: unknown, head: string }>('DocumentReference')
  const [stored, second] = [await collection.findOne({ _id: one.id }), await collection.findOne({ _id: other.id })]
  await collection.updateOne({ _id: one.id }, { $set: { body: second?.body } })
  await t.rejects(async () => await textOf(await store.read('DocumentReference', one.id)), 'swapped with another one')
  await collection.updateOne({ _id: one.id }, { $set: { body: stored?.body, head: second?.head ?? '' } })
  await t.rejects(async () => await textOf(await store.read('DocumentReference', one.id)), 'under the head of another version')
  await collection.updateOne({ _id: one.id }, { $set: { head: stored?.head ?? '' } })
  t.equal(await textOf(await store.read('DocumentReference', one.id)), one.text)
  await db.collection<{ _id: string }>('Key').deleteOne({ _id: patient })
  const forgetful = createResourceStore(client, db, createKeyring(randomBytes(32), createKeyStore(db)))
  const kept = await forgetful.read('DocumentReference', one.id)
  t.equal(kept === undefined ? kept : await forgetful.opened(kept), undefined, 'without its key it reads as absent')
})
