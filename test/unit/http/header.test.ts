import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { isUnchanged, needJson, readLanguages, readPrefer, readTags } from '../../../src/http/header.js'

const kindOf = (headers: IncomingHttpHeaders, format: string | null = null) => {
  try {
    needJson(headers as IncomingHttpHeaders, format)
    return 'json'
  } catch (error) {
    return error instanceof OutcomeError ? error.kind : String(error)
  }
}

t.test('FHIR JSON is answered to whom takes it, by header or _format', async t => {
  for (const accept of [undefined, '', '*/*', 'application/fhir+json', 'application/json', 'application/*', 'APPLICATION/FHIR+JSON; q=0.5', 'text/html, application/fhir+json;fhirVersion=4.0']) t.equal(kindOf(accept === undefined ? {} : { accept }), 'json', String(accept))
  for (const accept of ['text/json', 'application/xml;q=0.9, application/json;q=0.1', 'application/fhir+json; fhirVersion=3.0, */*;q=0.1', 'application/fhir+json; fhirVersion="4.0.1"']) t.equal(kindOf({ accept }), 'json', accept)
  for (const accept of ['application/fhir+json; fhirVersion=3.0', 'application/fhir+json;fhirVersion=4.3', 'application/json;q=0', 'application/fhir+xml', 'text/html', 'x', 'application/fhir', 'application/fhir+jsonx']) t.equal(kindOf({ accept }), 'not-acceptable', accept)
  for (const format of ['json', 'application/fhir+json', 'application/fhir json', 'application/json; charset=utf-8']) t.equal(kindOf({ accept: 'text/html' }, format), 'json', format)
  for (const format of ['xml', '', 'JSONP', 'application/fhir+xml']) t.equal(kindOf({ accept: '*/*' }, format), 'not-acceptable', format)
})

t.test('version tags are read weak or strong, one or many; what is none matches none', async t => {
  t.same(readTags('W/"a"'), ['a'])
  t.same(readTags('"a", W/"b" ,*'), ['a', 'b', '*'])
  t.equal(readTags(undefined), undefined)
  for (const header of ['a', 'W/a', '"a', 'w/"a"', "'a'", '"a"b']) t.same(readTags(header), [''], header)
  t.same(readTags(''), [''], 'an empty header is a condition that fails, not none')
})

t.test('the language that is preferred of those that we speak, else all', async t => {
  for (const [header, languages] of [
    ['fr', ['fr']], ['fr-CA, en;q=0.5', ['fr']], ['en;q=0.2, FR;q=0.7', ['fr']], ['de, en;q=0.1', ['en']], ['en, fr', ['en']],
    ['de', ['fr', 'en']], ['*', ['fr', 'en']], ['', ['fr', 'en']], ['fr;q=0', ['fr', 'en']], ['french', ['fr', 'en']], [';;,', ['fr', 'en']]
  ] as const) t.same(readLanguages({ 'accept-language': header }), languages, header)
  t.same(readLanguages({}), ['fr', 'en'])
})

t.test('a preference that is unknown is left aside', async t => {
  t.same(readPrefer({}), { prefer: 'representation', lenient: false })
  t.same(readPrefer({ prefer: 'return=minimal; handling=lenient' }), { prefer: 'minimal', lenient: true })
  t.same(readPrefer({ prefer: 'return=OperationOutcome,handling=strict' }), { prefer: 'OperationOutcome', lenient: false })
  for (const prefer of ['return=everything', 'handling=LENIENT', 'handling=lenient2', 'xreturn=minimal', 'return = minimal']) t.same(readPrefer({ prefer }), { prefer: 'representation', lenient: false }, prefer)
})

t.test('a resource is unchanged when its version is named, else when it is not younger', async t => {
  const answer = { etag: 'W/"v1"', 'last-modified': 'Sun, 22 Nov 2026 12:00:00 GMT' }
  t.ok(isUnchanged({ 'if-none-match': 'W/"v0", W/"v1"' }, answer))
  t.ok(isUnchanged({ 'if-none-match': '*' }, answer))
  t.notOk(isUnchanged({ 'if-none-match': 'W/"v2"', 'if-modified-since': 'Sun, 22 Nov 2027 12:00:00 GMT' }, answer), 'the tag decides where there is one')
  t.ok(isUnchanged({ 'if-modified-since': 'Sun, 22 Nov 2026 12:00:00 GMT' }, answer))
  t.notOk(isUnchanged({ 'if-modified-since': 'Sun, 22 Nov 2026 11:59:59 GMT' }, answer))
  t.notOk(isUnchanged({ 'if-modified-since': 'yesterday' }, answer))
  t.notOk(isUnchanged({}, answer))
  t.notOk(isUnchanged({ 'if-none-match': '*' }, {}), 'what has no version is sent')
})
