/** Every row of the catalogue: its status and its whole OperationOutcome, as clients script against them. */
import t from 'tap'
import { catalogue } from '../../../src/outcome/catalogue.js'
import type { Kind } from '../../../src/outcome/catalogue.js'
import { OutcomeError, toOperationOutcome } from '../../../src/outcome/outcome-error.js'

type Row = readonly [kind: Kind, status: number, code: string, details: string | undefined, text: string]
const ROWS: readonly Row[] = [
  ['unauthenticated', 401, 'login', 'MSG_AUTH_REQUIRED', 'A valid bearer token is needed'],
  ['emergency-refused', 403, 'forbidden', undefined, 'The emergency access that the token declares is incomplete'],
  ['scope-insufficient', 403, 'forbidden', undefined, 'The scopes of the token do not allow this interaction'],
  ['forbidden', 403, 'forbidden', undefined, 'The caller may not make this change'],
  ['absent', 404, 'not-found', 'MSG_NO_EXIST', 'There is no such resource'],
  ['unknown-url', 404, 'not-found', undefined, 'There is nothing at this address'],
  ['deleted', 410, 'deleted', 'MSG_DELETED_ID', 'The resource was deleted'],
  ['unparsable', 400, 'structure', 'MSG_CANT_PARSE_CONTENT', 'The body cannot be read'],
  ['invalid-request', 400, 'invalid', undefined, 'The request is not valid'],
  ['invalid-parameter', 400, 'value', 'MSG_PARAM_INVALID', 'A parameter is not valid'],
  ['unknown-parameter', 400, 'not-supported', 'MSG_PARAM_UNKNOWN', 'A parameter is not supported'],
  ['too-costly', 400, 'too-costly', undefined, 'The request asks for too much'],
  ['invalid-resource', 422, 'invariant', undefined, 'The resource is not valid'],
  ['business-rule', 422, 'business-rule', undefined, 'The resource breaks a rule of the record'],
  ['index-incomplete', 503, 'transient', undefined, 'What this search needs is being indexed; try again later'],
  ['inapplicable-patch', 422, 'processing', undefined, 'The patch does not fit the resource'],
  ['terminology-lacking', 422, 'not-found', undefined, 'The terminology here does not hold all that this needs'],
  ['unsupported-media', 415, 'not-supported', undefined, 'This media type is not accepted here'],
  ['not-acceptable', 406, 'not-supported', undefined, 'None of the accepted media types can be answered'],
  ['method', 405, 'not-supported', 'MSG_OP_NOT_ALLOWED', 'This method is not allowed here'],
  ['version-needed', 412, 'conflict', undefined, 'If-Match must name the current version'],
  ['stale-version', 412, 'conflict', 'MSG_VERSION_AWARE_CONFLICT', 'The resource has changed since the version that If-Match names'],
  ['several-matches', 412, 'multiple-matches', undefined, 'The criteria match more than one resource'],
  ['contention', 409, 'conflict', undefined, 'Another change came first; try again'],
  ['duplicate', 409, 'duplicate', undefined, 'This is recorded already'],
  ['too-large', 413, 'too-long', undefined, 'The body is too large'],
  ['range-not-satisfiable', 416, 'value', undefined, 'The range is not there'],
  ['headers-too-large', 431, 'too-long', undefined, 'The headers are too large'],
  ['throttled', 429, 'throttled', undefined, 'Too many requests'],
  ['timeout', 408, 'timeout', undefined, 'The request did not arrive in time'],
  ['store-unavailable', 503, 'transient', undefined, 'The store cannot be reached; try again'],
  ['store-timeout', 503, 'timeout', undefined, 'The store did not answer in time; try again'],
  ['outcome-unknown', 503, 'incomplete', undefined, 'Whether the change was made is not known; read before you try again'],
  ['audit-unavailable', 503, 'no-store', undefined, 'The trace of this access cannot be written; try again'],
  ['bug', 500, 'exception', undefined, 'The server failed']
]
const SYSTEM = 'http://terminology.hl7.org/CodeSystem/operation-outcome'
/** http://hl7.org/fhir/ValueSet/issue-type, as R4 publishes it. */
const ISSUE_TYPES: readonly string[] = [
  'invalid', 'structure', 'required', 'value', 'invariant', 'security', 'login', 'unknown', 'expired', 'forbidden', 'suppressed', 'processing', 'not-supported', 'duplicate',
  'multiple-matches', 'not-found', 'deleted', 'too-long', 'code-invalid', 'extension', 'too-costly', 'business-rule', 'conflict', 'transient', 'lock-error', 'no-store', 'exception',
  'timeout', 'incomplete', 'throttled', 'informational'
]

t.test('each row answers its status and its OperationOutcome', async t => {
  for (const [kind, status, code, details, text] of ROWS) {
    const error = new OutcomeError(kind)
    t.equal(error.status, status, kind)
    t.strictSame(toOperationOutcome(error), {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, ...details === undefined ? {} : { details: { coding: [{ system: SYSTEM, code: details }] } }, diagnostics: text }]
    }, kind)
    t.ok(ISSUE_TYPES.includes(code), `${code} is a code of FHIR`)
    t.match(text, /^[A-Z][^`]*[^.]$/, 'one sentence without a full stop')
  }
})

t.test('each row of the catalogue is tested', async t => {
  t.same(Object.keys(catalogue).toSorted(), ROWS.map(([kind]) => kind).toSorted())
})

t.test('each fault is an issue of its own, with its place and its finer code', async t => {
  const error = new OutcomeError('invalid-resource', [
    { diagnostics: 'One', expression: 'Patient.name' }, { diagnostics: 'Two', expression: 'Patient.gender', code: 'code-invalid' }, { diagnostics: 'Three' }
  ])
  t.strictSame(toOperationOutcome(error).issue, [
    { severity: 'error', code: 'invariant', diagnostics: 'One', expression: ['Patient.name'] },
    { severity: 'error', code: 'code-invalid', diagnostics: 'Two', expression: ['Patient.gender'] },
    { severity: 'error', code: 'invariant', diagnostics: 'Three' }
  ])
  const [issue] = toOperationOutcome(new OutcomeError('absent', { diagnostics: 'One alone' })).issue
  t.match(issue, { diagnostics: 'One alone', details: { coding: [{ code: 'MSG_NO_EXIST' }] } })
})

t.test('an error says to logs its kind and no value, and carries its cause and headers', async t => {
  const cause = new Error('a secret')
  const error = new OutcomeError('bug', { diagnostics: 'a value' }, { cause, headers: { allow: 'GET' } })
  t.equal(error.message, 'bug')
  t.equal(error.cause, cause)
  t.same(error.headers, { allow: 'GET' })
  t.notMatch(JSON.stringify(toOperationOutcome(error)), 'secret')
  t.ok(error instanceof Error)
})
