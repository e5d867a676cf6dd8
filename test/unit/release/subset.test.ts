import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { SUBSETTED, subset } from '../../../src/release/subset.js'
import type { Shape } from '../../../src/search/shape.js'
import { createOutlines } from '../../../src/validation/outline.js'
import { createValidator } from '../../../src/validation/validate.js'
import { inProject } from '../../helper/root.js'

const SEED = Number(process.env['SEED'] ?? 20261127)
const definitions = JSON.parse(readFileSync(inProject('dist/definitions/structure-definitions.json'), 'utf8'))
const outline = createOutlines(definitions)
const validator = createValidator(definitions)
type Json = Readonly<Record<string, never>>

function part (resource: object, shape: Shape) {
  const elements = outline((resource as { resourceType: string }).resourceType)
  if (elements === undefined) throw new Error('no such type')
  return JSON.parse(subset(JSON.stringify(resource), shape, elements))
}

const patient = {
  resourceType: 'Patient',
  id: 'p',
  meta: { versionId: '1', security: [{ system: 's', code: 'R' }], tag: [{ system: 't', code: 'x' }] },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' },
  extension: [{ url: 'urn:x', valueString: 'x' }],
  modifierExtension: [{ url: 'urn:m', valueString: 'x' }],
  active: true,
  name: [{ family: 'A' }],
  birthDate: '2000',
  _birthDate: { extension: [{ url: 'urn:time', valueDateTime: '2000-01-01T00:00:00Z' }] },
  deceasedBoolean: false,
  maritalStatus: { text: 'x' },
  communication: [{ language: { text: 'fr' }, preferred: true }],
  link: [{ other: { reference: 'Patient/q' }, type: 'seealso' }]
}
const always = ['resourceType', 'id', 'meta', 'modifierExtension', 'active', 'deceasedBoolean', 'link']

t.test('each shape has its elements, and what must stay', async t => {
  const keys = (shape: Shape) => Object.keys(part(patient, shape)).sort()
  t.same(keys({ kind: 'summary' }), [...always, 'name', 'birthDate', '_birthDate'].sort())
  t.same(keys({ kind: 'text' }), [...always, 'text'].sort())
  t.same(keys({ kind: 'data' }), Object.keys(patient).filter(key => key !== 'text').sort())
  t.same(keys({ kind: 'elements', names: ['birthDate', 'maritalStatus'] }), [...always, 'birthDate', '_birthDate', 'maritalStatus'].sort())
  t.same(keys({ kind: 'elements', names: ['deceased', 'id'] }), [...always].sort())
})

t.test('meta stays with its labels, and says that this is a part, once', async t => {
  const { meta } = part(patient, { kind: 'text' })
  t.same(meta, { ...patient.meta, tag: [...patient.meta.tag, SUBSETTED] })
  t.same(part(part(patient, { kind: 'text' }), { kind: 'text' }).meta, meta)
  t.same(part({ resourceType: 'Patient' }, { kind: 'data' }).meta, { tag: [SUBSETTED] })
})

t.test('in a summary, the parts of a resource are summaries too', async t => {
  const document = { resourceType: 'DocumentReference', status: 'current', content: [{ id: 'c', attachment: { url: 'Binary/1' }, format: { code: 'f' } }], context: { event: [{ text: 'e' }], period: { start: '2020' } } }
  t.same(part(document, { kind: 'summary' }).content, document.content)
  t.same(part(document, { kind: 'summary' }).context, { period: { start: '2020' } })
  t.notOk('context' in part({ ...document, context: { event: [{ text: 'e' }] } }, { kind: 'summary' }), 'nothing is left of it')
  t.same(part({ resourceType: 'List', status: 'current', mode: 'working', entry: [{ item: { display: 'x' } }] }, { kind: 'summary' }).entry, undefined)
})

t.test('what is contained stays where something refers to it', async t => {
  const role = { resourceType: 'PractitionerRole', id: 'r', practitioner: { reference: '#p' } }
  const doctor = { resourceType: 'Practitioner', id: 'p', name: [{ family: 'A' }] }
  const document = { resourceType: 'DocumentReference', contained: [role, doctor, { resourceType: 'Patient', id: 's' }], status: 'current', author: [{ reference: '#r' }], content: [{ attachment: {} }], context: { sourcePatientInfo: { reference: '#s' } } }
  t.same(part(document, { kind: 'summary' }).contained, [role, doctor])
  t.same(part(document, { kind: 'elements', names: ['context'] }).contained, [{ resourceType: 'Patient', id: 's' }])
  t.notOk('contained' in part(document, { kind: 'text' }))
  t.same(part(document, { kind: 'data' }).contained, document.contained)
})

t.test('numbers keep their digits', async t => {
  const elements = outline('Observation')
  const text = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00},"component":[{"code":{"text":"y"},"valueQuantity":{"value":2.50}}]}'
  t.match(subset(text, { kind: 'summary' }, elements as never), /"value":1\.00.*"value":2\.50/)
})

t.test('of every published sample, a part is a part, valid but for invariants over what is left out, and has what must stay', async t => {
  const folder = inProject('../shared/fixtures/valid')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.json') && file.includes('/'))
  const samples = files.map(file => JSON.parse(readFileSync(path.join(folder, file), 'utf8'))).filter(({ resourceType }) => outline(resourceType) !== undefined)
  const names = (resource: Json) => [...new Set(Object.keys(resource).map(key => outline(resource['resourceType'] ?? '')?.get(key.replace('_', ''))?.name ?? ''))].filter(name => name !== '')
  if (samples.length === 0) t.comment('no samples here')
  else {
    fc.assert(fc.property(fc.constantFrom(...samples), fc.nat(), fc.constantFrom('summary', 'text', 'data', 'elements'), (resource, chance, kind) => {
      const list = names(resource)
      const shape: Shape = kind === 'elements' ? { kind, names: list.filter((_, index) => (chance >> index % 30 & 1) === 1) } : { kind: kind as 'data' }
      const { meta, ...rest } = part(resource, shape)
      for (const [key, value] of Object.entries(rest)) if (kind !== 'summary' && key !== 'contained') t.strictSame(value, resource[key])
      t.strictSame(meta.security, resource.meta?.security)
      if (validator.validate(resource).length === 0) t.strictSame(validator.validate({ meta, ...rest }).filter(({ code }) => code !== 'invariant'), [], `${resource.resourceType} ${JSON.stringify(shape)}`)
    }), { seed: SEED, numRuns: 200 })
  }
})
