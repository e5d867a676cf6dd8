/** What of contents belongs to a transaction, and what is done about those whose transaction never came. */
import type { ClientSession, Db } from 'mongodb'
import type { ContentStore, StagedContent } from '../interaction/content-store.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Chunk, File, PendingContent, SealedContent } from './content-store.js'
import { translated } from './failure.js'

/** Contents that one sweep takes at most. */
const MOST_SWEPT = 1000

/**
 * Within the transaction that names them: small contents are written, those that were written before stop being pending.
 * @throws OutcomeError `store-unavailable` where one of these was swept or lost meanwhile: nothing is written then
 */
export async function putContents (db: Db, session: ClientSession, contents: readonly StagedContent[]): Promise<void> {
  const sealed = contents.filter((content): content is SealedContent => 'chunks' in content)
  if (sealed.length > 0) {
    await db.collection<Chunk>('content.chunks').insertMany(sealed.flatMap(({ chunks }) => chunks), { session })
    await db.collection<File>('content.files').insertMany(sealed.map(({ file }) => file), { session })
  }
  for (const { staged, count } of contents.filter((content): content is PendingContent => 'count' in content)) {
    const isWhole = await db.collection<Chunk>('content.chunks').countDocuments({ files_id: staged }, { session }) === count
    const { matchedCount } = await db.collection<File>('content.files')
      .updateOne({ _id: staged, pending: true, swept: { $exists: false } }, { $unset: { pending: '' } }, { session })
    if (!isWhole || matchedCount !== 1) throw new OutcomeError('store-unavailable')
  }
}

/** Within the transaction that gives them up: they are swept next. */
export async function abandonContents (db: Db, session: ClientSession, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.collection<File>('content.files').updateMany({ _id: { $in: [...ids] } }, { $set: { pending: true, uploadDate: new Date(0) } }, { session })
}

/** Removes contents that were begun before an instant and named by nobody since: marked first, so that nobody does any more. */
export function createContentSweep (db: Db): ContentStore['sweep'] {
  const files = db.collection<File>('content.files')
  return async before => await translated(async () => {
    const isOld = { pending: true, uploadDate: { $lt: new Date(before) } } as const
    const found = await files.find(isOld, { projection: { _id: 1 } }).limit(MOST_SWEPT).toArray()
    let swept = 0
    for (const { _id } of found) {
      const { matchedCount } = await files.updateOne({ _id, ...isOld }, { $set: { swept: true } })
      if (matchedCount === 0) continue
      await db.collection<Chunk>('content.chunks').deleteMany({ files_id: _id })
      await files.deleteOne({ _id, swept: true })
      swept += 1
    }
    return swept
  })
}
