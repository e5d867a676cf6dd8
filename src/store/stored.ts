import { Binary } from 'mongodb'
import type { Keyring, NewKeys } from '../crypto/keyring.js'
import { open, seal } from '../crypto/seal.js'
import type { Receipt, RulesDocument, Version } from '../interaction/store.js'
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
type Head = Omit<Version, 'type' | 'text' | 'keys' | 'dates' | 'sort' | 'numbers' | 'parts' | 'points'>

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
  const { type, text, keys, dates, sort, numbers, parts, points, held, ...head } = version
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

/** A version without its text, and without what MongoDB alone asks of it. */
export function headOf (type: string, head: string, sort: Version['sort'] = {}): Version {
  return { type, ...JSON.parse(head) as Head, keys: [], dates: {}, sort, text: '' }
}

export interface Sealing {
  readonly toStored: (version: Version, claims: readonly string[], keys?: readonly NewKeys[]) => Promise<StoredVersion>
  /** undefined where the key of the record is no more: it reads as absent. */
  readonly toVersion: (type: string, stored: ReadBack) => Promise<Version & { readonly held?: Held } | undefined>
}

/** The passage between a version and what is stored of it; each body is sealed for its patient, id and version. */
export function createSealing (keyring: Keyring): Sealing {
  const place = (type: string, { patient, id, version }: { patient: string | null, id: string, version: string }) =>
    `${patient ?? ''}|${type}/${id}|${version}`

  async function keyOf (type: string, patient: string | null, fresh: readonly NewKeys[] = []): Promise<Buffer | null | undefined> {
    if (patient === null) return type === 'AuditEvent' ? keyring.common : null
    const keys = fresh.find(each => each.patient === patient)?.keys ?? await keyring.of(patient)
    return type === 'AuditEvent' ? keys?.trace : keys?.record
  }

  return {
    async toStored (version, claims, keys) {
      const { type, text, keys: indexed, dates, sort, numbers, parts, points, facts: whole, ...head } = version
      const { facts, held } = withoutItems(type, whole)
      const key = await keyOf(type, version.patient, keys)
      if (key === undefined) throw new Error('a resource cannot be sealed: its record has no key')
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
        head: toHead(version),
        body: key === null ? text : new Binary(seal(key, place(type, version), Buffer.from(text))),
        ...held === undefined ? {} : { held },
        ...claims.length === 0 ? {} : { claims }
      }
    },

    async toVersion (type, { head, body, held, sort = {} }) {
      const version = JSON.parse(head) as Head
      const key = await keyOf(type, version.patient)
      if (key === undefined) return undefined
      const text = typeof body === 'string' ? body : open(key ?? keyring.common, place(type, version), body.buffer).toString('utf8')
      // Keys, dates, numbers, parts and points are for MongoDB to find by: they are not read back.
      return { type, ...version, keys: [], dates: {}, sort, text, ...held === undefined ? {} : { held } }
    }
  }
}
