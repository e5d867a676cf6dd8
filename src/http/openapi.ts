/**
 * The OpenAPI document: the rows by which the server answers, told with what the CapabilityStatement says of them. Nothing
 * is written for it by hand but what R4 has for all types alike (`openapi-part.ts`).
 */
import type { CapabilityStatement, CapabilityStatementRestResource, OperationDefinition } from '@medplum/fhirtypes'
import { DEFINITION_TYPES } from '../interaction/declared.js'
import { FHIR_JSON, FHIR_NDJSON, FORM, JSON_PATCH, PARAMETERS, SCHEMAS, refTo } from './openapi-part.js'
import type { Json } from './openapi-part.js'
import type { TypedRow } from './rows.js'

type Route = Pick<TypedRow, 'method' | 'path' | 'type' | 'interaction' | 'hasTable' | 'isFile'>

/** @param definitions of our own, as JSON, by `Type/id` */
export function openApi (statement: CapabilityStatement, rows: readonly Route[], { base, definitions }: { readonly base: string, readonly definitions: ReadonlyMap<string, string> }): Json {
  const resources = statement.rest?.[0]?.resource ?? []
  const operations = new Map([...definitions].filter(([key]) => key.startsWith('OperationDefinition/')).map(([, json]) => JSON.parse(json) as OperationDefinition).map(each => [each.url ?? '', each]))
  const telling: Telling = { resources: new Map(resources.map(resource => [resource.type as string, resource])), operations }
  const read = resources.filter(({ type }) => DEFINITION_TYPES.includes(type)).map(({ type }): Route => ({ method: 'GET', path: `/${type}/:id`, type, interaction: 'read' }))
  const { origin, pathname } = new URL(base)
  const paths: Record<string, Record<string, unknown>> = { '/metadata': { get: { operationId: 'capabilities', summary: 'What this server declares', security: [], tags: ['server'], parameters: [refTo('parameters', '_pretty')], responses: responses('CapabilityStatement') } } }
  for (const row of [...rows, ...read]) {
    // The base itself, which has no slash at its end, is no path below it.
    const path = row.path === '' ? pathname : templateOf(row.path)
    paths[path] = { ...row.path === '' ? { servers: [{ url: origin }] } : {}, ...paths[path], [String(row.method).toLowerCase()]: { ...operationOf(row, telling), ...read.includes(row) ? { security: [] } : {} } }
  }
  return {
    openapi: '3.1.0',
    info: { title: statement.title ?? statement.name ?? 'FHIR', version: statement.version ?? '0', description: [statement.description, statement.rest?.[0]?.documentation].filter(each => each !== undefined).join('\n\n') },
    servers: [{ url: base }],
    security: [{ bearer: [] }],
    tags: [{ name: 'server' }, ...resources.map(({ type, documentation }) => ({ name: type, ...documentation === undefined ? {} : { description: documentation } }))],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: statement.rest?.[0]?.security?.description ?? '' } },
      schemas: { ...SCHEMAS, ...Object.fromEntries([...resources.map(({ type }) => type as string), 'CapabilityStatement'].map(type => [type, { allOf: [refTo('schemas', 'Resource'), { properties: { resourceType: { const: type } } }] }])) },
      parameters: { ...PARAMETERS, ...Object.fromEntries(resources.flatMap(parametersOf)) }
    }
  }
}

interface Telling {
  readonly resources: ReadonlyMap<string, CapabilityStatementRestResource>
  readonly operations: ReadonlyMap<string, OperationDefinition>
}

/** `/Patient/:id/:all(^\\*$)` as `/Patient/{id}/*`. */
function templateOf (path: string): string {
  return path.replace(/:all\([^)]*\)/, '*').replace(/:(\w+)/g, '{$1}')
}

/** The search parameters and the inclusions of a type. */
function parametersOf ({ type, searchParam = [], searchInclude = [], searchRevInclude = [] }: CapabilityStatementRestResource): readonly (readonly [name: string, parameter: Json])[] {
  const included = (name: string, list: readonly string[]) => list.length === 0 ? [] : [[`${type}.${name}`, { name, in: 'query', description: `Of: ${list.join(', ')}`, schema: { type: 'array', items: { type: 'string' } } }] as const]
  return [
    ...searchParam.map(({ name, type: kind, documentation = '' }) => [`${type}.${name}`, { name, in: 'query', description: `${kind}. ${documentation}`, schema: { type: 'array', items: { type: 'string' } } }] as const),
    ...included('_include', searchInclude),
    ...included('_revinclude', searchRevInclude)
  ]
}

const named = (names: readonly string[]) => names.map(name => refTo('parameters', name))
const SEARCHED = ['_count', '_sort', '_total', '_summary', '_elements', '_pretty', 'Prefer']
const PAST = ['_count', '_since', '_at', '_summary', '_elements', '_pretty']

function operationOf (row: Route, telling: Telling): Json {
  const path = templateOf(row.path)
  const { method, type, interaction } = row
  const [, name, below] = /\$([\w-]+)(.*)$/.exec(path) ?? []
  const owner = /^\/([A-Z]\w*)/.exec(path)?.[1]
  const within = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => parameter)
  return {
    operationId: [String(method).toLowerCase(), ...path.match(/\w+|\*/g) ?? ['base']].join('-').replace('*', 'all'),
    summary: name === undefined ? `${interaction}${owner === undefined ? '' : ` ${type === '' || type === '*' ? owner : type}`}` : `$${name}`,
    tags: [owner ?? 'server'],
    parameters: [...named(within), ...name === undefined ? asked(row, telling) : below === '' ? operationQuery(row, owner, name, telling) : []],
    ...bodyOf(row, name),
    responses: answersOf(row, name)
  }
}

function asked ({ method, type, interaction }: Route, { resources }: Telling): readonly Json[] {
  const resource = resources.get(type)
  const flags = (isConditional: boolean | undefined, name: string) => isConditional === true ? [name] : []
  switch (interaction) {
    case 'read': case 'vread': return named(type === 'Binary' ? ['If-None-Match'] : ['_summary', '_elements', '_pretty', ...resource?.conditionalRead === 'not-supported' ? [] : ['If-None-Match']])
    case 'history-instance': case 'history-type': case 'history-system': return named(PAST)
    case 'create': return named(['Prefer', 'Idempotency-Key', ...flags(resource?.conditionalCreate, 'If-None-Exist')])
    case 'transaction': return named(['Prefer', 'Idempotency-Key'])
    case 'update': case 'patch': return named(['Prefer', 'If-Match'])
    case 'delete': return named(['If-Match'])
    case 'search-system': return named([...method === 'GET' ? ['_type'] : [], ...method === 'GET' ? SEARCHED : ['Prefer']])
    case 'search-type': return method === 'GET' && resource !== undefined ? named([...parametersOf(resource).map(([name]) => name), ...SEARCHED]) : named(['Prefer'])
    default: return []
  }
}

/** What of an operation is asked in the address: its parameters that are text. */
function operationQuery ({ method }: Route, owner: string | undefined, name: string, { resources, operations }: Telling): readonly Json[] {
  const url = resources.get(owner ?? '')?.operation?.find(each => each.name === name)?.definition ?? ''
  if (method !== 'GET') return []
  return (operations.get(url)?.parameter ?? []).filter(({ use, part = [] }) => use === 'in' && part.length === 0)
    .map(({ name = '', documentation = '', min = 0, type }) => ({ name, in: 'query', required: min > 0, description: `${type ?? 'string'}. ${documentation}`, schema: { type: 'string' } }))
}

const content = (type: string, schema: string): Json => ({ [type]: { schema: refTo('schemas', schema) } })

function bodyOf ({ method, type, interaction }: Route, name: string | undefined): Json {
  if (method === 'GET' || method === 'DELETE') return {}
  const body = (content: Json, required = true) => ({ requestBody: { required, content } })
  if (name !== undefined) return body(content(FHIR_JSON, 'Parameters'), false)
  if (interaction === 'patch') return body({ ...content(JSON_PATCH, 'JsonPatch'), ...content(FHIR_JSON, 'Parameters') })
  if (interaction.startsWith('search')) return body(content(FORM, 'Form'), false)
  return body({ ...content(FHIR_JSON, type), ...type === 'Binary' ? { '*/*': {} } : {} })
}

function responses (schema: string, status = '200', more: Json = {}): Json {
  return { [status]: { description: 'The answer', content: { ...content(FHIR_JSON, schema), ...more } }, default: { description: 'A refusal', content: content(FHIR_JSON, 'OperationOutcome') } }
}

function answersOf ({ type, interaction, hasTable, isFile }: Route, name: string | undefined): Json {
  if (isFile === true) return { 200: { description: 'A resource in each line', content: { [FHIR_NDJSON]: {} } }, default: responses('Resource')['default'] }
  if (name === 'export') return { 202: { description: 'It is under way: at Content-Location where it begins' }, ...responses('Resource') }
  if (name !== undefined) return responses('Resource', '200', hasTable === true ? { 'text/csv': {} } : {})
  switch (interaction) {
    case 'create': return responses(type, '201')
    case 'delete': return { 204: { description: 'Deleted' }, ...responses('OperationOutcome') }
    case 'read': case 'vread': return responses(type, '200', type === 'Binary' ? { '*/*': {} } : {})
    case 'update': case 'patch': return responses(type)
    default: return responses('Bundle')
  }
}
