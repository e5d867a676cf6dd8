/** Traces by the plain command: all are there, once, whatever a first try left behind; a failure is told, and so is another primary. */
import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Version } from '../../src/interaction/store.js'
import { createAppend, insert } from '../../src/store/append.js'
import { createClient } from '../../src/store/client.js'
import { createFence } from '../../src/store/fence.js'
import { createCollections } from '../../src/store/indexes.js'
import { createKeyStore } from '../../src/store/key-store.js'
import { createSealing } from '../../src/store/stored.js'
import type { StoredVersion } from '../../src/store/stored.js'

const client = await createClient(process.env['MONGODB_URL'] ?? '').connect()
const db = client.db(`append${process.pid}`)
await createCollections(db, new Map([['AuditEvent', 'trace']]))
t.teardown(async () => {
  await client.close()
  const again = await createClient(process.env['MONGODB_URL'] ?? '').connect()
  await again.db(db.databaseName).dropDatabase()
  await again.close()
})

const sealing = createSealing(createKeyring(randomBytes(32), createKeyStore(db)))
const fence = createFence(client, db)
const election = await fence.enter()
const append = createAppend(db, sealing, fence)
const trace = (): Version => ({ type: 'AuditEvent', id: randomUUID(), version: '1', revision: 1, at: Date.now(), patient: null, isDeleted: false, keys: [], found: [], dates: {}, sort: {}, facts: {}, text: '{}' })
const written = async () => (await db.collection<StoredVersion>('AuditEvent').find().toArray()).map(({ _id }) => _id).toSorted()

t.test('traces that arrive together are all there', async t => {
  const traces = Array.from({ length: 20 }, trace)
  await Promise.all(traces.map(async one => { await append([one], [election]) }))
  t.strictSame(await written(), traces.map(({ id }) => id).toSorted())
})

t.test('what a first try has written already is not written twice, and the rest is', async t => {
  const before = await written()
  const traces = await Promise.all([trace(), trace(), trace()].map(async one => await sealing.toStored(one, [])))
  await insert(db, fence, traces.slice(1, 2))
  t.equal(await insert(db, fence, traces), election, 'by the primary of this election')
  t.strictSame(await written(), [...before, ...traces.map(({ _id }) => _id)].toSorted())
})

t.test('what was read under another election than the one of its trace is not told, though traced', async t => {
  const before = (await written()).length
  await t.rejects(append([trace()], [election, '7fffffff00000000000000ff']), { message: 'store-unavailable' })
  await t.rejects(append([trace()], ['']), { message: 'store-unavailable' })
  await append([trace()], [election])
  t.equal((await written()).length, before + 3)
})

t.test('what cannot be written is not taken for written', async t => {
  const [one] = await Promise.all([sealing.toStored(trace(), [])])
  const tooLarge = { ...one, keys: ['x'.repeat(17 * 1024 * 1024)] } as StoredVersion
  await t.rejects(insert(db, fence, [tooLarge]))
  await client.close()
  await t.rejects(append([trace()], [election]))
})
