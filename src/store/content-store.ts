import { Binary } from 'mongodb'
import type { Db, Document } from 'mongodb'
import pLimit from 'p-limit'
import type { Keyring } from '../crypto/keyring.js'
import { SEAL, open, seal } from '../crypto/seal.js'
import type { ContentStore, StagedContent, StoredContent } from '../interaction/content-store.js'
import { READ_TIME, SEARCH_TIME } from './client.js'
import { translated } from './failure.js'

export const CHUNK = 256 * 1024
/** What a chunk holds; a multiple of three, so that base64 of chunks is base64 of the whole. */
const PLAIN = CHUNK - SEAL
/** What a transaction has to hold at most of a content. */
const MOST_STAGED = 1024 * 1024
/** Chunks that are on their way to MongoDB at once, whoever sends them: what memory they take, and that reads go on. */
const MOST_WRITING = 8
/** Chunks that a reader takes at once: what fifty readers hold is felt (`npm run uploads`); and readers that do so at once. */
const READ_AHEAD = 1
const MOST_READING = 8
/** Chunks need not be acknowledged by a majority one by one: the last word of `receive` is, and the transaction counts them. */
const QUICK = { writeConcern: { w: 1, journal: false } } as const

export interface File { _id: string, length: number, chunkSize: number, uploadDate: Date, filename: string, pending?: true, swept?: true }
export interface Chunk { files_id: string, n: number, data: Binary }

/** A content in GridFS's own form, for the transaction to write. */
export interface SealedContent extends StagedContent { readonly file: File, readonly chunks: readonly Chunk[] }
/** A content that was written before its transaction: `pending` until that names it. */
export interface PendingContent extends StagedContent { readonly count: number }

/**
 * Contents in GridFS: pieces of 256 KiB, each sealed for its patient, its content, its place and whether it is the
 * last, so that none can be moved, swapped or cut off. One at a time is in memory. What no transaction came to name is
 * swept (`content-sweep.ts`).
 */
export function createContentStore (db: Db, keyring: Keyring): Omit<ContentStore, 'sweep'> {
  const files = db.collection<File>('content.files')
  const chunks = db.collection<Chunk>('content.chunks')
  const writing = pLimit(MOST_WRITING)
  const reading = pLimit(MOST_READING)

  async function neededKey (patient: string): Promise<Buffer> {
    const key = (await keyring.of(patient))?.record
    if (key === undefined) throw new Error('a content cannot be sealed: its record has no key')
    return key
  }

  async function receive (patient: string, id: string, bytes: AsyncIterable<Uint8Array>): Promise<PendingContent> {
    const key = await neededKey(patient)
    await files.insertOne(fileOf(id, 0, true), QUICK)
    let [count, length] = [0, 0]
    try {
      for await (const { piece, isLast } of pieces(bytes)) {
        await writing(async () => {
          const sealed = seal(key, place(patient, id, count, isLast), piece)
          await chunks.insertOne({ files_id: id, n: count, data: new Binary(sealed) }, QUICK)
          length += sealed.length
        })
        count += 1
      }
      await files.updateOne({ _id: id, pending: true }, { $set: { length } })
    } catch (error) {
      // Not waited for: what is left, the sweeper takes.
      chunks.deleteMany({ files_id: id }, QUICK).then(async () => await files.deleteOne({ _id: id }, QUICK)).catch(() => {})
      throw error
    }
    return { staged: id, count }
  }

  return {
    put: async (patient, id, bytes) => {
      if (bytes.length > MOST_STAGED) return await translated(async () => await receive(patient, id, whole(bytes)))
      const key = await neededKey(patient)
      const count = Math.max(1, Math.ceil(bytes.length / PLAIN))
      const sealed = Array.from({ length: count }, (_, n) => seal(key, place(patient, id, n, n === count - 1), bytes.subarray(n * PLAIN, (n + 1) * PLAIN)))
      const length = sealed.reduce((sum, piece) => sum + piece.length, 0)
      const staged: SealedContent = { staged: id, file: fileOf(id, length), chunks: sealed.map((data, n) => ({ files_id: id, n, data: new Binary(data) })) }
      return staged
    },

    receive: async (patient, id, bytes) => await translated(async () => await receive(patient, id, bytes)),

    open: async (patient, id) => await translated(async () => {
      const [keys, file] = await Promise.all([keyring.of(patient), files.findOne({ _id: id }, { maxTimeMS: READ_TIME })])
      if (keys === undefined || file === null || file.pending === true) return undefined
      const count = Math.ceil(file.length / CHUNK)
      const content: StoredContent = {
        size: file.length - count * SEAL,
        read: async function * (start = 0, end = file.length - count * SEAL - 1) {
          const last = Math.floor(Math.max(0, end) / PLAIN)
          for (let n = Math.floor(start / PLAIN); n <= last; n += READ_AHEAD) {
            const ahead = await read(id, n, Math.min(n + READ_AHEAD - 1, last))
            for (const [index, { data }] of ahead.entries()) {
              const plain = open(keys.record, place(patient, id, n + index, n + index === count - 1), data.buffer)
              const before = (n + index) * PLAIN
              yield plain.subarray(Math.max(0, start - before), end + 1 - before)
            }
          }
        }
      }
      return content
    })
  }

  async function read (id: string, from: number, to: number): Promise<readonly Chunk[]> {
    const found = await reading(async () => await translated(async () => await chunks
      .find({ files_id: id, n: { $gte: from, $lte: to } } as Document, { maxTimeMS: SEARCH_TIME }).sort({ n: 1 }).toArray()))
    if (found.length !== to - from + 1) throw new Error('a chunk of a content is not there')
    return found
  }
}

function fileOf (id: string, length: number, pending = false): File {
  return { _id: id, length, chunkSize: CHUNK, uploadDate: new Date(), filename: id, ...pending ? { pending } : {} }
}

function place (patient: string, id: string, index: number, isLast: boolean): string {
  return `${patient}|content/${id}|${index}|${isLast ? 'last' : 'more'}`
}

async function * whole (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Bytes as they come, in pieces that fill a chunk. The same memory serves for each: it is used before the next is asked for. */
async function * pieces (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly piece: Uint8Array, readonly isLast: boolean }> {
  const piece = Buffer.allocUnsafeSlow(PLAIN)
  let filled = 0
  for await (const part of bytes) {
    for (let taken = 0; taken < part.length;) {
      // A full piece waits for the byte after it, to know that it is not the last.
      if (filled === PLAIN) {
        yield { piece, isLast: false }
        filled = 0
      }
      const fits = part.subarray(taken, taken + PLAIN - filled)
      piece.set(fits, filled)
      filled += fits.length
      taken += fits.length
    }
  }
  yield { piece: piece.subarray(0, filled), isLast: true }
}
