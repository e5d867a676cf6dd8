/** update (R4 http.html#update): the precondition, what does not change, and who may set which label (`consent.md` 5). */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { access, actor, consent, document, label, patient, person, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, isAbsent, look, openScene, refused } from './scene.js'

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const scene = await openScene(t)
const { get, put, gp, hospital, lab, operator, made } = scene
const { id: patientId, holder } = await scene.open()
const DOCTOR = '899700000042'
/** A doctor of the hospital who deposits in person, a colleague, a keeper of the patient's choices. */
const doctor = await scene.professional(DOCTOR, HOSPITAL)
const colleague = await scene.professional('899700000043', HOSPITAL)
const administrator = await scene.professional('899700000044')
const mt = await scene.professional(MT)
await made(holder, access(patientId, GP))
await made(holder, treating(patientId, MT))
await made(holder, consent(patientId, 'administrateur', { type: 'permit', actor: actor(person('899700000044')) }))
const deposit = async (token = doctor, more = {}) => await made(token, document(patientId, more))
const labels = ({ json }: TestResponse) => (json.securityLabel ?? []).flatMap((concept: TestResponse['json']) => concept.coding.map((one: { code: string }) => one.code))

t.test('returns the new version, with its headers', async t => {
  const before = await deposit()
  const { status, json, headers } = await put(doctor, { ...before, description: 'corrected' })
  t.strictSame([status, json.description, json.id], [200, 'corrected', before.id])
  t.not(json.meta.versionId, before.meta.versionId)
  t.match(headers, { etag: `W/"${json.meta.versionId}"`, 'last-modified': new Date(json.meta.lastUpdated).toUTCString() })
  t.ok(json.meta.lastUpdated > before.meta.lastUpdated)
  t.strictSame((await get(gp, `/DocumentReference/${before.id}`)).json, json)
  t.equal((await put(doctor, json, { prefer: 'return=minimal' })).text, '')
})

t.test('returns Precondition Failed where If-Match names another version', async t => {
  const before = await deposit()
  const current = (await put(doctor, before, { 'if-match': `W/"${before.meta.versionId}"` })).json
  t.not(current.meta.versionId, before.meta.versionId)
  for (const tag of [`W/"${before.meta.versionId}"`, '"nonsense"', before.meta.versionId]) {
    refused(t, await put(doctor, before, { 'if-match': tag }), 412, { code: 'conflict', details: 'MSG_VERSION_AWARE_CONFLICT', expression: 'If-Match' })
  }
  t.equal((await get(doctor, `/DocumentReference/${before.id}`)).json.meta.versionId, current.meta.versionId, 'nothing was written')
  t.equal((await put(doctor, before, { 'if-match': '*' })).status, 200)
})

t.test('of two that update the same version one wins', async t => {
  const before = await deposit()
  const answers = await Promise.all(['one', 'two'].map(async description =>
    await put(doctor, { ...before, description }, { 'if-match': `W/"${before.meta.versionId}"` })))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 412])
})

t.test('returns Bad Request where the body has another id', async t => {
  const before = await deposit()
  const body = { ...before, id: randomUUID() }
  refused(t, await scene.request(doctor, 'PUT', `/DocumentReference/${before.id}`, { body }), 400, { code: 'invalid', expression: 'DocumentReference.id' })
  refused(t, await scene.request(doctor, 'PUT', `/DocumentReference/${before.id}`, { body: patient('1') }), 400, { code: 'invalid', expression: 'resourceType' })
})

t.test('a client\'s id never creates, and what is hidden is as absent as what is unknown', async t => {
  const hidden = await deposit()
  const unknown = await put(lab, { ...hidden, id: randomUUID() })
  isAbsent(t, unknown)
  t.strictSame(look(await put(lab, hidden)), look(unknown))
  t.strictSame(look(await put(lab, { ...hidden, status: 'nonsense' }, { 'if-match': '"x"' })), look(unknown), 'whatever else is wrong')
  isAbsent(t, await put(operator, patient('1', { id: 'mine' })))
})

t.test('what a rule reads does not change once it is deposited', async t => {
  const before = await deposit(doctor, { description: 'first' })
  const other = document(patientId)
  const changes = {
    subject: { reference: `Patient/${randomUUID()}` },
    author: [person(GP)],
    authenticator: person(GP),
    custodian: { display: 'somebody' },
    masterIdentifier: other.masterIdentifier,
    identifier: [{ system: 'urn:x', value: 'y' }],
    type: { coding: [{ system: 'http://loinc.org', code: '18842-5' }] },
    category: [{ coding: [{ system: 'urn:x', code: 'y' }] }],
    date: '2026-06-13T10:00:00Z',
    content: [{ attachment: { ...before.content[0].attachment, title: 'another title' } }],
    context: { period: { start: '2020-01-01' } },
    relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${randomUUID()}` } }],
    contained: [{ resourceType: 'DocumentReference', id: 'p', status: 'current', relatesTo: [{ code: 'appends', target: { reference: '#' } }], content: [{ attachment: { url: 'http://x/' } }] }]
  }
  for (const [element, value] of Object.entries(changes)) {
    const response = await put(doctor, { ...before, [element]: value })
    refused(t, response, 422, { code: 'business-rule', expression: `DocumentReference.${element}` })
  }
  refused(t, await put(doctor, { ...before, date: '2020-01-01T00:00:00Z', type: undefined }), 422,
    { code: 'business-rule', expression: 'DocumentReference.type' }, { code: 'business-rule', expression: 'DocumentReference.date' })
  t.equal((await get(doctor, `/DocumentReference/${before.id}`)).json.meta.versionId, before.meta.versionId)
})

t.test('only an author corrects; what was entered in error stays so', async t => {
  const before = await deposit()
  for (const token of [gp, mt, holder, administrator]) refused(t, await put(token, { ...before, description: 'mine' }), 403, { code: 'forbidden' })
  for (const token of [colleague, hospital]) t.equal((await put(token, { ...before, description: 'of the structure' })).status, 200)
  const wrong = (await put(doctor, { ...before, status: 'entered-in-error' }))
  t.equal(wrong.status, 200)
  isAbsent(t, await get(gp, `/DocumentReference/${before.id}`))
  t.equal((await get(holder, `/DocumentReference/${before.id}`)).status, 200)
  refused(t, await put(doctor, before), 422, { code: 'business-rule', expression: 'DocumentReference.status' })
})

async function labelledBy (token: string, securityLabel: readonly object[]) {
  const { id } = await deposit()
  const { status } = await put(token, { ...(await get(doctor, `/DocumentReference/${id}`)).json, securityLabel })
  if (status !== 200) throw new Error(`not labelled: ${status}`)
  return (await get(doctor, `/DocumentReference/${id}`)).json
}

/** Who may add a label, and who may remove it; everybody here may read the document. */
const people = { holder, administrator, doctor, colleague, hospital, mt, gp }
type Who = keyof typeof people
const rows: readonly (readonly [code: string, system: string | undefined, adders: readonly Who[], removers: readonly Who[]])[] = [
  ['MASQUE_PS', undefined, ['holder', 'administrator', 'doctor', 'mt'], ['holder', 'administrator']],
  ['INVISIBLE_PATIENT', undefined, ['doctor'], ['doctor', 'colleague', 'hospital', 'mt']],
  ['INVISIBLE_REPRESENTANTS_LEGAUX', undefined, ['holder'], ['holder']],
  ['MASQUE_PSOCIAL', undefined, ['holder', 'doctor', 'colleague', 'hospital'], ['holder']],
  ['R', CONFIDENTIALITY, ['holder', 'doctor', 'colleague', 'hospital'], ['holder']],
  ['V', CONFIDENTIALITY, ['holder', 'doctor', 'colleague', 'hospital'], ['holder']]
]
for (const [code, system, adders, removers] of rows) {
  t.test(`${code} is added by ${adders.join(', ')}, removed by ${removers.join(', ')}`, async t => {
    const securityLabel = [label(code, system)]
    const adder = people[adders[0] ?? 'holder']
    // What is refused changes nothing: those who may not share a document.
    const [plain, kept] = [await deposit(), await labelledBy(adder, securityLabel)]
    for (const [who, token] of Object.entries(people) as [Who, string][]) {
      if (adders.includes(who)) t.equal((await put(token, { ...await deposit(), securityLabel })).status, 200, `${who} adds`)
      else refused(t, await put(token, { ...plain, securityLabel }), 403, { code: 'forbidden', expression: 'DocumentReference.securityLabel' })
      const { securityLabel: _, ...without } = removers.includes(who) ? await labelledBy(adder, securityLabel) : kept
      const removed = await put(token, without)
      // The holder does not see what is withheld from them, nor the practitioner what is masked.
      const isUnseen = (code === 'INVISIBLE_PATIENT' && who === 'holder') || (code === 'MASQUE_PS' && who === 'gp')
      if (removers.includes(who)) t.strictSame([removed.status, labels(removed)], [200, []], `${who} removes`)
      else if (isUnseen) isAbsent(t, removed)
      else refused(t, removed, 403, { code: 'forbidden', expression: 'DocumentReference.securityLabel' })
    }
    t.strictSame((await get(doctor, `/DocumentReference/${kept.id}`)).json, kept)
  })
}

t.test('an author\'s update that leaves a mask out is refused whole', async t => {
  const before = await deposit()
  t.equal((await put(holder, { ...before, securityLabel: [label('MASQUE_PS')] })).status, 200)
  refused(t, await put(doctor, { ...before, description: 'corrected' }), 403, { code: 'forbidden', expression: 'DocumentReference.securityLabel' })
  const moved = await put(doctor, { ...before, description: 'corrected', meta: { security: [label('MASQUE_PS').coding[0]] } })
  t.equal(moved.status, 200, 'the same mask at the other place is the same mask')
  isAbsent(t, await get(gp, `/DocumentReference/${before.id}`))
  t.equal((await get(doctor, `/DocumentReference/${before.id}`)).json.description, 'corrected')
})

t.test('an unknown label masks', async t => {
  const before = await deposit()
  t.equal((await put(doctor, { ...before, securityLabel: [label('SECRET', 'urn:nobody')] })).status, 200)
  isAbsent(t, await get(gp, `/DocumentReference/${before.id}`))
  t.equal((await get(mt, `/DocumentReference/${before.id}`)).status, 200)
})

t.test('P9 a writer who may not read what they wrote is answered without it', async t => {
  await made(holder, access(patientId, GP2))
  const dietitian = await scene.professional(GP2, undefined, { SubjectRole: ['95^1.2.250.1.71.1.2.7'] })
  const before = await deposit(doctor, { type: { coding: [{ system: 'urn:x', code: 'unknown' }] } })
  isAbsent(t, await put(dietitian, { ...before, securityLabel: [label('MASQUE_PS')] }))
})
