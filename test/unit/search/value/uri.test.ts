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
