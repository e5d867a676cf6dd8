import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { base, indexed, refusal, registry } from '../fixture.js'

const ask = (value: string, name = 'near') => parseSearch(registry, 'Location', [[name, value]], { lenient: false, base, hash: null })
const finds = (position: object | undefined, value: string, name?: string) => evaluate(ask(value, name).filter, indexed({ resourceType: 'Location', ...position === undefined ? {} : { position } }))
const eiffel = { longitude: 2.2945, latitude: 48.8584 }

t.test('a place is near another within the distance, in km unless another unit of length is said', async t => {
  // Notre-Dame is 4.1 km away.
  for (const distance of ['|', '||', '|5', '|5|km', '|5000|m', '|3|[mi_i]', '|40000']) t.ok(finds(eiffel, `48.853|2.3499${distance}`), distance)
  for (const distance of ['|4', '|4000|m', '|0']) t.notOk(finds(eiffel, `48.853|2.3499${distance}`), distance)
  t.notOk(finds(eiffel, '45.764|4.8357'), 'Lyon is further than the 10 km that go without saying')
  t.ok(finds(eiffel, '45.764|4.8357,48.853|2.3499'), 'one of several')
})

t.test('a place without a position is nowhere; one with a position that cannot be is not missing', async t => {
  t.notOk(finds(undefined, '48.853|2.3499|40000'))
  t.notOk(finds({ longitude: 200, latitude: 0 }, '0|0|40000'))
  t.ok(finds(undefined, 'true', 'near:missing'))
  t.ok(finds(eiffel, 'false', 'near:missing'))
  t.ok(finds({ longitude: 200, latitude: 0 }, 'false', 'near:missing'))
})

t.test('what is no place and no distance is refused', async t => {
  for (const value of ['48.8', '|2', 'x|2', '91|2', '48|181', '48|2|-1', '48|2|x', '48|2|1|kg', '48|2|1|parsnips', '48|2|1|km|x']) {
    t.match(refusal(() => ask(value)), { kind: 'invalid-parameter', faults: [{ expression: 'near' }] }, value)
  }
})
