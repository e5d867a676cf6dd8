/**
 * One write is one transaction: all of it or nothing. Plain deposits that arrive while a transaction is under way share
 * the next one, so that many of them cost the round trips of one; if anything in it fails, each is done by itself, and
 * each caller hears of its own write only.
 */
import { Binary } from 'mongodb'
import type { ClientSession, Db, MongoClient } from 'mongodb'
import type { Change, Turn, Write } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { coalesce } from './coalesce.js'
import { abandonContents, putContents } from './content-sweep.js'
import { isDuplicate, toOutcome } from './failure.js'
import { history } from './indexes.js'
import { rulesId, withFacts } from './stored.js'
import type { Sealing, StoredKeys, StoredReceipt, StoredRules, StoredVersion } from './stored.js'

const TRANSACTION = { readConcern: { level: 'snapshot' }, maxCommitTimeMS: 5000 } as const
/** Deposits in one transaction. */
const MOST_SHARED = 24

/** A write whose texts are sealed: what the transaction holds is decided before it. */
interface Prepared {
  readonly write: Write
  readonly stored: readonly StoredVersion[]
  readonly traces: readonly StoredVersion[]
}

interface Outcome { readonly error?: unknown }

export function createCommit (client: MongoClient, db: Db, sealing: Sealing): (write: Write) => Promise<void> {
  const versions = (name: string) => db.collection<StoredVersion>(name)
  const rules = db.collection<StoredRules>('Rules')

  async function run (work: (session: ClientSession) => Promise<void>): Promise<Outcome> {
    try {
      await client.withSession(async session => await session.withTransaction(async () => { await work(session) }, TRANSACTION))
      return {}
    } catch (error) {
      return { error: toOutcome(error) }
    }
  }

  async function alone (prepared: Prepared): Promise<Outcome> {
    return await run(async session => await transact(session, prepared))
  }

  const together = coalesce<Prepared, Outcome>(async all => {
    const [first] = all
    if (first === undefined || all.length === 1 || hasTwice(all.flatMap(({ write }) => write.turns ?? []))) return await each(all)
    const shared = await run(async session => {
      await keepReceipts(session, all.map(({ write }) => write))
      await takeTurns(session, all.map(({ write }) => write))
      await insertAll(session, all.flatMap(({ stored, write }) => write.changes.map((change, index) => [change.next.type, stored[index]] as const)))
      await putContents(db, session, all.flatMap(({ write }) => write.contents ?? []))
      await versions('AuditEvent').insertMany(all.flatMap(({ traces }) => traces), { session })
    })
    // What may have been committed is not done again.
    const isUnknown = shared.error instanceof OutcomeError && shared.error.kind === 'outcome-unknown'
    return shared.error === undefined || isUnknown ? () => shared : await each(all)
  }, { most: MOST_SHARED, atOnce: 1 })

  async function each (all: readonly Prepared[]): Promise<(prepared: Prepared) => Outcome> {
    const outcomes = new Map<Prepared, Outcome>()
    for (const prepared of all) outcomes.set(prepared, await alone(prepared))
    return prepared => outcomes.get(prepared) ?? {}
  }

  async function transact (session: ClientSession, { write, stored, traces }: Prepared): Promise<void> {
    await keepReceipts(session, [write])
    await takeTurns(session, [write])
    for (const { patient, wrapped } of write.keys ?? []) {
      await db.collection<StoredKeys>('Key').insertOne({ _id: patient, record: new Binary(wrapped.record), trace: new Binary(wrapped.trace) }, { session })
    }
    for (const [index, change] of write.changes.entries()) await apply(session, change, stored[index])
    for (const { type, id, facts } of write.reindexed ?? []) {
      const stored = await versions(type).findOne({ _id: id }, { session, projection: { head: 1 } })
      if (stored !== null) await versions(type).updateOne({ _id: id }, { $set: withFacts(type, stored.head, facts) }, { session })
    }
    await putContents(db, session, write.contents ?? [])
    await abandonContents(db, session, write.abandoned ?? [])
    if (traces.length > 0) await versions('AuditEvent').insertMany([...traces], { session })
    const compiled = await write.rules?.({
      facts: async (patient, actor) => (await versions('Consent')
        .find({ patient, 'facts.filed': actor }, { session, projection: { facts: 1 } }).toArray()).map(({ facts }) => facts),
      rules: async (patient, actor) => await rules.findOne({ _id: rulesId(patient, actor) }, { session }) ?? undefined
    }) ?? []
    for (const document of compiled) {
      await rules.updateOne({ _id: rulesId(document.patient, document.actor) }, { $set: document, $inc: { turn: 1 } }, { session, upsert: true })
    }
  }

  /**
   * Before all else: where the same request was done meanwhile, it begins anew, and is answered from the receipt. Whatever
   * else would be found to be there already was written by it.
   */
  async function keepReceipts (session: ClientSession, writes: readonly Write[]): Promise<void> {
    const stored = writes.flatMap(({ receipt }) => receipt ?? []).map(({ id, at, ...receipt }) => ({ _id: id, at: new Date(at), ...receipt }))
    if (stored.length === 0) return
    try {
      await db.collection<StoredReceipt>('Receipt').insertMany(stored, { session })
    } catch (error) {
      throw isDuplicate(error) ? new OutcomeError('contention') : error
    }
  }

  /** Then: another write of the record since the one that this one saw makes it begin anew. */
  async function takeTurns (session: ClientSession, writes: readonly Write[]): Promise<void> {
    const all = writes.flatMap(({ turns = [] }) => turns)
    if (all.length === 0) return
    const taken = await rules.bulkWrite(all.map(({ patient, turn }) => ({
      updateOne: { filter: { _id: rulesId(patient, '*'), turn }, update: { $inc: { turn: 1 } } }
    })), { session })
    if (taken.matchedCount < all.length) throw new OutcomeError('contention')
  }

  async function apply (session: ClientSession, { next, replaces }: Change, stored: StoredVersion | undefined): Promise<void> {
    if (stored === undefined) return
    const collection = versions(next.type)
    if (replaces === undefined) {
      await collection.insertOne(stored, { session })
      return
    }
    const old = await collection.findOneAndReplace({ _id: next.id, version: replaces.version }, stored, { session })
    if (old === null) throw new OutcomeError('contention')
    const { claims, ...superseded } = old
    await versions(history(next.type)).insertOne({ ...superseded, _id: `${old.id}|${old.version}` }, { session })
  }

  async function insertAll (session: ClientSession, list: readonly (readonly [type: string, stored: StoredVersion | undefined])[]): Promise<void> {
    for (const type of new Set(list.map(([name]) => name))) {
      await versions(type).insertMany(list.flatMap(([name, stored]) => name === type ? stored ?? [] : []), { session })
    }
  }

  return async write => {
    const [stored, traces] = await Promise.all([
      Promise.all(write.changes.map(async ({ next, claims }) => await sealing.toStored(next, claims, write.keys))),
      Promise.all(write.traces.map(async trace => await sealing.toStored(trace, [], write.keys)))
    ])
    const prepared = { write, stored, traces }
    const { error } = await (isPlain(write) ? together(prepared) : alone(prepared))
    if (error !== undefined) throw error
  }
}

/** A write that only adds. */
function isPlain ({ changes, reindexed = [], keys = [], rules }: Write): boolean {
  return changes.every(({ replaces }) => replaces === undefined) && reindexed.length === 0 && keys.length === 0 && rules === undefined
}

function hasTwice (turns: readonly Turn[]): boolean {
  return new Set(turns.map(({ patient }) => patient)).size < turns.length
}
