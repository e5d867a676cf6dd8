/**
 * Every way in which a request can fail: one row each, HTTP status, FHIR `issue.code` and, where R4 publishes one,
 * the code of `http://terminology.hl7.org/CodeSystem/operation-outcome`. A resource that is hidden and one that is
 * absent share a row, so that they share their bytes.
 */
export const catalogue = {
  unauthenticated: { status: 401, code: 'login', details: 'MSG_AUTH_REQUIRED', text: 'A valid bearer token is needed' },
  'emergency-refused': { status: 403, code: 'forbidden', text: 'The emergency access that the token declares is incomplete' },
  'scope-insufficient': { status: 403, code: 'forbidden', text: 'The scopes of the token do not allow this interaction' },
  forbidden: { status: 403, code: 'forbidden', text: 'The caller may not make this change' },
  absent: { status: 404, code: 'not-found', details: 'MSG_NO_EXIST', text: 'There is no such resource' },
  'unknown-url': { status: 404, code: 'not-found', text: 'There is nothing at this address' },
  deleted: { status: 410, code: 'deleted', details: 'MSG_DELETED_ID', text: 'The resource was deleted' },
  unparsable: { status: 400, code: 'structure', details: 'MSG_CANT_PARSE_CONTENT', text: 'The body cannot be read' },
  'invalid-request': { status: 400, code: 'invalid', text: 'The request is not valid' },
  'invalid-parameter': { status: 400, code: 'value', details: 'MSG_PARAM_INVALID', text: 'A parameter is not valid' },
  'unknown-parameter': { status: 400, code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', text: 'A parameter is not supported' },
  'too-costly': { status: 400, code: 'too-costly', text: 'The request asks for too much' },
  'invalid-resource': { status: 422, code: 'invariant', text: 'The resource is not valid' },
  'business-rule': { status: 422, code: 'business-rule', text: 'The resource breaks a rule of the record' },
  'inapplicable-patch': { status: 422, code: 'processing', text: 'The patch does not fit the resource' },
  'terminology-lacking': { status: 422, code: 'not-found', text: 'The terminology here does not hold all that this needs' },
  'unsupported-media': { status: 415, code: 'not-supported', text: 'This media type is not accepted here' },
  'not-acceptable': { status: 406, code: 'not-supported', text: 'None of the accepted media types can be answered' },
  method: { status: 405, code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED', text: 'This method is not allowed here' },
  'version-needed': { status: 412, code: 'conflict', text: 'If-Match must name the current version' },
  'stale-version': { status: 412, code: 'conflict', details: 'MSG_VERSION_AWARE_CONFLICT', text: 'The resource has changed since the version that If-Match names' },
  'several-matches': { status: 412, code: 'multiple-matches', text: 'The criteria match more than one resource' },
  contention: { status: 409, code: 'conflict', text: 'Another change came first; try again' },
  duplicate: { status: 409, code: 'duplicate', text: 'This is recorded already' },
  'too-large': { status: 413, code: 'too-long', text: 'The body is too large' },
  'range-not-satisfiable': { status: 416, code: 'value', text: 'The range is not there' },
  'headers-too-large': { status: 431, code: 'too-long', text: 'The headers are too large' },
  throttled: { status: 429, code: 'throttled', text: 'Too many requests' },
  timeout: { status: 408, code: 'timeout', text: 'The request did not arrive in time' },
  'store-unavailable': { status: 503, code: 'transient', text: 'The store cannot be reached; try again' },
  'store-timeout': { status: 503, code: 'timeout', text: 'The store did not answer in time; try again' },
  'index-incomplete': { status: 503, code: 'transient', text: 'What this search needs is being indexed; try again later' },
  'outcome-unknown': { status: 503, code: 'incomplete', text: 'Whether the change was made is not known; read before you try again' },
  'audit-unavailable': { status: 503, code: 'no-store', text: 'The trace of this access cannot be written; try again' },
  bug: { status: 500, code: 'exception', text: 'The server failed' }
} as const satisfies Record<string, Row>

export interface Row {
  readonly status: number
  readonly code: string
  readonly text: string
  readonly details?: string
}

export type Kind = keyof typeof catalogue
