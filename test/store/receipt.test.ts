/** Receipts in the transaction: of two processes that do the same at once, one writes, the other is told to begin anew. */
import { randomBytes, randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { createKeyring } from '../../src/crypto/keyring.js'
import type { Receipt, Version, Write } from '../../src/interaction/store.js'
import { OutcomeError } from '../../src/outcome/outcome-error.js'
import { createClient } from '../../src/store/client.js'
import { createCollections } from '../../src/store/indexes.js'
import { createKeyStore } from '../../src/store/key-store.js'
import { createResourceStore } from '../../src/store/resource-store.js'

const url = process.env['MONGODB_URL'] ?? ''
const name = `receipt${process.pid}`
const clients = [createClient(url), createClient(url)] as const
for (const client of clients) await client.connect()
// As a type with claims, whose body is stored in clear: nothing here needs a key.
await createCollections(clients[0].db(name), new Map([['Organization', 'identity'], ['AuditEvent', 'trace']]))
// Two processes are two clients: nothing is shared between them but MongoDB.
const [one, other] = clients.map(client => createResourceStore(client, client.db(name), createKeyring(randomBytes(32), createKeyStore(client.db(name)))))
if (one === undefined || other === undefined) throw new Error('two stores are needed')
t.teardown(async () => {
  await new MongoClient(url).connect().then(async client => { await client.db(name).dropDatabase(); await client.close() })
  for (const client of clients) await client.close()
})

const receipt = (id: string): Receipt => ({ id, digest: 'd', at: Date.now(), answer: { status: 201, headers: { etag: 'W/"1"' }, written: { type: 'Organization', id: 'x', version: '1', at: 1, isDeleted: false } } })
const organization = (claim?: string): Write['changes'][number] => ({
  claims: claim === undefined ? [] : [claim],
  next: { type: 'Organization', id: randomUUID(), version: randomUUID(), revision: 1, at: Date.now(), patient: null, isDeleted: false, keys: [], found: [], dates: {}, sort: {}, facts: {}, text: '{}' } satisfies Version
})
const write = (id: string, more: Partial<Write> = {}): Write => ({ changes: [organization()], traces: [], receipt: receipt(id), ...more })
const kindOf = async (work: Promise<unknown>) => await work.then(() => 'done', error => error instanceof OutcomeError ? error.kind : String(error))
const count = async () => await clients[0].db(name).collection('Organization').countDocuments()

t.test('a receipt is read back as it was written, by every process', async t => {
  const written = receipt('plain')
  await one.commit({ changes: [organization()], traces: [], receipt: written })
  t.strictSame(await other.receipt('plain'), written)
  t.equal(await other.receipt('another'), undefined)
})

t.test('of the same at once in two processes one is done, the others are contention', async t => {
  for (let round = 0; round < 10; round++) {
    const before = await count()
    const kinds = await Promise.all([one, other, one, other].map(async store => await kindOf(store.commit(write(`round ${round}`)))))
    t.strictSame(kinds.toSorted(), ['contention', 'contention', 'contention', 'done'])
    t.equal(await count(), before + 1)
  }
})

t.test('the receipt comes before all else: what the same request claimed is no duplicate', async t => {
  await one.commit(write('claim', { changes: [organization('ins')] }))
  t.equal(await kindOf(other.commit(write('claim', { changes: [organization('ins')] }))), 'contention')
  t.equal(await kindOf(other.commit(write('another claim', { changes: [organization('ins')] }))), 'duplicate')
  t.equal(await other.receipt('another claim'), undefined, 'and what failed left no receipt')
})

t.test('those who share a transaction are told of their own alone', async t => {
  await one.commit(write('shared 3'))
  const before = await count()
  const kinds = await Promise.all(Array.from({ length: 8 }, async (_, index) => await kindOf(one.commit(write(`shared ${index}`)))))
  t.strictSame(kinds, kinds.map((_, index) => index === 3 ? 'contention' : 'done'))
  t.equal(await count(), before + 7)
})
