import { OutcomeError } from '../outcome/outcome-error.js'
import { entryPlace } from './bundle.js'
import type { Read } from './bundle.js'
import { isMigrating } from './migration.js'
import type { Sight } from './sight.js'

/** A Bundle that migrates creates, unconditionally, and does nothing else. @throws OutcomeError naming the entry */
export function checkMigratedEntries (sight: Sight, entries: readonly Read[]): void {
  if (!isMigrating(sight)) return
  for (const [index, read] of entries.entries()) {
    if ('error' in read || (read.request.method === 'POST' && read.request.elsewhere === undefined && read.request.ifNoneExist === undefined)) continue
    throw new OutcomeError('forbidden', { diagnostics: 'A migration creates, without conditions', expression: `${entryPlace(index)}.request` })
  }
}
