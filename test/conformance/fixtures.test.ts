/**
 * The published examples (`../shared/fixtures/valid`): each resource of a declared type is deposited by whoever may, its
 * patient and its references put onto what this record holds, and read back equal, digits included; or it is refused,
 * and the table says where and why.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringifyJson } from '../../src/json/literal.js'
import { parseJson } from '../../src/json/parse.js'
import type { TestResponse } from '../helper/app.js'
import { openScene } from '../interaction/scene.js'
import { REFUSED } from './fixtures-refused.js'
import { inProject } from '../helper/root.js'

type Json = TestResponse['json']
interface Fixture { readonly file: string, readonly type: string, readonly id: string }

const folder = inProject('../shared/fixtures/valid')
/** Bundles are sent as Bundles (`iti65.test.ts`); traces are written by nobody. */
const ELSEWHERE: readonly string[] = ['Bundle', 'AuditEvent']
/** Its content is that of an example deposited before it, so that it is the same document, and takes over its label. */
const TAKEN_OVER: Readonly<Record<string, Json>> = {
  'ihe-mhd/DocumentReference-ex-DocumentReferenceSimplifiedPublish.json': {
    securityLabel: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] }]
  }
}
const DIRECTORY: readonly string[] = ['Practitioner', 'Organization', 'Device', 'Group', 'Patient']

t.test('published examples are read back as they were deposited, or refused for what they are', existsSync(folder) ? {} : { skip: `${folder} is not there` }, async t => {
  const scene = await openScene(t)
  const { operator, hospital } = scene
  const { id: patient, holder } = await scene.open()
  const writer = (type: string) => DIRECTORY.includes(type) ? operator : type === 'Consent' || type === 'Appointment' ? holder : hospital
  const known = new Map<string, string>()
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as readonly Fixture[]
  let pending = index.filter(({ type }) => !ELSEWHERE.includes(type))
  const last = new Map<string, TestResponse>()
  // What an example refers to may be another example: those that do not resolve yet are sent again.
  for (let before = Infinity; pending.length < before;) {
    before = pending.length
    const left: Fixture[] = []
    for (const fixture of pending) {
      const sent = put(parseJson(readFileSync(join(folder, fixture.file))) as Json, patient, known)
      const send = async () => await scene.request(writer(fixture.type), 'POST', `/${fixture.type}`, { body: stringifyJson(sent) })
      let answer = await send()
      if (answer.status === 409) {
        // Several examples are of one document: each is sent as one of its own.
        sent.masterIdentifier.value = `urn:uuid:${randomUUID()}`
        delete sent.identifier
        answer = await send()
      }
      last.set(fixture.file, answer)
      if (answer.status !== 201) {
        left.push(fixture)
        continue
      }
      const id = answer.headers['location']?.toString().split('/').at(-3) ?? ''
      known.set(`${fixture.type}/${fixture.id}`, `${fixture.type}/${id}`)
      const read = await scene.request(writer(fixture.type), 'GET', `/${fixture.type}/${id}`, { headers: { accept: 'application/fhir+json' } })
      t.equal(read.status, 200, fixture.file)
      t.equal(plain(parseJson(Buffer.from(read.text)) as Json), plain(Object.assign(sent, TAKEN_OVER[fixture.file])), `${fixture.file} is read back equal`)
    }
    pending = left
  }
  const refusals = Object.fromEntries(pending.map(({ file }) => [file, last.get(file)?.json.issue.map(({ expression, diagnostics }: Json) => expression?.[0] ?? diagnostics)]))
  t.strictSame(refusals, REFUSED)
})

/** An example on this record: its patient, and what it refers to. */
function put (value: Json, patient: string, known: ReadonlyMap<string, string>): Json {
  const { id, ...resource } = value
  if (resource.resourceType === 'Binary') resource.securityContext = { reference: `Patient/${patient}` }
  walk(resource, (holder, name) => {
    const text = holder[name]
    if (typeof text !== 'string' || (name !== 'reference' && name !== 'url')) return
    const [, local] = /^(?:https?:\/\/[^#]*?\/)?([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})$/.exec(text) ?? []
    if (name === 'reference' && (local?.startsWith('Patient/') === true || /^(?:Patient\?.*|fr-patient-123)$/.test(text))) holder[name] = `Patient/${patient}`
    else if (local !== undefined && known.has(local)) holder[name] = known.get(local)
  })
  return resource
}

/** What the server adds, and contents that moved to a Binary, left aside; members in order. */
function plain (value: Json): string {
  const { id, meta: { versionId, lastUpdated, ...meta } = {}, ...rest } = value
  // A Binary is its content: raw it has no place for more.
  const resource = { ...rest, ...Object.keys(meta ?? {}).length === 0 || rest.resourceType === 'Binary' ? {} : { meta } }
  walk(resource, (holder, name) => {
    if (name !== 'attachment') return
    const { data, url, size, hash, ...attachment } = holder[name]
    holder[name] = attachment
  })
  return stringifyJson(sorted(resource))
}

function walk (value: Json, visit: (holder: Json, name: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    visit(value, name)
    walk(value[name], visit)
  }
}

/** In place: the digits of a number belong to the object that holds it. */
function sorted (value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  for (const name of Array.isArray(value) ? [] : Object.keys(value).toSorted()) {
    const part = value[name]
    // Deleted and set again, a member comes last; its digits are kept under its name.
    delete value[name]
    value[name] = part
  }
  Object.values(value).forEach(sorted)
  return value
}
