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
import { addDue } from './outbox-store.js'
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
    const keys = (write.keys ?? []).map(({ patient, wrapped }) => ({ _id: patient, record: new Binary(wrapped.record), trace: new Binary(wrapped.trace) }))
    if (keys.length > 0) await db.collection<StoredKeys>('Key').insertMany(keys, { session })
    const all = write.changes.flatMap((change, index) => stored[index] === undefined ? [] : [{ ...change, stored: stored[index] }])
    // What is replaced gives up what it claimed, before anything new claims it.
    await replaceAll(session, all)
    await insertAll(session, all.flatMap(({ next, replaces, stored }) => replaces === undefined ? [[next.type, stored] as const] : []))
    await reindexAll(session, write.reindexed ?? [])
    await putContents(db, session, write.contents ?? [])
    await abandonContents(db, session, write.abandoned ?? [])
    if (traces.length > 0) await versions('AuditEvent').insertMany([...traces], { session })
    await addDue(db, write.due ?? [], session)
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

  /** Of each type at once: the versions that were there go to its history, if they are those that were seen. */
  async function replaceAll (session: ClientSession, all: readonly (Change & { readonly stored: StoredVersion })[]): Promise<void> {
    for (const [type, changes] of byType(all.filter(({ replaces }) => replaces !== undefined), ({ next }) => next.type)) {
      const old = await versions(type).find({ _id: { $in: changes.map(({ next }) => next.id) } }, { session }).toArray()
      const { matchedCount } = await versions(type).bulkWrite(changes.map(({ next: { id }, replaces, stored }) =>
        ({ replaceOne: { filter: { _id: id, version: replaces?.version ?? '' }, replacement: stored } })), { session })
      if (matchedCount < changes.length) throw new OutcomeError('contention')
      await versions(history(type)).insertMany(old.map(({ claims, ...superseded }) => ({ ...superseded, _id: `${superseded.id}|${superseded.version}` })), { session })
    }
  }

  async function reindexAll (session: ClientSession, all: NonNullable<Write['reindexed']>): Promise<void> {
    for (const [type, list] of byType(all, each => each.type)) {
      const found = await versions(type).find({ _id: { $in: list.map(({ id }) => id) } }, { session, projection: { head: 1 } }).toArray()
      const heads = new Map(found.map(({ _id, head }) => [_id, head]))
      const updates = list.flatMap(({ id, facts }) => {
        const head = heads.get(id)
        return head === undefined ? [] : [{ updateOne: { filter: { _id: id }, update: { $set: withFacts(type, head, facts) } } }]
      })
      if (updates.length > 0) await versions(type).bulkWrite(updates, { session })
    }
  }

  async function insertAll (session: ClientSession, list: readonly (readonly [type: string, stored: StoredVersion | undefined])[]): Promise<void> {
    for (const [type, ofType] of byType(list, ([name]) => name)) await versions(type).insertMany(ofType.flatMap(([, stored]) => stored ?? []), { session })
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

/** A write that only adds; what is told of others holds none of them up. */
function isPlain ({ changes, reindexed = [], keys = [], rules, due }: Write): boolean {
  return changes.every(({ replaces }) => replaces === undefined) && reindexed.length === 0 && keys.length === 0 && rules === undefined && due === undefined
}

function hasTwice (turns: readonly Turn[]): boolean {
  return new Set(turns.map(({ patient }) => patient)).size < turns.length
}

function byType<T> (list: readonly T[], typeOf: (each: T) => string): ReadonlyMap<string, readonly T[]> {
  return new Map([...new Set(list.map(typeOf))].map(type => [type, list.filter(each => typeOf(each) === type)]))
}
