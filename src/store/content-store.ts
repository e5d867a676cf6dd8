import { Binary, GridFSBucket } from 'mongodb'
import type { Db, Document, ObjectId } from 'mongodb'
import type { Keyring } from '../crypto/keyring.js'
import { open, seal } from '../crypto/seal.js'
import type { ContentStore, StagedContent } from '../interaction/store.js'
import { translated } from './failure.js'

const PLAIN = 256 * 1024 - 28
const CHUNK = 256 * 1024

/** What a transaction has to hold at most of a content. */
const MOST_STAGED = 1024 * 1024

/** A content in GridFS's own form. */
export interface SealedContent extends StagedContent {
  readonly file: Document
  readonly chunks: readonly Document[]
}

function stage (id: string, pieces: readonly Buffer[]): SealedContent {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return {
    staged: id,
    file: { _id: id, length, chunkSize: CHUNK, uploadDate: new Date(), filename: id },
    chunks: pieces.map((data, n) => ({ files_id: id, n, data: new Binary(data) }))
  }
}

/**
 * Contents in GridFS: pieces of 256 KiB, each sealed for its patient, its content, its place and whether it is the
 * last, so that none can be moved, swapped or cut off. What no transaction came to name is swept later.
 */
export function createContentStore (db: Db, keyring: Keyring): ContentStore {
  const bucket = new GridFSBucket(db, { bucketName: 'content', chunkSizeBytes: CHUNK })
  const place = (patient: string, id: string, index: number, isLast: boolean) => `${patient}|content/${id}|${index}|${isLast ? 'last' : 'more'}`

  async function keyOf (patient: string): Promise<Buffer | undefined> {
    return (await keyring.of(patient))?.record
  }

  return {
    put: async (patient, id, bytes) => {
      const key = await keyOf(patient)
      if (key === undefined) throw new Error('a content cannot be sealed: its record has no key')
      const count = Math.max(1, Math.ceil(bytes.length / PLAIN))
      const pieces = Array.from({ length: count }, (_, index) =>
        seal(key, place(patient, id, index, index === count - 1), bytes.subarray(index * PLAIN, (index + 1) * PLAIN)))
      if (bytes.length <= MOST_STAGED) return stage(id, pieces)
      await translated(async () => {
        await new Promise<void>((resolve, reject) => {
          bucket.openUploadStreamWithId(id as unknown as ObjectId, id).once('finish', resolve).once('error', reject).end(Buffer.concat(pieces))
        })
      })
      return undefined
    },

    get: async (patient, id) => await translated(async () => {
      const key = await keyOf(patient)
      if (key === undefined) return undefined
      const chunks = await db.collection<{ files_id: string, n: number, data: Binary }>('content.chunks')
        .find({ files_id: { $eq: id } }).sort({ n: 1 }).toArray()
      if (chunks.length === 0) return undefined
      return Buffer.concat(chunks.map(({ data }, index) => open(key, place(patient, id, index, index === chunks.length - 1), data.buffer)))
    })
  }
}
