import t from 'tap'
import { parseSearch } from '../../../src/search/parse.js'
import { endOf, inOrder, isSortable, sortTexts, span } from '../../../src/search/sort.js'
import { base, hash, refusal, registry } from './fixture.js'

const clear = { base, hash: null }

t.test('each kind of value has its text', async t => {
  for (const [value, type, expected] of [
    [{ coding: [{ system: 's', code: 'b' }, { code: 'a' }, { display: 'x' }] }, 'CodeableConcept', ['s|b', '|a']],
    [{ system: 's', code: 'b' }, 'Coding', ['s|b']], ['current', 'code', ['current']], [true, 'boolean', ['true']], [7, 'unsignedInt', [7]],
    [{ reference: `${base}/Patient/1/_history/2` }, 'Reference', ['Patient/1']], [{ reference: 'https://o.example/Patient/1' }, 'Reference', ['https://o.example/Patient/1']],
    [{ reference: '#a' }, 'Reference', []], [{ identifier: { value: '1' } }, 'Reference', []], ['urn:x', 'uri', ['urn:x']], ['2020', 'date', []],
    [{ family: 'Dupont', given: ['Zo\u00e9'], text: 'A' }, 'HumanName', ['dupont zoe']], [{ text: 'Madame A' }, 'HumanName', ['madame a']],
    [{ line: ['1 rue A'], city: 'Lyon' }, 'Address', ['1 rue a lyon']], ['\u00c9t\u00e9', 'string', ['ete']], ['--', 'string', []],
    [{ system: 's', value: 'v' }, 'Identifier', ['s|v']], ['a'.repeat(100), 'string', ['a'.repeat(64)]], [{}, 'Attachment', []]
  ] as const) t.same(sortTexts(value, type, clear), expected, type)
})

t.test('what a record seals has none', async t => {
  for (const [value, type] of [['a', 'string'], [{ family: 'a' }, 'HumanName'], [{ value: 'a' }, 'Identifier'], [{ value: '1' }, 'ContactPoint'], [{ city: 'a' }, 'Address']] as const) {
    t.same(sortTexts(value, type, { base, hash }), [], type)
  }
  t.same(sortTexts('current', 'code', { base, hash }), ['current'])
})

t.test('of several values the ends are kept, and the order says which one counts', async t => {
  t.equal(span([]), undefined)
  t.equal(span(['b', 'b']), 'b')
  t.same(span(['b', 'a', 'c']), ['a', 'c'])
  t.same(span([10, 9]), [9, 10])
  t.same([endOf(['a', 'c'], false), endOf(['a', 'c'], true), endOf('b', true), endOf(0, true), endOf(undefined, false)], ['a', 'c', 'b', 0, null])
  t.same(['b', '\u{1F600}', '\uFF5E', 'B', 2, 10].sort(inOrder), [2, 10, 'B', 'b', '\uFF5E', '\u{1F600}'], 'as MongoDB has it')
})

t.test('a record is not sorted by what is sealed, and it is said which', async t => {
  const names = (hash: typeof clear.hash | typeof registry.base) => registry.parametersOf('Patient').filter(parameter => !isSortable(parameter, hash === null ? null : text => text)).map(({ code }) => code)
  t.same(names(null), [])
  t.same(names('sealed'), ['identifier', 'name', 'family', 'given', 'email', 'phone', 'telecom', 'address'])
  const error = refusal(() => parseSearch(registry, 'Patient', [['_sort', 'birthdate,-family']], { lenient: true, base, hash }))
  t.match(error.faults, [{ expression: '_sort', code: 'not-supported', diagnostics: /`family`/ }])
  t.same(parseSearch(registry, 'Practitioner', [['_sort', '-family']], { lenient: false, base, hash: null }).sort, [{ code: 'family', field: 'sort.family', descending: true }])
})
