import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { base, indexed, refusal, registry } from '../fixture.js'

function finds (meta: object, name: string, value: string): boolean {
  return evaluate(parseSearch(registry, 'Patient', [[name, value]], { lenient: false, base, hash: null }).filter, indexed({ resourceType: 'Patient', meta }))
}

t.test('a uri is found when it is equal, a canonical without its version too', async t => {
  const meta = { profile: ['http://p.example/a|1.0'] }
  for (const value of ['http://p.example/a', 'http://p.example/a\\|1.0', 'http://p.example/a|1.0', 'urn:x,http://p.example/a']) t.ok(finds(meta, '_profile', value), value)
  for (const value of ['http://p.example/', 'http://p.example/A', 'http://p.example/a\\|2.0']) t.notOk(finds(meta, '_profile', value), value)
  t.ok(finds({}, '_profile:missing', 'true'))
  t.equal(refusal(() => finds(meta, '_profile', '')).kind, 'invalid-parameter')
})

t.test(':below is further down the path, :above further up', async t => {
  const source = (value: string) => ({ source: value })
  for (const [name, value, stored, expected] of [
    ['below', 'http://a.example/fhir/', 'http://a.example/fhir/x', true], ['below', 'http://a.example/fhir', 'http://a.example/fhir/x/y', true], ['below', 'http://a.example/fhir', 'http://a.example/fhir', true],
    ['below', 'http://a.example/fhir', 'http://a.example/fhir2', false], ['below', 'http://a.example/fhir/x', 'http://a.example/fhir', false],
    ['above', 'http://a.example/fhir/x/1', 'http://a.example/fhir/x', true], ['above', 'http://a.example/fhir/x/1', 'http://a.example/fhir/', true], ['above', 'http://a.example/fhir/x/1', 'http://a.example', true],
    ['above', 'http://a.example/fhir/x/1', 'http://a.example/fhir/x/1', true], ['above', 'http://a.example/fhir/x/1', 'http://a.example/f', false], ['above', 'http://a.example/fhir', 'http://a.example/fhir/x', false]
  ] as const) t.equal(finds(source(stored), `_source:${name}`, value), expected, `${name} ${value} ${stored}`)
  t.ok(finds({ profile: ['http://p.example/a/b|1'] }, '_profile:below', 'http://p.example/a'))
  for (const name of ['above', 'below']) t.match(refusal(() => finds({}, `_source:${name}`, 'urn:oid:1.2')), { kind: 'invalid-parameter', faults: [{ expression: `_source:${name}` }] })
})
