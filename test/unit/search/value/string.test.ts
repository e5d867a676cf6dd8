import fc from 'fast-check'
import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { fold } from '../../../../src/filter/fold.js'
import { base, hash, indexed, refusal, registry, seed } from '../fixture.js'

function finds (resource: object, name: string, value: string, key: typeof hash | null): boolean {
  const patient = { resourceType: 'Patient', ...resource }
  return evaluate(parseSearch(registry, 'Patient', [[name, value]], { lenient: false, base, hash: key }).filter, indexed(patient, key))
}

const modes = [['the directory', null], ['a record', hash]] as const

for (const [where, key] of modes) {
  t.test(`in ${where}, a text is found by its beginning, without regard to case and accents`, async t => {
    const patient = { name: [{ family: 'Lefèvre-Œuvrard', given: ['Zoé', 'Anne'], prefix: ['Mme'], text: 'Mme Zoé Lefèvre' }] }
    for (const value of ['L', 'lefev', 'LEFÈVRE', 'lefevre oeuv', 'zoe', 'anne', 'mme zoe le', 'MME']) t.ok(finds(patient, 'name', value, key), value)
    for (const value of ['efevre', 'zoe anne', 'lefevres', 'x']) t.notOk(finds(patient, 'name', value, key), value)
    t.ok(finds(patient, 'family', 'lef', key))
    t.notOk(finds(patient, 'family', 'zoe', key), 'another parameter')
    t.ok(finds(patient, 'name', 'x,zoe', key), 'one of several')
  })

  t.test(`in ${where}, :exact is the whole text, as it is`, async t => {
    const patient = { name: [{ family: 'Lefèvre' }] }
    t.ok(finds(patient, 'family:exact', 'Lefèvre', key))
    for (const value of ['lefèvre', 'Lefevre', 'Lef']) t.notOk(finds(patient, 'family:exact', value, key), value)
    t.ok(finds({ name: [{ family: 'a,b|c\\' }] }, 'family:exact', 'a\\,b\\|c\\\\', key))
  })

  t.test(`in ${where}, the parts of an address are found`, async t => {
    const patient = { address: [{ line: ['1 rue de la Paix'], city: 'Évry', postalCode: '91000', country: 'FR' }] }
    for (const value of ['1 rue', 'evry', '910', 'fr']) t.ok(finds(patient, 'address', value, key), value)
  })

  t.test(`in ${where}, starts-with on folded texts is what is found`, async t => {
    t.comment(`seed ${seed}`)
    const text = fc.string({ unit: fc.constantFrom('a', 'B', 'é', 'E', '-', ' ', 'œ', '😀'), minLength: 1, maxLength: 12 })
    fc.assert(fc.property(text, text, (family, value) => {
      fc.pre(fold(value) !== '')
      return finds({ name: [{ family }] }, 'family', value, key) === fold(family).startsWith(fold(value))
    }), { seed, numRuns: 1000 })
    t.pass()
  })
}

t.test('folding twice is folding once', async t => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), text => fold(fold(text)) === fold(text)), { seed, numRuns: 2000 })
  t.equal(fold('  Jean--Pierre\tD’Œuvre '), 'jean pierre d oeuvre')
})

t.test('in a record nothing of a text stands in clear', async t => {
  const { keys } = indexed({ resourceType: 'Patient', name: [{ family: 'Martin' }] }, hash)
  t.notMatch(keys.join(), /martin/i)
})

t.test('a beginning longer than 32 characters is too costly in a record', async t => {
  const family = 'x'.repeat(40)
  t.ok(finds({ name: [{ family }] }, 'family', 'x'.repeat(32), hash))
  t.ok(finds({ name: [{ family }] }, 'family:exact', family, hash))
  t.ok(finds({ name: [{ family }] }, 'family', 'x'.repeat(40), null))
  for (const [length, key] of [[33, hash], [257, null]] as const) {
    t.match(refusal(() => finds({}, 'family', 'x'.repeat(length), key)), { kind: 'too-costly', faults: [{ expression: 'family' }] })
  }
})

t.test('a value without a letter or a digit is refused: it would match everything', async t => {
  for (const value of ['-', ' ', '\\,', '']) {
    for (const [, key] of modes) t.match(refusal(() => finds({}, 'family', value, key)), { kind: 'invalid-parameter' }, value)
  }
})

t.test(':contains finds any part of a text that is in clear, and is refused where texts are sealed', async t => {
  const patient = { name: [{ family: 'Lefèvre-Œuvrard', given: ['Zoé'] }] }
  for (const value of ['fev', 'VRE oe', 'zoe', 'lef', 'uvrard', 'd']) t.ok(finds(patient, 'name:contains', value, null), value)
  for (const value of ['zoelef', 'x']) t.notOk(finds(patient, 'name:contains', value, null), value)
  t.notOk(finds(patient, 'name', 'fev', null))
  t.ok(finds({ name: [{ family: 'x'.repeat(100) + 'tail' }] }, 'name:contains', 'xtail', null))
  t.match(refusal(() => finds(patient, 'name:contains', 'fev', hash)), { kind: 'invalid-parameter', faults: [{ expression: 'name:contains', code: 'not-supported' }] })
  t.match(refusal(() => finds(patient, 'name:contains', 'x'.repeat(65), null)), { kind: 'too-costly', faults: [{ expression: 'name:contains' }] })
})
