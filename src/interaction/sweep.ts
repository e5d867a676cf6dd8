import { compare, and, isIn } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Context } from './context.js'
import { current } from './directory.js'
import { UNCLAIMED } from './received.js'
import { deletion } from './version.js'

/** How long a Binary waits for its document (`consent.md` 5), and a content for its transaction, ms. */
const UNCLAIMED_LIFE = 24 * 3600 * 1000
const PENDING_LIFE = 3600 * 1000
/** Binaries that one sweep takes at most. */
const MOST_SWEPT = 1000

/**
 * Removes what nobody came for: Binaries that no document claimed within a day, then the contents that no transaction
 * names. What a Binary was is kept without its content, so that its traces stay its depositor's.
 * @returns how many contents were removed
 */
export async function sweep (context: Pick<Context, 'store' | 'contents' | 'newId' | 'clock'>): Promise<number> {
  const now = context.clock()
  const old = await context.store.findKept({
    type: 'Binary', filter: and(isIn('found', [UNCLAIMED]), current, compare('at', 'lt', now - UNCLAIMED_LIFE)), sort: [], limit: MOST_SWEPT
  })
  for (const binary of old) {
    try {
      await context.store.commit({ changes: [{ next: { ...deletion(context, binary, binary.facts, now), found: [] }, replaces: binary, claims: [] }], abandoned: [binary.id], traces: [] })
    } catch (error) {
      // A document, or another sweeper, came first.
      if (!(error instanceof OutcomeError) || error.kind !== 'contention') throw error
    }
  }
  return await context.contents.sweep(now - PENDING_LIFE)
}
