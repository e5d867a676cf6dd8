/** The contract (`design.md` 2): what the CapabilityStatement declares answers, what it does not is refused, and it is true or the server does not start. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CapabilityStatement, CapabilityStatementRest, CapabilityStatementRestResource, OperationDefinition } from '@medplum/fhirtypes'
import { pino } from 'pino'
import t from 'tap'
import { createApp } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { conditionalsOf } from '../../src/interaction/declared.js'
import { localTrust } from '../../src/http/authenticate.js'
import type { Method } from '../helper/app.js'
import { isAbsent, openScene, refused } from '../interaction/scene.js'
import { ROOT } from '../helper/root.js'
import { BULK_DATA, IPA_SERVER, MHD_RESPONDER, PCF_REGISTRY, PDSM_MANAGER, unmet } from './claims.js'

const statement = (): CapabilityStatement => JSON.parse(readFileSync(new URL('capability-statement.json', ROOT), 'utf8'))
const resources = statement().rest?.[0]?.resource ?? []
const scene = await openScene(t)
const { get, operator, request } = scene
const codes = (resource: CapabilityStatementRestResource): readonly string[] => [...(resource.interaction ?? []).map(({ code = '' }) => code as string), ...conditionalsOf(resource)]
const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

t.test('P29 metadata says what the file says, with the running base', async t => {
  const { status, json, headers } = await get(undefined, '/metadata')
  const { implementation, ...declared } = statement()
  const { implementation: running, ...answered } = json
  t.strictSame([status, answered, running.url], [200, declared, 'http://127.0.0.1:8080/fhir'])
  t.match(json.rest[0].documentation, /Totals, pages, inclusions and histories are of what the caller may see/)
  t.equal(headers['content-type'], 'application/fhir+json; charset=utf-8')
  t.match([await get(undefined, '/metadata', { 'if-none-match': headers['etag'] ?? '' })], [{ status: 304, text: '' }], 'whoever has it is not sent it again')
  t.equal((await get(undefined, '/metadata?mode=terminology', { 'if-none-match': headers['etag'] ?? '' })).status, 200)
  refused(t, await get(undefined, '/metadata', { accept: 'application/fhir+xml' }), 406, { code: 'not-supported', expression: 'Accept' })
})

t.test('the statement says all of each type: its profile, what it is, versions, conditions, parameters, operations', async t => {
  const { format, patchFormat } = statement()
  t.strictSame([format, patchFormat], [['application/fhir+json', 'json'], ['application/json-patch+json', 'application/fhir+json']])
  t.match(statement().rest?.[0]?.security, { cors: false, service: [{ coding: [{ code: 'OAuth' }] }], description: /SMART App Launch/ })
  for (const { type, profile, documentation, searchParam = [], operation = [], ...flags } of resources) {
    t.strictSame([profile, documentation === undefined], [`http://hl7.org/fhir/StructureDefinition/${type}`, false], type)
    for (const flag of ['versioning', 'readHistory', 'updateCreate', 'conditionalCreate', 'conditionalRead', 'conditionalUpdate', 'conditionalDelete'] as const) t.not(flags[flag], undefined, `${type}.${flag}`)
    t.equal(flags.readHistory, codes({ type, ...flags }).includes('vread'), `${type}: what is said of old versions`)
    for (const each of searchParam) t.notOk(each.definition === undefined || each.documentation === undefined, `${type}.${each.name}`)
    for (const each of operation) t.notOk(each.documentation === undefined, `${type} $${each.name}`)
  }
})

t.test('a definition of ours is read at the end of its canonical, by anybody; nobody writes it', async t => {
  const files = readdirSync(new URL('profiles', ROOT)).map(name => JSON.parse(readFileSync(new URL(`profiles/${name}`, ROOT), 'utf8')) as { readonly url: string, readonly id: string, readonly resourceType: string })
  const own = files.filter(({ url }) => url.startsWith('https://fhir.espace-sante.example/'))
  t.ok(own.length > 10)
  for (const definition of own) {
    const path = new URL(definition.url).pathname
    const answer = await get(undefined, path)
    t.strictSame([answer.status, answer.json], [200, definition], path)
    t.strictSame([(await get(undefined, `${path}?_pretty=true`)).json, (await request(undefined, 'HEAD', path)).text], [definition, ''])
    t.equal((await request(undefined, 'PUT', path, { body: definition })).status, 401)
    refused(t, await request(operator, 'PUT', path, { body: definition }), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  }
  const foreign = files.find(({ url }) => url.startsWith('https://profiles.ihe.net/'))
  isAbsent(t, await get(undefined, `/${foreign?.resourceType ?? ''}/${foreign?.id ?? ''}`))
  refused(t, await get(undefined, '/OperationDefinition/why', { accept: 'application/fhir+xml' }), 406, { code: 'not-supported', expression: 'Accept' })
})

t.test('what the statement claims to meet of the published ones, it meets', async t => {
  t.strictSame(statement().instantiates, [BULK_DATA])
  for (const claim of statement().instantiates ?? []) t.strictSame(unmet(claim, statement()), [], claim)
  // Kept from being claimed: IHE and ANS want XML too, IPA the endpoints of an authorization server.
  t.strictSame(unmet(IPA_SERVER, statement()), ['SMART-on-FHIR'])
  const without = { ...statement(), rest: (statement().rest ?? []).map(rest => ({ ...rest, resource: (rest.resource ?? []).map(({ operation, ...resource }) => resource) })) }
  t.strictSame(unmet(MHD_RESPONDER, without), ['xml'])
  t.strictSame(unmet(PCF_REGISTRY, without), ['xml'])
  t.strictSame(unmet(IPA_SERVER, without), ['SMART-on-FHIR', 'DocumentReference $docref'])
  t.match(unmet(PDSM_MANAGER, without), ['xml', 'List DesignationType', 'List SourceId'])
})

/** The address of each interaction; what it answers to a caller who has every scope and names what is not there. */
const paths: { readonly [code: string]: readonly [method: Method, path: string] } = {
  read: ['GET', '/:id'],
  vread: ['GET', '/:id/_history/:id'],
  'history-instance': ['GET', '/:id/_history'],
  'history-type': ['GET', '/_history'],
  update: ['PUT', '/:id'],
  patch: ['PATCH', '/:id'],
  delete: ['DELETE', '/:id'],
  create: ['POST', ''],
  'search-type': ['GET', ''],
  conditionalUpdate: ['PUT', '?_id=:id'],
  conditionalPatch: ['PATCH', '?_id=:id'],
  conditionalDelete: ['DELETE', '?_id=:id']
}

for (const resource of resources) {
  const { type } = resource
  for (const code of codes(resource)) {
    t.test(`${type} answers ${code}`, async t => {
      const [method, where] = paths[code] ?? ['GET', '/nothing-of-this-name']
      const response = await request(operator, method, `/${type}${where.replaceAll(':id', randomUUID())}`, ['POST', 'PUT', 'PATCH'].includes(method) ? { body: { resourceType: 'Nonsense', id: 'x' } } : {})
      if (code === 'create') refused(t, response, 400, { code: 'invalid', expression: 'resourceType' })
      else if (code === 'history-type') t.match([response.status, response.json], [200, { resourceType: 'Bundle', type: 'history' }])
      else if (code === 'search-type') t.match([response.status, response.json], [200, { resourceType: 'Bundle', type: 'searchset' }])
      else if (code === 'conditionalDelete') t.strictSame([response.status, response.text], [204, ''])
      else isAbsent(t, response)
    })
  }

  t.test(`${type} refuses what it does not declare, and says what it does`, async t => {
    const declared = codes(resource).flatMap(code => paths[code] === undefined ? [] : [[paths[code][0], paths[code][1].replace(/\?.*/, '')] as const])
    for (const where of new Set(declared.map(([, path]) => path))) {
      const allowed = declared.filter(([, path]) => path === where).map(([method]) => method)
      for (const method of METHODS.filter(method => !allowed.includes(method))) {
        const response = await request(operator, method, `/${type}${where.replaceAll(':id', randomUUID())}`)
        refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
        t.strictSame(response.headers['allow']?.split(', ').filter(one => one !== 'HEAD').sort(), [...allowed].sort(), `${method} ${where}`)
      }
    }
    if (declared.length > 0) t.equal((await request(undefined, 'OPTIONS', `/${type}/x`)).status, 401, 'nobody learns it without a token')
  })

  if (!codes(resource).includes('search-type')) continue
  t.test(`${type} takes every parameter and inclusion that it declares, and no other`, async t => {
    const values: { readonly [type: string]: string } = { token: 'x', string: 'abc', date: '2026', reference: 'Patient/x', uri: 'urn:x', special: '48|2', quantity: '5.4|http://unitsofmeasure.org|mg' }
    const composites: { readonly [name: string]: string } = {
      relationship: 'replaces$DocumentReference/x', ...Object.fromEntries(['', 'combo-', 'component-'].flatMap(of => [[`${of}code-value-quantity`, 'x$5'], [`${of}code-value-concept`, 'x$y']])), 'code-value-date': 'x$2026', 'code-value-string': 'x$abc', 'characteristic-value': 'x$y'
    }
    await Promise.all((resource.searchParam ?? []).map(async ({ name, type: kind }) => {
      const value = values[kind ?? ''] ?? composites[name] ?? ''
      const response = await get(operator, `/${type}?${name}=${encodeURIComponent(value)}`)
      t.strictSame([response.status, response.status === 200 && response.json.total], [200, 0], name)
    }))
    for (const [name, list] of [['_include', resource.searchInclude], ['_revinclude', resource.searchRevInclude]] as const) {
      for (const value of list ?? []) t.equal((await get(operator, `/${type}?_id=x&${name}=${value}`)).status, 200, value)
    }
    const unknown = { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN' }
    for (const name of ['_text', '_has:Patient:x:y', 'nonsense']) refused(t, await get(operator, `/${type}?${name}=x`), 400, { ...unknown, expression: name })
  })
}

/** Operations that others defined: where they are published, whether they are asked of one resource, by which methods. */
const published: { readonly [name: string]: readonly [url: string, level: 'type' | 'instance', methods: readonly Method[]] } = {
  meta: ['http://hl7.org/fhir/OperationDefinition/Resource-meta', 'instance', ['GET', 'POST']],
  'meta-add': ['http://hl7.org/fhir/OperationDefinition/Resource-meta-add', 'instance', ['POST']],
  'meta-delete': ['http://hl7.org/fhir/OperationDefinition/Resource-meta-delete', 'instance', ['POST']],
  everything: ['http://hl7.org/fhir/OperationDefinition/Patient-everything', 'instance', ['GET', 'POST']],
  summary: ['http://hl7.org/fhir/uv/ips/OperationDefinition/summary', 'instance', ['GET', 'POST']],
  docref: ['http://hl7.org/fhir/uv/ipa/OperationDefinition/docref', 'type', ['GET', 'POST']],
  lastn: ['http://hl7.org/fhir/OperationDefinition/Observation-lastn', 'type', ['GET', 'POST']]
}

for (const { type, operation = [] } of resources) {
  for (const { name = '', definition } of operation.filter(({ name = '' }) => published[name] !== undefined)) {
    t.test(`${type} answers $${name}, as it is published`, async t => {
      const [url, level, methods] = published[name] ?? ['', 'type', []]
      t.equal(definition, url)
      for (const method of METHODS) {
        const response = await request(operator, method, level === 'type' ? `/${type}/$${name}` : `/${type}/${randomUUID()}/$${name}`, method === 'POST' ? { body: { resourceType: 'Parameters' } } : {})
        if (!methods.includes(method)) refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
        else if (level === 'instance') isAbsent(t, response)
        else refused(t, response, 400, { code: 'required', details: 'MSG_PARAM_INVALID', expression: 'patient' })
      }
    })
  }
  for (const { name = '', definition } of operation.filter(({ definition }) => definition.startsWith('https://fhir.espace-sante.example/'))) {
    t.test(`${type} answers $${name}, as its definition says`, async t => {
      const path = `/${type}/${randomUUID()}/$${name}`
      const { code, resource, instance, affectsState, parameter } = JSON.parse(readFileSync(new URL(`profiles/operation-definition-${name}.json`, ROOT), 'utf8')) as OperationDefinition
      t.match([code, instance, affectsState, definition], [name, true, name === 'report-access', `/OperationDefinition/${name}`])
      t.ok(resource?.includes(type))
      const isText = parameter?.every(({ use, type: kind = '' }) => use === 'out' || ['string', 'code', 'dateTime', 'integer'].includes(kind)) === true
      for (const method of METHODS) {
        const response = await request(operator, method, path, method === 'POST' ? { body: { resourceType: 'Parameters' } } : {})
        if (method === 'POST' || (method === 'GET' && isText)) isAbsent(t, response)
        else refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
      }
    })
  }
  if (operation.some(({ name }) => name === 'validate')) {
    t.test(`${type} answers $validate by POST`, async t => {
      const path = `/${type}/${randomUUID()}/$validate`
      isAbsent(t, await request(operator, 'POST', path, { body: { resourceType: type } }))
      refused(t, await get(operator, path), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
    })
  }
  if (!operation.some(({ name }) => name === 'why')) {
    t.test(`${type} answers no $why`, async t => { refused(t, await get(operator, `/${type}/${randomUUID()}/$why`), 404, { code: 'not-found' }) })
  }
}

t.test('Patient answers $export, which others define, on no patient in particular', async t => {
  t.same(resources.flatMap(({ type, operation = [] }) => operation.filter(({ name }) => name === 'export').map(({ definition }) => [type, definition])), [['Patient', 'http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export']])
  const job = `/Patient/$export/${randomUUID()}`
  for (const [path, allowed] of [['/Patient/$export', ['GET', 'POST']], [job, ['GET', 'DELETE']], [`${job}/Patient.ndjson`, ['GET']]] as const) {
    for (const method of METHODS) {
      const response = await request(operator, method, path, method === 'POST' ? { body: { resourceType: 'Parameters' } } : {})
      if (!(allowed as readonly string[]).includes(method)) refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
      else if (path === job || path.endsWith('.ndjson')) isAbsent(t, response)
      else refused(t, response, 400, { code: 'required', expression: 'Prefer' })
    }
  }
})

t.test('each operation is defined, on the types that declare it', async t => {
  for (const name of ['why', 'simulate-consent', 'activity', 'report-access']) {
    const definition = JSON.parse(readFileSync(new URL(`profiles/operation-definition-${name}.json`, ROOT), 'utf8')) as OperationDefinition
    t.same([...definition.resource ?? []].sort(), resources.filter(({ operation = [] }) => operation.some(each => each.name === name)).map(({ type }) => type).sort(), name)
  }
})

t.test('the base takes Bundles and searches, and nothing else', async t => {
  t.same(statement().rest?.[0]?.interaction?.map(({ code }) => code), ['transaction', 'batch', 'history-system', 'search-system'])
  for (const method of METHODS.filter(method => method !== 'POST' && method !== 'GET')) {
    const response = await request(operator, method, '/fhir')
    t.same([response.status, response.headers['allow']], [405, 'POST, GET, HEAD'], method)
  }
  for (const type of ['transaction', 'batch']) {
    for (const url of ['/fhir', '/fhir/']) {
      t.strictSame((await request(operator, 'POST', url, { body: { resourceType: 'Bundle', type } })).json, { resourceType: 'Bundle', type: `${type}-response` }, `${type} ${url}`)
    }
  }
})

t.test('what the whole server declares answers', async t => {
  t.match((await get(operator, '/_history')).json, { resourceType: 'Bundle', type: 'history' })
  for (const path of ['/fhir?_type=Patient', '/Patient/x/DocumentReference', '/Patient/x/*']) t.match((await get(operator, path)).json, { resourceType: 'Bundle', type: 'searchset' }, path)
  refused(t, await request(operator, 'DELETE', '/Patient/x/*'), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  refused(t, await request(operator, 'GET', '/Patient/x/nonsense'), 404, { code: 'not-found' })
  refused(t, await request(operator, 'DELETE', '/_history'), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
})

t.test('what is not under the base is not there', async t => {
  for (const url of ['/', '/fhir/$export', '/fhir/Patient/$everything', '/fhir/patient', '/fhir/Patient/', '/metadata']) {
    refused(t, await request(operator, 'GET', `http://127.0.0.1:8080${url}`), 404, { code: 'not-found', ...url === '/fhir/Patient/$everything' || url === '/fhir/Patient/' ? { details: 'MSG_NO_EXIST' } : {} })
  }
  for (const url of ['/livez', '/readyz']) t.equal((await request(undefined, 'GET', `http://127.0.0.1:8080${url}`)).status, 200)
})

const lies: readonly (readonly [what: string, change: (resource: CapabilityStatementRestResource, rest: CapabilityStatementRestResource[], whole: CapabilityStatementRest) => void, message: RegExp])[] = [
  ['an interaction', ({ interaction = [] }) => { interaction.push({ code: 'search-system' as 'read' }) }, /search-system/],
  ['a compartment', (_, __, whole) => { whole.compartment = ['http://hl7.org/fhir/CompartmentDefinition/encounter'] }, /encounter/],
  ['an interaction of the whole server', (_, __, whole) => { whole.interaction = [{ code: 'nonsense' as 'batch' }] }, /nonsense/],
  ['a conditional interaction', resource => { resource.conditionalDelete = 'multiple' }, /conditionalDelete/],
  ['a search parameter', ({ searchParam = [] }) => { searchParam.push({ name: 'nonsense', type: 'token' }) }, /nonsense/],
  ['a search parameter of another type', ({ searchParam = [] }) => { searchParam.push({ name: 'birthdate', type: 'string' }) }, /birthdate/],
  ['an operation', resource => { resource.operation = [{ name: 'simulate', definition: 'https://fhir.espace-sante.example/OperationDefinition/why' }] }, /\$simulate/],
  ['an operation that is published', resource => { resource.operation = [{ name: 'apply', definition: 'http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply' }] }, /\$apply/],
  ['an operation without a definition', resource => { resource.operation = [{ name: 'why', definition: 'https://fhir.espace-sante.example/OperationDefinition/nothing' }] }, /OperationDefinition\/nothing/],
  ['an inclusion', resource => { resource.searchInclude = ['Patient:nothing'] }, /Patient:nothing/],
  ['to write a definition', (_, rest) => { rest.find(({ type }) => type === 'SearchParameter')?.interaction?.push({ code: 'create' }) }, /SearchParameter create/],
  ['nothing of definitions that are there', (_, rest) => { rest.splice(rest.findIndex(({ type }) => type === 'OperationDefinition'), 1) }, /OperationDefinition\/\w/],
  ['a type', (_, rest) => { rest.push({ type: 'Basic', interaction: [{ code: 'read' }] }) }, /Basic/]
]
// One for all of them: to make its collections takes longer than what is tested.
const liars = { MONGODB_DB: `t${randomBytes(8).toString('hex')}`, master: randomBytes(32) }
t.teardown(async () => { await scene.mongo.db(liars.MONGODB_DB).dropDatabase() })
for (const [what, change, message] of lies) {
  t.test(`refuses to start where ${what} is declared that is not built`, async t => {
    const folder = mkdtempSync(path.join(tmpdir(), 'capability-'))
    t.teardown(() => { rmSync(folder, { recursive: true }) })
    const declared = statement()
    const [whole] = declared.rest ?? []
    if (whole === undefined) throw new Error('nothing is declared')
    const list = whole.resource ?? []
    const one = list.find(({ type }) => type === 'Patient')
    if (one === undefined) throw new Error('Patient is not declared')
    change(one, list, whole)
    writeFileSync(path.join(folder, 'capability-statement.json'), JSON.stringify(declared))
    for (const name of ['dist', 'terminology', 'profiles']) symlinkSync(new URL(name, ROOT), path.join(folder, name))
    const config = readConfig({ MONGODB_URL: process.env['MONGODB_URL'], MONGODB_DB: liars.MONGODB_DB, DATA_DIR: '/nonexistent', SAMPLE: 'none' })
    const ports = { config, logger: pino({ level: 'silent' }), trust: localTrust({ keys: [] }), master: liars.master, root: pathToFileURL(`${folder}/`) }
    await t.rejects(createApp(ports).then(async app => await app.close()), { message })
  })
}
