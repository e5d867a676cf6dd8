/** What the operations of the OpenAPI document refer to: the few shapes of bodies, and the parameters that are the same everywhere. */

export interface Json { readonly [name: string]: unknown }

export const FHIR_JSON = 'application/fhir+json'
export const JSON_PATCH = 'application/json-patch+json'
export const FORM = 'application/x-www-form-urlencoded'
export const FHIR_NDJSON = 'application/fhir+ndjson'

const text = { type: 'string' }
const id = { type: 'string', pattern: '^[A-Za-z0-9\\-.]{1,64}$' }
const typed = (resourceType: string, properties: Json = {}, required: readonly string[] = []): Json =>
  ({ type: 'object', properties: { resourceType: { const: resourceType }, ...properties }, required: ['resourceType', ...required] })
const listOf = (items: Json) => ({ type: 'array', items })

export const refTo = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })

/** The shapes: R4 itself says what is inside a resource of a type. */
export const SCHEMAS: Json = {
  Resource: {
    type: 'object',
    properties: { resourceType: text, id, meta: { type: 'object', properties: { versionId: id, lastUpdated: { type: 'string', format: 'date-time' } } } },
    required: ['resourceType']
  },
  Bundle: typed('Bundle', {
    type: text,
    total: { type: 'integer', minimum: 0 },
    link: listOf({ type: 'object', properties: { relation: text, url: text }, required: ['relation', 'url'] }),
    entry: listOf({
      type: 'object',
      properties: { fullUrl: text, resource: refTo('schemas', 'Resource'), search: { type: 'object' }, request: { type: 'object' }, response: { type: 'object' } }
    })
  }, ['type']),
  OperationOutcome: typed('OperationOutcome', {
    issue: {
      ...listOf({ type: 'object', properties: { severity: { enum: ['fatal', 'error', 'warning', 'information'] }, code: text, details: { type: 'object' }, diagnostics: text, expression: listOf(text) }, required: ['severity', 'code'] }),
      minItems: 1
    }
  }, ['issue']),
  Parameters: typed('Parameters', { parameter: listOf({ type: 'object', properties: { name: text, resource: refTo('schemas', 'Resource'), part: listOf({ type: 'object' }) }, required: ['name'] }) }),
  JsonPatch: listOf({ type: 'object', properties: { op: { enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] }, path: text, from: text, value: {} }, required: ['op', 'path'] }),
  Form: { type: 'object', additionalProperties: { anyOf: [text, listOf(text)] } }
}

const query = (name: string, description: string, schema: Json = text): Json => ({ name, in: 'query', description, schema })
const header = (name: string, description: string): Json => ({ name, in: 'header', description, schema: text })

/** The parameters that R4 gives to all types alike. */
export const PARAMETERS: Readonly<Record<string, Json>> = {
  id: { name: 'id', in: 'path', required: true, description: 'The logical id', schema: id },
  version: { name: 'version', in: 'path', required: true, description: 'The version id', schema: id },
  file: { name: 'file', in: 'path', required: true, description: 'A type, and `.ndjson`', schema: text },
  _count: query('_count', 'Entries of a page', { type: 'integer', minimum: 0 }),
  _sort: query('_sort', 'Search parameters in their order, `-` for descending, with commas'),
  _total: query('_total', 'Whether the total is wanted', { enum: ['none', 'estimate', 'accurate'] }),
  _summary: query('_summary', 'The part that is wanted', { enum: ['true', 'text', 'data', 'count', 'false'] }),
  _elements: query('_elements', 'The elements that are wanted, with commas'),
  _pretty: query('_pretty', 'Indented, for the eye', { type: 'boolean' }),
  _since: query('_since', 'Only versions since this instant'),
  _at: query('_at', 'Only versions that were current in this period'),
  _type: query('_type', 'The types that are searched, with commas'),
  'If-Match': header('If-Match', 'The version that is changed: `W/"[version]"`'),
  'If-None-Match': header('If-None-Match', 'The version that the client has: 304 while it is the current one'),
  'If-None-Exist': header('If-None-Exist', 'A search: what matches it is not created again'),
  'Idempotency-Key': header('Idempotency-Key', 'A key in quotes: what is sent again under it is done once'),
  Prefer: header('Prefer', '`return=minimal`, `return=representation`, `return=OperationOutcome`; `handling=lenient` for searches')
}
