import { Binary } from 'mongodb'
import type { Keyring, NewKeys } from '../crypto/keyring.js'
import { open, seal } from '../crypto/seal.js'
import type { Receipt, RulesDocument, Version } from '../interaction/store.js'

/** A version as MongoDB keeps it: index values in clear or hashed, the body sealed (the directory's in clear). */
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
  facts: unknown
  body: Binary | string
  claims?: readonly string[]
}

export interface StoredRules extends RulesDocument { _id: string, turn: number }
export interface StoredKeys { _id: string, record: Binary, trace: Binary }

export interface StoredReceipt extends Omit<Receipt, 'id' | 'at'> {
  _id: string
  /** The instant by which MongoDB forgets it. */
  at: Date
}

export const rulesId = (patient: string, actor: string) => `${patient}|${actor}`

export interface Sealing {
  readonly toStored: (version: Version, claims: readonly string[], keys?: NewKeys) => Promise<StoredVersion>
  /** undefined where the key of the record is no more: it reads as absent. */
  readonly toVersion: (type: string, stored: StoredVersion) => Promise<Version | undefined>
}

/** The passage between a version and what is stored of it; each body is sealed for its patient, id and version. */
export function createSealing (keyring: Keyring): Sealing {
  const place = (type: string, { patient, id, version }: { patient: string | null, id: string, version: string }) =>
    `${patient ?? ''}|${type}/${id}|${version}`

  async function keyOf (type: string, patient: string | null, fresh?: NewKeys): Promise<Buffer | null | undefined> {
    if (patient === null) return type === 'AuditEvent' ? keyring.common : null
    const keys = fresh?.patient === patient ? fresh.keys : await keyring.of(patient)
    return type === 'AuditEvent' ? keys?.trace : keys?.record
  }

  return {
    async toStored (version, claims, keys) {
      const { type, id, isDeleted, text, ...values } = version
      const key = await keyOf(type, version.patient, keys)
      if (key === undefined) throw new Error('a resource cannot be sealed: its record has no key')
      return {
        _id: id,
        id,
        version: values.version,
        revision: values.revision,
        at: values.at,
        patient: values.patient,
        deleted: isDeleted,
        keys: values.keys,
        found: values.found,
        dates: values.dates,
        sort: values.sort,
        facts: values.facts,
        body: key === null ? text : new Binary(seal(key, place(type, version), Buffer.from(text))),
        ...claims.length === 0 ? {} : { claims }
      }
    },

    async toVersion (type, stored) {
      const key = await keyOf(type, stored.patient)
      if (key === undefined) return undefined
      const { id, version, revision, at, patient, found = [], sort, facts, body } = stored
      const text = typeof body === 'string' ? body : open(key ?? keyring.common, place(type, stored), body.buffer).toString('utf8')
      // Keys and dates are for MongoDB to find by: they are not read back.
      return { type, id, version, revision, at, patient, isDeleted: stored.deleted, keys: [], found, dates: {}, sort, facts, text }
    }
  }
}
