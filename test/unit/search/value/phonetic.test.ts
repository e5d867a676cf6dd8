import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { base, hash, indexed, refusal, registry } from '../fixture.js'

for (const key of [null, hash]) {
  const ask = (value: string) => parseSearch(registry, 'Organization', [['phonetic', value]], { lenient: false, base, hash: key })
  const finds = (name: string, value: string) => evaluate(ask(value).filter, indexed({ resourceType: 'Organization', name }, key))

  t.test(`${key === null ? 'in the directory' : 'in a record'}, a name is found by what sounds like one of its words in French`, async t => {
    for (const [name, value] of [['Clinique Dupont', 'dupond'], ['Hôpital Philippe', 'FILIPPE'], ['Cabinet Lefèvre', 'Lefebvre'], ['Girault et fils', 'giraud'], ['Dupont Girault', 'giraud dupond']] as const) t.ok(finds(name, value), `${name} ${value}`)
    for (const [name, value] of [['Clinique Dupont', 'martin'], ['Dupont', 'giraud dupond']] as const) t.notOk(finds(name, value), `${name} ${value}`)
    if (key !== null) t.notMatch(JSON.stringify(indexed({ resourceType: 'Organization', name: 'Dupont' }, key).keys), /dupon/i)
  })

  t.test('what has no sound is refused', async t => {
    for (const value of ['--', '…']) t.match(refusal(() => ask(value)), { kind: 'invalid-parameter', faults: [{ expression: 'phonetic' }] })
  })
}
