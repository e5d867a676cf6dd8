import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes'
import { catalogue } from './catalogue.js'
import type { Kind, Row } from './catalogue.js'

/** One fault: a sentence, and where it stands (FHIRPath of the element, or the name of the parameter or header). */
export interface Fault {
  readonly diagnostics: string
  readonly expression?: string
  /** issue.code where it is finer than the row's. */
  readonly code?: string
}

/**
 * The one thing that is thrown for a request that cannot be answered.
 * Its message is for logs and holds no value of a request.
 */
export class OutcomeError extends Error {
  readonly kind: Kind
  readonly faults: readonly Fault[]
  readonly headers: Readonly<Record<string, string>>

  constructor (kind: Kind, faults: Fault | readonly Fault[] = [], options: { cause?: unknown, headers?: Record<string, string> } = {}) {
    super(kind, { cause: options.cause })
    this.name = 'OutcomeError'
    this.kind = kind
    this.faults = faults instanceof Array ? faults : [faults as Fault]
    this.headers = options.headers ?? {}
  }

  get status (): number {
    return catalogue[this.kind].status
  }
}

/** The OperationOutcome of an error (R4 `OperationOutcome`): one issue for each fault, or one with the row's sentence. */
export function toOperationOutcome (error: OutcomeError): OperationOutcome {
  const row: Row = catalogue[error.kind]
  const faults: readonly Fault[] = error.faults.length > 0 ? error.faults : [{ diagnostics: row.text }]
  return { resourceType: 'OperationOutcome', issue: faults.map(fault => toIssue(row, fault)) }
}

function toIssue (row: Row, fault: Fault): OperationOutcomeIssue {
  return {
    severity: 'error',
    code: (fault.code ?? row.code) as OperationOutcomeIssue['code'],
    ...row.details === undefined
      ? {}
      : { details: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/operation-outcome', code: row.details }] } },
    diagnostics: fault.diagnostics,
    ...fault.expression === undefined ? {} : { expression: [fault.expression] }
  }
}
