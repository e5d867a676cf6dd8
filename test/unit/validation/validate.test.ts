import t from 'tap'
import { createValidator } from '../../../src/validation/validate.js'
import { bindings, structureDefinitions } from './definitions.js'

const validator = createValidator(structureDefinitions, bindings)
const documentReference = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType: 'application/pdf', size: 12, data: 'QUJD' } }]
}

/** The faults of a resource as `place code`, in order of place. */
function faults (resource: unknown): string[] {
  return validator.validate(resource).map(({ expression, code }) => `${expression} ${code}`).sort()
}

t.test('finds no fault in a valid resource', async t => {
  t.same(faults(documentReference), [])
  t.same(faults({ resourceType: 'Patient' }), [])
  t.same(faults({ resourceType: 'Patient', name: [{ given: ['Anne', null], _given: [null, { extension: [{ url: 'http://x.org', valueString: 'x' }] }] }], deceasedBoolean: false }), [])
})

t.test('refuses what is no resource, or of no known type', async t => {
  for (const value of [null, 1, 'x', [], {}, { resourceType: 1 }]) t.same(faults(value), ['Resource required'])
  for (const resourceType of ['Dupont', 'DomainResource', 'Period', '__proto__', 'Consent.provision', '_']) t.same(faults({ resourceType }), ['Resource structure'])
})

t.test('refuses unknown elements, at their place', async t => {
  t.same(faults({ ...documentReference, $where: '1', 'a.b': 1, _bsontype: 'x', _id: {} }),
    ['DocumentReference structure', 'DocumentReference structure', 'DocumentReference._bsontype structure', 'DocumentReference._id structure'])
  t.same(faults({ ...documentReference, content: [{ attachment: { sise: 1 } }] }), ['DocumentReference.content[0].attachment.sise structure'])
})

t.test('asks for the elements that have to be there', async t => {
  t.same(validator.validate({ resourceType: 'DocumentReference' }), [
    { diagnostics: 'The element status is required', expression: 'DocumentReference', code: 'required' },
    { diagnostics: 'The element content is required', expression: 'DocumentReference', code: 'required' }
  ])
  t.same(faults({ ...documentReference, status: undefined, _status: { extension: [{ url: 'http://x.org', valueCode: 'x' }] } }), [])
  t.same(faults({ resourceType: 'MedicationStatement', status: 'active', subject: { display: 'x' } }), ['MedicationStatement required'])
  t.same(faults({ resourceType: 'MedicationStatement', status: 'active', subject: { display: 'x' }, _medicationReference: { extension: [] } }),
    ['MedicationStatement required', 'MedicationStatement._medicationReference structure'])
})

t.test('asks for lists and single values where R4 has them', async t => {
  t.same(faults({ ...documentReference, content: documentReference.content[0] }), ['DocumentReference.content structure'])
  t.same(faults({ ...documentReference, status: ['current'] }), ['DocumentReference.status structure'])
  t.same(faults({ ...documentReference, type: [{ text: 'x' }] }), ['DocumentReference.type structure'])
  t.same(faults({ ...documentReference, meta: null }), ['DocumentReference.meta structure'])
  t.same(faults({ ...documentReference, description: null }), ['DocumentReference.description structure'])
})

t.test('refuses empty objects, lists and strings, and elements with an id alone', async t => {
  t.same(faults({ ...documentReference, category: [] }), ['DocumentReference.category invariant'])
  t.same(faults({ ...documentReference, type: {} }), ['DocumentReference.type invariant'])
  t.same(faults({ ...documentReference, type: { id: 'x' } }), ['DocumentReference.type invariant'])
  t.same(faults({ ...documentReference, description: '' }), ['DocumentReference.description value'])
  t.same(faults({ ...documentReference, _description: { id: 'x' } }), ['DocumentReference.description invariant'])
  t.same(faults({ resourceType: 'Patient', name: [{ given: ['x', null] }] }), ['Patient.name[0].given[1] invariant'])
  t.same(faults({ resourceType: 'Patient', name: [{ given: ['x'], _given: [null, null] }] }), ['Patient.name[0].given[1] invariant'])
  t.same(faults({ resourceType: 'Patient', name: [{ given: ['x'], _given: {} }] }), ['Patient.name[0].given structure'])
})

t.test('allows one type of a choice', async t => {
  t.same(faults({ resourceType: 'Patient', deceasedBoolean: true, deceasedDateTime: '2024' }), ['Patient.deceased structure'])
  t.same(faults({ resourceType: 'Patient', deceasedBoolean: true, _deceasedDateTime: { extension: [{ url: 'http://x.org', valueCode: 'x' }] } }), ['Patient.deceased structure'])
  t.same(faults({ resourceType: 'Patient', deceasedString: 'x' }), ['Patient.deceasedString structure'])
  t.same(faults({ resourceType: 'Patient', extension: [{ url: 'http://x.org', valueCodeableConcept: { coding: [{ code: '' }] } }] }), ['Patient.extension[0].value.coding[0].code value'])
})

t.test('checks the form of values and the codes of required bindings', async t => {
  t.same(faults({ ...documentReference, date: '2024-02-30T00:00:00Z', content: [{ attachment: { contentType: 'text/plain', size: -1, data: 'x', hash: 1 } }] }), [
    'DocumentReference.content[0].attachment.data value', 'DocumentReference.content[0].attachment.hash value',
    'DocumentReference.content[0].attachment.size value', 'DocumentReference.date value'])
  t.same(faults({ ...documentReference, status: 'Dupont', relatesTo: [{ code: 'x', target: { reference: 'DocumentReference/1' } }] }),
    ['DocumentReference.relatesTo[0].code code-invalid', 'DocumentReference.status code-invalid'])
  t.same(faults({ resourceType: 'Patient', gender: 'F', id: 'a_b', text: { status: 'generated', div: '<div>x</div>' } }),
    ['Patient.gender code-invalid', 'Patient.id value', 'Patient.text.div invariant'])
})

t.test('a concept that is bound as required has a code of the value set, by its system; a text alone is none', async t => {
  const status = (clinicalStatus: object) => faults({ resourceType: 'Condition', subject: { display: 'x' }, clinicalStatus })
  const system = 'http://terminology.hl7.org/CodeSystem/condition-clinical'
  t.same(status({ coding: [{ system: 'urn:own', code: 'x' }, { system, code: 'resolved' }], text: 'x' }), [])
  for (const concept of [{ coding: [{ system, code: 'x' }] }, { coding: [{ code: 'active' }] }, { coding: [{ system: 'urn:own', code: 'active' }] }, { text: 'active' }]) {
    t.same(status(concept), ['Condition.clinicalStatus code-invalid'], JSON.stringify(concept))
  }
})

t.test('knows every type of resource that R4 has: any may be contained', async t => {
  const types = structureDefinitions.filter(({ kind, abstract, url, type }) => kind === 'resource' && abstract !== true && url.endsWith(`/${type}`)).map(({ type }) => type)
  t.equal(types.length, 147)
  const contained = (resource: object) => faults({ ...documentReference, context: { related: [{ reference: '#s' }] }, contained: [{ id: 's', ...resource }] })
  t.same(contained({ resourceType: 'Specimen', status: 'available' }), [])
  t.same(contained({ resourceType: 'Specimen', status: 'x', y: 1 }), ['DocumentReference.contained[0].status code-invalid', 'DocumentReference.contained[0].y structure'])
  t.same(contained({ resourceType: 'Questionnaire', status: 'active', item: [{ linkId: '1', type: 'group', item: [{ type: 'x' }] }] }),
    ['DocumentReference.contained[0].item[0].item[0] required', 'DocumentReference.contained[0].item[0].item[0].type code-invalid'])
})

t.test('follows a part that R4 defines by reference to another', async t => {
  const provision = { type: 'permit', provision: [{ type: 'Dupont', provision: [{ actor: [{}] }] }] }
  const consent = { resourceType: 'Consent', status: 'active', scope: { text: 'x' }, category: [{ text: 'x' }], provision }
  t.same(faults(consent), ['Consent.provision.provision[0].provision[0].actor[0] invariant', 'Consent.provision.provision[0].provision[0].actor[0] required',
    'Consent.provision.provision[0].provision[0].actor[0] required', 'Consent.provision.provision[0].type code-invalid'])
})

t.test('validates resources inside resources by their type', async t => {
  t.same(faults({ ...documentReference, subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p', gender: 'x', x: 1 }, { resourceType: 'Dupont' }, 1] }), [
    'DocumentReference.contained[0].gender code-invalid', 'DocumentReference.contained[0].x structure', 'DocumentReference.contained[1] invariant', 'DocumentReference.contained[1] structure', 'DocumentReference.contained[2] structure'])
  t.same(faults({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...documentReference, status: 1 } }] } }] }),
    ['Bundle.entry[0].resource.entry[0].resource.status value'])
})

t.test('asks that a reference leads to a type that it may, by its text or, without one, by its type', async t => {
  const authored = (author: unknown, more = {}) => faults({ ...documentReference, author: [author], ...more })
  for (const author of [
    { reference: 'Practitioner/1' }, { reference: 'https://x.org/fhir/Organization/1/_history/2' }, { reference: 'urn:uuid:4a86be14-e6f4-4f40-bbb0-6e8f7c1cf0d2' }, { display: 'x' },
    { reference: 'Patient?identifier=urn:x|1' }, { reference: 'https://x.org/Dupont/1' }, { type: 'Device', identifier: { value: '1' } }, { type: 'http://hl7.org/fhir/StructureDefinition/Device', display: 'x' },
    { type: 'https://x.org/Robot', display: 'x' }
  ]) t.same(authored(author), [], JSON.stringify(author))
  for (const [author, place] of [
    [{ reference: 'Slot/1' }, 'reference'], [{ reference: 'Dupont/1' }, 'reference'], [{ reference: 'https://x.org/fhir/Slot/1' }, 'reference'], [{ reference: 'Slot?x=1' }, 'reference'],
    [{ reference: '#' }, 'reference'], [{ type: 'Slot', display: 'x' }, 'type'], [{ reference: 'Practitioner/1', type: 'Slot' }, 'type']
  ] as const) t.same(authored(author), [`DocumentReference.author[0].${place} structure`], JSON.stringify(author))
  t.same(authored({ reference: '#p' }, { contained: [{ resourceType: 'Practitioner', id: 'p' }] }), [])
  t.same(authored({ reference: '#s' }, { contained: [{ resourceType: 'Location', id: 's' }] }), ['DocumentReference.author[0].reference structure'])
  t.same(authored({ reference: '#q' }), ['DocumentReference.author[0] invariant'], 'ref-1')
})

t.test('asks of contained resources that they are part of what contains them', async t => {
  const contained = (...list: readonly object[]) => faults({ ...documentReference, author: [{ reference: '#p' }], contained: [{ resourceType: 'Practitioner', id: 'p' }, ...list] })
  t.same(contained(), [])
  t.same(contained({ resourceType: 'Provenance', id: 'o', recorded: '2026-01-01T10:00:00Z', agent: [{ who: { display: 'x' } }], target: [{ reference: '#' }] }), [], 'it refers to what contains it')
  for (const one of [{ resourceType: 'Practitioner', id: 'q' }, { resourceType: 'Practitioner' }, { resourceType: 'Practitioner', id: 'p' }]) {
    t.same(contained(one), ['DocumentReference.contained[1] invariant'], JSON.stringify(one))
  }
  const referring = { ...documentReference, author: [{ reference: '#p' }] }
  for (const meta of [{ versionId: '1' }, { lastUpdated: '2026-01-01T10:00:00Z' }, { security: [{ code: 'R' }] }]) {
    t.same(faults({ ...referring, contained: [{ resourceType: 'Practitioner', id: 'p', meta }] }), ['DocumentReference.contained[0] invariant'])
  }
  t.same(faults({ ...referring, contained: [{ resourceType: 'Practitioner', id: 'p', contained: [{ resourceType: 'Practitioner', id: 'p' }] }] }).slice(0, 1), ['DocumentReference.contained[0] invariant'])
  t.same(faults({ resourceType: 'Bundle', type: 'collection', entry: [{ resource: { ...referring, contained: [{ resourceType: 'Practitioner', id: 'p' }] } }, { resource: referring }] }),
    ['Bundle.entry[1].resource.author[0] invariant'], 'an entry is a whole of its own')
})

t.test('takes no modifier extension, and of an extension a value or extensions', async t => {
  const modifierExtension = [{ url: 'http://x.org', valueBoolean: true }]
  t.same(faults({ ...documentReference, modifierExtension }), ['DocumentReference.modifierExtension extension'])
  t.same(faults({ ...documentReference, content: [{ ...documentReference.content[0], modifierExtension }] }), ['DocumentReference.content[0].modifierExtension extension'])
  t.same(faults({ ...documentReference, extension: [{ url: 'http://x.org' }] }), ['DocumentReference.extension[0] invariant'])
  t.same(faults({ ...documentReference, extension: [{ url: 'http://x.org', valueCode: 'x', extension: modifierExtension }] }), ['DocumentReference.extension[0] invariant'])
})

t.test('asks the invariants of R4, of data types as of resources, and says which one does not hold', async t => {
  const list = { resourceType: 'List', status: 'current', mode: 'working' }
  t.same(validator.validate({ ...list, emptyReason: { text: 'x' }, entry: [{ item: { display: 'x' }, deleted: true }] }), [
    { diagnostics: 'A list can only have an emptyReason if it is empty (lst-1)', expression: 'List', code: 'invariant' },
    { diagnostics: 'The deleted flag can only be used if the mode of the list is "changes" (lst-2)', expression: 'List', code: 'invariant' }
  ])
  t.same(faults({ resourceType: 'Patient', contact: [{ gender: 'female' }], telecom: [{ value: 'x' }] }), ['Patient.contact[0] invariant', 'Patient.telecom[0] invariant'])
  t.same(faults({ ...documentReference, context: { period: { start: '2026-02', end: '2026-01' } } }), ['DocumentReference.context.period invariant'])
  t.same(faults({ ...documentReference, contained: [{ ...list, id: 'l', entry: [{ deleted: true, item: { reference: '#' } }] }] }), ['DocumentReference.contained[0] invariant'])
  t.same(faults({ resourceType: 'Organization', name: 'x', telecom: [{ system: 'phone', value: '1', use: 'home' }] }), ['Organization.telecom[0] invariant'])
  t.same(faults({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, referenceRange: [{ low: { value: 1, comparator: '<' } }] }), ['Observation.referenceRange[0].low invariant'])
})

t.test('refuses what would ask FHIRPath without end', async t => {
  const contained = Array.from({ length: 1000 }, (_, index) => ({ resourceType: 'List', id: `l${index}`, status: 'current', mode: 'working', entry: [{ item: { reference: '#' } }] }))
  t.same(faults({ ...documentReference, contained }), ['DocumentReference too-costly'])
})

t.test('never repeats a value of the resource', async t => {
  const resource = { ...documentReference, status: 'Dupont', date: 'Dupont', 'Mme Dupont': 1, '_Mme Dupont': {}, 2800175116000: [null], contained: [{ resourceType: 'Dupont' }], type: { coding: 'Dupont' }, id: 'Mme Dupont' }
  t.ok(validator.validate(resource).length >= 6)
  t.notMatch(JSON.stringify(validator.validate(resource)), /Dupont/)
})

t.test('asks the further checks once the structure is right', async t => {
  const strict = createValidator(structureDefinitions, bindings, [() => [{ diagnostics: 'x', code: 'invariant' }]])
  t.same(strict.validate(documentReference), [{ diagnostics: 'x', code: 'invariant' }])
  t.match(strict.validate({ resourceType: 'DocumentReference' }), [{ code: 'required' }, { code: 'required' }])
})

t.test('compiles every type of R4, in bounded time', async t => {
  const fresh = createValidator(structureDefinitions, bindings)
  const start = performance.now()
  fresh.compile(['Patient', 'DocumentReference', 'Consent', 'AuditEvent', 'Practitioner', 'Organization', 'Binary', 'List'])
  t.ok(performance.now() - start < 3_000, `${performance.now() - start} ms`)
  fresh.compile(structureDefinitions.map(({ type }) => type))
})

t.test('answers soon, and with fifty faults at most, whatever the size', async t => {
  const many = <T>(length: number, item: T): T[] => Array.from({ length }, () => item)
  const hostile: readonly unknown[] = [
    { resourceType: 'Binary', contentType: 'x/y', data: 'QUJD'.repeat(1_250_000) },
    { resourceType: 'Patient', extension: many(100_000, { url: 'http://x.org', valueString: 'x' }) },
    { resourceType: 'Patient', extension: many(100_000, { url: 'http://x.org', valuString: 'x', valueInteger: 1.5, _url: {} }) },
    { resourceType: 'Patient', name: many(100_000, null) },
    { resourceType: 'Patient', name: [{ given: many(500_000, 1) }] },
    { resourceType: 'Patient', name: [{ given: many(500_000, null), _given: many(500_000, null) }] },
    { resourceType: 'Patient', contained: many(100_000, { resourceType: 'Patient', gender: 'x', contact: [{}] }) },
    { resourceType: 'Bundle', type: 'collection', entry: many(100_000, {}) }
  ]
  for (const [at, resource] of hostile.entries()) {
    const start = performance.now()
    t.ok(validator.validate(resource).length <= 50)
    t.ok(performance.now() - start < 2_000, `${at} ${performance.now() - start} ms`)
  }
})
