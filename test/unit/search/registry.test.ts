import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { buildRegistry } from '../../../src/search/registry.js'
import { definitions, own, statementOf } from './fixture.js'
import { ROOT } from '../../helper/root.js'

function build (codes: Readonly<Record<string, readonly string[]>>, includes = {}) {
  return buildRegistry(statementOf(codes, includes), definitions, { base: 'https://record.example/fhir/' })
}

t.test('a parameter is there exactly when it is declared', async t => {
  const registry = build({ Patient: ['name'], Organization: [] })
  t.same(registry.types, ['Patient', 'Organization'])
  t.match(registry.parameter('Patient', 'name'), { code: 'name', type: 'string', elements: ['HumanName'], field: null })
  for (const [type, code] of [['Patient', 'family'], ['Organization', 'name'], ['Group', 'name'], ['Patient', '__proto__'], ['__proto__', 'name']] as const) {
    t.equal(registry.parameter(type, code), undefined)
  }
  t.same(registry.parametersOf('Group'), [])
  t.equal(registry.base, 'https://record.example/fhir')
  t.ok(Object.isFrozen(registry) && Object.isFrozen(registry.parametersOf('Patient')) && Object.isFrozen(registry.parameter('Patient', 'name')))
})

t.test('the common parameters are fields of the index document', async t => {
  const registry = build({ Patient: ['_id', '_lastUpdated'] })
  t.equal(registry.parameter('Patient', '_id')?.field, '_id')
  t.equal(registry.parameter('Patient', '_lastUpdated')?.field, 'at')
})

t.test('only identifiers are found without a patient', async t => {
  const registry = build({ Patient: ['identifier', 'telecom'], DocumentReference: ['identifier', 'type'] })
  t.same(registry.types.flatMap(type => registry.parametersOf(type).filter(({ isFound }) => isFound).map(({ code }) => `${type}.${code}`)), ['Patient.identifier', 'DocumentReference.identifier'])
})

t.test('a parameter of the whole server belongs to each type', async t => {
  const statement = statementOf({ Patient: [], Organization: [] })
  const [rest] = statement.rest ?? []
  const registry = buildRegistry({ ...statement, rest: [{ ...rest, mode: 'server', searchParam: [{ name: '_id', type: 'token' }] }] }, definitions)
  t.same(registry.types.map(type => registry.parameter(type, '_id')?.code), ['_id', '_id'])
})

t.test('what is declared but not built stops the start, by name', async t => {
  t.throws(() => build({ Patient: ['no-such'] }), /Patient\.no-such is declared but has no definition/)
  t.throws(() => build({ Patient: ['_text'] }), /Patient\._text is declared but has no definition/)
  const statement = statementOf({ Patient: ['name'] })
  t.throws(() => buildRegistry(statement, definitions.map(each => ({ ...each, code: 'nom' as never }))), /Patient\.name is declared by another name than its definition has, nom/)
  const dotted = definitions.map(each => each.code === 'birthdate' && each.base?.includes('Patient') ? { ...each, code: 'birth.date' as never } : each)
  const declared = { ...statement, rest: [{ mode: 'server' as const, resource: [{ type: 'Patient' as const, searchParam: [{ name: 'birth.date', type: 'date' as const }] }] }] }
  t.throws(() => buildRegistry(declared, dotted), /Patient\.birth\.date has a dot in its name/)
  t.throws(() => buildRegistry(statement, definitions.map(each => ({ ...each, type: 'token' }))), /Patient\.name is declared as string but defined as token/)
  t.throws(() => buildRegistry(statement, definitions.map(each => ({ ...each, expression: 'Patient.nothing' }))), /Patient\.name has an expression that is not built/)
  t.throws(() => buildRegistry(statement, definitions.map(each => ({ ...each, expression: 'Patient.photo' }))), /Patient\.name reads Attachment, which is not built for string/)
})

t.test('an inclusion that leads nowhere stops the start', async t => {
  const codes = { Patient: ['name'], DocumentReference: ['patient', 'type'] }
  for (const text of ['*', 'DocumentReference:type', 'DocumentReference:author', 'DocumentReference:patient:Group', 'Patient:patient', 'DocumentReference:patient:Patient:x']) {
    t.throws(() => build(codes, { DocumentReference: { searchInclude: [text] } }), /the include .* of DocumentReference/, text)
  }
  for (const text of ['DocumentReference:type', 'Consent:patient', '*']) {
    t.throws(() => build(codes, { Patient: { searchRevInclude: [text] } }), /the reverse include .* of Patient/, text)
  }
  t.throws(() => build(codes, { DocumentReference: { searchRevInclude: ['DocumentReference:patient'] } }), /that points to it/)
})

const statement = new URL('capability-statement.json', ROOT)

t.test('the statement of this server is built', { skip: !existsSync(statement) && 'no statement here' }, async t => {
  const registry = buildRegistry(JSON.parse(readFileSync(statement, 'utf8')), [...definitions, ...own])
  t.ok(registry.parametersOf('DocumentReference').length > 20)
})
