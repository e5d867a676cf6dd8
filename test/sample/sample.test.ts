/** The generator of records: what it writes is the same for the same seed, is as published, and opens. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bundle, Consent, DocumentReference, Organization, Patient, Practitioner, Resource } from '@medplum/fhirtypes'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import t from 'tap'
import { extractText } from 'unpdf'
import { luhnDigit, nirKey } from '../../scripts/sample/identifier.js'
import { writeSample } from '../../scripts/sample/run.js'
import { createValidator } from '../../src/validation/validate.js'
import { bindings as codes, structureDefinitions } from '../unit/validation/definitions.js'
import { inProject } from '../helper/root.js'

const dir = t.testdir({})
const write = async (name: string, patients: number, seed: string, isGzip = false) => {
  const out = path.join(dir, name)
  await writeSample({ patients, seed, out, isGzip, root: inProject('') })
  return out
}

function files (folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => statSync(path.join(folder, name)).isFile()).toSorted()
}
function digest (folder: string): string {
  return files(folder).map(name => `${name} ${createHash('sha256').update(readFileSync(path.join(folder, name))).digest('hex')}`).join('\n')
}
function lines<T extends Resource> (folder: string, name: string): readonly T[] {
  return readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n').map(line => JSON.parse(line) as T)
}
const documentsIn = (folder: string) => files(folder).filter(name => /^[45]-/.test(name)).flatMap(name => lines<DocumentReference>(folder, name))
const bundlesIn = (folder: string) => files(folder).filter(name => name.startsWith('6-')).map(name => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Bundle)
const of = <T extends Resource>(bundle: Bundle, type: T['resourceType']) => (bundle.entry ?? []).flatMap(({ resource }) => resource?.resourceType === type ? [resource as T] : [])

const sample = await write('a', 120, 'seed')
const patients = lines<Patient>(sample, '2-patients/Patient.ndjson')
const alone = documentsIn(sample)
const bundles = bundlesIn(sample)
const submitted = bundles.flatMap(bundle => of<DocumentReference>(bundle, 'DocumentReference'))
const documents = [...alone, ...submitted]

t.test('the same seed gives the same bytes, another seed others', async t => {
  const once = digest(await write('b', 12, 'seed'))
  t.equal(digest(await write('c', 12, 'seed')), once)
  t.not(digest(await write('d', 12, 'other')), once)
})

t.test('a record does not depend on how many there are beside it', async t => {
  const few = lines<Patient>(await write('few', 3, 'seed'), '2-patients/Patient.ndjson')
  t.same(few, patients.slice(0, 3))
})

t.test('the compressed sample holds the same', async t => {
  const packed = await write('packed', 20, 'seed', true)
  const plain = await write('plain', 20, 'seed')
  t.same(gunzipSync(readFileSync(path.join(packed, '2-patients/Patient.ndjson.gz'))).toString(), readFileSync(path.join(plain, '2-patients/Patient.ndjson'), 'utf8'))
})

t.test('a folder that holds something is left alone', async t => {
  mkdirSync(path.join(dir, 'full', 'inside'), { recursive: true })
  await t.rejects(write('full', 1, 'seed'), /is not empty/)
})

t.test('each patient has strict traits and a test INS of their own that says them', async t => {
  const seen = new Set<string>()
  for (const { identifier = [], name = [], birthDate = '', gender, extension = [] } of patients) {
    const [{ system, value = '', use } = {}] = identifier
    t.strictSame([system, use], ['urn:oid:1.2.250.1.213.1.4.10', 'official'])
    t.match(value, /^\d{15}$/)
    t.equal(nirKey(value.slice(0, 13)), value.slice(13), 'its key is right')
    t.equal(value.slice(0, 5), `${gender === 'male' ? 1 : 2}${birthDate.slice(2, 4)}${birthDate.slice(5, 7)}`, 'sex, year and month of birth')
    const commune = extension.find(({ url }) => url.endsWith('birthPlace'))?.valueAddress?.extension?.[0]?.valueCoding?.code
    t.equal(value.slice(5, 10), commune, 'where they were born')
    t.ok(name[0]?.use === 'official' && name[0].family !== undefined && name[0].given?.length === 1)
    seen.add(value)
  }
  t.equal(seen.size, patients.length)
  t.equal(nirKey('2550814168025'), '38', 'the example that textbooks give')
})

t.test('FINESS and RPPS pass Luhn\'s test, and are those of idNatSt and idNatPs', async t => {
  const check = (value: string | undefined) => String(luhnDigit(value?.slice(0, -1) ?? '')) === value?.slice(-1)
  const structures = lines<Organization>(sample, '1-directory/Organization.ndjson')
  const people = lines<Practitioner>(sample, '1-directory/Practitioner.ndjson')
  for (const { identifier = [] } of structures) {
    t.ok(/^99\d{7}$/.test(identifier[1]?.value ?? '') && check(identifier[1]?.value) && identifier[0]?.value === `1${identifier[1]?.value}`)
  }
  for (const { identifier = [] } of people) {
    t.ok(/^997\d{8}$/.test(identifier[1]?.value ?? '') && check(identifier[1]?.value) && identifier[0]?.value === `8${identifier[1]?.value}`)
  }
  t.ok(check('99700218896') && check('750712184'), 'published examples do too')
  t.equal(new Set([...structures, ...people].map(({ identifier }) => identifier?.[0]?.value)).size, structures.length + people.length)
})

t.test('7 to 8 documents for each patient, in the published mix', async t => {
  const each = documents.length / patients.length
  t.ok(each > 7.5 && each < 7.75, `${each.toFixed(2)} for each`)
  const share = (is: (code: string, category: string) => boolean) =>
    100 * documents.filter(({ type, category }) => is(type?.coding?.[0]?.code ?? '', category?.[0]?.coding?.[0]?.code ?? '')).length / documents.length
  const near = (found: number, wanted: number) => t.ok(Math.abs(found - wanted) < 4, `${found.toFixed(1)} %, ${wanted} % wanted`)
  near(share(code => code === '11502-2'), 39)
  near(share((_, category) => category === '42'), 23)
  near(share((_, category) => category === '31'), 9)
  t.ok(submitted.length > 5 && alone.length > 800)
})

t.test('types, classes and their displays are those of terminology/', async t => {
  const json = (name: string) => JSON.parse(readFileSync(inProject(`terminology/${name}`), 'utf8'))
  const types = new Map<string, string>(json('document-type.json').compose.include.flatMap((part: { system: string, concept: { code: string, display: string }[] }) =>
    part.concept.map(({ code, display }) => [`${part.system}|${code}`, display])))
  const classes = new Map<string, string>(json('type-to-class.json').group.flatMap((group: { source: string, target: string, element: { code: string, target: { code: string }[] }[] }) =>
    group.element.map(({ code, target }) => [`${group.source}|${code}`, `${group.target}|${target[0]?.code ?? ''}`])))
  for (const { type, category } of documents) {
    const [coding, family] = [type?.coding?.[0], category?.[0]?.coding?.[0]]
    const key = `${coding?.system ?? ''}|${coding?.code ?? ''}`
    if (types.get(key) !== coding?.display || classes.get(key) !== `${family?.system ?? ''}|${family?.code ?? ''}`) t.fail(key)
  }
})

t.test('every content has its size and SHA-1, and opens', async t => {
  const forms = { pdf: 0, cda: 0 }
  for (const [index, { content, contained = [], type }] of alone.entries()) {
    const { attachment } = content[0] ?? { attachment: {} }
    const bytes = Buffer.from(attachment.data ?? '', 'base64')
    if (bytes.length !== attachment.size || createHash('sha1').update(bytes).digest('base64') !== attachment.hash) t.fail(`document ${index}`)
    // Parsing a thousand of them takes long and would say the same of each.
    if (index % 40 !== 0) continue
    const patient = contained.find(resource => resource.resourceType === 'Patient') as Patient
    const family = patient.name?.[0]?.family ?? ''
    let pdf = bytes
    if (attachment.contentType === 'application/xml') {
      t.equal(XMLValidator.validate(bytes.toString()), true, 'well-formed')
      const { ClinicalDocument: cda } = new XMLParser({ ignoreAttributes: false, parseTagValue: false, parseAttributeValue: false }).parse(bytes)
      t.strictSame([cda.typeId['@_extension'], cda.code['@_code'], cda.languageCode['@_code']], ['POCD_HD000040', type?.coding?.[0]?.code, 'fr-FR'])
      t.strictSame([cda.recordTarget.patientRole.id['@_extension'], cda.recordTarget.patientRole.patient.name.family['#text']], [patient.identifier?.[0]?.value, family])
      pdf = Buffer.from(cda.component.nonXMLBody.text['#text'], 'base64')
      forms.cda++
    } else forms.pdf++
    const { totalPages, text } = await extractText(new Uint8Array(pdf))
    t.equal(totalPages, 1)
    t.match(text[0], `INS ${patient.identifier?.[0]?.value ?? ''}`)
    t.ok(text[0]?.includes(family) === true, 'the name with its accents')
  }
  t.ok(forms.pdf > 3 && forms.cda > 3, JSON.stringify(forms))
})

t.test('a submission is one transaction whose references lead inside, or to the patient by INS', async t => {
  t.ok(bundles.length > 3)
  for (const bundle of bundles) {
    const urls = new Set((bundle.entry ?? []).map(({ fullUrl }) => fullUrl))
    const references = [...JSON.stringify(bundle).matchAll(/"(?:reference|url)":"([^"]*)"/g)].map(([, reference = '']) => reference)
    t.same(references.filter(reference => reference.startsWith('urn:uuid:') && !urls.has(reference)), [])
    t.same([bundle.type, bundle.entry?.[0]?.resource?.resourceType, bundle.entry?.[0]?.request], ['transaction', 'List', { method: 'POST', url: 'List' }])
  }
})

t.test('no resource has a fault against R4, and nobody is named twice', async t => {
  const { validate } = createValidator(structureDefinitions, codes)
  const choices = lines<Consent>(sample, '3-choices/Consent.ndjson')
  const all: readonly Resource[] = [...patients, ...choices, ...documents, ...bundles, ...lines(sample, '1-directory/Organization.ndjson'), ...lines(sample, '1-directory/Practitioner.ndjson')]
  for (const resource of all) {
    const faults = validate(resource)
    if (faults.length > 0) t.same(faults, [], resource.resourceType)
  }
  t.equal(new Set(documents.map(({ masterIdentifier }) => masterIdentifier?.value)).size, documents.length)
  const kinds = new Set(choices.map(({ category }) => category?.[1]?.coding?.[0]?.code))
  t.ok(['acces-ps', 'blocage', 'medecin-traitant', 'urgence-ps', 'urgence-samu'].every(kind => kinds.has(kind)))
  t.ok(documents.some(({ securityLabel = [] }) => securityLabel.some(({ coding }) => coding?.[0]?.code === 'MASQUE_PS')))
})
