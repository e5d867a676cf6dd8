import t from 'tap'
import { evaluate } from '../../../../src/filter/evaluate.js'
import { parseSearch } from '../../../../src/search/parse.js'
import { base, hash, indexed, refusal, registry } from '../fixture.js'

function ask (name: string, value: string, type = 'DocumentReference') {
  return parseSearch(registry, type, [[name, value]], { lenient: false, base, hash })
}

function finds (subject: object, name: string, value: string): boolean {
  return evaluate(ask(name, value).filter, indexed({ resourceType: 'DocumentReference', subject }, hash))
}

const spellings = ['Patient/1', `${base}/Patient/1`, 'HTTPS://Record.Example/fhir/Patient/1', 'Patient/1/_history/3', `${base}/Patient/1/_history/3`]

t.test('a reference is one, however it is spelled, in the resource and in the query', async t => {
  for (const stored of spellings) {
    for (const asked of [...spellings, '1']) {
      t.ok(finds({ reference: stored }, 'patient', asked), `${stored} ${asked}`)
      t.ok(finds({ reference: stored }, 'subject', asked), `${stored} ${asked}`)
      t.same(ask('subject', asked).patients, ['1'])
    }
    t.ok(finds({ reference: stored }, 'subject:Patient', '1'))
    t.notOk(finds({ reference: stored }, 'subject', 'Patient/2'))
    t.notOk(finds({ reference: stored }, 'subject', 'https://other.example/fhir/Patient/1'))
    t.notOk(finds({ reference: stored }, 'subject', 'https://record.example/fhir2/Patient/1'))
  }
})

t.test('a reference to elsewhere is found as it is, and binds to no patient', async t => {
  const url = 'https://other.example/fhir/Patient/1'
  t.ok(finds({ reference: url }, 'subject', url))
  t.ok(finds({ reference: url }, 'patient', url))
  t.notOk(finds({ reference: url }, 'subject', 'Patient/1'))
  t.equal(ask('subject', url).patients, null)
  t.equal(ask('subject', `Patient/1,${url}`).patients, null)
})

t.test('a logical reference is found by :identifier', async t => {
  const logical = { type: 'Patient', identifier: { system: 'urn:ins', value: '1' } }
  for (const value of ['urn:ins|1', '1', 'urn:ins|']) {
    t.ok(finds(logical, 'subject:identifier', value), value)
    t.ok(finds(logical, 'patient:identifier', value), value)
  }
  t.notOk(finds(logical, 'subject:identifier', 'urn:ins|2'))
  t.notOk(finds(logical, 'subject', '1'))
  t.notOk(finds({ ...logical, reference: 'Patient/2' }, 'subject:missing', 'true'))
  t.notOk(finds(logical, 'subject:missing', 'true'))
  t.equal(ask('subject:identifier', 'urn:ins|1').patients, null)
})

t.test('a bare id is one of each type that may be meant, and a patient where the query binds', async t => {
  t.match(ask('author', '7').filter, { kind: 'in', values: ['author|Practitioner/7', 'author|Organization/7', 'author|Patient/7'] })
  t.match(ask('patient', '7').filter, { values: ['patient|Patient/7'] })
  t.match(ask('author:Practitioner', '7,8').filter, { values: ['author|Practitioner/7', 'author|Practitioner/8'] })
  t.equal(ask('author', 'Patient/7').patients, null, 'an author binds to no patient')
})

t.test('a reference to a contained resource is not found', async t => {
  t.same(indexed({ resourceType: 'DocumentReference', subject: { reference: '#p' } }).keys, ['subject:present'], 'but it is there')
})

t.test('a type that cannot be pointed to is no modifier', async t => {
  t.match(refusal(() => ask('patient:Group', '1')), { kind: 'unknown-parameter', faults: [{ expression: 'patient:Group' }] })
  t.match(refusal(() => ask('subject:Patient', 'Group/1')), { kind: 'invalid-parameter', faults: [{ expression: 'subject:Patient' }] })
  t.match(refusal(() => ask('subject:Patient', 'https://other.example/Patient/1')), { kind: 'invalid-parameter' })
  t.notOk(finds({ reference: 'Group/1' }, 'patient', 'Group/1'))
})

t.test('a query is bound to the fewest patients of its criteria', async t => {
  const { patients } = parseSearch(registry, 'DocumentReference', [['patient', '1,2,3'], ['subject', 'Patient/1'], ['author', 'Practitioner/9']], { lenient: false, base, hash })
  t.same(patients, ['1'])
  t.equal(ask('patient:missing', 'false').patients, null)
  t.equal(ask('subject', 'Practitioner/1').patients, null)
})
