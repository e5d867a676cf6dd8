/** Values and modifiers through the whole server: what is stored to find by is what the parameters ask. */
import t from 'tap'
import { access, document, label } from '../helper/resource.js'
import { GP, GP2, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, made, open, operator, professional, put } = scene
const UCUM = 'http://unitsofmeasure.org'
const LOINC = 'http://loinc.org'

const pressure = (patient: string, systolic: number, diastolic: number, more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: LOINC, code: '85354-9' }], text: 'Tension artérielle' },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: '2026-06-01T10:00:00.2500009+02:00',
  component: [['8480-6', systolic], ['8462-4', diastolic]].map(([code, value]) => ({ code: { coding: [{ system: LOINC, code }] }, valueQuantity: { value, unit: 'mmHg', system: UCUM, code: 'mm[Hg]' } })),
  ...more
})

t.test('quantities and composites are found as they are stored, and no longer once they are changed', async t => {
  const { id: patient } = await open()
  const { id } = await made(lab, pressure(patient, 120, 80))
  const asks = async (query: string) => await ids(lab, `/Observation?patient=${patient}&${query}`)
  for (const [query, expected] of [
    [`component-code-value-quantity=${LOINC}|8480-6$ge120|${UCUM}|mm[Hg]`, true], [`component-code-value-quantity=8480-6$gt15.9|${UCUM}|kPa`, true], ['component-code-value-quantity=8462-4$120', false],
    ['component-value-quantity=80', true], ['component-value-quantity=lt80', false], ['combo-code-value-quantity=8462-4$ap78', true], ['code:text=tension', true], ['status=http://hl7.org/fhir/observation-status|final', true],
    ['date=2026-06-01T08:00:00.250Z', true], ['date=2026-06-01T08:00:00.2500001Z', false], ['value-quantity:missing=true', true]
  ] as const) t.strictSame(await asks(query.replaceAll('|', '%7C').replaceAll('$', '%24').replaceAll('[', '%5B').replaceAll(']', '%5D')), expected ? [id] : [], query)
  const stored = await scene.mongo.db(scene.database).collection('Observation').findOne({ _id: id as never })
  t.ok(stored?.['numbers'] !== undefined && stored['parts'] !== undefined)
  t.notOk(String(stored?.['head']).includes('"parts"'), 'they are not read back')
  const { json: before } = await get(lab, `/Observation/${id}`)
  const { component, ...rest } = before
  t.equal(component.length, 2)
  t.equal((await put(lab, { ...rest, dataAbsentReason: { text: 'withdrawn' } })).status, 200)
  t.strictSame(await asks('component-value-quantity=80'), [])
  t.strictSame(await asks('component-code-value-quantity:missing=true'), [id])
})

t.test('what is hidden is not there for any modifier', async t => {
  const { id: patient, holder } = await open()
  const { id } = await made(lab, document(patient, { meta: { tag: [{ system: 'urn:own', code: 'x', display: 'Secret de famille' }], source: 'http://a.example/fhir/x' }, type: { coding: [{ system: LOINC, code: '11488-4', display: 'Secret de famille' }] } }))
  await made(holder, access(patient, GP))
  const queries = ['type:text=secret', '_tag:text=secret', '_source:below=http://a.example/fhir', '_tag=urn:own%7Cx', 'type:not=x', '_source:missing=false', 'relationship:missing=true', 'type:below=http://loinc.org%7C11488-4']
  for (const query of queries) t.strictSame(await ids(gp, `/DocumentReference?patient=${patient}&${query}`), [id], query)
  t.equal((await put(holder, { ...(await get(holder, `/DocumentReference/${id}`)).json, securityLabel: [label('MASQUE_PS')] })).status, 200)
  const other = await professional(GP2)
  for (const query of queries) {
    for (const token of [gp, other]) t.strictSame(await ids(token, `/DocumentReference?patient=${patient}&${query}`), [], query)
  }
})

t.test('an identifier by its type finds a patient as an identifier does; parts of sealed texts are refused', async t => {
  const { id } = await open({ identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: '199057512345678' }, { type: { coding: [{ system: 'urn:types', code: 'MR' }] }, value: 'A 1' }] })
  t.strictSame(await ids(operator, '/Patient?identifier:of-type=urn:types%7CMR%7CA%201'), [id])
  t.strictSame(await ids(operator, '/Patient?identifier:of-type=urn:types%7CSS%7CA%201'), [])
  const refusal = { code: 'not-supported', details: 'MSG_PARAM_INVALID' }
  refused(t, await get(operator, '/Patient?name:contains=eti'), 400, { ...refusal, expression: 'name:contains' })
  refused(t, await get(operator, `/DocumentReference?patient=${id}&type:in=urn:nothing`), 400, { ...refusal, expression: 'type:in' })
  refused(t, await get(operator, `/Observation?patient=${id}&code-value-quantity=x`), 400, { ...refusal, code: 'value', expression: 'code-value-quantity' })
})
