import type { ConceptMap, ConceptMapGroupElementTarget } from '@medplum/fhirtypes'
import t from 'tap'
import { DOCUMENT_TYPE, MATRIX, RESOURCE_TO_DOCUMENT_TYPE, TYPE_TO_CLASS } from '../../../src/terminology/canonical.js'
import { conceptsOf } from '../../../src/terminology/code-system.js'
import { loadTerminology } from '../../../src/terminology/load.js'
import { createJudgedAs, createMatrixAt } from '../../../src/terminology/matrix.js'
import { inProject } from '../../helper/root.js'

const NOS = 'https://mos.esante.gouv.fr/NOS'
const G15 = `${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`
const A05 = `${NOS}/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire`
const LOINC = 'http://loinc.org'
const DOCTOR = `${G15}|10`
const REPORT = `${LOINC}|34112-3`
const RESIDENCE = `${A05}|ATTEST-RESID`

const terminology = await loadTerminology(inProject('terminology'))
const { codeSystems, valueSets, conceptMaps } = terminology
const matrix = createMatrixAt(conceptMaps)(Date.parse('2026-11-22T12:00:00Z'))
const cells = cellsOf(conceptMaps.find(({ url }) => url === MATRIX))
const professions = conceptsOf(codeSystems.find(({ url }) => url === G15)?.concept).map(({ code }) => `${G15}|${code}`)
const types = (valueSets.find(({ url }) => url === DOCUMENT_TYPE)?.compose?.include ?? [])
  .flatMap(({ system, concept }) => (concept ?? []).map(({ code }) => `${system}|${code}`))

function cellsOf (map: ConceptMap | undefined): ReadonlyMap<string, ConceptMapGroupElementTarget> {
  return new Map((map?.group ?? []).flatMap(({ source, target: system, element }) => (element ?? []).flatMap(({ code, target }) =>
    (target ?? []).map(cell => [`${source}|${code} ${system}|${cell.code}`, cell] as const))))
}

function edition (version: string, start: string | undefined, rest: Partial<ConceptMap> = {}): ConceptMap {
  return {
    resourceType: 'ConceptMap',
    url: MATRIX,
    version,
    status: 'active',
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod', valuePeriod: { ...start === undefined ? {} : { start } } }],
    group: [{ source: G15, target: LOINC, element: [{ code: '10', target: [{ code: '34112-3', equivalence: 'relatedto' }] }] }],
    ...rest
  }
}

function withCells (...target: ConceptMapGroupElementTarget[]): Partial<ConceptMap> {
  return { group: [{ source: G15, target: LOINC, element: [{ code: '10', target }] }] }
}

t.test('decides each known cell as its source says (domain.md 3.2)', async t => {
  const denied: readonly (readonly [string, string, string])[] = [
    ['10', RESIDENCE, 'INFD'],
    ['40', `${LOINC}|80788-3`, 'INFD'],
    ['40', `${LOINC}|75496-0`, 'INFD'],
    ['40', `${LOINC}|83981-1`, 'INFD'],
    ['40', `${LOINC}|83901-9`, 'INFD'],
    ['40', `${LOINC}|68599-0`, 'INFD'],
    ['40', `${A05}|EXPPAT_3`, 'FASS'],
    ['80', `${LOINC}|15508-5`, 'FASS']
  ]
  for (const [profession, type, source] of denied) {
    const name = `${profession} ${type}`
    t.notOk(matrix.isReadable(`${G15}|${profession}`, [type]), name)
    t.match(cells.get(`${G15}|${name}`), { equivalence: 'disjoint', comment: source }, name)
  }
  t.strictSame(types.filter(type => !matrix.isReadable(DOCTOR, [type])), [RESIDENCE], 'doctors read everything else')
})

t.test('has a cell with a source for each profession and each type, and no other cell', async t => {
  t.equal(professions.length, 24)
  t.equal(types.length, 121)
  const expected = professions.flatMap(profession => types.map(type => `${profession} ${type}`))
  t.strictSame([...cells.keys()].sort(), expected.sort())
  t.strictSame([...new Set([...cells.values()].map(({ comment }) => comment))].sort(), ['FASS', 'INFD', 'synthetic'])
})

t.test('denies no cell without a source, and names a source for permits of doctors only', async t => {
  const bySource = [...cells].map(([key, { equivalence, comment }]) => ({ key, isDenied: equivalence === 'disjoint', isSourced: comment !== 'synthetic' }))
  t.equal(bySource.filter(({ isDenied }) => isDenied).length, 8)
  t.strictSame(bySource.filter(({ isDenied, isSourced }) => isDenied && !isSourced), [])
  t.strictSame(bySource.filter(({ key, isDenied, isSourced }) => isSourced && !isDenied && !key.startsWith(`${DOCTOR} `)), [])
})

t.test('decides each cell as it is written', async t => {
  const wrong = [...cells].filter(([key, { equivalence }]) => {
    const [profession = '', type = ''] = key.split(' ')
    return matrix.isReadable(profession, [type]) !== (equivalence === 'relatedto')
  })
  t.strictSame(wrong, [])
})

t.test('leaves nothing readable to an unknown profession', async t => {
  for (const profession of ['', '10', `${G15}|`, `${G15}|99`, `${G15}|35`, `${NOS}/TRE_R94-ProfessionSocial/FHIR/TRE-R94-ProfessionSocial|10`]) {
    t.equal(matrix.readableTypes(profession).size, 0, profession)
    t.notOk(matrix.isReadable(profession, [REPORT]), profession)
  }
})

t.test('denies an unknown type, a type of another system, and no type', async t => {
  t.notOk(matrix.isReadable(DOCTOR, []))
  for (const type of ['', '34112-3', `${A05}|34112-3`, `${LOINC}|SYNTH`, `${LOINC}|0000-0`, `${A05}|FEUILLE-DE-STYLE`]) {
    t.notOk(matrix.isReadable(DOCTOR, [type]), type)
  }
})

t.test('needs every coding of a type to be readable', async t => {
  t.ok(matrix.isReadable(DOCTOR, [REPORT, `${A05}|SYNTH`]))
  t.notOk(matrix.isReadable(DOCTOR, [REPORT, RESIDENCE]))
  t.notOk(matrix.isReadable(DOCTOR, [RESIDENCE, REPORT]))
  t.notOk(matrix.isReadable(DOCTOR, [REPORT, `${LOINC}|0000-0`]))
})

t.test('gives the same frozen set at each call', async t => {
  const set = matrix.readableTypes(DOCTOR)
  t.equal(matrix.readableTypes(DOCTOR), set)
  t.ok(Object.isFrozen(matrix) && Object.isFrozen(set))
  t.throws(() => (set as Set<string>).add(RESIDENCE), /does not change/)
  t.throws(() => (set as Set<string>).delete(REPORT), /does not change/)
  t.throws(() => (set as Set<string>).clear(), /does not change/)
  t.throws(() => (matrix.readableTypes('') as Set<string>).add(REPORT), /does not change/)
})

t.test('takes the version in force at the instant', async t => {
  const at = createMatrixAt([
    edition('2', '2026-01-01T00:00:00+01:00', withCells({ code: '34112-3', equivalence: 'disjoint' })),
    edition('1', '2025-01-01T00:00:00+01:00'),
    edition('3', '2027-01-01T00:00:00+01:00', { status: 'draft' }),
    edition('4', '2024-06-01T00:00:00Z', { url: 'https://example.org/ConceptMap/other' })
  ])
  const second = Date.parse('2026-01-01T00:00:00+01:00')
  t.equal(at(second).version, '2')
  t.notOk(at(second).isReadable(DOCTOR, [REPORT]))
  t.equal(at(second - 1).version, '1')
  t.ok(at(second - 1).isReadable(DOCTOR, [REPORT]))
  t.equal(at(Date.parse('2028-01-01T00:00:00Z')).version, '2', 'a draft is never in force')
  t.equal(at(second), at(second + 1), 'computed once')
})

t.test('lets nobody read before the first version and after an end without successor', async t => {
  const period = { start: '2025-01-01T00:00:00Z', end: '2025-12-31T23:59:59Z' }
  const at = createMatrixAt([edition('1', undefined, {
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod', valuePeriod: period }]
  })])
  const [start, end] = [Date.parse(period.start), Date.parse(period.end)]
  t.ok(at(start).isReadable(DOCTOR, [REPORT]))
  t.ok(at(end).isReadable(DOCTOR, [REPORT]))
  for (const instant of [start - 1, end + 1, NaN]) {
    t.equal(at(instant).version, 'none')
    t.notOk(at(instant).isReadable(DOCTOR, [REPORT]))
  }
})

t.test('refuses at start what cannot be understood in full', async t => {
  const readable = { code: '34112-3', equivalence: 'relatedto' } as const
  t.throws(() => createMatrixAt([]), /no active version/)
  t.throws(() => createMatrixAt([edition('1', '2025-01-01T00:00:00Z', { status: 'retired' })]), /no active version/)
  t.throws(() => createMatrixAt([edition('1', undefined)]), /no instant/)
  t.throws(() => createMatrixAt([edition('1', '2025-01-01')]), /no instant 2025-01-01/)
  t.throws(() => createMatrixAt([edition('1', '2025-13-01T00:00:00Z')]), /no instant/)
  t.throws(() => createMatrixAt([edition('1', '2025-01-01T00:00:00Z'), edition('2', '2025-01-01T01:00:00+01:00')]), /another version starts/)
  t.throws(() => createMatrixAt([edition('1', '2025-01-01T00:00:00Z', withCells(readable, readable))]), /two cells/)
  t.throws(() => createMatrixAt([edition('1', '2025-01-01T00:00:00Z', withCells(readable, { ...readable, equivalence: 'disjoint' }))]), /two cells/)
  t.throws(() => createMatrixAt([edition('1', '2025-01-01T00:00:00Z', withCells({ ...readable, equivalence: 'equal' }))]), /equal is no answer/)
})

t.test('judges the other resources of a record as types that the matrix has', async t => {
  const judgedAs = createJudgedAs(conceptMaps)
  const family = ['Observation', 'Condition', 'AllergyIntolerance', 'Medication', 'MedicationStatement', 'MedicationRequest', 'Immunization',
    'Procedure', 'Encounter', 'FamilyMemberHistory', 'CareTeam', 'QuestionnaireResponse']
  for (const resourceType of family) {
    t.ok(judgedAs(resourceType).length > 0 && judgedAs(resourceType).every(type => types.includes(type)), resourceType)
  }
  t.strictSame(judgedAs('Immunization'), [`${LOINC}|11369-6`])
  t.strictSame(judgedAs('Appointment'), [])
  t.notOk(matrix.isReadable(DOCTOR, judgedAs('Appointment')), 'no type is never readable')
  const table = edition('1', undefined, { url: RESOURCE_TO_DOCUMENT_TYPE })
  t.throws(() => createJudgedAs([]), /one active version is needed/)
  t.throws(() => createJudgedAs([table, { ...table, version: '2' }]), /one active version is needed/)
  t.throws(() => createJudgedAs([table]), /is not http:\/\/hl7\.org\/fhir\/resource-types/)
})

t.test('maps each type to one class, or says that it has none yet', async t => {
  const mapped = (conceptMaps.find(({ url }) => url === TYPE_TO_CLASS)?.group ?? [])
    .flatMap(({ source, element }) => (element ?? []).map(({ code, target }) => [`${source}|${code}`, target] as const))
  t.strictSame(mapped.map(([type]) => type).sort(), [...types, `${A05}|FEUILLE-DE-STYLE`].sort())
  t.strictSame(mapped.filter(([, target]) => target?.length !== 1), [])
  t.equal(mapped.filter(([, target]) => target?.[0]?.equivalence === 'unmatched').length, 14)
})
