import t from 'tap'
import { and, compare, isIn } from '../../../src/filter/filter.js'
import { parseSearch } from '../../../src/search/parse.js'
import { defaultLimits } from '../../../src/search/request.js'
import type { ParseOptions } from '../../../src/search/request.js'
import { base, hash, refusal, registry } from './fixture.js'

function parse (query: readonly (readonly [string, string])[], options: Partial<ParseOptions> = {}) {
  return parseSearch(registry, 'DocumentReference', query, { lenient: false, base, hash: null, ...options })
}

t.test('a query without parameters asks for all of the type', async t => {
  t.same(parse([]), {
    type: 'DocumentReference',
    filter: { kind: 'all' },
    patients: null,
    byIdentifier: false,
    byId: false,
    hops: [],
    sort: [],
    count: 20,
    total: undefined,
    isCount: false,
    shape: undefined,
    includes: [],
    revincludes: [],
    applied: [],
    ignored: []
  })
})

t.test('repetition is and, a comma is or', async t => {
  t.same(parse([['type', 'a,b'], ['type', 'c'], ['_lastUpdated', 'gt2020-01-01T00:00:00.000Z']]).filter, and(
    isIn('keys', ['type|a', 'type|b']), isIn('keys', ['type|c']), compare('at', 'ge', Date.UTC(2020, 0, 1) + 1)))
})

t.test('what is unknown is refused, all of it in one outcome', async t => {
  const names = ['subject.nonsense', 'identifier[$ne]', '$where', '__proto__', 'constructor', '_has:AuditEvent:entity:agent', 'foo:exact', 'Type', '', '_filter', '_text']
  const { kind, faults } = refusal(() => parse([...names, 'foo:exact'].map(name => [name, 'secret'] as const)))
  t.equal(kind, 'unknown-parameter')
  t.same(faults.map(({ expression }) => expression), names)
  t.notMatch(JSON.stringify(faults), 'secret')
})

t.test('lenient handling leaves out unknown names and says which', async t => {
  const { ignored, applied, filter } = parse([['foo', '1'], ['type', 'a'], ['subject.nonsense', 'x'], ['foo', '2']], { lenient: true })
  t.same(ignored, ['foo', 'subject.nonsense'])
  t.same(applied, [['type', 'a']])
  t.same(filter, isIn('keys', ['type|a']))
})

t.test('a modifier or a value that is not built is refused even under lenient handling', async t => {
  for (const name of ['status:text', 'relation:in', 'type:exact', 'date:exact', 'description:below', 'subject:Patient.name:below', 'location:contains', 'type:', 'type:not:not', '_include:recurse', '_count:x']) {
    t.match(refusal(() => parse([[name, 'secret']], { lenient: true })), { kind: 'unknown-parameter', faults: [{ expression: name }] }, name)
  }
  t.match(refusal(() => parse([['type:in', 'urn:nothing']], { lenient: true })), { kind: 'invalid-parameter' })
})

t.test('the result parameters', async t => {
  t.match(parse([['_sort', '-date,_id,_lastUpdated,period'], ['_count', '5'], ['_total', 'accurate'], ['_summary', 'count'], ['_pretty', 'true']]), {
    sort: [
      { code: 'date', field: 'sort.date', descending: true }, { code: '_id', field: '_id', descending: false },
      { code: '_lastUpdated', field: 'at', descending: false }, { code: 'period', field: 'sort.period', descending: false }
    ],
    count: 5,
    total: 'accurate',
    isCount: true
  })
  t.equal(parse([['_count', '0']]).count, 0)
  t.equal(parse([['_count', '1000000']]).count, 200)
  t.equal(parse([['_count', '9'.repeat(400)]]).count, 200)
  for (const format of ['json', 'application/json', 'application/fhir+json', 'application/fhir json', 'application/fhir+json; fhirVersion=4.0']) t.ok(parse([['_format', format]]), format)
})

t.test('result parameters that cannot be read are refused by name', async t => {
  for (const [name, value] of [
    ['_count', '-1'], ['_count', 'abc'], ['_count', ''], ['_count', '1.5'], ['_count', '1e2'], ['_total', 'some'], ['_summary', 'most'], ['_summary', ''], ['_elements', 'nom'], ['_elements', 'content.attachment'], ['_elements', 'id,'], ['_elements', '__proto__'],
    ['_pretty', 'yes'], ['_sort', 'identifier'], ['_sort', 'description'], ['_sort', ''], ['_sort', 'date,'], ['_sort', '--date'], ['_sort', 'date,-date'], ['_sort', 'subject.name'], ['_sort', '__proto__'],
    ['_include', 'Patient:*'], ['_revinclude', 'Consent:*'], ['_include:iterate', 'Patient:link'], ['_include', 'DocumentReference:custodian'], ['_include', 'DocumentReference:author'], ['_include', 'Patient:link'], ['_include', ''],
    ['_revinclude', 'Consent:patient'], ['_revinclude', 'AuditEvent:agent']
  ] as const) {
    t.match(refusal(() => parse([[name, value]], { lenient: true, hash })), { kind: 'invalid-parameter', faults: [{ expression: name }] }, `${name}=${value}`)
  }
  t.match(refusal(() => parse([['_format', 'xml']])), { kind: 'not-acceptable' })
  t.match(refusal(() => parse([['_count', '1'], ['_count', '2']])), { kind: 'invalid-parameter' })
})

t.test('an inclusion is one that is declared, or narrower', async t => {
  t.same(parse([['_include', 'DocumentReference:patient'], ['_include', 'DocumentReference:patient:Patient'], ['_include', 'DocumentReference:patient']]).includes,
    [{ source: 'DocumentReference', parameter: 'patient' }, { source: 'DocumentReference', parameter: 'patient', target: 'Patient' }])
  t.same(parse([['_include', 'DocumentReference:author:Practitioner'], ['_revinclude', 'AuditEvent:entity']]), {
    ...parse([]),
    includes: [{ source: 'DocumentReference', parameter: 'author', target: 'Practitioner' }],
    revincludes: [{ source: 'AuditEvent', parameter: 'entity' }],
    applied: [['_include', 'DocumentReference:author:Practitioner'], ['_revinclude', 'AuditEvent:entity']]
  })
  t.match(refusal(() => parse([['_include', 'DocumentReference:author:Organization']])), { kind: 'invalid-parameter' })
})

t.test('what asks for too much is refused', async t => {
  const { values, includes, parameters } = defaultLimits
  t.ok(parse([['type', Array(values).fill('a').join()]]))
  for (const query of [
    [['type', Array(values + 1).fill('a').join()]], Array(includes + 1).fill(['_include', 'DocumentReference:patient']), Array(parameters + 1).fill(['type', 'a'])
  ] as const) t.match(refusal(() => parse(query, { lenient: true })), { kind: 'too-costly' })
})

t.test('text that no resource holds is refused', async t => {
  for (const value of ['\u0000', 'a\nb', '\ud800', '\u007f']) t.match(refusal(() => parse([['type', value]])), { kind: 'invalid-parameter', faults: [{ expression: 'type' }] })
})

t.test('a name is repeated to the client up to 64 characters', async t => {
  t.equal(refusal(() => parse([['x'.repeat(1000), '']])).faults[0]?.expression?.length, 64)
})

t.test('a request is frozen', async t => {
  const request = parse([['patient', '1'], ['_sort', 'date'], ['_include', 'DocumentReference:patient']])
  for (const part of [request, request.filter, request.patients, request.sort, request.sort[0], request.includes, request.includes[0], request.applied, request.applied[0], request.ignored]) t.ok(Object.isFrozen(part))
})
