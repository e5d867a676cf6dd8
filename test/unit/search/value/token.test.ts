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

const leaf = { resourceType: 'DocumentReference', type: { text: 'Écrit du jour', coding: [{ system: 'urn:tree', code: 'leaf', display: 'Leaf' }, { system: 'urn:x', code: 'x', display: 'Autre chose' }] } }

for (const [where, key] of [['the directory', null], ['a record', hash]] as const) {
  t.test(`in ${where}, :text is the beginning of a text, of what a coding is called, or of the type of an identifier`, async t => {
    for (const value of ['ecrit', 'Écrit du', 'LEA', 'leaf', 'autre', 'zzz,autre']) t.ok(finds(leaf, 'type:text', value, key), value)
    for (const value of ['jour', 'chose', 'root', 'leafs', '34133']) t.notOk(finds(leaf, 'type:text', value, key), value)
    t.notOk(finds({ resourceType: 'DocumentReference', type: { coding: [{ system: 'urn:tree', code: 'leaf' }] } }, 'type:text', 'leaf', key), 'a code alone has no text')
    t.ok(finds({ resourceType: 'Patient', identifier: [{ value: '1', type: { text: 'Numéro interne' } }] }, 'identifier:text', 'numero', key))
    t.notOk(finds({ resourceType: 'DocumentReference', type: { text: 'x' } }, 'type:missing', 'true', key))
  })

  t.test(`in ${where}, :of-type is an identifier by its type`, async t => {
    const patient = { resourceType: 'Patient', identifier: [{ value: '1', type: { coding: [{ system: 'urn:types', code: 'MR' }] } }, { value: '2', type: { coding: [{ system: 'urn:types', code: 'SS' }] } }] }
    t.ok(finds(patient, 'identifier:of-type', 'urn:types|MR|1', key))
    for (const value of ['urn:types|MR|2', 'urn:types|SS|1', 'urn:other|MR|1']) t.notOk(finds(patient, 'identifier:of-type', value, key), value)
    t.match(ask('Patient', 'identifier:of-type', 'urn:types|MR|1', key), { byIdentifier: true })
    for (const value of ['MR|1', '|MR|1', 'urn:types|MR|', 'a|b|c|d']) t.match(refusal(() => ask('Patient', 'identifier:of-type', value, key)), { kind: 'invalid-parameter', faults: [{ expression: 'identifier:of-type' }] }, value)
  })
}

t.test('in a record the text of a token is sealed, and asked for by 3 to 12 characters', async t => {
  t.notMatch(indexed(leaf, hash).keys.join(), /crit|autre/i)
  for (const [value, kind] of [['ec', 'invalid-parameter'], ['x'.repeat(13), 'too-costly']] as const) t.match(refusal(() => ask('DocumentReference', 'type:text', value, hash)), { kind, faults: [{ expression: 'type:text' }] })
})

t.test(':in, :not-in, :above and :below ask the terminology', async t => {
  const of = (code: string, system = 'urn:tree') => ({ resourceType: 'DocumentReference', type: { coding: [{ system, code }] } })
  for (const [name, value, code, expected] of [
    ['in', 'urn:vs', 'left', true], ['in', 'urn:vs|2', 'left', true], ['in', 'urn:vs', 'leaf', false], ['in', 'urn:whole', 'leaf', true], ['not-in', 'urn:vs', 'left', false], ['not-in', 'urn:vs', 'leaf', true],
    ['below', 'urn:tree|left', 'leaf', true], ['below', 'urn:tree|left', 'left', true], ['below', 'urn:tree|left', 'right', false], ['below', 'urn:tree|root', 'leaf', true],
    ['above', 'urn:tree|leaf', 'root', true], ['above', 'urn:tree|leaf', 'leaf', true], ['above', 'urn:tree|left', 'leaf', false]
  ] as const) t.equal(finds(of(code), `type:${name}`, value), expected, `${name} ${value} ${code}`)
  t.ok(finds(of('x', 'urn:other'), 'type:in', 'urn:vs'))
  t.notOk(finds(of('left', 'urn:other'), 'type:in', 'urn:vs'))
  t.ok(finds({ resourceType: 'DocumentReference' }, 'type:not-in', 'urn:vs'))
  for (const [name, value] of [['in', 'urn:nothing'], ['not-in', 'urn:nothing'], ['in', 'urn:vs|1'], ['in', 'urn:described'], ['below', 'urn:nothing|x'], ['below', 'urn:tree|nothing'], ['above', 'leaf'], ['above', 'urn:tree|leaf|x']] as const) {
    t.match(refusal(() => ask('DocumentReference', `type:${name}`, value)), { kind: 'invalid-parameter', faults: [{ expression: `type:${name}` }] }, `${name} ${value}`)
  }
})

t.test('a code that does not say its system is in the value sets of the system that goes without saying', async t => {
  const status = { resourceType: 'DocumentReference', status: 'current' }
  for (const [value, expected] of [['urn:vs', false], ['urn:statuses', true]] as const) t.equal(finds(status, 'status:in', value), expected, value)
  t.ok(finds(status, 'status:not-in', 'urn:vs'))
  t.notOk(finds({ ...status, status: 'superseded' }, 'status:in', 'urn:statuses'))
})

t.test('a modifier that means nothing for a parameter is unknown', async t => {
  for (const name of ['status:text', 'relation:in', 'type:of-type', '_id:text', 'type:exact', 'identifier:below']) {
    t.match(refusal(() => ask('DocumentReference', name, 'urn:tree|leaf')), { kind: 'unknown-parameter', faults: [{ expression: name }] }, name)
  }
})

t.test('the system of a code, and of true and false, may be said though no resource says it', async t => {
  const status = 'http://hl7.org/fhir/document-reference-status'
  for (const value of [`${status}|current`, `${status}|`, '|current', 'current']) t.ok(finds(typed, 'status', value), value)
  for (const value of [`${status}|superseded`, 'http://hl7.org/fhir/administrative-gender|current', 'urn:x|']) t.notOk(finds(typed, 'status', value), value)
  t.notOk(finds(typed, 'status:not', `${status}|current`))
  t.notOk(finds(typed, 'status:not', `${status}|`))
  t.ok(finds({ resourceType: 'Patient', active: true }, 'active', 'http://terminology.hl7.org/CodeSystem/special-values|true'))
})
