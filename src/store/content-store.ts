import { GridFSBucket } from 'mongodb'
import type { Binary, Db, ObjectId } from 'mongodb'
import type { Keyring } from '../crypto/keyring.js'
import { open, seal } from '../crypto/seal.js'
import type { ContentStore } from '../interaction/store.js'
import { translated } from './failure.js'

const PLAIN = 256 * 1024 - 28
const CHUNK = 256 * 1024

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
      await translated(async () => {
        await new Promise<void>((resolve, reject) => {
          bucket.openUploadStreamWithId(id as unknown as ObjectId, id).once('finish', resolve).once('error', reject).end(Buffer.concat(pieces))
        })
      })
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
