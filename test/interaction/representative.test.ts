/** Legal representatives and helpers (`consent.md` 4, rule 4, and 5): they read as the holder, but never what is hidden from them. */
import t from 'tap'
import { as, INS_TEST } from '../helper/app.js'
import { ACTIVE_ALLERGY, access, actor, consent, document, label, person, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, isAbsent, matches, openScene, refused } from './scene.js'
import type { Record } from './scene.js'

const scene = await openScene(t)
const { get, put, post, made, remove, ids, operator, hospital, gp } = scene
const secretHospital = await scene.token(as.structure(HOSPITAL, { Connexion_Secrete: true }))
const MINOR = { birthDate: '2015-05-05' }
const REPRESENTATION = 'https://fhir.espace-sante.example/StructureDefinition/legal-representation'
const relative = (patient: string, more: object = {}) => ({ resourceType: 'RelatedPerson', patient: { reference: `Patient/${patient}` }, name: [{ family: 'PETIT', given: ['Jeanne'] }], ...more })
const representing = (code: string) => ({ extension: [{ url: REPRESENTATION, valueCode: code }] })
const tokenOf = async (id: string, { ins }: Record) => await scene.token({ actor: 'representative', representative_id: id, ins: `${INS_TEST}|${ins}`, sub: id })
const delegation = (patient: string, id: string, period: object = { end: '2099' }) => consent(patient, 'delegation', { type: 'permit', period, actor: actor({ reference: `RelatedPerson/${id}` }) })
const seen = async (token: string, { id }: Record) => await ids(token, `/DocumentReference?patient=Patient/${id}`)

/** A child with a parent, and three documents: one that all see, one that is masked, one that is hidden from representatives. */
async function family () {
  const child = await scene.open(MINOR)
  const parent = await made(operator, relative(child.id, representing('minor')))
  const plain = await made(hospital, document(child.id))
  const masked = await made(hospital, document(child.id, { securityLabel: [label('MASQUE_PS')] }))
  const secret = await made(secretHospital, document(child.id))
  return { child, parent: { id: parent.id as string, token: await tokenOf(parent.id, child) }, plain, masked, secret }
}

t.test('the parent of a child reads as the child, but never what is hidden from representatives', async t => {
  const { child, parent, plain, masked, secret } = await family()
  t.strictSame(secret.securityLabel, [label('INVISIBLE_REPRESENTANTS_LEGAUX')])
  t.strictSame((await seen(child.holder, child)).length, 3)
  t.strictSame([...await seen(parent.token, child)].sort(), [plain.id, masked.id].sort())
  isAbsent(t, await get(parent.token, `/DocumentReference/${secret.id}`))
  isAbsent(t, await get(parent.token, `/DocumentReference/${secret.id}/_history`))
  t.equal((await get(parent.token, `/DocumentReference?patient=Patient/${child.id}&_summary=count`)).json.total, 2)
  t.equal((await get(parent.token, `/Patient/${child.id}`)).status, 200)
  const unannounced = await made(hospital, document(child.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  isAbsent(t, await get(parent.token, `/DocumentReference/${unannounced.id}`))
})

t.test('P21 what happens in a secret session is not told to representatives, and what is hidden from them is not named', async t => {
  const { child, parent, secret, plain } = await family()
  const about = async (token: string) => JSON.stringify(matches(await get(token, `/AuditEvent?patient=Patient/${child.id}&_count=200`)))
  t.match(await about(child.holder), secret.id)
  t.notMatch(await about(parent.token), secret.id)
  t.match(await about(parent.token), plain.id)
  const secretly = await scene.professional(GP, '1751234567', { Connexion_Secrete: true, ins: `${INS_TEST}|${child.ins}` })
  await made(child.holder, access(child.id, GP))
  const count = async (token: string) => (await get(token, `/AuditEvent?patient=Patient/${child.id}&_summary=count`)).json.total as number
  const before = [await count(parent.token), await count(child.holder)]
  t.equal((await get(secretly, `/DocumentReference/${plain.id}`)).status, 200)
  const after = [await count(parent.token), await count(child.holder)]
  // Each count is an event of its own, of which both are told.
  t.strictSame(after.map((one, index) => one - (before[index] ?? 0)), [2, 3])
})

t.test('a choice that a minor has recorded in a secret session is not there for the parents, nor named by what it decides', async t => {
  const { child, parent, plain } = await family()
  const secretly = await scene.professional(GP, '1751234567', { Connexion_Secrete: true, ins: `${INS_TEST}|${child.ins}` })
  const recorded = await made(secretly, consent(child.id, 'acces-ponctuel', { type: 'permit', actor: actor(person(GP)), period: { start: new Date().toISOString(), end: new Date(Date.now() + 3_600_000).toISOString() } }))
  t.strictSame(recorded.meta.security, label('INVISIBLE_REPRESENTANTS_LEGAUX').coding)
  t.equal((await get(gp, `/DocumentReference/${plain.id}`)).status, 200, 'it is in force')
  const search = `/Consent?patient=Patient/${child.id}`
  t.strictSame(await ids(child.holder, search), [recorded.id])
  t.strictSame(await ids(parent.token, search), [])
  for (const url of [`/Consent/${recorded.id}`, `/Consent/${recorded.id}/_history`]) isAbsent(t, await get(parent.token, url))
  isAbsent(t, await remove(parent.token, `/Consent/${recorded.id}`))
  const told = async (token: string) => JSON.stringify(matches(await get(token, `/AuditEvent?patient=Patient/${child.id}&_count=200`)))
  t.match(await told(child.holder), recorded.id)
  t.notMatch(await told(parent.token), recorded.id)
  t.match(await told(parent.token), plain.id, 'that the document was read is told')
  refused(t, await post(parent.token, { ...access(child.id, GP2), meta: recorded.meta }), 403, { code: 'forbidden', expression: 'Consent.meta.security' })
  const own = await made(child.holder, { ...access(child.id, GP2), meta: { security: recorded.meta.security } })
  isAbsent(t, await get(parent.token, `/Consent/${own.id}`))
  t.equal((await put(child.holder, { ...own, meta: undefined })).status, 200)
  t.equal((await get(parent.token, `/Consent/${own.id}`)).status, 200, 'until the child says otherwise')
})

t.test('who is no representative, or none any more, sees nothing', async t => {
  const { child, parent, plain } = await family()
  const aunt = await made(child.holder, relative(child.id))
  const stranger = await scene.open(MINOR)
  const other = await made(operator, relative(stranger.id, representing('minor')))
  for (const token of [await tokenOf(aunt.id, child), await tokenOf(other.id, child), await tokenOf('nobody', child), await tokenOf(parent.id, stranger)]) {
    t.strictSame(await seen(token, child), [])
    isAbsent(t, await get(token, `/DocumentReference/${plain.id}`))
    isAbsent(t, await get(token, `/Patient/${child.id}`))
  }
  refused(t, await post(child.holder, relative(child.id, representing('minor'))), 422, { code: 'business-rule', expression: 'RelatedPerson.extension' })
  refused(t, await post(operator, relative(child.id, representing('anybody'))), 422, { code: 'code-invalid', expression: 'RelatedPerson.extension' })
  const ended = async (more: object) => {
    t.equal((await put(operator, { ...relative(child.id, representing('minor')), id: parent.id, ...more })).status, 200)
    return await seen(parent.token, child)
  }
  t.strictSame(await ended({ period: { end: '2020' } }), [])
  t.equal((await ended({})).length, 2)
  t.strictSame(await ended({ active: false }), [])
  t.strictSame(await ended({ extension: undefined }), [])
  t.equal((await ended({})).length, 2)
  t.equal((await remove(operator, `/RelatedPerson/${parent.id}`)).status, 204)
  t.strictSame(await seen(parent.token, child), [])
})

t.test('from the eighteenth birthday on the parent represents nobody; who represents a protected adult goes on', async t => {
  const { child, parent } = await family()
  const born = async (birthDate: string) => {
    const { json } = await get(operator, `/Patient/${child.id}`)
    t.equal((await put(operator, { ...json, birthDate })).status, 200)
  }
  const guardian = await made(operator, relative(child.id, representing('protected-adult')))
  const guarding = await tokenOf(guardian.id, child)
  await born('1990-01-02')
  t.strictSame(await seen(parent.token, child), [])
  t.equal((await seen(guarding, child)).length, 2)
  await born('2015-05-05')
  t.equal((await seen(parent.token, child)).length, 2)
})

t.test('a representative chooses for the child, but opens nothing that is hidden from representatives', async t => {
  const { child, parent, plain, secret } = await family()
  const given = await made(parent.token, access(child.id, GP))
  t.strictSame(await seen(gp, child), [plain.id])
  isAbsent(t, await get(gp, `/DocumentReference/${secret.id}`))
  const mt = await scene.professional(MT)
  await made(parent.token, treating(child.id, MT))
  t.equal((await seen(mt, child)).length, 2)
  isAbsent(t, await get(mt, `/DocumentReference/${secret.id}`))
  t.equal((await seen(hospital, child)).length, 3, 'its author keeps it')
  const confirmed = (await get(child.holder, `/Consent/${given.id}`)).json
  t.equal((await put(child.holder, confirmed)).status, 200)
  t.strictSame([...await seen(gp, child)].sort(), [plain.id, secret.id].sort(), 'what the child gives opens it')
  t.equal((await put(parent.token, confirmed)).status, 200)
  t.strictSame(await seen(gp, child), [plain.id], 'what the parent gives again does not')
  const aunt = await made(child.holder, relative(child.id))
  refused(t, await post(parent.token, delegation(child.id, aunt.id)), 403, { code: 'forbidden' })
  refused(t, await post(parent.token, consent(child.id, 'suppression', { type: 'deny' })), 403, { code: 'forbidden' })
})

t.test('a legal representative masks and unmasks, keeps contact data, and reveals nothing', async t => {
  const { child, parent, plain, secret } = await family()
  const labelled = async (...codes: string[]) => {
    const { json } = await get(parent.token, `/DocumentReference/${plain.id}`)
    const { securityLabel, ...rest } = json
    return await put(parent.token, { ...rest, ...codes.length === 0 ? {} : { securityLabel: codes.map(code => label(code)) } })
  }
  t.equal((await labelled('MASQUE_PS')).status, 200)
  t.equal((await labelled()).status, 200)
  refused(t, await labelled('INVISIBLE_REPRESENTANTS_LEGAUX'), 403, { code: 'forbidden', expression: 'DocumentReference.securityLabel' })
  isAbsent(t, await put(parent.token, { ...document(child.id), id: secret.id }))
  const identity = (await get(parent.token, `/Patient/${child.id}`)).json
  t.equal((await put(parent.token, { ...identity, telecom: [{ system: 'phone', value: '0601020304' }] })).status, 200)
  refused(t, await put(parent.token, { ...identity, birthDate: '2020-01-01' }), 403, { code: 'forbidden', expression: 'Patient.birthDate' })
  refused(t, await post(parent.token, relative(child.id)), 403, { code: 'forbidden' })
})

t.test('a helper reads and deposits as long as the delegation holds, and has no other right', async t => {
  const record = await scene.open()
  const plain = await made(hospital, document(record.id))
  const secret = await made(record.holder, { ...document(record.id), type: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire', code: 'DOCPAT01' }] }, securityLabel: [label('INVISIBLE_REPRESENTANTS_LEGAUX')] })
  const aunt = await made(record.holder, relative(record.id))
  const helper = await tokenOf(aunt.id, record)
  const given = await made(record.holder, delegation(record.id, aunt.id))
  t.strictSame(await seen(helper, record), [plain.id])
  isAbsent(t, await get(helper, `/DocumentReference/${secret.id}`))
  const allergy = await made(helper, { resourceType: 'AllergyIntolerance', ...ACTIVE_ALLERGY, patient: { reference: `Patient/${record.id}` }, code: { text: 'Arachide' } })
  t.strictSame(allergy.asserter, { reference: `RelatedPerson/${aunt.id}` }, 'it shows who said it')
  t.equal((await put(helper, { ...allergy, asserter: undefined, code: { text: 'Cacahuète' } })).status, 200)
  refused(t, await post(helper, document(record.id)), 403, { code: 'forbidden' })
  refused(t, await post(helper, access(record.id, GP2)), 403, { code: 'forbidden' })
  const current = (await get(helper, `/DocumentReference/${plain.id}`)).json
  refused(t, await put(helper, { ...current, securityLabel: [label('MASQUE_PS')] }), 403, { code: 'forbidden', expression: 'DocumentReference.securityLabel' })
  t.equal((await put(record.holder, { ...given, provision: { ...given.provision, period: { end: '2020' } } })).status, 200)
  t.strictSame(await seen(helper, record), [])
  isAbsent(t, await get(helper, `/AllergyIntolerance/${allergy.id}`))
  refused(t, await post(record.holder, delegation(record.id, 'nobody')), 422, { code: 'not-found', expression: 'Consent.provision.actor.reference' })
})

t.test('of messages and appointments a representative sees what they take part in, and the child\'s appointments', async t => {
  const { child, parent } = await family()
  await made(child.holder, access(child.id, GP))
  const to = async (recipient: object) => await made(gp, {
    resourceType: 'Communication',
    status: 'completed',
    subject: { reference: `Patient/${child.id}` },
    sender: { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } },
    recipient: [recipient],
    payload: [{ contentString: 'Bonjour' }]
  })
  const toChild = await to({ reference: `Patient/${child.id}` })
  const toParent = await to({ reference: `RelatedPerson/${parent.id}` })
  t.strictSame(await ids(parent.token, `/Communication?patient=Patient/${child.id}`), [toParent.id])
  isAbsent(t, await get(parent.token, `/Communication/${toChild.id}`))
  t.strictSame(await ids(child.holder, `/Communication?patient=Patient/${child.id}`), [toChild.id])
  const appointment = await made(gp, {
    resourceType: 'Appointment',
    status: 'booked',
    start: '2027-01-01T09:00:00Z',
    end: '2027-01-01T09:30:00Z',
    participant: [{ actor: { reference: `Patient/${child.id}` }, status: 'accepted' }, { actor: { type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } }, status: 'accepted' }]
  })
  t.strictSame(await ids(parent.token, `/Appointment?patient=Patient/${child.id}`), [appointment.id])
})

t.test('of an account that is not open a legal representative reads the choices only', async t => {
  const { child, parent, plain } = await family()
  const given = await made(parent.token, access(child.id, GP))
  const { json } = await get(operator, `/Patient/${child.id}`)
  t.equal((await put(operator, { ...json, extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: 'suspended' }] })).status, 200)
  t.equal((await get(parent.token, `/Consent/${given.id}`)).status, 200)
  isAbsent(t, await get(parent.token, `/DocumentReference/${plain.id}`))
  isAbsent(t, await get(parent.token, `/Patient/${child.id}`))
  t.strictSame(await seen(parent.token, child), [])
})

t.test('who represents nobody learns nothing by writing, and a representative nothing about what is hidden from them', async t => {
  const { child, parent, plain, secret } = await family()
  const opposed = await scene.open(MINOR)
  const { json } = await get(operator, `/Patient/${opposed.id}`)
  t.equal((await put(operator, { ...json, extension: [{ url: 'https://fhir.espace-sante.example/StructureDefinition/account-status', valueCode: 'opposed' }] })).status, 200)
  const allergy = (id: string) => ({ resourceType: 'AllergyIntolerance', ...ACTIVE_ALLERGY, patient: { reference: `Patient/${id}` }, code: { text: 'Arachide' } })
  for (const record of [child, opposed]) {
    const nobody = await tokenOf('nobody', record)
    refused(t, await post(nobody, allergy(record.id)), 422, { code: 'not-found', expression: 'AllergyIntolerance.patient' })
    const raw = await scene.request(nobody, 'POST', '/Binary', { body: 'x', headers: { 'content-type': 'text/plain', 'x-security-context': `Patient/${record.id}` } })
    t.equal(raw.status, 422, 'nor do they feed it')
  }
  const provenance = (id: string) => ({ resourceType: 'Provenance', target: [{ reference: `DocumentReference/${id}` }], recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'x' } }] })
  for (const id of [plain.id, secret.id, 'nothing']) refused(t, await post(parent.token, provenance(id)), 403, { code: 'forbidden' })
})
