import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { base, hash, indexed, refusal, registry } from '../fixture.js'

function ask (type: string, name: string, value: string, key: typeof hash | null = null) {
  return parseSearch(registry, type, [[name, value]], { lenient: false, base, hash: key })
}

function finds (resource: { readonly resourceType: string, readonly [element: string]: unknown }, name: string, value: string, key: typeof hash | null = null): boolean {
  return evaluate(ask(resource.resourceType, name, value, key).filter, indexed(resource, key))
}

const typed = { resourceType: 'DocumentReference', status: 'current', type: { coding: [{ system: 'http://loinc.org', code: '1' }, { code: '2' }, { system: 'urn:only' }] } }

t.test('a code is found with its system, with any, and without', async t => {
  for (const value of ['http://loinc.org|1', '1', 'http://loinc.org|', '2', '|2', 'urn:only|', '9,1']) t.ok(finds(typed, 'type', value), value)
  for (const value of ['|1', 'http://loinc.org|2', 'urn:x|1', '9', 'urn:only|1', 'http://loinc.org']) t.notOk(finds(typed, 'type', value), value)
  t.ok(finds(typed, 'status', 'current'))
  t.ok(finds(typed, 'status', '|current'))
})

t.test('a bar or a comma in a code is escaped', async t => {
  const odd = { resourceType: 'DocumentReference', type: { coding: [{ system: 's|', code: 'a,b|c\\' }] } }
  t.ok(finds(odd, 'type', 's\\||a\\,b\\|c\\\\'))
  t.ok(finds(odd, 'type', 'a\\,b\\|c\\\\'))
})

t.test(':not is every resource that :not excludes, and those without a value', async t => {
  t.notOk(finds(typed, 'type:not', '1'))
  t.notOk(finds(typed, 'type:not', '9,1'))
  t.ok(finds(typed, 'type:not', '9'))
  t.ok(finds({ resourceType: 'DocumentReference' }, 'type:not', '1'))
})

t.test(':missing is about searchable values', async t => {
  t.notOk(finds(typed, 'type:missing', 'true'))
  t.ok(finds(typed, 'type:missing', 'false'))
  t.ok(finds({ resourceType: 'DocumentReference' }, 'type:missing', 'true'))
  t.match(refusal(() => ask('DocumentReference', 'type:missing', 'yes')), { kind: 'invalid-parameter' })
})

for (const [where, key] of [['the directory', null], ['a record', hash]] as const) {
  const patient = { resourceType: 'Patient', id: 'p1', identifier: [{ system: 'urn:ins', value: '1' }], active: true, telecom: [{ system: 'phone', value: '01 23.45' }, { system: 'email', value: 'A.b@Mail.example' }] }

  t.test(`in ${where}, identifiers and addresses are found`, async t => {
    for (const value of ['urn:ins|1', '1', 'urn:ins|']) t.ok(finds(patient, 'identifier', value, key), value)
    for (const value of ['|1', 'urn:ins|2']) t.notOk(finds(patient, 'identifier', value, key), value)
    t.ok(finds(patient, 'phone', '01-23 45', key))
    t.ok(finds(patient, 'email', 'a.b@mail.example', key))
    t.ok(finds(patient, 'telecom', 'a.b@mail.example', key))
    t.notOk(finds(patient, 'email', '0123.45', key))
    t.ok(finds(patient, 'active', 'true', key))
    t.ok(finds(patient, 'deceased', 'false', key))
    t.ok(finds({ resourceType: 'AuditEvent', agent: [{ altId: 'x' }] }, 'altid', 'x', key))
  })

  t.test(`in ${where}, an identifier with a value is asked of found, one without is not`, async t => {
    t.match(ask('Patient', 'identifier', 'urn:ins|1', key), { byIdentifier: true, filter: { kind: 'in', field: 'found' } })
    for (const [name, value] of [['identifier', 'urn:ins|'], ['identifier', 'urn:ins|1,urn:ins|'], ['identifier:not', 'urn:ins|1'], ['active', 'true']] as const) {
      t.match(ask('Patient', name, value, key), { byIdentifier: false }, `${name}=${value}`)
    }
    const { keys, found } = indexed(patient, key)
    t.equal(found.length, 2)
    t.ok(found.every(each => keys.includes(each)))
    t.notOk(found.includes('identifier|urn:ins|'), 'a system alone is not selective')
  })
}

t.test('in a record no identifier stands in clear', async t => {
  const { keys, found } = indexed({ resourceType: 'Patient', identifier: [{ system: 'urn:ins', value: '123456789' }], telecom: [{ value: '987654321' }] }, hash)
  t.notMatch([...keys, ...found].join(), /123456789|987654321/)
})

t.test('masterIdentifier is an identifier of the document', async t => {
  const { found } = indexed({ resourceType: 'DocumentReference', masterIdentifier: { system: 's', value: 'm' }, identifier: [{ system: 's', value: 'i' }] })
  t.same(found.filter(key => key.includes('|s|')).sort(), ['identifier|s|i', 'identifier|s|m'])
})

t.test('_id takes ids only, and binds', async t => {
  t.ok(finds({ resourceType: 'Patient', id: 'p1' }, '_id', 'p2,p1'))
  t.notOk(finds({ resourceType: 'Patient', id: 'p1' }, '_id:not', 'p1'))
  t.match(ask('Patient', '_id', 'p1,p2'), { byId: true, patients: ['p1', 'p2'] })
  t.match(ask('DocumentReference', '_id', 'd1'), { byId: true, patients: null })
  t.match(ask('Patient', '_id:not', 'p1'), { byId: false, patients: null })
  for (const value of ['Patient/1', 's|1', '|1', 'a b', '$ne']) t.match(refusal(() => ask('Patient', '_id', value)), { kind: 'invalid-parameter' }, value)
})

t.test('what is no token is refused', async t => {
  for (const value of ['|', 'a|b|c', '', '1,', ',1', '1,,2', 'a\\b', 'a\\']) t.match(refusal(() => ask('DocumentReference', 'type', value)), { kind: 'invalid-parameter' }, value)
})
