import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { evaluate } from '../../../src/filter/evaluate.js'
import { extract } from '../../../src/search/extract.js'
import { parseKey } from '../../../src/search/key.js'
import { parseSearch } from '../../../src/search/parse.js'
import { base, hash, indexed, registry } from './fixture.js'
import { inProject } from '../../helper/root.js'

const document = {
  resourceType: 'DocumentReference',
  id: 'd1',
  meta: { lastUpdated: '2024-01-01T00:00:00.000Z', profile: ['http://p.example/a|1.0'], tag: [{ system: 's', code: 't' }] },
  masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2' },
  status: 'current',
  type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
  subject: { reference: 'Patient/1' },
  date: '2024-05-06T07:08:09+02:00',
  author: [{ reference: '#a' }, { identifier: { system: 'urn:rpps', value: '8' } }],
  description: 'Compte rendu',
  content: [{ attachment: { contentType: 'application/pdf', url: 'Binary/1' } }],
  context: { period: { start: '2024-05' } }
}

t.test('the index values of a document, in the clear', async t => {
  t.same(extract(registry, document, null), {
    keys: [
      '_profile|http://p.example/a\\|1.0', '_profile|http://p.example/a', '_tag|s|t', '_tag|t', '_tag|s|',
      'identifier|urn:ietf:rfc:3986|urn:oid:1.2', 'identifier|urn:oid:1.2', 'identifier|urn:ietf:rfc:3986|',
      'patient|Patient/1', 'subject|Patient/1', 'author:identifier|urn:rpps|8', 'author:identifier|8', 'author:identifier|urn:rpps|',
      'type|http://loinc.org|34133-9', 'type|34133-9', 'type|http://loinc.org|', 'status||current', 'status|current',
      'description:exact|Compte rendu', 'description|compte rendu',
      ...['ompte rendu', 'mpte rendu', 'pte rendu', 'te rendu', 'e rendu', 'rendu', 'endu', 'ndu', 'du', 'u'].map(part => `description:contains|${part}`), 'location|Binary/1', 'contenttype||application/pdf', 'contenttype|application/pdf'
    ],
    found: ['identifier|urn:ietf:rfc:3986|urn:oid:1.2', 'identifier|urn:oid:1.2'],
    dates: {
      date: [{ lo: Date.parse('2024-05-06T05:08:09.000Z'), hi: Date.parse('2024-05-06T05:08:09.999Z') }],
      period: [{ lo: Date.parse('2024-04-30T22:00:00.000Z'), hi: 8.64e15 }]
    },
    sort: {
      _profile: 'http://p.example/a|1.0',
      _tag: 's|t',
      identifier: 'urn:ietf:rfc:3986|urn:oid:1.2',
      patient: 'Patient/1',
      subject: 'Patient/1',
      type: 'http://loinc.org|34133-9',
      status: 'current',
      date: Date.parse('2024-05-06T05:08:09.000Z'),
      period: Date.parse('2024-04-30T22:00:00.000Z'),
      description: 'compte rendu',
      location: 'Binary/1',
      contenttype: 'application/pdf'
    }
  })
})

t.test('in a record, identifiers and texts are hashes and the rest is in clear', async t => {
  const { keys, found, sort } = extract(registry, document, hash)
  t.same(Object.keys(sort).filter(code => ['identifier', 'description'].includes(code)), [], 'and what is sealed has no order')
  t.notMatch([...keys, ...found].join(), /1\.2$|urn:rpps\|8|compte|Compte/m)
  for (const key of ['type|34133-9', 'subject|Patient/1', 'location|Binary/1', `identifier|urn:ietf:rfc:3986|${hash('identifier|urn:oid:1.2')}`]) t.ok(keys.includes(key), key)
  t.equal(keys.filter(key => key.startsWith('description|')).length, 'compte rendu'.replace(' ', '').length)
})

t.test('a type without parameters, and values that cannot be understood, add nothing', async t => {
  const nothing = { keys: [], found: [], dates: {}, sort: {} }
  t.same(extract(registry, { resourceType: 'Binary' }, null), nothing)
  const odd = { resourceType: 'Patient', birthDate: 'soon', identifier: [{}], name: [{ family: '--' }, null], telecom: [{ system: 'phone' }], link: [{ other: {} }], deceasedDateTime: null }
  t.same(extract(registry, odd, null), { ...nothing, keys: ['identifier:present', 'name:exact|--', 'family:exact|--', 'birthdate:present', 'deceased||false', 'deceased|false', 'phone:present', 'telecom:present', 'link:present'], sort: { deceased: 'false' } })
})

t.test('several dates have several intervals, and are sorted by the ends of what they begin with', async t => {
  const { dates, sort } = extract(registry, { resourceType: 'Consent', provision: { period: { end: '2020' } }, dateTime: '2020' } as never, null)
  t.equal(dates['period']?.[0]?.lo, -8.64e15)
  t.equal(sort['period'], -8.64e15)
  t.equal(sort['date'], Date.parse('2019-12-31T23:00:00Z'))
})

t.test('extraction changes nothing and its result is frozen', async t => {
  const before = JSON.stringify(document)
  const values = extract(registry, document, hash)
  t.equal(JSON.stringify(document), before)
  t.ok([values, values.keys, values.found, values.dates, values.sort].every(Object.isFrozen))
})

const examples = inProject('../shared/fixtures/valid')

t.test('each example is found by each of its own keys', { skip: !existsSync(examples) && 'no examples here' }, async t => {
  let asked = 0
  for (const file of readdirSync(examples, { recursive: true }).map(String)) {
    if (!file.endsWith('.json') || file.endsWith('index.json')) continue
    const resource = JSON.parse(readFileSync(`${examples}/${file}`, 'utf8'))
    if (!registry.types.includes(resource.resourceType)) continue
    for (const [key, places] of [[null, indexed(resource)], [hash, indexed(resource, hash)]] as const) {
      for (const text of indexed(resource).keys) {
        const { head, parts } = parseKey(text)
        const folded = parts.at(-1) ?? ''
        const value = head.endsWith(':present') ? 'false' : parts.map(part => part.replace(/[\\,|$]/g, '\\$&')).join('|')
        const [code = '', modifier] = head.split(':')
        if (key !== null && registry.parameter(resource.resourceType, head)?.type === 'string' && folded.length > 32) continue
        // In a record a beginning of 3 to 12 characters is asked for, and no part.
        const short = modifier === 'text' && key !== null ? [...value].slice(0, 12).join('').trim() : value
        if (key !== null && ((modifier === 'text' && short.length < 3) || modifier === 'contains')) continue
        const { filter } = parseSearch(registry, resource.resourceType, [[modifier === 'present' ? `${code}:missing` : head, short]], { lenient: false, base, hash: key })
        if (!evaluate(filter, places)) t.fail(`${file} ${head}`)
        asked++
      }
    }
  }
  t.ok(asked > 500, `${asked} asked`)
})
