import type { Fault } from '../outcome/outcome-error.js'
import { OutcomeError, toOperationOutcome } from '../outcome/outcome-error.js'

/** An error as an OperationOutcome that only warns. */
export function toWarnings (error: OutcomeError) {
  const outcome = toOperationOutcome(error)
  return { ...outcome, issue: outcome.issue.map(issue => ({ ...issue, severity: 'warning' })) }
}

/** What a write that was done warns of. */
export function warningOutcome (warnings: readonly Fault[]) {
  return warnings.length === 0 ? { resourceType: 'OperationOutcome', issue: [] } : toWarnings(new OutcomeError('business-rule', warnings))
}

/** The same beside a body that is no OperationOutcome (RFC 7234 5.5, `299`): one value for each element. */
export function warningHeader (warnings: readonly Fault[] = []): { readonly warning?: string } {
  if (warnings.length === 0) return {}
  return { warning: warnings.map(({ expression = '', diagnostics }) => `299 - "${expression}: ${diagnostics}"`).join(', ') }
}
