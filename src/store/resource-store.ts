/**
 * The resource store on MongoDB: current versions in one collection per type, superseded ones in another, compiled
 * rules and keys beside them. One write is one transaction; what may be asked often at once is coalesced.
 */
import type { Collection, Db, Document, MongoClient } from 'mongodb'
import type { Keyring, KeyStore } from '../crypto/keyring.js'
import type { Filter, Scalar } from '../filter/filter.js'
import type { PageQuery, ResourceStore, Version } from '../interaction/store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { READ_TIME, SEARCH_TIME } from './client.js'
import { coalesce } from './coalesce.js'
import { translated } from './failure.js'
import { history } from './indexes.js'
import { afterMatch, toSort } from './keyset.js'
import { createSealing } from './stored.js'
import { createCommit } from './commit.js'
import { rulesId } from './stored.js'
import type { StoredKeys, StoredRules, StoredVersion } from './stored.js'
import { toMongo } from './to-mongo.js'
import type { Criteria } from './to-mongo.js'
import { createHistory } from './versions.js'

/** What is only ever asked of MongoDB, never of what comes back: half of what a document holds. */
const WITHOUT_KEYS = { keys: 0, dates: 0 } as const
/** The index of a whole record, where a type has one. */
const IN_RECORD: Readonly<Record<string, Document>> = { DocumentReference: { patient: 1, _id: 1 }, AuditEvent: { patient: 1, at: -1 } }
/** Of a page, what nothing after the search asks. */
const LEAN = { keys: 0, dates: 0, found: 0, claims: 0, 'facts.origins': 0, 'facts.claims': 0, 'facts.depositor': 0 } as const
/** More than one answer of MongoDB holds by itself: no second round trip for the rest. */
const WHOLE = 2000
/** The most records that a search without a patient steps around. */
const MOST_SHUT = 10_000

/** Where the wrapped keys of records are. */
export function createKeyStore (db: Db): KeyStore {
  const load = coalesce<string, StoredKeys | undefined>(async ids => {
    const found = await db.collection<StoredKeys>('Key').find({ _id: { $in: [...ids] } }, { maxTimeMS: READ_TIME }).toArray()
    const byId = new Map(found.map(keys => [keys._id, keys]))
    return id => byId.get(id)
  })
  return {
    load: async patient => await translated(async () => {
      const stored = await load(patient)
      return stored === undefined ? undefined : { record: Buffer.from(stored.record.buffer), trace: Buffer.from(stored.trace.buffer) }
    })
  }
}

export function createResourceStore (client: MongoClient, db: Db, keyring: Keyring): ResourceStore {
  const sealing = createSealing(keyring)
  const versions = (name: string): Collection<StoredVersion> => db.collection<StoredVersion>(name)
  const rulesCollection = db.collection<StoredRules>('Rules')
  const readers = new Map<string, (id: string) => Promise<StoredVersion | undefined>>()

  function readerOf (type: string, projection: Document = WITHOUT_KEYS): (id: string) => Promise<StoredVersion | undefined> {
    const name = projection === LEAN ? `lean ${type}` : type
    let reader = readers.get(name)
    if (reader === undefined) {
      reader = coalesce(async ids => {
        const found = await versions(type).find({ _id: { $in: [...new Set(ids)] } }, { projection, batchSize: WHOLE, maxTimeMS: READ_TIME }).toArray()
        const byId = new Map(found.map(stored => [stored._id, stored]))
        return id => byId.get(id)
      })
      readers.set(name, reader)
    }
    return reader
  }

  const rules = coalesce<string, StoredRules | undefined>(async ids => {
    const found = await rulesCollection.find({ _id: { $in: [...new Set(ids)] } }, { maxTimeMS: READ_TIME }).toArray()
    const byId = new Map(found.map(stored => [stored._id, stored]))
    return id => byId.get(id)
  })

  const append = coalesce<readonly Version[], void>(async lists => {
    const stored = await Promise.all(lists.flat().map(async trace => await sealing.toStored(trace, [])))
    if (stored.length > 0) await versions('AuditEvent').insertMany(stored, { ordered: false })
    return () => {}
  })

  async function opened (type: string, list: readonly StoredVersion[]): Promise<readonly Version[]> {
    return (await Promise.all(list.map(async stored => await sealing.toVersion(type, stored)))).filter(version => version !== undefined)
  }

  return {
    read: async (type, id) => await translated(async () => {
      const stored = await readerOf(type)(id)
      return stored === undefined ? undefined : await sealing.toVersion(type, stored)
    }),

    readVersion: async (type, id, version) => await translated(async () => {
      const stored = await versions(history(type)).findOne({ _id: `${id}|${version}` }, { maxTimeMS: READ_TIME })
      return stored === null ? undefined : await sealing.toVersion(type, stored)
    }),

    find: async query => await translated(async () => {
      const cursor = versions(query.type).find(pageFilter(query), { projection: WITHOUT_KEYS, ...hintOf(query.type, query.filter), maxTimeMS: SEARCH_TIME }).sort(toSort(query.sort)).limit(query.limit)
      return await opened(query.type, await cursor.toArray())
    }),

    firstPage: async ({ type, filter, sort, limit }, countTo) => await translated(async () => {
      const found = await versions(type).find(toMongo(filter), { projection: { version: 1 }, ...hintOf(type, filter), maxTimeMS: SEARCH_TIME })
        .sort(toSort(sort)).limit(countTo + 1).batchSize(WHOLE).toArray()
      const page = await Promise.all(found.slice(0, limit).map(async ({ _id }) => await readerOf(type, LEAN)(_id)))
      const seen = new Map(found.map(({ _id, version }) => [_id, version]))
      const read = page.filter(stored => stored !== undefined && !stored.deleted) as StoredVersion[]
      return {
        versions: await opened(type, read),
        changed: new Set(read.filter(({ _id, version }) => seen.get(_id) !== version).map(({ _id }) => _id)),
        hasMore: found.length > limit,
        ...found.length > countTo ? {} : { total: found.length }
      }
    }),

    count: async (type, filter) => await translated(async () =>
      await versions(type).countDocuments(toMongo(filter), { ...hintOf(type, filter), maxTimeMS: SEARCH_TIME })),

    history: createHistory(client, db, sealing),

    distinct: async (type, filter, field, limit) => await translated(async () => {
      const found = await versions(type).aggregate<{ _id: string }>([
        { $match: toMongo(filter) }, { $group: { _id: `$${field}` } }, { $limit: limit + 1 }
      ], { maxTimeMS: SEARCH_TIME }).toArray()
      return found.flatMap(({ _id }) => _id === null ? [] : [_id])
    }),

    rules: async (patient, actor) => await translated(async () => await rules(rulesId(patient, actor))),

    patientsWithRules: async (actors, limit) => await translated(async () => {
      const patients = async (speaks: boolean, most: number) => await rulesCollection.aggregate<{ _id: string }>([
        { $match: { actor: { $in: [...actors] }, speaks } }, { $group: { _id: '$patient' } }, { $limit: most }
      ], { maxTimeMS: SEARCH_TIME }).toArray()
      const [granting, other] = await Promise.all([patients(true, limit + 1), patients(false, MOST_SHUT + 1)])
      if (other.length > MOST_SHUT) throw new OutcomeError('too-costly')
      return { granting: granting.map(({ _id }) => _id), other: other.map(({ _id }) => _id) }
    }),

    patientsSpeaking: async () => await translated(async () => {
      const found = await rulesCollection.find({ actor: '*', speaks: true }, { projection: { patient: 1 }, maxTimeMS: SEARCH_TIME }).limit(MOST_SHUT + 1).toArray()
      if (found.length > MOST_SHUT) throw new OutcomeError('too-costly')
      return found.map(({ patient }) => patient)
    }),

    authorsOf: async (patient, limit) => await translated(async () => {
      const found = await versions('DocumentReference').aggregate<{ _id: string }>([
        { $match: { patient: { $eq: patient } } }, { $unwind: '$facts.authors' }, { $group: { _id: '$facts.authors' } }, { $limit: limit }
      ], { maxTimeMS: SEARCH_TIME }).toArray()
      return found.map(({ _id }) => _id)
    }),

    commit: createCommit(client, db, sealing),

    append: async traces => {
      try {
        await append(traces)
      } catch (error) {
        throw new OutcomeError('audit-unavailable', [], { cause: error })
      }
    }
  }
}

/** Within one record there is one good index, and finding that out again would take longer than the search. */
function hintOf (type: string, filter: Filter): { readonly hint?: Document } {
  const parts = filter.kind === 'and' ? filter.of : [filter]
  const isBound = parts.some(part => part.kind === 'in' && part.field === 'patient' && part.values.length === 1)
  if (!isBound || type === 'Patient') return {}
  const hasKeys = parts.some(part => part.kind === 'in' && part.field === 'keys' && !part.values.every(isOfPatient))
  return { hint: hasKeys && type !== 'AuditEvent' ? { patient: 1, keys: 1 } : IN_RECORD[type] ?? { patient: 1, keys: 1 } }
}

/** A key that says no more than the field `patient` does. */
function isOfPatient (key: Scalar): boolean {
  return /^(?:patient|subject)\|Patient\//.test(String(key))
}

function pageFilter ({ filter, sort, after }: PageQuery): Criteria {
  const wanted = toMongo(filter)
  return after === undefined ? wanted : { $and: [wanted, afterMatch(sort, after)] }
}
