/** The terminology over HTTP: its operations (R4 terminology-service.html), and CodeSystem, ValueSet and ConceptMap as types that are read and searched. */
import t from 'tap'
import { as } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { isAbsent, matches, openScene, refused } from '../interaction/scene.js'

const scene = await openScene(t)
const { get, gp, hospital, open, operator, request } = scene
const { holder } = await open()

const HL7 = 'http://hl7.org/fhir/'
const LOINC = 'http://loinc.org'
const NOS = 'https://mos.esante.gouv.fr/NOS'
const A05 = `${NOS}/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire`
const OWN = 'https://fhir.espace-sante.example'
const TYPES = `${OWN}/ValueSet/document-type`
const ABSENT = { code: 'not-found', details: 'MSG_NO_EXIST' }

const query = (parameters: { readonly [name: string]: string }) => new URLSearchParams(parameters).toString()
const asked = async (operation: string, parameters: { readonly [name: string]: string }) => await get(gp, `/${operation}?${query(parameters)}`)
const posted = async (operation: string, ...parameter: object[]) => await request(gp, 'POST', `/${operation}`, { body: { resourceType: 'Parameters', parameter } })

/** The parameters of an answer by name, those that repeat and those that have parts in the order in which they came. */
function told ({ status, json }: TestResponse): readonly unknown[] {
  if (status !== 200) throw new Error(JSON.stringify(json))
  const plain = ({ name, part, ...value }: { name: string, part?: never[] }): unknown => [name, part === undefined ? Object.values(value)[0] : part.map(plain)]
  return json.parameter.map(plain)
}
const codes = ({ status, json }: TestResponse) => status === 200 ? json.expansion.contains?.map(({ code }: { code: string }) => code) : json

t.test('$lookup says what a code is called, defined as, and between which codes it stands', async t => {
  t.same(told(await asked('CodeSystem/$lookup', { system: `${HL7}observation-status`, code: 'corrected' })).filter(each => !JSON.stringify(each).includes('definition')),
    [['name', 'ObservationStatus'], ['version', '4.0.1'], ['display', 'Corrected'], ['property', [['code', 'parent'], ['value', 'amended']]]])
  t.same(told(await posted('CodeSystem/$lookup', { name: 'coding', valueCoding: { system: LOINC, code: '34112-3' } })), [['name', 'LOINC'], ['display', 'CR hospitalier (séjour)']])
  t.same(told(await asked('CodeSystem/$lookup', { system: 'urn:oid:1.2.250.1.71.1.2.7', code: '10', displayLanguage: 'fr' })).at(-1), ['display', 'Médecin'], 'by an OID')
  t.same(told(await asked('CodeSystem/$lookup', { coding: `${HL7}observation-status|amended`, property: 'child' })).at(-1), ['property', [['code', 'child'], ['value', 'corrected']]])
})

t.test('$lookup refuses what is not known here at its place', async t => {
  refused(t, await asked('CodeSystem/$lookup', { system: 'http://snomed.info/sct', code: '1' }), 404, { ...ABSENT, expression: 'system' })
  refused(t, await asked('CodeSystem/$lookup', { system: LOINC, code: '1-1' }), 404, { ...ABSENT, expression: 'code' })
  refused(t, await asked('CodeSystem/$lookup', { system: `${HL7}observation-status`, code: 'final', version: '5' }), 404, { ...ABSENT, expression: 'system' })
  refused(t, await asked('CodeSystem/$lookup', { code: 'final' }), 400, { code: 'required', details: 'MSG_PARAM_INVALID', expression: 'system' })
  refused(t, await asked('CodeSystem/$lookup', { system: LOINC }), 400, { code: 'required', details: 'MSG_PARAM_INVALID', expression: 'code' })
  refused(t, await asked('CodeSystem/$lookup', { system: LOINC, code: 'x', date: '2026' }), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: 'date' })
  refused(t, await posted('CodeSystem/$lookup', { name: 'property', valueCode: 'parent' }, { name: 'coding', valueCoding: { system: 'urn:x', code: 'x' } }), 404, { ...ABSENT, expression: 'Parameters.parameter[1]' })
  isAbsent(t, await get(gp, '/CodeSystem/nothing/$validate-code?code=x'))
})

t.test('CodeSystem/$validate-code says of a code that it is valid, that it is not, or that it is not known here', async t => {
  const answers = async (parameters: { readonly [name: string]: string }) => told(await asked('CodeSystem/$validate-code', parameters))
  t.same(await answers({ url: `${HL7}administrative-gender`, code: 'female' }), [['result', true], ['display', 'Female']])
  t.same(await answers({ url: `${HL7}administrative-gender`, code: 'woman' }), [['result', false], ['message', 'The code is not one of its code system']])
  t.same(await answers({ url: `${HL7}administrative-gender`, code: 'female', display: 'Male' }), [['result', false], ['message', 'The code is valid, and is not called so'], ['display', 'Female']])
  t.match((await answers({ url: LOINC, code: '1-1' }))[1], ['message', /only a part is, so whether it is valid cannot be said/])
  t.same((await answers({ url: 'http://snomed.info/sct', code: '1' })), await answers({ coding: 'http://snomed.info/sct|1' }))
  t.match((await answers({ coding: 'http://snomed.info/sct|1' }))[1], ['message', /`http:\/\/snomed.info\/sct` is not known here: whether the code is valid cannot be said/])
  t.same(told(await get(gp, '/CodeSystem/loinc/$validate-code?code=34112-3&display=cr%20hospitalier%20(sejour)'))[0], ['result', true], 'on one system')
})

t.test('CodeSystem/$subsumes says how two codes stand to each other, where that is known', async t => {
  const outcome = async (codeA: string, codeB: string, system = `${HL7}observation-status`) => await asked('CodeSystem/$subsumes', { codeA, codeB, system })
  for (const [one, other, expected] of [['amended', 'corrected', 'subsumes'], ['corrected', 'amended', 'subsumed-by'], ['final', 'final', 'equivalent'], ['final', 'amended', 'not-subsumed']] as const) {
    t.same(told(await outcome(one, other)), [['outcome', expected]])
  }
  t.same(told(await get(gp, '/CodeSystem/observation-status/$subsumes?codeA=amended&codeB=corrected')), [['outcome', 'subsumes']])
  t.same(told(await outcome('34112-3', '34112-3', LOINC)), [['outcome', 'equivalent']])
  refused(t, await outcome('34112-3', '11488-4', LOINC), 422, { code: 'not-found', expression: 'system' })
  refused(t, await outcome('final', 'none'), 404, { ...ABSENT, expression: 'codeB' })
})

t.test('ValueSet/$validate-code says whether a value set has a code', async t => {
  const GENDER = `${HL7}ValueSet/administrative-gender`
  const answers = async (parameters: { readonly [name: string]: string }) => told(await asked('ValueSet/$validate-code', parameters))
  t.same(await answers({ url: GENDER, system: `${HL7}administrative-gender`, code: 'female' }), [['result', true], ['display', 'Female']])
  t.same(await answers({ url: GENDER, valueSetVersion: '4.0.1', code: 'female', inferSystem: 'true' }), [['result', true], ['display', 'Female']])
  t.same(await answers({ url: TYPES, coding: `${A05}|FEUILLE-DE-STYLE` }), [['result', false], ['message', 'The code is not in the value set']])
  t.match((await answers({ url: GENDER, coding: 'urn:x|female' }))[1], ['message', /is not in the value set; the code system `urn:x` is not known here/])
  t.match((await answers({ url: `${HL7}ValueSet/mimetypes`, system: 'urn:ietf:bcp:13', code: 'text/plain' }))[1], ['message', /cannot be said: the code system `urn:ietf:bcp:13` is not known here/])
  const concept = { name: 'codeableConcept', valueCodeableConcept: { coding: [{ system: 'urn:x', code: 'x' }, { system: LOINC, code: '34112-3' }] } }
  t.same(told(await posted('ValueSet/$validate-code', { name: 'url', valueUri: TYPES }, concept))[0], ['result', true], 'one coding of a concept is enough')
  t.same(told(await get(gp, `/ValueSet/document-type/$validate-code?code=SYNTH&system=${A05}`)), [['result', true], ['display', 'Synthèse']])
  refused(t, await asked('ValueSet/$validate-code', { url: 'urn:none', code: 'x', system: 'urn:x' }), 404, { ...ABSENT, expression: 'url' })
  refused(t, await asked('ValueSet/$validate-code', { url: GENDER, code: 'female' }), 400, { code: 'required', details: 'MSG_PARAM_INVALID', expression: 'system' })
})

t.test('$expand lists a value set, in pages, by a text, in French', async t => {
  const { json } = await asked('ValueSet/$expand', { url: `${HL7}ValueSet/administrative-gender` })
  t.match(json, { resourceType: 'ValueSet', id: 'administrative-gender', status: 'active', expansion: { identifier: /^urn:uuid:/, total: 4, offset: 0, parameter: [{ name: 'version', valueUri: `${HL7}administrative-gender|4.0.1` }] } })
  t.same(json.expansion.contains[1], { system: `${HL7}administrative-gender`, version: '4.0.1', code: 'female', display: 'Female' })
  t.equal(json.compose, undefined)
  const hospital = await asked('ValueSet/$expand', { url: TYPES, filter: 'hospitalier sejour', displayLanguage: 'fr' })
  t.same(hospital.json.expansion.contains, [{ system: LOINC, code: '34112-3', display: 'CR hospitalier (séjour)' }])
  const all = codes(await get(gp, '/ValueSet/JDV-J07-XdsTypeCode-CISIS/$expand'))
  t.ok(all.length > 100 && all.includes('FEUILLE-DE-STYLE') && all.includes('E1762'), 'with the value sets that it includes')
  const page = await posted('ValueSet/$expand', { name: 'url', valueUri: `${NOS}/JDV_J07-XdsTypeCode-CISIS/FHIR/JDV-J07-XdsTypeCode-CISIS` }, { name: 'offset', valueInteger: 100 }, { name: 'count', valueInteger: 3 })
  t.same([page.json.expansion.total, page.json.expansion.offset, codes(page)], [all.length, 100, all.slice(100, 103)])
  t.same(codes(await asked('ValueSet/$expand', { url: TYPES, count: '0' })), undefined)
})

t.test('$expand refuses what it cannot list, and says what is missing', async t => {
  refused(t, await asked('ValueSet/$expand', { url: 'urn:none' }), 404, { ...ABSENT, expression: 'url' })
  refused(t, await asked('ValueSet/$expand', {}), 400, { code: 'required', details: 'MSG_PARAM_INVALID', expression: 'url' })
  const lacking = await asked('ValueSet/$expand', { url: `${HL7}ValueSet/mimetypes` })
  refused(t, lacking, 422, { code: 'not-found', expression: 'url' })
  t.match(lacking.text, /the code system `urn:ietf:bcp:13` is not known here in full/)
  for (const [name, value] of [['count', '-1'], ['offset', 'x'], ['activeOnly', 'yes']] as const) {
    refused(t, await asked('ValueSet/$expand', { url: TYPES, [name]: value }), 400, { code: 'value', details: 'MSG_PARAM_INVALID', expression: name })
  }
})

t.test('$translate leads from a type of document to its class', async t => {
  const match = [['equivalence', 'wider'], ['concept', { system: `${NOS}/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument`, code: '11', display: 'Synthèse' }], ['source', `${OWN}/ConceptMap/type-to-class|1.0.0`]]
  t.same(told(await asked('ConceptMap/$translate', { url: `${OWN}/ConceptMap/type-to-class`, system: A05, code: 'SYNTH' })), [['result', true], ['match', match]])
  t.same(told(await posted('ConceptMap/type-to-class/$translate', { name: 'coding', valueCoding: { system: A05, code: 'SYNTH' } })), [['result', true], ['match', match]])
  t.same(told(await asked('ConceptMap/$translate', { coding: `${A05}|SYNTH`, targetsystem: `${NOS}/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument` })), [['result', true], ['match', match]], 'of all maps')
  t.match(told(await asked('ConceptMap/$translate', { coding: 'urn:x|y' })), [['result', false], ['message', /No map that is known here names the code; the code system `urn:x` is not known here/]])
  t.same(told(await asked('ConceptMap/$translate', { url: `${OWN}/ConceptMap/type-to-class`, coding: `${A05}|SYNTH`, target: TYPES }))[0], ['result', false], 'no class is a type of document')
  refused(t, await asked('ConceptMap/$translate', { coding: `${A05}|SYNTH`, target: 'urn:none' }), 404, { ...ABSENT, expression: 'target' })
})

t.test('the terminology is read and searched like the directory, and written by nobody', async t => {
  const one = await get(gp, '/CodeSystem/observation-status')
  t.match([one.status, one.json.url, one.json.meta.versionId, one.headers['etag']], [200, `${HL7}observation-status`, /^[0-9a-f]{32}$/, `W/"${one.json.meta.versionId as string}"`])
  t.equal((await get(gp, '/CodeSystem/observation-status', { 'if-none-match': one.headers['etag'] ?? '' })).status, 304)
  isAbsent(t, await get(gp, '/ValueSet/nothing'))
  const found = async (url: string) => matches(await get(gp, url)).map(({ id }) => id)
  t.same(await found(`/ValueSet?url=${TYPES}`), ['document-type'])
  t.same(await found('/ConceptMap?name=habilitation&status=active&version=1.0.0'), ['matrix'])
  t.same(await found('/CodeSystem?_id=loinc,nothing&status:not=draft'), ['loinc'])
  const page = await get(gp, `/ValueSet?url:below=${HL7}ValueSet&_count=2&_sort=-name`)
  const next = page.json.link.find(({ relation }: { relation: string }) => relation === 'next').url
  t.ok(page.json.total > 50)
  t.equal(new Set([...matches(page), ...matches(await get(gp, next))].map(({ id }) => id)).size, 4, 'and pages go on')
  t.same((await get(gp, '/CodeSystem?_id=loinc&_elements=url')).json.entry[0].resource.concept, undefined)
  const { json: bundle } = await request(gp, 'POST', '/fhir', { body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'ConceptMap/type-to-class' } }, { request: { method: 'GET', url: `ValueSet?url=${TYPES}` } }] } })
  t.same([bundle.entry[0].resource.id, bundle.entry[1].resource.total], ['type-to-class', 1])
  refused(t, await request(operator, 'PUT', '/CodeSystem/loinc', { body: one.json }), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  refused(t, await request(operator, 'POST', '/ValueSet', { body: one.json }), 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED' })
  t.notOk((await scene.mongo.db(scene.database).listCollections().toArray()).some(({ name }) => /^(?:CodeSystem|ValueSet|ConceptMap)/.test(name)), 'it is in no database')
})

t.test('every caller whose scopes reach the type may ask, and the access is traced in no record', async t => {
  const url = `/ValueSet/$expand?${query({ url: `${HL7}ValueSet/administrative-gender` })}`
  const application = await scene.token(as.structure('1750000010', { scope: 'system/CodeSystem.r' }))
  for (const token of [gp, hospital, holder, operator]) t.equal((await get(token, url)).status, 200)
  refused(t, await get(application, url), 403, { code: 'forbidden' })
  t.equal((await get(application, `/CodeSystem/$lookup?system=${LOINC}&code=34112-3`)).status, 200)
  t.equal((await get(undefined, url)).status, 401)
  t.equal((await get(holder, '/CodeSystem/$lookup?system=urn:x&code=x')).status, 404)
  const traces = matches(await get(holder, '/AuditEvent?_count=100'))
  t.notMatch(JSON.stringify(traces), Buffer.from('$expand').toString('base64'))
  t.notMatch(JSON.stringify(traces), Buffer.from('$lookup').toString('base64'), 'nor what was refused')
  const kept = await scene.mongo.db(scene.database).collection('AuditEvent').countDocuments({ patient: null, 'facts.family': 'directory' })
  t.ok(kept >= 8, 'it is traced')
})

t.test('searches ask the same terminology', async t => {
  const { id } = await open()
  t.equal((await get(gp, `/Observation?patient=${id}&status:in=${encodeURIComponent(`${HL7}ValueSet/observation-status`)}`)).status, 200)
  t.equal((await get(gp, `/Observation?patient=${id}&status:below=${encodeURIComponent(`${HL7}observation-status|amended`)}`)).status, 200)
})

t.test('metadata?mode=terminology says what is known, to anybody', async t => {
  const { status, json } = await get(undefined, '/metadata?mode=terminology')
  t.match([status, json], [200, { resourceType: 'TerminologyCapabilities', kind: 'instance', status: 'active', expansion: { paging: true }, implementation: { url: 'http://127.0.0.1:8080/fhir' } }])
  t.same(json.codeSystem.find(({ uri }: { uri: string }) => uri === `${HL7}observation-status`), { uri: `${HL7}observation-status`, version: [{ code: '4.0.1', isDefault: true }] })
  t.same((await get(undefined, '/metadata?mode=full')).json.resourceType, 'CapabilityStatement')
})
