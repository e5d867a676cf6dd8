/** The choices of a patient (`consent.md` 3 and 5): which are taken, from whom, and what each shape lacks. */
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import t from 'tap'
import { access, actor, block, consent, document, emergency, label, person, purpose, structure, treating } from '../helper/resource.js'
import { as } from '../helper/app.js'
import { GP, GP2, MT, isAbsent, look, openScene, refused } from './scene.js'
import { ROOT } from '../helper/root.js'

const scene = await openScene(t)
const { get, post, put, made, ids, gp, hospital, lab } = scene
const EXAMPLES = new URL('terminology/examples/', ROOT)
const { id: patientId, holder, ins } = await scene.open()
const masked = await made(hospital, document(patientId, { securityLabel: [label('MASQUE_PS')] }))
const plain = await made(hospital, document(patientId))
const url = `/DocumentReference?patient=Patient/${patientId}`
const day = (offset: number) => new Date(Date.now() + offset * 24 * 3600 * 1000).toISOString()

/** Why an example is refused here: what it names is not there yet. */
const refusals: { readonly [kind: string]: string } = {
  'equipe-soins': 'Consent.provision.actor.reference',
  delegation: 'Consent.provision.actor.reference',
  partage: 'Consent.provision.data.reference'
}
for (const file of readdirSync(EXAMPLES)) {
  const kind = /^consent-(.+)\.json$/.exec(file)?.[1] ?? ''
  const expression = refusals[kind]
  t.test(`the example of ${kind} is ${expression === undefined ? 'taken' : 'refused: what it names is not there'}`, async t => {
    const record = await scene.open()
    const example = JSON.parse(readFileSync(new URL(file, EXAMPLES), 'utf8'))
    example.patient.identifier.value = record.ins
    const response = await post(record.holder, example)
    if (expression !== undefined) refused(t, response, 422, { code: 'not-found', expression })
    else t.match([response.status, response.json], [201, { patient: { reference: `Patient/${record.id}` }, category: [{}, { coding: [{ code: kind }] }] }])
  })
}

const faults: readonly (readonly [what: string, kind: string | undefined, provision: object, ...places: string[]])[] = [
  ['access denies', 'acces-ps', { type: 'deny', actor: actor(person(GP)) }, 'type'],
  ['access names nobody', 'acces-ps', { type: 'permit' }, 'actor'],
  ['access names two', 'acces-ps', { type: 'permit', actor: [...actor(person(GP)), ...actor(person(GP2))] }, 'actor'],
  ['access is about some data', 'acces-ps', { type: 'permit', actor: actor(person(GP)), securityLabel: [label('N').coding[0]] }, 'data'],
  ['access has exceptions', 'acces-ps', { type: 'permit', actor: actor(person(GP)), provision: [{ type: 'deny' }] }, 'provision'],
  ['single access has no period', 'acces-ponctuel', { type: 'permit', actor: actor(person(GP)) }, 'period'],
  ['single access is longer than a day', 'acces-ponctuel', { type: 'permit', actor: actor(person(GP)), period: { start: day(0), end: day(1.1) } }, 'period'],
  ['single access has no end', 'acces-ponctuel', { type: 'permit', actor: actor(person(GP)), period: { start: day(0) } }, 'period'],
  ['a block permits', 'blocage', { type: 'permit', actor: actor(person(GP)) }, 'type'],
  ['a block names nobody', 'blocage', { type: 'deny' }, 'actor'],
  ['sharing has no selector', 'partage', { type: 'deny', actor: actor(person(GP)) }, 'data'],
  ['an emergency names somebody', 'urgence-ps', { type: 'permit', purpose: [purpose('BTG')], actor: actor(person(GP)) }, 'actor'],
  ['an emergency has another purpose', 'urgence-ps', { type: 'permit', purpose: [purpose('ETREAT')] }, 'purpose'],
  ['an emergency has no purpose', 'urgence-samu', { type: 'permit' }, 'purpose'],
  ['masked documents in an emergency lack their label and a purpose', 'urgence-masques', { type: 'permit', purpose: [purpose('BTG')] }, 'purpose', 'securityLabel'],
  ['a default masks otherwise', 'defaut-confidentialite', { type: 'permit', securityLabel: [label('MASQUE_PSOCIAL').coding[0]] }, 'securityLabel'],
  ['a delegation has no period', 'delegation', { type: 'permit', actor: actor(person(GP)) }, 'period'],
  ['a delegation has a period without an instant', 'delegation', { type: 'permit', actor: actor(person(GP)), period: { extension: [{ url: 'urn:example', valueBoolean: true }] } }, 'period'],
  ['a provision says neither', undefined, { actor: actor(person(GP)) }, 'type'],
  ['exceptions have exceptions', undefined, { type: 'permit', provision: [{ type: 'deny', provision: [{ type: 'permit' }] }] }, 'provision']
]
for (const [what, kind, provision, ...places] of faults) {
  t.test(`refused where ${what}`, async t => {
    const expected = places.map(place => ({ code: 'business-rule', expression: what.startsWith('exceptions') ? 'Consent.provision.provision' : `Consent.provision.${place}` }))
    refused(t, await post(holder, consent(patientId, kind, provision)), 422, ...expected)
  })
}

t.test('C7 P21 refused where the Consent as a whole is no choice', async t => {
  const of = (more: object) => ({ ...access(patientId, GP), ...more })
  const rule = { code: 'business-rule' }
  refused(t, await post(holder, of({ scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'research' }] } })), 422, { ...rule, expression: 'Consent.scope' })
  const { category } = access(patientId, GP)
  refused(t, await post(holder, of({ category: [...category, ...block(patientId, person(GP)).category.slice(1)] })), 422, { ...rule, expression: 'Consent.category' })
  refused(t, await post(holder, consent(patientId, 'nonsense', { type: 'permit' })), 422, { ...rule, expression: 'Consent.category' })
  refused(t, await post(holder, of({ provision: undefined })), 422, { code: 'required', expression: 'Consent.provision' })
  refused(t, await post(holder, of({ status: 'nonsense' })), 422, { code: 'code-invalid', expression: 'Consent.status' })
})

t.test('actor and data must be there for the one who writes', async t => {
  const about = (id: string) => consent(patientId, 'partage', { type: 'deny', actor: actor(person(GP)), data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } }] })
  const other = await scene.open()
  const foreign = await made(hospital, document(other.id))
  refused(t, await post(holder, about(randomUUID())), 422, { code: 'not-found', expression: 'Consent.provision.data.reference' })
  t.strictSame(look(await post(holder, about(foreign.id))), look(await post(holder, about(randomUUID()))))
  refused(t, await post(holder, consent(patientId, 'acces-ps', { type: 'permit', actor: actor({ reference: `Practitioner/${randomUUID()}` }) })), 422,
    { code: 'not-found', expression: 'Consent.provision.actor.reference' })
})

t.test('C10 nobody writes a choice into another record', async t => {
  const other = await scene.open()
  refused(t, await post(holder, access(other.id, GP)), 403, { code: 'forbidden' })
  for (const nobody of [access(randomUUID(), GP), { ...access(patientId, GP), patient: { display: 'me' } }]) {
    t.strictSame(look(await post(holder, nobody)), look(await post(holder, access(other.id, GP))), 'nor learns whether it is there')
  }
  for (const token of [gp, hospital, scene.operator, await scene.token(as.application('app', ins))]) refused(t, await post(token, access(patientId, GP)), 403, { code: 'forbidden' })
  const own = await made(other.holder, access(other.id, GP2))
  isAbsent(t, await put(holder, own))
  refused(t, await put(other.holder, { ...own, patient: { reference: `Patient/${patientId}` } }), 422, { code: 'business-rule', expression: 'Consent.patient' })
})

t.test('a choice keeps its kind, a block its actor, and what was lifted stays lifted', async t => {
  const record = await scene.open()
  const made_ = await made(record.holder, block(record.id, person(GP)))
  refused(t, await put(record.holder, { ...access(record.id, GP), id: made_.id }), 422, { code: 'business-rule', expression: 'Consent.category' })
  refused(t, await put(record.holder, { ...made_, provision: { type: 'deny', actor: actor(person(GP2)) } }), 422, { code: 'business-rule', expression: 'Consent.provision.actor' })
  t.equal((await put(record.holder, { ...made_, status: 'inactive' })).status, 200)
  refused(t, await put(record.holder, made_), 422, { code: 'business-rule', expression: 'Consent.status' })
})

t.test('there is one médecin traitant at a time', async t => {
  const [first, second] = [await scene.professional(MT), await scene.professional('899700000018')]
  const former = await made(holder, treating(patientId, MT))
  t.ok((await ids(first, url)).includes(masked.id), 'who sees what is masked')
  await made(holder, treating(patientId, '899700000018'))
  t.strictSame([await ids(first, url), (await ids(second, url)).length], [[], 2])
  const { json } = await get(holder, `/Consent/${former.id}`)
  t.equal(json.status, 'inactive')
  t.not(json.meta.versionId, former.meta.versionId)
})

t.test('an administrator sees what is masked, adds blocks and lifts their own', async t => {
  const record = await scene.open()
  const document_ = await made(hospital, document(record.id, { securityLabel: [label('MASQUE_PS')] }))
  const administrator = await scene.professional('899700000044')
  await made(record.holder, consent(record.id, 'administrateur', { type: 'permit', actor: actor(person('899700000044')) }))
  await made(record.holder, treating(record.id, MT))
  t.equal((await get(administrator, `/DocumentReference/${document_.id}`)).status, 200)
  const own = await made(administrator, block(record.id, person(GP)))
  const holders = await made(record.holder, block(record.id, person(GP2)))
  refused(t, await put(administrator, { ...holders, status: 'inactive' }), 403, { code: 'forbidden' })
  refused(t, await scene.remove(administrator, `/Consent/${holders.id}`), 403, { code: 'forbidden' })
  t.equal((await put(administrator, { ...own, status: 'inactive' })).status, 200)
  for (const trusted of [MT, '899700000044']) refused(t, await post(administrator, block(record.id, person(trusted))), 403, { code: 'forbidden' })
  for (const choice of [access(record.id, GP), emergency(record.id, 'urgence-ps', 'BTG')]) refused(t, await post(administrator, choice), 403, { code: 'forbidden' })
  const again = await made(administrator, block(record.id, person(GP)))
  t.equal((await scene.remove(record.holder, `/Consent/${again.id}`)).status, 204, 'the holder lifts any')
})

t.test('a professional records a single access for themselves, with the patient\'s consent', async t => {
  const { id, holder } = await scene.open()
  const doctor = await scene.professional(GP2)
  const { id: there } = await made(lab, document(id))
  const single = (more: object = {}, who = GP2, period: object = { start: day(0), end: day(0.5) }) => consent(id, 'acces-ponctuel', { type: 'permit', actor: actor(person(who)), period }, more)
  refused(t, await post(doctor, single({}, GP)), 403, { code: 'forbidden', expression: 'Consent.provision.actor' })
  refused(t, await post(doctor, single({ sourceAttachment: undefined })), 422, { code: 'required', expression: 'Consent.source' })
  refused(t, await post(doctor, single({}, GP2, { start: day(0.1), end: day(0.5) })), 422, { code: 'business-rule', expression: 'Consent.provision.period.start' })
  refused(t, await post(lab, single()), 403, { code: 'forbidden' })
  t.strictSame(await ids(doctor, `/DocumentReference?patient=Patient/${id}`), [])
  const made_ = await post(doctor, single())
  t.equal(made_.status, 201)
  t.strictSame(await ids(doctor, `/DocumentReference?patient=Patient/${id}`), [there])
  refused(t, await put(doctor, { ...made_.json, status: 'inactive' }), 403, { code: 'forbidden' })
  await made(holder, block(id, person(GP2)))
  refused(t, await post(doctor, single()), 403, { code: 'forbidden' })
})

t.test('a choice is read by the holder, the médecin traitant, and whom a permit names', async t => {
  const record = await scene.open()
  const [mt, doctor, administrator] = [await scene.professional(MT), await scene.professional(GP2), await scene.professional('899700000044')]
  await made(record.holder, treating(record.id, MT))
  await made(record.holder, consent(record.id, 'administrateur', { type: 'permit', actor: actor(person('899700000044')) }))
  const own = await made(record.holder, access(record.id, GP2))
  const shared = await made(record.holder, consent(record.id, 'partage', { type: 'permit', actor: actor(person(GP2)), securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }))
  const against = await made(record.holder, block(record.id, structure('1690000012')))
  for (const { id } of [own, shared, against]) {
    for (const token of [record.holder, mt, administrator]) t.equal((await get(token, `/Consent/${id}`)).status, 200)
    for (const token of [gp, lab, scene.operator]) isAbsent(t, await get(token, `/Consent/${id}`))
  }
  t.strictSame(await ids(doctor, `/Consent?patient=Patient/${record.id}`), [own.id], 'not what selects data, nor what denies')
  t.equal((await ids(mt, `/Consent?patient=Patient/${record.id}`)).length, 5)
  t.strictSame(await ids(gp, `/Consent?patient=Patient/${record.id}`), [])
})

t.test('a document of the record is shared, or not, one by one', async t => {
  await made(holder, access(patientId, GP))
  t.strictSame(await ids(gp, url), [plain.id])
  const against = await made(holder, consent(patientId, 'partage', { type: 'deny', actor: actor(person(GP)), data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${plain.id}` } }] }))
  t.strictSame(await ids(gp, url), [])
  await put(holder, { ...against, status: 'inactive' })
  t.strictSame(await ids(gp, url), [plain.id])
})
