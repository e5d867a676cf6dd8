/**
 * The main job, end to end: software deposits, a professional searches, and every answer passes through the patient's
 * choices. The rows of the acceptance table, in their order, on one record.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { as } from '../helper/app.js'
import type { TestResponse } from '../helper/app.js'
import { access, block, document, emergency, label, patient, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, LAB, MT, isAbsent, link, look, matches, newIns, openScene, refused } from './scene.js'
import { inProject } from '../helper/root.js'

type Json = TestResponse['json']
const EXAMPLE = inProject('../shared/fixtures/valid/ans-pdsm/DocumentReference-PDSmSimplifiedExample.json')
const published = existsSync(EXAMPLE) ? JSON.parse(readFileSync(EXAMPLE, 'utf8')) : undefined
const PDF = Buffer.from('%PDF-1.4\n\u00ff letter of the hospital\n%%EOF', 'latin1')

const scene = await openScene(t)
const { get, post, put, gp, hospital, lab, operator } = scene
const ins = newIns()
const holder = await scene.token(as.holder(ins))
const mt = await scene.professional(MT)
const other = await scene.professional(GP2)
const emergencyToken = async (claims = {}) => await scene.token(as.emergency(GP2, `1${GP2.slice(0, 9)}`, ins, 'bris_de_glace', claims))
let id = ''
let letter: Json
let results: Json
let next = ''
let binary = ''

/** The published example, or a document like it, with this content and its true size and hash. */
function deposit (bytes: Buffer) {
  const base = structuredClone(published ?? document(id))
  Object.assign(base, { masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` }, subject: { reference: `Patient/${id}` } })
  Object.assign(base.content[0].attachment, { contentType: 'application/pdf', data: bytes.toString('base64'), size: bytes.length, hash: createHash('sha1').update(bytes).digest('base64') })
  return base
}
const all = () => `/DocumentReference?patient=Patient/${id}`
const total = async (token: string) => {
  const found = await get(token, all())
  return [found.status, found.json.total, matches(found).length]
}

t.test('GET /metadata is public', async t => {
  const { status, json } = await get(undefined, '/metadata')
  t.equal(status, 200)
  t.match(json, { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', implementation: { url: 'http://127.0.0.1:8080/fhir' } })
})

t.test('without a token nothing is answered', async t => {
  const response = await get(undefined, '/DocumentReference?patient=Patient/x')
  refused(t, response, 401, { code: 'login', details: 'MSG_AUTH_REQUIRED' })
  t.equal(response.headers['www-authenticate'], 'Bearer')
})

t.test('the operator opens a record', async t => {
  const response = await post(operator, patient(ins))
  t.equal(response.status, 201)
  id = response.json.id
  t.equal(response.headers['location'], `http://127.0.0.1:8080/fhir/Patient/${id}/_history/${response.json.meta.versionId}`)
})

t.test('the published example is refused for its size and its hash', { skip: published === undefined && 'the ANS example is not here' }, async t => {
  const response = await post(lab, { ...published, subject: { reference: `Patient/${id}` } })
  refused(t, response, 422,
    { code: 'business-rule', expression: 'DocumentReference.content[0].attachment.size' },
    { code: 'business-rule', expression: 'DocumentReference.content[0].attachment.hash' })
})

t.test('laboratory and hospital deposit, size and hash put right', async t => {
  const first = await post(lab, deposit(Buffer.from('results of the laboratory')))
  const second = await post(hospital, deposit(PDF))
  t.strictSame([first.status, second.status], [201, 201])
  results = first.json
  letter = second.json
  const { attachment } = letter.content[0]
  binary = attachment.url
  t.equal(attachment.data, undefined, 'the content is at its address')
  t.match(binary, /^Binary\/[\w-]+$/)
})

t.test('a practitioner without a ground finds nothing, and sees it as what does not exist', async t => {
  const found = await get(gp, all())
  t.strictSame([found.status, found.json.total, found.json.entry], [200, 0, undefined])
  const empty = await scene.open()
  t.strictSame(look(found, id), look(await get(gp, `/DocumentReference?patient=Patient/${empty.id}`), empty.id), 'as a patient without documents')
  const nobody = randomUUID()
  t.strictSame(look(found, id), look(await get(gp, `/DocumentReference?patient=Patient/${nobody}`), nobody), 'as nobody')
  const hidden = await get(gp, `/DocumentReference/${letter.id}`)
  isAbsent(t, hidden)
  t.strictSame(look(hidden), look(await get(gp, `/DocumentReference/${nobody}`)), 'as an unknown id')
})

t.test('a choice of the holder opens the record to the practitioner', async t => {
  t.equal((await post(holder, access(id, GP))).status, 201)
  t.strictSame(await total(gp), [200, 2, 2])
  for (const one of [letter, results]) t.equal((await get(gp, `/DocumentReference/${one.id}`)).status, 200)
  const content = await get(gp, `/${binary}`, { accept: 'application/pdf' })
  t.strictSame([content.status, content.headers['content-type'], content.bytes.equals(PDF)], [200, 'application/pdf', true], 'ITI-68')
  const first = await get(gp, `${all()}&_count=1&_sort=_lastUpdated`)
  t.strictSame([matches(first).map(one => one.id), first.json.total], [[results.id], 2])
  next = link(first, 'next') ?? ''
  t.strictSame(await scene.ids(gp, next), [letter.id])
})

t.test('what the holder masks is absent to the practitioner, in every interaction', async t => {
  const { json } = await get(holder, `/DocumentReference/${letter.id}`)
  t.equal((await put(holder, { ...json, securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.strictSame(await total(gp), [200, 1, 1])
  const version = `/DocumentReference/${letter.id}/_history/${letter.meta.versionId}`
  for (const url of [`/DocumentReference/${letter.id}`, version, `/DocumentReference/${letter.id}/_history`, `/${binary}`]) isAbsent(t, await get(gp, url))
  const old = await get(gp, next)
  t.strictSame([old.status, old.json.total, old.json.entry], [200, 1, undefined], 'an older next link')
  const reverse = await get(gp, `/Patient?_id=${id}&_revinclude=DocumentReference:patient`)
  t.strictSame([matches(reverse).map(one => one.id), matches(reverse, 'include').map(one => one.id)], [[id], [results.id]])
})

t.test('C13 a mask stops neither its author nor the médecin traitant', async t => {
  t.equal((await post(holder, treating(id, MT))).status, 201)
  for (const token of [hospital, mt]) {
    t.equal((await get(token, `/DocumentReference/${letter.id}`)).status, 200)
    t.equal((await get(token, `/DocumentReference/${letter.id}/_history/${letter.meta.versionId}`)).status, 200)
    t.ok((await get(token, `/${binary}`, { accept: 'application/pdf' })).bytes.equals(PDF))
  }
})

t.test('a block shuts the practitioner out, until a new ground', async t => {
  const made = await post(holder, block(id, { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } }))
  t.equal(made.status, 201)
  t.strictSame(await total(gp), [200, 0, 0])
  t.equal((await put(holder, { ...made.json, status: 'inactive' })).status, 200)
  t.strictSame(await total(gp), [200, 0, 0], 'lifting it brings no ground back')
  t.equal((await post(holder, access(id, GP))).status, 201)
  t.strictSame(await total(gp), [200, 1, 1])
})

t.test('C12 another doctor breaks the glass where the holder allows it, and does not see what is masked', async t => {
  const inEmergency = await emergencyToken()
  t.strictSame(await total(inEmergency), [200, 0, 0], 'the option is absent')
  t.equal((await post(holder, emergency(id, 'urgence-ps', 'BTG'))).status, 201)
  t.strictSame(await total(inEmergency), [200, 1, 1])
  isAbsent(t, await get(inEmergency, `/DocumentReference/${letter.id}`))
  t.strictSame(await total(other), [200, 0, 0], 'nor does the same doctor without an emergency')
  const withoutReason = await get(await emergencyToken({ Mode_Acces_Raison: undefined }), all())
  refused(t, withoutReason, 403, { code: 'forbidden' })
  t.match(withoutReason.json.issue[0].diagnostics, /Mode_Acces_Raison/)
})

t.test('neither the operator nor a doctor of the health insurance sees anything', async t => {
  const insurer = await scene.professional('899700366241', '1759999991', { Secteur_Activite: 'SA24^1.2.250.1.71.4.2.4' })
  t.equal((await post(holder, access(id, '899700366241'))).status, 201, 'not even with a ground')
  t.strictSame([await total(operator), await total(insurer)], [[200, 0, 0], [200, 0, 0]])
  isAbsent(t, await get(operator, `/DocumentReference/${results.id}`))
})

/** Who, how, how it ended, and what decided. */
function row ({ subtype, outcome, agent: [, user], extension = [] }: Json): string {
  const decision = extension.find(({ url }: Json) => /decision$/.test(url))?.extension ?? []
  const part = (name: string) => decision.find(({ url }: Json) => url === name)
  const mode = user.purposeOfUse?.[0].coding.map(({ code }: Json) => code).join('/') ?? '-'
  const who = user.who.identifier?.value ?? user.who.reference?.replace(id, 'holder') ?? user.who.display
  return [who, subtype[0].code, mode, user.purposeOfUse?.[0].text ?? '-', outcome, part('permit')?.valueBoolean ?? 'unsaid', part('rule')?.valueUnsignedInt ?? '-'].join(' ')
}

t.test('the holder reads who came, when, in which mode, why, and what decided', async t => {
  const trace = await get(holder, `/AuditEvent?patient=Patient/${id}&_count=200&_sort=date`)
  const rows: string[] = matches(trace).map(row)
  t.equal(trace.json.total, rows.length)
  const count = (text: string) => rows.filter(one => one === text).length
  const expected: { [row: string]: number } = {
    'operator create - - 0 true 0': 1,
    [`${LAB} create - - 0 true 9`]: 1,
    [`${HOSPITAL} create - - 0 true 9`]: 1,
    [`${HOSPITAL} read - - 0 true 9`]: 2,
    [`${HOSPITAL} vread - - 0 true 9`]: 1,
    'Patient/holder create - - 0 true 3': 6,
    'Patient/holder read - - 0 true 3': 1,
    'Patient/holder update - - 0 true 3': 2,
    [`${GP} search-type TREAT/normal - 0 false 10`]: 2,
    [`${GP} read TREAT/normal - 4 false 10`]: 1,
    [`${GP} search-type TREAT/normal - 0 true 10`]: 7,
    [`${GP} read TREAT/normal - 0 true 14`]: 3,
    [`${GP} read TREAT/normal - 4 false 13`]: 2,
    [`${GP} vread TREAT/normal - 4 false 13`]: 1,
    [`${GP} history-instance TREAT/normal - 4 false 13`]: 1,
    [`${GP} search-type TREAT/normal - 0 false 8`]: 1,
    [`${MT} read TREAT/normal - 0 true 7`]: 2,
    [`${MT} vread TREAT/normal - 0 true 7`]: 1,
    [`${GP2} search-type BTG/bris_de_glace patient unconscious 0 false 10`]: 1,
    [`${GP2} search-type BTG/bris_de_glace patient unconscious 0 true 10`]: 1,
    [`${GP2} read BTG/bris_de_glace patient unconscious 4 false 13`]: 1,
    [`${GP2} search-type TREAT/normal - 0 false 10`]: 1,
    [`${GP2} search-type BTG/bris_de_glace - 4 false 0`]: 1,
    'operator search-type - - 0 false 5': 1,
    'operator read - - 4 false 5': 1,
    '899700366241 search-type TREAT/normal - 0 false 5': 1
  }
  for (const [text, times] of Object.entries(expected)) t.equal(count(text), times, text)
  t.strictSame(rows.filter(one => expected[one] === undefined), [], 'and nothing else')
  const instants = matches(trace).map(({ recorded }) => Date.parse(recorded))
  t.ok(instants.every((instant, index) => instant <= Date.now() && instant >= (instants[index - 1] ?? 0)), 'in the order in which it happened')
})

t.test('the practitioner reads only what was permitted to them, without what decided', async t => {
  const trace = await get(gp, `/AuditEvent?patient=Patient/${id}&_count=200&_sort=date`)
  const rows = matches(trace).map(row)
  t.strictSame([...new Set(rows)].sort(), [`${GP} read TREAT/normal - 0 unsaid -`, `${GP} search-type TREAT/normal - 0 unsaid -`])
  t.notMatch(trace.text, new RegExp(`${letter.id}|${binary}|Consent/|"rule"`), 'nor what is masked, nor a choice')
  t.equal(trace.json.total, rows.length)
})

t.test('what was acknowledged is there after a restart', async t => {
  await scene.restart()
  t.strictSame([await total(gp), await total(holder), await total(hospital)], [[200, 1, 1], [200, 2, 2], [200, 1, 1]])
})
