import type { ChoiceFacts } from '../consent/family.js'
import type { Fault } from '../outcome/outcome-error.js'
import type { Version } from './store.js'

/** What the writer of a version is warned of: the parts of a choice that this server does not understand (`consent.md` 1). */
export function warningsOf ({ type, facts, isDeleted }: Pick<Version, 'type' | 'facts' | 'isDeleted'>): readonly Fault[] {
  if (type !== 'Consent' || isDeleted) return []
  return ((facts as ChoiceFacts).unreadable ?? []).map(expression => ({
    expression,
    code: 'not-supported',
    diagnostics: 'This is not understood here: the choice permits nothing, and what it denies is denied whatever this says'
  }))
}
