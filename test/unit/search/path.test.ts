import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import t from 'tap'
import { readExpression } from '../../../src/search/expression.js'
import { compilePath } from '../../../src/search/path.js'
import type { Resource } from '../../../src/search/path.js'
import { definitions } from './fixture.js'
import { inProject } from '../../helper/root.js'

function values (expression: string, resource: Resource): unknown[] {
  const found: unknown[] = []
  compilePath(expression, resource.resourceType).walk(resource, (value, type) => found.push([value, type]))
  return found
}

t.test('a member path goes through lists and knows the type', async t => {
  const patient = { resourceType: 'Patient', name: [{ given: ['A', 'B'] }, { given: ['C'] }] }
  t.same(values('Practitioner.name.given | Patient.name.given', patient), [['A', 'string'], ['B', 'string'], ['C', 'string']])
})

t.test('a choice yields the type of the property that is there', async t => {
  t.same(values('Patient.deceased', { resourceType: 'Patient', deceasedDateTime: '2020' } as Resource), [['2020', 'dateTime']])
  t.same(values('(Patient.deceased as dateTime)', { resourceType: 'Patient', deceasedBoolean: true } as Resource), [])
  t.same(compilePath('Consent.source', 'Consent').types, ['Attachment', 'Reference'])
  t.same(compilePath('Condition.onset.as(Age)', 'Condition').types, ['Age'])
})

t.test('a presence is true unless the value is false', async t => {
  const expression = 'Patient.deceased.exists() and Patient.deceased != false'
  for (const [element, expected] of [[{ deceasedBoolean: true }, true], [{ deceasedBoolean: false }, false], [{ deceasedDateTime: '2020' }, true], [{}, false]] as const) {
    t.same(values(expression, { resourceType: 'Patient', ...element }), [[expected, 'boolean']])
  }
})

t.test('where keeps the values of which the condition holds', async t => {
  const patient = { resourceType: 'Patient', telecom: [{ system: 'email', value: 'a' }, { system: 'phone', value: 'b' }] }
  t.same(values("Patient.telecom.where(system='phone')", patient), [[{ system: 'phone', value: 'b' }, 'ContactPoint']])
})

t.test('resolve() is answered by the text, the type or the contained resource', async t => {
  const of = (subject: object) => values('DocumentReference.subject.where(resolve() is Patient)',
    { resourceType: 'DocumentReference', contained: [{ resourceType: 'Patient', id: 'p' }], subject } as Resource).length
  t.equal(of({ reference: 'Patient/1' }), 1)
  t.equal(of({ reference: 'https://other.example/r4/Patient/1/_history/2' }), 1)
  t.equal(of({ reference: 'Group/1', type: 'Patient' }), 0)
  t.equal(of({ reference: '#p' }), 1)
  t.equal(of({ reference: '#q' }), 0)
  t.equal(of({ reference: 'urn:uuid:1', type: 'Patient' }), 1)
  t.equal(of({ type: 'Patient', identifier: { value: '1' } }), 1)
  t.equal(of({ identifier: { value: '1' } }), 0)
})

t.test('resolve().ofType() goes to a contained resource of that type, and no further', async t => {
  const list = {
    resourceType: 'List',
    contained: [{ resourceType: 'Practitioner', id: 'p', name: [{ given: ['A'] }] }, { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: '#p' } }, null]
  }
  const direct = (source: object) => values('List.source.resolve().ofType(Practitioner).name.given', { ...list, source } as Resource)
  t.same(direct({ reference: '#p' }), [['A', 'string']])
  for (const source of [{ reference: '#r' }, { reference: '#q' }, { reference: '#' }, { reference: 'Practitioner/p' }, { identifier: { value: 'p' } }, {}]) t.same(direct(source), [])
  t.same(values('List.source.resolve().ofType(PractitionerRole).practitioner.resolve().ofType(Practitioner).name.given', { ...list, source: { reference: '#r' } } as Resource), [['A', 'string']])
  t.same(values('List.source.resolve().ofType(Practitioner).name.given', { ...list, contained: 'x', source: { reference: '#p' } } as Resource), [])
  t.throws(() => compilePath('List.source.resolve().name', 'List'), 'the type must be said')
  t.throws(() => compilePath('List.source.resolve().ofType(Practitioner).nom', 'List'))
})

t.test('extension() and its where() are the same', async t => {
  const resource = { resourceType: 'List', extension: [{ url: 'urn:a', valueBoolean: false }, { url: 'urn:b', valueBoolean: true }, { url: 'urn:a', valueCode: 'x' }] } as Resource
  for (const expression of ["extension.where(url='urn:a').value", "List.extension('urn:a').value", "(extension('urn:a').value)"]) {
    t.same(values(expression, resource), [[false, 'boolean'], ['x', 'code']], expression)
  }
  t.same(values("extension('urn:a').value.ofType(code)", resource), [['x', 'code']])
})

t.test('an element that repeats its own type is followed', async t => {
  const consent = { resourceType: 'Consent', provision: { provision: [{ provision: [{ type: 'deny' }] }] } }
  t.same(values('Consent.provision.provision.provision.type', consent), [['deny', 'code']])
})

t.test('what is outside the subset is left to the FHIRPath engine', async t => {
  const expression = 'Patient.name.select(family.upper())'
  t.equal(readExpression(expression), null)
  t.same(values(expression, Object.freeze({ resourceType: 'Patient', name: [{ family: 'a' }] })), [['A', 'string']])
  t.same(values('Patient.name.first()', { resourceType: 'Patient', name: [{ family: 'a' }] } as Resource), [[{ family: 'a' }, 'HumanName']])
  t.throws(() => compilePath('Patient.link.other.first().resolve().name', 'Patient'), /resolve/)
  t.throws(() => compilePath('Patient.(', 'Patient'))
})

t.test('an expression without a branch for the type is refused', async t => {
  t.throws(() => compilePath('Practitioner.name', 'Patient'), /yields nothing for Patient/)
  t.throws(() => compilePath('Patient.nam', 'Patient'), /yields nothing/)
})

t.test('every expression of R4 is in the subset and compiles for each of its types, or is known not to', async t => {
  const outside = new Set<string>()
  const empty = new Set<string>()
  for (const { expression, base = [], url } of definitions) {
    if (expression === undefined) continue
    for (const type of base as readonly string[]) {
      if (readExpression(expression) === null) outside.add(String(url))
      else if (type !== 'Resource' && type !== 'DomainResource') {
        try { compilePath(expression, type) } catch { empty.add(`${url} ${type}`) }
      }
    }
  }
  t.same([...outside], ['composition', 'message'].map(code => `http://hl7.org/fhir/SearchParameter/Bundle-${code}`))
  // R4 names an element of an earlier draft.
  t.same([...empty], ['http://hl7.org/fhir/SearchParameter/DeviceDefinition-classification DeviceDefinition'])
})

const examples = inProject('../shared/fixtures/valid')

t.test('the walk yields what the FHIRPath engine yields', { skip: !existsSync(examples) && 'no examples here' }, async t => {
  let compared = 0
  for (const resource of resourcesUnder(examples)) {
    for (const { expression, base = [] } of definitions) {
      if (expression === undefined || expression.includes('resolve()') || !base.includes(resource.resourceType as never)) continue
      const walked = values(expression, resource).map(value => (value as unknown[])[0])
      const branches = expression.includes(' and ') ? [expression] : expression.split(' | ').filter(branch => branch.replace('(', '').split('.')[0] === resource.resourceType)
      const evaluated = branches.flatMap(branch => fhirpath.evaluate(structuredClone(resource), branch.replace(/^\((.+) as (\w+)\)/, '$1.ofType($2)'), {}, r4))
      assert.deepEqual(walked, JSON.parse(JSON.stringify(evaluated)), `${expression} of ${resource.resourceType}`)
      compared++
    }
  }
  t.ok(compared > 1000, `${compared} compared`)
})

function resourcesUnder (folder: string): readonly Resource[] {
  const files = readdirSync(folder, { recursive: true }).map(String).filter(file => file.endsWith('.json') && !file.endsWith('index.json'))
  const resources = files.map(file => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')))
  return resources.flatMap(resource => resource.resourceType === 'Bundle'
    ? (resource.entry ?? []).flatMap((entry: { resource?: Resource }) => entry.resource ?? [])
    : [resource])
}
