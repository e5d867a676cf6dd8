import t from 'tap'
import { bindings } from './definitions.js'

const valueSet = 'http://hl7.org/fhir/ValueSet/'

t.test('value sets of whole code systems and of listed concepts are expanded', async t => {
  t.same(bindings[`${valueSet}document-reference-status`], ['current', 'superseded', 'entered-in-error'])
  t.same(bindings[`${valueSet}administrative-gender`], ['male', 'female', 'other', 'unknown'])
  t.same(bindings[`${valueSet}document-relationship-type`], ['replaces', 'transforms', 'signs', 'appends'])
  t.same(bindings[`${valueSet}consent-provision-type`], ['deny', 'permit'])
  t.ok(bindings[`${valueSet}consent-state-codes`]?.includes('active'))
  t.ok(bindings[`${valueSet}all-types`]?.includes('Any') && bindings[`${valueSet}all-types`]?.includes('Patient'))
})

t.test('value sets that need an outside code system are left out', async t => {
  for (const name of ['mimetypes', 'currencies']) t.notOk(bindings[valueSet + name], name)
})

t.test('no value set is empty', async t => {
  for (const [url, codes] of Object.entries(bindings)) t.ok(codes.length > 0, url)
  t.ok(Object.keys(bindings).length > 150)
})
