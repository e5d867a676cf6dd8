/**
 * One key for each patient's record and one for its traces, wrapped by the master key: to destroy the wrapped record
 * key is to destroy the record, and the traces outlive it (`consent.md` 6). The master key is a file in development.
 */
import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { deriveKey, keyedHash, open, seal } from './seal.js'

/** The wrapped keys of a patient, as the store keeps them. */
export interface WrappedKeys { readonly record: Buffer, readonly trace: Buffer }
export interface RecordKeys { readonly record: Buffer, readonly trace: Buffer }
export interface NewKeys { readonly patient: string, readonly wrapped: WrappedKeys, readonly keys: RecordKeys }

/** Where wrapped keys are kept. */
export interface KeyStore {
  load: (patient: string) => Promise<WrappedKeys | undefined>
}

export interface Keyring {
  /** The keys of a patient; undefined where there are none (any more). */
  of: (patient: string) => Promise<RecordKeys | undefined>
  /**
   * The same, asked of the store whether they are known or not, and not remembered: it takes as long for every patient,
   * those who are not there included.
   */
  fresh: (patient: string) => Promise<RecordKeys | undefined>
  /** New keys: the caller writes the wrapped ones in the transaction that opens the record. */
  create: (patient: string) => NewKeys
  /** Seals what belongs to no patient: traces that name nobody. */
  readonly common: Buffer
  /** Seals page links. */
  readonly page: Buffer
  /** The keyed hash of identifiers and strings. */
  readonly hash: (text: string) => string
}

const KEYS_IN_MEMORY = 50_000

/** @param master 32 bytes */
export function createKeyring (master: Buffer, store: KeyStore): Keyring {
  if (master.length !== 32) throw new Error('the master key must have 32 bytes')
  const wrapping = deriveKey(master, 'wrap')
  const cache = new LRUCache<string, RecordKeys>({ max: KEYS_IN_MEMORY })
  const place = (patient: string, use: string) => `key|${patient}|${use}`

  async function fresh (patient: string): Promise<RecordKeys | undefined> {
    const wrapped = await store.load(patient)
    return wrapped === undefined
      ? undefined
      : { record: open(wrapping, place(patient, 'record'), wrapped.record), trace: open(wrapping, place(patient, 'trace'), wrapped.trace) }
  }

  return {
    async of (patient) {
      const known = cache.get(patient)
      if (known !== undefined) return known
      const keys = await fresh(patient)
      if (keys !== undefined) cache.set(patient, keys)
      return keys
    },
    fresh,
    create (patient) {
      const keys = { record: randomBytes(32), trace: randomBytes(32) }
      const wrapped = {
        record: seal(wrapping, place(patient, 'record'), keys.record),
        trace: seal(wrapping, place(patient, 'trace'), keys.trace)
      }
      return { patient, wrapped, keys }
    },
    common: deriveKey(master, 'common'),
    page: deriveKey(master, 'page'),
    hash: keyedHash(deriveKey(master, 'index'))
  }
}
