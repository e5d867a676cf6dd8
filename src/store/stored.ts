import { Binary } from 'mongodb'
import type { Keyring, NewKeys } from '../crypto/keyring.js'
import { open, seal } from '../crypto/seal.js'
import type { TraceFacts } from '../consent/family.js'
import type { Kept, Receipt, RulesDocument, Version } from '../interaction/store.js'
import { authoredOf } from './authored.js'
import type { Authored } from './authored.js'
import { withoutItems } from './held.js'
import type { Held } from './held.js'

/**
 * A version as MongoDB keeps it: what it is found by, in clear or hashed, its head, and its body, sealed (the
 * directory's in clear). Only head and body are read back: two texts are read many times faster than a tree of BSON.
 */
export interface StoredVersion {
  _id: string
  id: string
  version: string
  revision: number
  at: number
  patient: string | null
  deleted: boolean
  keys: readonly string[]
  found: readonly string[]
  dates: Version['dates']
  sort: Version['sort']
  numbers?: NonNullable<Version['numbers']>
  parts?: NonNullable<Version['parts']>
  points?: NonNullable<Version['points']>
  facts: unknown
  authored?: readonly Authored[]
  /** Of a container: all that it ever held. */
  held?: Held
  /** JSON of a `Head`: the same values as above. */
  head: string
  body: Binary | string
  claims?: readonly string[]
}

/** What is read back of a version, and how it is asked of MongoDB. */
export type ReadBack = Pick<StoredVersion, '_id' | 'head' | 'body' | 'held'> & Partial<Pick<StoredVersion, 'sort'>>
export const READ_BACK = { head: 1, body: 1, held: 1 } as const

/** A version but for its type, its text, and what MongoDB alone asks of it. */
type Head = Omit<Kept, 'type' | 'body' | 'keys' | 'dates' | 'sort' | 'numbers' | 'parts' | 'points'>

export interface StoredRules extends RulesDocument { _id: string, turn: number }
export interface StoredKeys { _id: string, record: Binary, trace: Binary }

export interface StoredReceipt extends Omit<Receipt, 'id' | 'at'> {
  _id: string
  /** The instant by which MongoDB forgets it. */
  at: Date
}

export const rulesId = (patient: string, actor: string) => `${patient}|${actor}`

/** The head of a version, of a container without what it holds. */
export function toHead (version: Version & { readonly held?: Held }): string {
  const { type, text, body, keys, dates, sort, numbers, parts, points, held, ...head } = version
  return JSON.stringify({ ...head, facts: withoutItems(type, head.facts).facts } satisfies Head)
}

/** What changes of a stored version with its facts. */
export function withFacts (type: string, head: string, facts: unknown): Pick<StoredVersion, 'facts' | 'head' | 'held'> {
  const stored = withoutItems(type, facts)
  return { ...stored, head: JSON.stringify({ ...JSON.parse(head) as Head, facts: stored.facts }) }
}

/** The facts that a head holds. */
export function factsIn (head: string): unknown {
  return (JSON.parse(head) as Head).facts
}

/** A version as it was read back. Keys, dates, numbers and parts are for MongoDB to find by: they are not read. */
export function toKept (type: string, { head, body, held, sort = {} }: Partial<ReadBack> & Pick<ReadBack, 'head'>): Kept & { readonly held?: Held } {
  return { type, ...JSON.parse(head) as Head, keys: [], dates: {}, sort, ...body === undefined ? {} : { body }, ...held === undefined ? {} : { held } }
}

export interface Sealing {
  readonly toStored: (version: Version, claims: readonly string[], keys?: readonly NewKeys[]) => Promise<StoredVersion>
  /**
   * The same of a trace of what changes nothing. Where nothing was shown its key is asked of MongoDB each time, nobody's
   * too: so the access to what is hidden takes as long as one to what is absent, whoever's key is known.
   */
  readonly toTrace: (trace: Version) => Promise<StoredVersion>
  /** undefined where the key of the record is no more: it reads as absent. */
  readonly opened: (version: Kept) => Promise<Version | undefined>
  /** Its text alone, as UTF-8. */
  readonly bytes: (version: Kept) => Promise<Buffer | undefined>
}

/** The passage between a version and what is stored of it; each body is sealed for its patient, id and version. */
export function createSealing (keyring: Keyring): Sealing {
  const place = (type: string, { patient, id, version }: { patient: string | null, id: string, version: string }) =>
    `${patient ?? ''}|${type}/${id}|${version}`

  /** What is of no record, and sealed all the same. */
  const sealedOfNobody: readonly string[] = ['AuditEvent', 'Subscription']

  async function keyOf (type: string, patient: string | null, fresh: readonly NewKeys[] = []): Promise<Buffer | null | undefined> {
    if (patient === null) return sealedOfNobody.includes(type) ? keyring.common : null
    const keys = fresh.find(each => each.patient === patient)?.keys ?? await keyring.of(patient)
    return type === 'AuditEvent' ? keys?.trace : keys?.record
  }

  function stored (version: Version, claims: readonly string[], key: Buffer | null): StoredVersion {
    const { type, text, body, keys: indexed, dates, sort, numbers, parts, points, facts: whole, ...head } = version
    const { facts, held } = withoutItems(type, whole)
    const { isDeleted, ...values } = head
    return {
      _id: head.id,
      ...values,
      deleted: isDeleted,
      keys: indexed,
      dates,
      sort,
      ...numbers === undefined ? {} : { numbers },
      ...parts === undefined ? {} : { parts },
      ...points === undefined ? {} : { points },
      facts,
      ...authoredOf(version),
      head: toHead(version),
      body: key === null ? text : new Binary(seal(key, place(type, version), Buffer.from(text))),
      ...held === undefined ? {} : { held },
      ...claims.length === 0 ? {} : { claims }
    }
  }

  /** What the body of a version says: the directory's text, or what was sealed. */
  async function plain (version: Kept): Promise<string | Buffer | undefined> {
    const { type, patient, body } = version
    const key = await keyOf(type, patient)
    if (key === undefined) return undefined
    if (typeof body === 'string') return body
    if (!(body instanceof Binary)) throw new Error('the body of this version was not read')
    return open(key ?? keyring.common, place(type, version), body.buffer)
  }

  let somebody = ''

  const sealing: Sealing = {
    async toStored (version, claims, keys) {
      const key = await keyOf(version.type, version.patient, keys)
      if (key === undefined) throw new Error('a resource cannot be sealed: its record has no key')
      return stored(version, claims, key)
    },

    async toTrace (trace) {
      if (isShown(trace)) return await sealing.toStored(trace, [])
      // For nobody a key is looked up and unwrapped as for the last one who was there.
      const keys = await keyring.fresh(trace.patient ?? somebody)
      if (trace.patient !== null) somebody = trace.patient
      // Of a record that is destroyed it is like that of none.
      return keys === undefined || trace.patient === null ? stored({ ...trace, patient: null }, [], keyring.common) : stored(trace, [], keys.trace)
    },

    async opened (version) {
      if (isOpen(version)) return version
      const { body, ...kept } = version
      const text = await plain(version)
      return text === undefined ? undefined : { ...kept, text: text.toString() }
    },

    async bytes (version) {
      const text = isOpen(version) ? version.text : await plain(version)
      return typeof text === 'string' ? Buffer.from(text) : text
    }
  }
  return sealing
}

function isOpen (version: Kept): version is Version {
  return 'text' in version
}

/** Whether an access was permitted; one without a patient is to the directory, or found nothing. */
function isShown ({ patient, facts }: Version): boolean {
  const { family, isPermitted } = facts as TraceFacts
  return patient === null ? family === 'directory' || family === 'open-agenda' : isPermitted
}
