import t from 'tap'
import { stringifyJson } from '../../../src/json/literal.js'
import { parseJson } from '../../../src/json/parse.js'
import { OutcomeError } from '../../../src/outcome/outcome-error.js'
import { applyFhirPathPatch } from '../../../src/patch/fhirpath-patch.js'
import { createDefinitions } from '../../../src/validation/definitions.js'
import { structureDefinitions } from '../validation/definitions.js'

const ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const definitions = createDefinitions(structureDefinitions)
const parse = (text: string) => parseJson(new TextEncoder().encode(text)) as object

type Parts = Readonly<Record<string, unknown>>

/** An operation; `value` is a part, the rest as JavaScript says it. */
function operation (type: string, path: string, { value, ...rest }: Parts = {}): object {
  const part = Object.entries(rest).map(([name, given]) => typeof given === 'number' ? { name, valueInteger: given } : { name, valueString: given })
  return { name: 'operation', part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...part, ...value === undefined ? [] : [{ name: 'value', ...value as object }]] }
}
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter })
const patch = <T extends object> (resource: T, ...operations: object[]): object => applyFhirPathPatch(resource, parameters(...operations), definitions)

function refusalOf (apply: () => unknown): { kind: string, status: number, expression: string | undefined, diagnostics: string } {
  try {
    apply()
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    return { kind: error.kind, status: error.status, expression: error.faults[0]?.expression, diagnostics: error.faults[0]?.diagnostics ?? '' }
  }
  throw new Error('was applied')
}

const patient = {
  resourceType: 'Patient',
  id: 'x',
  name: [{ use: 'official', family: 'A', given: ['B', 'C'], _given: [null, { id: 'c' }] }, { use: 'usual', given: ['D'] }],
  birthDate: '1974-12-25',
  _birthDate: { extension: [{ url: 'u', valueString: 'v' }, { url: 'w', valueInteger: 1 }] },
  deceasedBoolean: false
}

t.test('a primitive element is its value and what stands beside it', async t => {
  const of = (...operations: object[]) => {
    const { birthDate, _birthDate } = patch(patient, ...operations) as Record<string, unknown>
    return [birthDate, _birthDate]
  }
  t.same(of(operation('replace', 'Patient.birthDate', { value: { valueDate: '1975' } })), ['1975', undefined], 'replaced whole')
  t.same(of(operation('replace', 'Patient.birthDate', { value: { valueDate: '1975', _valueDate: { id: 'a' } } })), ['1975', { id: 'a' }])
  t.same(of(operation('replace', 'Patient.birthDate', { value: { _valueDate: { extension: [{ url: 'u' }] } } })), [undefined, { extension: [{ url: 'u' }] }])
  t.same(of(operation('delete', 'Patient.birthDate')), [undefined, undefined])
  t.same(of(operation('replace', "Patient.birthDate.extension('u').value", { value: { valueCode: 'c' } })), ['1974-12-25', { extension: [{ url: 'u', valueCode: 'c' }, { url: 'w', valueInteger: 1 }] }])
  t.same(of(operation('delete', 'Patient.birthDate.extension[1]'), operation('delete', 'Patient.birthDate.extension[0]')), ['1974-12-25', undefined], 'what is left empty goes, the value stays')
  t.same(of(operation('replace', 'Patient.birthDate', { value: { _valueDate: { extension: [{ url: 'u' }] } } }), operation('delete', "Patient.birthDate.extension('u')")), [undefined, undefined])
  t.same(of(operation('add', 'Patient.birthDate', { name: 'id', value: { valueString: 'a' } })), ['1974-12-25', { id: 'a', ...patient._birthDate }])
  t.same(patch({ resourceType: 'Patient', birthDate: '1975' }, operation('add', 'Patient.birthDate', { name: 'extension', value: { valueExtension: { url: 'u' } } })), { resourceType: 'Patient', birthDate: '1975', _birthDate: { extension: [{ url: 'u' }] } })
})

t.test('lists of primitives keep what stands beside each', async t => {
  const of = (...operations: object[]) => {
    const { given, _given } = (patch(patient, ...operations) as typeof patient).name[0] ?? {}
    return [given, _given]
  }
  const given = 'Patient.name[0].given'
  t.same(of(operation('insert', given, { index: 1, value: { valueString: 'X' } })), [['B', 'X', 'C'], [null, null, { id: 'c' }]])
  t.same(of(operation('insert', given, { index: 2, value: { valueString: 'X' } })), [['B', 'C', 'X'], [null, { id: 'c' }, null]])
  t.same(of(operation('add', 'Patient.name[0]', { name: 'given', value: { valueString: 'X', _valueString: { id: 'x' } } })), [['B', 'C', 'X'], [null, { id: 'c' }, { id: 'x' }]])
  t.same(of(operation('move', given, { source: 1, destination: 0 })), [['C', 'B'], [{ id: 'c' }, null]])
  t.same(of(operation('delete', given + '[1]')), [['B'], undefined])
  t.same(of(operation('delete', given + '[0]'), operation('delete', given + '[0]')), [undefined, undefined])
  t.same(of(operation('replace', given + ".where($this = 'C')", { value: { valueString: 'E' } })), [['B', 'E'], undefined])
  t.same(of(operation('add', given + '[0]', { name: 'id', value: { valueString: 'b' } })), [['B', 'C'], [{ id: 'b' }, { id: 'c' }]])
  t.same(of(operation('delete', given + '[1].id')), [['B', 'C'], undefined])
})

t.test('a choice is named without its type, and takes the type of the value', async t => {
  t.same(patch(patient, operation('replace', 'Patient.deceased', { value: { valueDateTime: '2020' } })), { ...Object.fromEntries(Object.entries(patient).slice(0, -1)), deceasedDateTime: '2020' })
  t.same(patch({ resourceType: 'Patient' }, operation('add', 'Patient', { name: 'deceased', value: { valueBoolean: true } })), { resourceType: 'Patient', deceasedBoolean: true })
  t.same(patch(patient, operation('delete', 'Patient.deceased.ofType(boolean)')), Object.fromEntries(Object.entries(patient).slice(0, -1)))
  for (const [type, value] of Object.entries({ Address: { city: 'a' }, Base64Binary: 'AA==', Canonical: 'c', Decimal: 1.5, Dosage: { text: 'a' }, Instant: '2020-01-01T00:00:00Z', Money: { value: 1 }, Period: { start: '2020' }, Quantity: { value: 1 }, Reference: { reference: 'a/b' }, Uuid: 'urn:uuid:x', UsageContext: {}, Timing: {} })) {
    t.same(patch({ resourceType: 'Basic' }, operation('add', 'Basic', { name: 'extension', value: { part: [{ name: 'url', valueUri: 'u' }, { name: 'value', [`value${type}`]: value }] } })),
      { resourceType: 'Basic', extension: [{ url: 'u', [`value${type}`]: value }] }, type)
  }
  t.match(refusalOf(() => patch(patient, operation('replace', 'Patient.deceased', { value: { valueInteger: 1 } }))), { status: 422, expression: 'Parameters.parameter[0].part[2]' })
  t.match(refusalOf(() => patch(patient, operation('replace', 'Patient.deceasedBoolean', { value: { valueBoolean: true } }))), { status: 422, expression: 'Parameters.parameter[0].part[1]', diagnostics: /called value/ })
  t.match(refusalOf(() => patch(patient, operation('add', 'Patient', { name: 'deceased', value: { valueDateTime: '2020' } }))), { status: 422, expression: 'Parameters.parameter[0].part[2]', diagnostics: /replace/ })
})

t.test('what the French and IHE guides ask of a document', async t => {
  const document = { resourceType: 'DocumentReference', id: 'x', status: 'current', securityLabel: [{ coding: [{ system: 's', code: 'N' }] }, { coding: [{ system: 's', code: 'R' }] }], extension: [{ url: 'http://example.org/a', valueBoolean: true }, { url: ARCHIVED, valueBoolean: false }] }
  t.match(patch(document, operation('replace', 'DocumentReference.status', { value: { valueCode: 'superseded' } })), { status: 'superseded' })
  t.match(patch(document, operation('replace', 'status', { value: { valueCode: 'superseded' } })), { status: 'superseded' })
  t.match(patch(document, operation('replace', `DocumentReference.extension('${ARCHIVED}').value`, { value: { valueBoolean: true } })), { extension: [document.extension[0], { url: ARCHIVED, valueBoolean: true }] })
  t.match(patch(document, operation('replace', `DocumentReference.extension.where(url = '${ARCHIVED}').value.ofType(boolean)`, { value: { valueBoolean: true } })), { extension: [document.extension[0], { url: ARCHIVED, valueBoolean: true }] })
  t.same(patch({ resourceType: 'DocumentReference' }, operation('add', 'DocumentReference', { name: 'extension', value: { part: [{ name: 'url', valueUri: ARCHIVED }, { name: 'value', valueBoolean: true }] } })), { resourceType: 'DocumentReference', extension: [{ url: ARCHIVED, valueBoolean: true }] })
  t.match(patch(document, operation('delete', "DocumentReference.securityLabel.where(coding.system = 's' and coding.code = 'N')")), { securityLabel: [document.securityLabel[1]] })
  t.match(patch(document, operation('add', 'DocumentReference', { name: 'securityLabel', value: { valueCodeableConcept: { coding: [{ code: 'V' }] } } })), { securityLabel: [...document.securityLabel, { coding: [{ code: 'V' }] }] })
  t.same((patch(document, operation('add', 'DocumentReference', { name: 'meta', value: { valueMeta: { security: [{ code: 'V' }] } } })) as { meta: unknown }).meta, { security: [{ code: 'V' }] })
})

t.test('a resource can be brought in and pointed into', async t => {
  const patched = patch({ resourceType: 'Basic' }, operation('add', 'Basic', { name: 'contained', value: { resource: patient } }), operation('replace', "Basic.contained.where(id = 'x').name.where(use = 'official').family", { value: { valueString: 'Z' } }))
  t.match(patched, { contained: [{ resourceType: 'Patient', name: [{ family: 'Z' }, {}] }] })
  t.equal(patient.name[0]?.family, 'A', 'what was brought is a copy')
  t.match(refusalOf(() => patch(patient, operation('add', 'Patient', { name: 'maritalStatus', value: { resource: patient } }))), { status: 422 })
})

t.test('a patch that is none is 400 at its place', async t => {
  const at = 'Parameters.parameter[0]'
  const replace = (path: string) => operation('replace', path, { value: { valueString: 'x' } })
  const name = { name: 'name', valueString: 'a' }
  for (const [given, expression] of [
    [undefined, 'Parameters'], [[], 'Parameters'], [{ resourceType: 'Patient' }, 'Parameters'], [{ resourceType: 'Parameters', parameter: {} }, 'Parameters.parameter'], [parameters(...Array.from({ length: 501 }, () => replace('a'))), 'Parameters.parameter'],
    [parameters({ name: 'op', part: [] }), `${at}.name`], [parameters({ name: 'operation' }), at], [parameters({ name: 'operation', part: [1] }), `${at}.part[0]`], [parameters({ name: 'operation', part: [{ name: 'x' }] }), `${at}.part[0].name`],
    [parameters({ name: 'operation', part: [name, name] }), `${at}.part[1]`], [parameters({ name: 'operation', part: [name] }), at], [parameters(operation('upsert', 'Patient')), `${at}.part[0]`], [parameters(operation('replace', 'Patient.birthDate')), at],
    [parameters(operation('add', 'Patient', { value: { valueString: 'a' } })), at], [parameters(operation('insert', 'Patient.name', { value: { valueHumanName: {} } })), at], [parameters(operation('insert', 'Patient.name', { index: -1, value: { valueHumanName: {} } })), `${at}.part[2]`],
    [parameters(operation('insert', 'Patient.name', { index: '0', value: { valueHumanName: {} } })), `${at}.part[2]`], [parameters(operation('move', 'Patient.name', { source: 0 })), at], [parameters(operation('move', 'Patient.name', { source: 0, destination: 0.5 })), `${at}.part[3]`],
    [parameters(replace('Patient.name.resolve()')), `${at}.part[1]`], [parameters(operation('replace', 'Patient.birthDate', { value: {} })), `${at}.part[2]`], [parameters(operation('replace', 'Patient.birthDate', { value: { valueDate: 'a', valueString: 'b' } })), `${at}.part[2]`],
    [parameters(operation('replace', 'Patient.birthDate', { value: { valueDate: 'a', part: [] } })), `${at}.part[2]`], [parameters(operation('add', 'Patient', { name: 'contact', value: { part: [] } })), `${at}.part[3]`]
  ] as const) t.match(refusalOf(() => applyFhirPathPatch(patient, given, definitions)), { kind: 'invalid-request', status: 400, expression }, JSON.stringify(given)?.slice(0, 120))
})

t.test('what does not fit the resource is 422 at its place', async t => {
  const value = { valueString: 'x' }
  const path = 'Parameters.parameter[0].part[1]'
  for (const [given, expression] of [
    [operation('replace', 'Patient.gender', { value }), path], [operation('replace', 'Patient.name.family.x', { value }), path], [operation('replace', 'Patient.name[2].family', { value }), path], [operation('replace', 'Patient.nom', { value }), path],
    [operation('replace', 'Practitioner.name', { value }), path], [operation('replace', 'Patient.name.given', { value }), path], [operation('replace', 'Patient', { value }), path], [operation('delete', 'Patient'), path], [operation('delete', 'Patient.name'), path],
    [operation('add', 'Patient.name', { name: 'text', value }), path], [operation('add', 'Patient', { name: 'birthDate', value: { valueDate: '1' } }), 'Parameters.parameter[0].part[2]'], [operation('add', 'Patient', { name: 'toString', value }), 'Parameters.parameter[0].part[2]'],
    [operation('add', 'Patient', { name: '__proto__', value }), 'Parameters.parameter[0].part[2]'], [operation('add', 'Patient', { name: 'resourceType', value }), 'Parameters.parameter[0].part[2]'], [operation('add', 'Patient', { name: '_birthDate', value }), 'Parameters.parameter[0].part[2]'],
    [operation('insert', 'Patient.birthDate', { index: 0, value }), path], [operation('insert', 'Patient.contact', { index: 0, value }), path], [operation('insert', 'Patient.name[0]', { index: 0, value }), path], [operation('insert', 'Patient', { index: 0, value }), path],
    [operation('insert', 'Patient.name.given', { index: 0, value }), path], [operation('insert', 'Patient.name', { index: 3, value }), 'Parameters.parameter[0].part[2]'], [operation('move', 'Patient.name', { source: 2, destination: 0 }), 'Parameters.parameter[0].part[2]'],
    [operation('move', 'Patient.name', { source: 0, destination: 2 }), 'Parameters.parameter[0].part[3]'], [operation('add', 'Patient', { name: 'contact', value: { part: [{ name: 'nom', valueString: 'x' }] } }), 'Parameters.parameter[0].part[3].part[0].name'],
    [operation('add', 'Patient', { name: 'contact', value: { part: [{ name: 'gender', valueCode: 'x' }, { name: 'gender', valueCode: 'y' }] } }), 'Parameters.parameter[0].part[3].part[1]'], [operation('add', 'Patient', { name: 'gender', value: { part: [{ name: 'id', valueString: 'x' }] } }), 'Parameters.parameter[0].part[3]'],
    [operation('replace', 'Patient.id', { value: { valueId: 'y' } }), 'Resource.id'], [operation('delete', 'Patient.id'), 'Resource.id']
  ] as Array<[object, string]>) t.match(refusalOf(() => patch(patient, given)), { kind: 'inapplicable-patch', status: 422, expression }, JSON.stringify(given))
  t.match(refusalOf(() => patch({ resourceType: 'Unknown' }, operation('delete', 'Unknown.a'))), { status: 422 })
  t.same(patch(patient, operation('delete', 'Patient.gender'), operation('delete', "Patient.name.where(use = 'old').family")), patient, 'a deletion may find nothing')
})

t.test('nothing is changed in place, and decimals keep their digits', async t => {
  const resource = parse('{"resourceType":"Observation","valueQuantity":{"value":1.00},"component":[{"valueQuantity":{"value":2.50}},{"valueQuantity":{"value":3.0}}]}')
  const given = parse(`{"resourceType":"Parameters","parameter":[
    {"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.value"},{"name":"value","valueQuantity":{"value":1.500}}]},
    {"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.component[1].value.value"},{"name":"value","valueDecimal":3}]},
    {"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Observation"},{"name":"name","valueString":"extension"},{"name":"value","part":[{"name":"url","valueUri":"u"},{"name":"value","valueDecimal":0.10}]}]},
    {"name":"operation","part":[{"name":"type","valueCode":"move"},{"name":"path","valueString":"Observation.component"},{"name":"source","valueInteger":0},{"name":"destination","valueInteger":1}]}]}`)
  const before = [stringifyJson(resource), stringifyJson(given)]
  t.equal(stringifyJson(applyFhirPathPatch(resource, given, definitions)),
    '{"resourceType":"Observation","valueQuantity":{"value":1.500},"component":[{"valueQuantity":{"value":3}},{"valueQuantity":{"value":2.50}}],"extension":[{"url":"u","valueDecimal":0.10}]}')
  t.same([stringifyJson(resource), stringifyJson(given)], before)
})

t.test('a patch that walks a long resource again and again ends soon', async t => {
  const name = Array.from({ length: 100_000 }, () => ({ use: 'usual', given: ['a', 'b'] }))
  const start = process.cpuUsage()
  for (const path of ["Patient.name.where(use = 'old').given", 'Patient.name.given.first().last()', "Patient.name.given.where($this = 'c')"]) {
    t.match(refusalOf(() => patch({ resourceType: 'Patient', name }, ...Array.from({ length: 500 }, () => operation('delete', path)))), { kind: /too-costly|inapplicable-patch/ })
  }
  t.match(refusalOf(() => patch({ resourceType: 'Patient', name }, ...Array.from({ length: 500 }, () => operation('insert', 'Patient.name', { index: 0, value: { valueHumanName: { text: 'a' } } })))), { kind: 'too-costly', status: 400 })
  const { user, system } = process.cpuUsage(start)
  t.ok(user + system < 10_000_000, `${(user + system) / 1000} ms of a processor`)
})
