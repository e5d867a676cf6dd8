import { readFileSync } from 'node:fs'
import type { CapabilityStatement } from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import { createClaims } from '../../../src/validation/claim.js'
import type { Profile } from '../../../src/validation/profile-tree.js'
import { loadProfiles } from '../../../src/validation/profiles.js'
import { typeNamesIn } from '../../../src/validation/schema.js'
import { inProject } from '../../helper/root.js'
import { structureDefinitions } from './definitions.js'

const types = typeNamesIn(structureDefinitions)
const URL = 'https://example.org/StructureDefinition/x'
const members = (valueSet: string) => valueSet === 'urn:set' ? ['urn:system|a', 'urn:system|b'] : undefined
type Element = NonNullable<Profile['differential']>['element'][number] & Readonly<Record<string, unknown>>

/** The faults of a resource against one profile, as `place code`. */
function faults (resource: object, element: readonly Element[], ...others: readonly Profile[]): readonly string[] {
  const { resourceType: type } = resource as { readonly resourceType: string }
  const profile: Profile = { url: URL, type, baseDefinition: others[0]?.url ?? '', differential: { element } }
  return createClaims([profile, ...others], members, types).faultsOf({ ...resource, meta: { profile: [`${URL}|1.0`] } }).map(({ expression, code }) => `${expression} ${code}`)
}

const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:a', value: '1' }, { system: 'urn:b' }], gender: 'female' }

t.test('an element is there as often as the profile says', async t => {
  t.same(faults(patient, [{ id: 'Patient.birthDate', min: 1 }, { id: 'Patient.identifier', max: '1' }, { id: 'Patient.gender', max: '0' }]),
    ['Patient required', 'Patient.identifier structure', 'Patient.gender structure'])
  t.same(faults(patient, [{ id: 'Patient.identifier.value', min: 1 }]), ['Patient.identifier[1] required'])
  t.same(faults({ ...patient, _birthDate: { extension: [] } }, [{ id: 'Patient.birthDate', min: 1 }, { id: 'Patient.contact.name', min: 1 }]), [], 'an extension stands for a value; what is not there asks nothing of its parts')
})

t.test('a value is the one that the profile fixes, or holds its pattern', async t => {
  const code = { coding: [{ system: 'urn:s', code: 'c', display: 'C' }] }
  const observation = { resourceType: 'Observation', code }
  t.same(faults(observation, [{ id: 'Observation.code', patternCodeableConcept: { coding: [{ code: 'c' }] } }, { id: 'Observation.status', fixedCode: 'final' }]), [])
  t.same(faults(observation, [{ id: 'Observation.code', fixedCodeableConcept: { coding: [{ code: 'c' }] } }]), ['Observation.code value'])
  t.same(faults(observation, [{ id: 'Observation.code', patternCodeableConcept: { coding: [{ code: 'd' }] } }]), ['Observation.code value'])
})

t.test('a code is of the value set, where all of that is known', async t => {
  const bound = (valueSet: string, coding: object) => faults({ resourceType: 'Observation', code: { coding: [coding] } }, [{ id: 'Observation.code', binding: { strength: 'required', valueSet } }])
  t.same(bound('urn:set|1', { system: 'urn:system', code: 'a' }), [])
  t.same(bound('urn:set', { system: 'urn:system', code: 'c' }), ['Observation.code code-invalid'])
  t.same(bound('urn:unknown', { code: 'c' }), [])
})

t.test('values are sliced by what is fixed, by url, by type and by what is there', async t => {
  const sliced: readonly Element[] = [
    { id: 'Patient.identifier', slicing: { discriminator: [{ type: 'value', path: 'system' }], rules: 'closed' } },
    { id: 'Patient.identifier:a', min: 1, max: '1' }, { id: 'Patient.identifier:a.system', fixedUri: 'urn:a' }, { id: 'Patient.identifier:a.value', min: 1 }
  ]
  t.same(faults(patient, sliced), ['Patient.identifier[1] structure'])
  t.same(faults({ ...patient, identifier: [{ system: 'urn:a' }, { system: 'urn:a', value: '1' }] }, sliced), ['Patient.identifier[0] required', 'Patient.identifier structure'])
  t.same(faults({ resourceType: 'Patient' }, sliced), ['Patient required'])
  const extension: readonly Element[] = [{ id: 'Patient.extension:x', min: 1, max: '1', type: [{ code: 'Extension', profile: ['urn:x'] }] }]
  const known: Profile = { url: 'urn:x', type: 'Extension', differential: { element: [{ id: 'Extension.value[x]', min: 1, type: [{ code: 'boolean' }] } as Element] } }
  t.same(faults(patient, extension), ['Patient required'])
  t.same(faults({ ...patient, extension: [{ url: 'urn:x', valueCode: 'x' }, { url: 'urn:y' }] }, extension, { url: 'urn:base', type: 'Patient' }, known), ['Patient.extension[0].value structure'])
  const typed = (path: string, type: string): readonly Element[] => [
    { id: 'Patient.link', slicing: { discriminator: [{ type, path }] } }, { id: 'Patient.link:s', max: '0' },
    { id: 'Patient.link:s.other', min: 1, type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/RelatedPerson'] }] }
  ]
  for (const [path, type] of [['other.resolve()', 'type'], ['other', 'profile'], ['other', 'exists']] as const) {
    t.same(faults({ ...patient, link: [{ other: { reference: 'RelatedPerson/1' } }] }, typed(path, type)), ['Patient.link structure'], type)
  }
  t.same(faults({ ...patient, link: [{ other: { reference: 'Patient/1' } }] }, typed('other.resolve()', 'type')), [])
})

t.test('a reference leads to what the profile allows, and to what is contained where it says so', async t => {
  const targets = (aggregation: readonly string[] = []): readonly Element[] => [{ id: 'Patient.generalPractitioner', type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Practitioner'], aggregation }] }]
  const of = (reference: string) => ({ ...patient, contained: [{ resourceType: 'Practitioner', id: 'p' }], generalPractitioner: [{ reference }] })
  t.same(faults(of('#p'), targets(['contained'])), [])
  t.same(faults(of('Practitioner/1'), targets(['contained'])), ['Patient.generalPractitioner[0] structure'])
  t.same(faults(of('Organization/1'), targets()), ['Patient.generalPractitioner[0].reference structure'])
})

t.test('a profile asks its base first, and constraints in FHIRPath', async t => {
  const base: Profile = { url: 'urn:base', type: 'Patient', differential: { element: [{ id: 'Patient.birthDate', min: 1 }] } }
  const constraint = [{ key: 'x-1', severity: 'error', expression: "gender = 'male'" }, { key: 'x-2', severity: 'warning', expression: 'false' }]
  t.same(faults(patient, [{ id: 'Patient', constraint }], base), ['Patient required', 'Patient invariant'])
})

t.test('what is claimed of another type is refused, what is not known is let through, in what is inside too', async t => {
  const { faultsOf, knows } = createClaims([{ url: URL, type: 'Patient', differential: { element: [{ id: 'Patient.gender', min: 1 }] } }], members, types)
  const claim = (resourceType: string, url: string, more = {}) => ({ resourceType, meta: { profile: [url] }, ...more })
  t.same(faultsOf(claim('Device', URL)).map(({ expression }) => expression), ['Device'])
  t.same(faultsOf(claim('Device', 'urn:unknown')), [])
  t.same(faultsOf({ resourceType: 'Device', contained: [claim('Patient', URL, { id: 'p' })] }).map(({ expression }) => expression), ['Device.contained[0]'])
  t.same(faultsOf({ resourceType: 'Bundle', entry: [{ resource: claim('Patient', URL) }] }).map(({ expression }) => expression), ['Bundle.entry[0].resource'])
  t.same(faultsOf(claim('Patient', URL), { kept: [URL] }), [], 'what was claimed before is not asked')
  t.same(faultsOf({ resourceType: 'Patient' }, { asked: [URL] }).length, 1, 'what is asked for is')
  t.same([knows(URL), knows(`${URL}|2`), knows('http://hl7.org/fhir/StructureDefinition/Patient'), knows('urn:unknown')], [true, true, true, false])
})

t.test('a profile that cannot be asked stops the start', async t => {
  const make = (element: readonly Element[], baseDefinition = '') => () => createClaims([{ url: URL, type: 'Patient', baseDefinition, differential: { element } }], members, types)
  t.throws(make([{ id: 'Device.type', min: 1 }]), /has the id Device.type/)
  t.throws(make([{ id: 'Patient.name:x', min: 1 }]), /no discriminator/)
  t.throws(make([{ id: 'Patient.name', slicing: { discriminator: [{ type: 'value', path: 'use' }] } }, { id: 'Patient.name:x', min: 1 }]), /nothing tells the slice/)
  t.throws(make([], URL), /based on itself/)
})

t.test('what the CapabilityStatement says is supported is what is asked', async t => {
  const { structureDefinitions: profiles } = await loadProfiles(inProject('profiles'))
  const statement = JSON.parse(readFileSync(inProject('capability-statement.json'), 'utf8')) as CapabilityStatement
  const declared = (statement.rest?.[0]?.resource ?? []).flatMap(({ type, supportedProfile = [] }) => supportedProfile.map(url => `${type} ${url}`))
  // What the three consents of PCF share is published with each of them, and is no profile that anybody claims.
  t.same(declared.toSorted(), profiles.filter(({ type, url }) => type !== 'Extension' && !url.endsWith('.consentFoundation')).map(({ type, url }) => `${type} ${url}`).toSorted())
  t.ok(declared.length > 20)
})

t.test('it never throws, whatever stands where, and tells fifty faults at most', async t => {
  const element: readonly Element[] = [
    { id: 'Patient.identifier', min: 1, max: '2', slicing: { discriminator: [{ type: 'value', path: 'system' }, { type: 'exists', path: 'value' }], rules: 'closed' } },
    { id: 'Patient.identifier:a', max: '1' }, { id: 'Patient.identifier:a.system', patternUri: 'urn:a' }, { id: 'Patient.identifier:a.value', min: 1 },
    { id: 'Patient.name.given', min: 1 }, { id: 'Patient.deceased[x]', type: [{ code: 'boolean' }] },
    { id: 'Patient.generalPractitioner', type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Practitioner'], aggregation: ['contained'] }] }
  ]
  const { faultsOf } = createClaims([{ url: URL, type: 'Patient', differential: { element } }], members, types)
  const names = ['identifier', 'system', 'value', 'name', 'given', 'deceasedString', '_deceasedBoolean', 'generalPractitioner', 'reference', 'contained', 'resourceType', 'meta', 'entry', 'resource']
  const value = fc.letrec(tie => ({ any: fc.oneof({ maxDepth: 4 }, fc.constantFrom(null, 1, 'urn:a', '#', true), fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 4 })) })).any
  fc.assert(fc.property(fc.dictionary(fc.constantFrom(...names), value), each => faultsOf({ ...each, resourceType: 'Patient' }, { asked: [URL] }).length <= 50), { seed: 35, numRuns: 500 })
  const many = (length: number) => ({ resourceType: 'Patient', identifier: Array.from({ length }, () => ({ system: 'urn:b' })) })
  const start = performance.now()
  t.equal(faultsOf(many(200_000), { asked: [URL] }).length, 50)
  t.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`)
})

t.test('a list of profiles with a hole in it is the others', async t => {
  const claims = createClaims([{ url: URL, type: 'Patient', differential: { element: [{ id: 'Patient.birthDate', min: 1 } as Element] } }], members, types)
  const holed = [null, URL] as unknown as readonly string[]
  t.match(claims.faultsOf({ ...patient, meta: { profile: holed } }), [{ expression: 'Patient', code: 'required' }])
  t.same(claims.faultsOf({ ...patient, meta: { profile: holed } }, { kept: holed }), [], 'nor in those that were claimed before')
})

t.test('what contains thousands of claims is looked through once for all of them', async t => {
  let looks = 0
  const contained = Array.from({ length: 2000 }, (_, index) => ({ resourceType: 'Patient', id: String(index), meta: { profile: [URL] }, generalPractitioner: [{ reference: `#${index}` }] }))
  const list = { resourceType: 'List', get contained () { looks++; return contained } }
  const profile: Profile = { url: URL, type: 'Patient', differential: { element: [{ id: 'Patient.generalPractitioner', type: [{ code: 'Reference', targetProfile: ['http://hl7.org/fhir/StructureDefinition/Practitioner'] }] } as Element] } }
  const faults = createClaims([profile], members, types).faultsOf(list)
  t.ok(faults.length > 0, 'each refers to a Patient')
  t.ok(looks <= 3, `${looks} times`)
})
