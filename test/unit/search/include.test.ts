import t from 'tap'
import { evaluate } from '../../../src/filter/evaluate.js'
import { includedReferences, revincludeFilter } from '../../../src/search/include.js'
import { base, indexed, registry } from './fixture.js'

const documents = [
  { resourceType: 'DocumentReference', subject: { reference: 'Patient/1' }, author: [{ reference: 'Practitioner/a' }, { reference: 'Organization/o' }, { reference: 'Device/d' }, { reference: '#x' }] },
  { resourceType: 'DocumentReference', subject: { reference: `${base}/Patient/1/_history/2` }, author: [{ reference: 'https://other.example/Practitioner/b' }, { identifier: { value: '1' } }] },
  { resourceType: 'Patient', generalPractitioner: [{ reference: 'Practitioner/g' }] }
]

t.test('what is included is local, of a declared type, and named once', async t => {
  t.same(includedReferences(registry, [{ source: 'DocumentReference', parameter: 'patient' }, { source: 'DocumentReference', parameter: 'author' }], documents),
    [{ type: 'Patient', id: '1' }, { type: 'Practitioner', id: 'a' }, { type: 'Organization', id: 'o' }])
  t.same(includedReferences(registry, [{ source: 'DocumentReference', parameter: 'author', target: 'Practitioner' }], documents), [{ type: 'Practitioner', id: 'a' }])
  t.same(includedReferences(registry, [], documents), [])
})

t.test('a reverse inclusion finds what points to the matches', async t => {
  const filter = revincludeFilter({ source: 'DocumentReference', parameter: 'subject' }, [{ type: 'Patient', id: '1' }])
  t.ok(documents.slice(0, 2).every(document => evaluate(filter, indexed(document))))
  t.notOk(evaluate(revincludeFilter({ source: 'DocumentReference', parameter: 'subject' }, [{ type: 'Patient', id: '2' }]), indexed(documents[0] ?? {})))
})

t.test('a reverse inclusion for no match asks for nothing', async t => {
  t.same(revincludeFilter({ source: 'DocumentReference', parameter: 'subject' }, []), { kind: 'none' })
  t.same(revincludeFilter({ source: 'DocumentReference', parameter: 'subject', target: 'Group' }, [{ type: 'Patient', id: '1' }]), { kind: 'none' })
})
