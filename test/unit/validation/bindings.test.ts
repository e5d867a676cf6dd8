import t from 'tap'
import { bindings } from './definitions.js'

const valueSet = 'http://hl7.org/fhir/ValueSet/'
/** The codes of a value set, all of one system. */
const codes = (name: string, system: string) => bindings[valueSet + name]?.map(token => token.startsWith(`${system}|`) ? token.slice(system.length + 1) : token)

t.test('value sets of whole code systems and of listed concepts are expanded', async t => {
  t.same(codes('document-reference-status', 'http://hl7.org/fhir/document-reference-status'), ['current', 'superseded', 'entered-in-error'])
  t.same(codes('administrative-gender', 'http://hl7.org/fhir/administrative-gender'), ['male', 'female', 'other', 'unknown'])
  t.same(codes('document-relationship-type', 'http://hl7.org/fhir/document-relationship-type'), ['replaces', 'transforms', 'signs', 'appends'])
  t.same(codes('consent-provision-type', 'http://hl7.org/fhir/consent-provision-type'), ['deny', 'permit'])
  t.ok(codes('consent-state-codes', 'http://hl7.org/fhir/consent-state-codes')?.includes('active'))
  t.same(codes('condition-clinical', 'http://terminology.hl7.org/CodeSystem/condition-clinical'), ['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved'])
  t.ok(['|Any', '|Patient'].every(end => bindings[`${valueSet}all-types`]?.some(token => token.endsWith(end))))
})

t.test('value sets that need an outside code system are left out', async t => {
  for (const name of ['mimetypes', 'currencies']) t.notOk(bindings[valueSet + name], name)
})

t.test('no value set is empty', async t => {
  for (const [url, codes] of Object.entries(bindings)) t.ok(codes.length > 0, url)
  t.ok(Object.keys(bindings).length > 150)
})
