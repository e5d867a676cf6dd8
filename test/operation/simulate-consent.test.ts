/** `$simulate-consent` (`src/operation/simulate-consent.ts`): what would be seen, before anybody decides; nothing is written. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import { access, actor, block, consent, document, label, person, structure, treating } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, openScene } from '../interaction/scene.js'
import { parts, value, valueOf } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, ids, made, open, operator, request } = scene
const REPRESENTATION = 'https://fhir.espace-sante.example/StructureDefinition/legal-representation'
const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'
const PHYSICIAN = { name: 'profession', valueString: `${G15}|10` }
const who = (reference: object) => ({ name: 'actor', valueReference: reference })
const candidate = (resource: object) => ({ name: 'consent', resource })
const ask = async (token: string, patient: string, ...parameter: readonly object[]) =>
  await request(token, 'POST', `/Patient/${patient}/$simulate-consent`, { body: { resourceType: 'Parameters', parameter } })

/** What an answer says: totals, and each resource with what is seen of it before and after. */
function told ({ status, json, text }: Awaited<ReturnType<typeof ask>>) {
  if (status !== 200) throw new Error(`not answered: ${status} ${text}`)
  const [total] = parts(json.parameter, 'total')
  return {
    before: value(total.part, 'before') as number,
    after: value(total.part, 'after') as number,
    types: Object.fromEntries(parts(json.parameter, 'type').map(({ part }) => [value(part, 'code'), [value(part, 'before'), value(part, 'after')]])),
    resources: Object.fromEntries(parts(json.parameter, 'resource').map(({ part }) => [valueOf(parts(part, 'reference')[0]).reference, [value(part, 'before'), value(part, 'after')]]))
  }
}

async function stage () {
  const { id, ins, holder } = await open({ birthDate: '2015-05-05' })
  const plain = await made(hospital, document(id))
  const masked = await made(hospital, document(id, { securityLabel: [label('MASQUE_PS')] }))
  const observation = await made(hospital, { resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] }, subject: { reference: `Patient/${id}` }, effectiveDateTime: '2026-11-01' })
  const list = await made(hospital, { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${id}` }, entry: [{ item: { reference: `DocumentReference/${plain.id}` } }] })
  return { id, ins, holder, plain: `DocumentReference/${plain.id}`, masked: `DocumentReference/${masked.id}`, observation: `Observation/${observation.id}`, list: `List/${list.id}` }
}

t.test('an access that would be given, and an access that would be ended', async t => {
  const { id, holder, plain, masked, observation, list } = await stage()
  const given = told(await ask(holder, id, candidate(access(id, GP)), who(person(GP)), PHYSICIAN))
  t.strictSame(given, {
    before: 0,
    after: 4,
    types: { Patient: [0, 1], DocumentReference: [0, 1], List: [0, 1], Observation: [0, 1] },
    resources: { [`Patient/${id}`]: [false, true], [plain]: [false, true], [list]: [false, true], [observation]: [false, true] }
  })
  t.strictSame(await ids(gp, `/DocumentReference?patient=${id}`), [], 'nothing was given')
  t.equal((await get(holder, `/Consent?patient=${id}`)).json.total, 0, 'nor written')
  const { id: choice } = await made(holder, access(id, GP))
  const ended = told(await ask(holder, id, { name: 'end', valueReference: { reference: `Consent/${choice}` } }, who(person(GP)), PHYSICIAN))
  t.match([ended.before, ended.after, ended.resources[plain], ended.resources[masked]], [4, 0, [true, false], undefined])
  t.equal((await get(gp, `/${plain}`)).status, 200, 'it goes on')
  t.equal((await get(holder, `/Consent/${choice}`)).json.status, 'active')
})

t.test('a block, a médecin traitant in the place of another, a mode, a structure, an application', async t => {
  const { id, holder, plain, masked } = await stage()
  await made(holder, treating(id, MT))
  const replaced = [candidate(treating(id, GP2)), PHYSICIAN]
  t.match(told(await ask(holder, id, ...replaced, who(person(MT)))).resources, { [plain]: [true, false], [masked]: [true, false] })
  t.match(told(await ask(holder, id, ...replaced, who(person(GP2)))).resources, { [plain]: [false, true], [masked]: [false, true] })
  const shut = told(await ask(holder, id, candidate(block(id, structure(HOSPITAL))), who(structure(HOSPITAL))))
  t.match([shut.types['DocumentReference'], shut.after], [[2, 0], 0])
  const urgent = told(await ask(holder, id, candidate(consent(id, 'urgence-ps', { type: 'permit', purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'BTG' }] })), { name: 'purpose', valueCode: 'BTG' }, PHYSICIAN))
  t.match(urgent.resources, { [plain]: [false, true], [masked]: undefined })
  const client = { type: 'Device', identifier: { system: 'https://fhir.espace-sante.example/NamingSystem/client', value: 'pulse' } }
  t.match(told(await ask(holder, id, candidate(consent(id, 'application', { type: 'permit', actor: actor(client) })), who(client))).resources, { [plain]: [false, true], [masked]: undefined })
  const finer = consent(id, 'partage', { type: 'deny', actor: actor(person(MT)), data: [{ meaning: 'instance', reference: { reference: plain } }] })
  t.match(told(await ask(holder, id, candidate(finer), who(person(MT)), PHYSICIAN)).resources[plain], [true, true], 'no finer choice stops the médecin traitant')
})

t.test('nothing that the asker does not see is counted or named', async t => {
  const { id, ins, holder, plain } = await stage()
  const parent = await made(operator, { resourceType: 'RelatedPerson', patient: { reference: `Patient/${id}` }, extension: [{ url: REPRESENTATION, valueCode: 'minor' }] })
  const token = await scene.token({ actor: 'representative', representative_id: parent.id, ins: `${INS_TEST}|${ins}`, sub: parent.id })
  const secret = await made(await scene.token(as.structure(HOSPITAL, { Connexion_Secrete: true })), document(id))
  const withheld = await made(hospital, document(id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const asked = [candidate(block(id, structure(HOSPITAL))), who(structure(HOSPITAL))]
  const [byHolder, byParent] = [await ask(holder, id, ...asked), await ask(token, id, ...asked)]
  t.match([told(byHolder).types['DocumentReference'], told(byParent).types['DocumentReference']], [[3, 0], [2, 0]])
  for (const response of [byHolder, byParent]) t.notMatch(response.text, withheld.id)
  t.match(byHolder.text, secret.id)
  t.notMatch(byParent.text, secret.id)
  const narrow = await scene.token({ ...as.holder(ins), scope: 'patient/Patient.r patient/Consent.cruds patient/Observation.r' })
  t.strictSame(Object.keys(told(await ask(narrow, id, ...asked)).types), ['Observation'])
  t.notMatch((await ask(narrow, id, ...asked)).text, plain)
  for (const scope of ['patient/Patient.r', 'patient/Consent.c']) {
    const less = await scene.token({ ...as.holder(ins), scope })
    t.equal((await ask(less, id, ...asked)).status, 403, scope)
  }
  const { id: choice } = await made(holder, access(id, GP))
  const ending = async (scope: string) => (await ask(await scene.token({ ...as.holder(ins), scope }), id, { name: 'end', valueString: `Consent/${choice}` }, who(person(GP)), PHYSICIAN)).status
  t.strictSame([await ending('patient/Patient.r patient/Consent.cr'), await ending('patient/Patient.r patient/Consent.u')], [403, 200], 'to end one takes the scope of that')
  const { json } = await get(holder, `/AuditEvent?patient=${id}&subtype=operation&_sort=-date&_count=50`)
  t.ok(json.entry.some(({ resource }: { resource: { entity: { query?: string }[], extension: { url: string }[] } }) =>
    resource.entity.some(({ query }) => query !== undefined && Buffer.from(query, 'base64').toString() === '$simulate-consent') && resource.extension.some(({ url }) => url.endsWith('/disclosed'))), 'the asker’s own access is traced')
})

t.test('a representative asks as far as they may write', async t => {
  const { id, ins, holder } = await stage()
  const parent = await made(operator, { resourceType: 'RelatedPerson', patient: { reference: `Patient/${id}` }, extension: [{ url: REPRESENTATION, valueCode: 'minor' }] })
  const aunt = await made(holder, { resourceType: 'RelatedPerson', patient: { reference: `Patient/${id}` } })
  const delegation = consent(id, 'delegation', { type: 'permit', period: { end: '2099' }, actor: actor({ reference: `RelatedPerson/${aunt.id}` }) })
  const tokenOf = async (relative: string) => await scene.token({ actor: 'representative', representative_id: relative, ins: `${INS_TEST}|${ins}`, sub: relative })
  t.match(told(await ask(await tokenOf(parent.id), id, candidate(access(id, GP)), who(person(GP)), PHYSICIAN)).after, 4)
  t.equal((await ask(await tokenOf(parent.id), id, candidate(delegation), who({ reference: `RelatedPerson/${aunt.id}` }))).status, 403)
  t.match(told(await ask(holder, id, candidate(delegation), who({ reference: `RelatedPerson/${aunt.id}` }))).types, { DocumentReference: [0, 2] })
  const asked = [candidate(access(id, GP)), who(person(GP)), PHYSICIAN]
  t.equal((await ask(await tokenOf(aunt.id), id, ...asked)).status, 404)
  await made(holder, delegation)
  t.equal((await ask(await tokenOf(aunt.id), id, ...asked)).status, 403, 'a helper chooses nothing')
  t.equal((await ask(await tokenOf(aunt.id), id)).status, 403, 'whatever they ask')
})

t.test('bad input is told at its place, and a candidate that would be refused is', async t => {
  const { id, holder } = await stage()
  const stranger = await stage()
  const theirs = await made(stranger.holder, access(stranger.id, GP))
  const good = candidate(access(id, GP))
  const doctor = [who(person(GP)), PHYSICIAN]
  const faults: readonly (readonly [parameters: readonly object[], status: number, code: string, expression: string])[] = [
    [[good], 400, 'required', 'actor'],
    [[...doctor], 400, 'required', 'consent'],
    [[good, who(person(GP))], 400, 'required', 'profession'],
    [[good, { name: 'end', valueString: 'Consent/x' }, ...doctor], 400, 'required', 'Parameters.parameter[1]'],
    [[good, good, ...doctor], 400, 'value', 'Parameters.parameter[1]'],
    [[good, { name: 'nonsense', valueString: 'x' }, ...doctor], 400, 'not-supported', 'Parameters.parameter[1]'],
    [[{ name: 'consent', valueString: 'x' }, ...doctor], 400, 'value', 'Parameters.parameter[0]'],
    [[{ name: 'end', valueReference: { reference: `Consent/${randomUUID()}` } }, ...doctor], 400, 'value', 'Parameters.parameter[0]'],
    [[{ name: 'end', valueReference: { reference: `Consent/${theirs.id}` } }, ...doctor], 400, 'value', 'Parameters.parameter[0]'],
    [[candidate(consent(id, 'nonsense', { type: 'permit' })), ...doctor], 422, 'business-rule', 'Parameters.parameter[0].resource.category'],
    [[...doctor, candidate(consent(id, 'acces-ps', { type: 'permit', actor: actor({ reference: `Practitioner/${randomUUID()}` }) }))], 422, 'not-found', 'Parameters.parameter[2].resource.provision.actor.reference'],
    [[candidate({ resourceType: 'Patient' }), ...doctor], 400, 'invalid', 'Parameters.parameter[0].resource']
  ]
  for (const [parameters, status, code, expression] of faults) {
    const response = await ask(holder, id, ...parameters)
    t.match([response.status, response.json.issue[0].code, response.json.issue[0].expression], [status, code, [expression]], expression)
  }
  t.equal((await ask(holder, id, candidate(access(stranger.id, GP)), ...doctor)).status, 403, 'never another record')
  t.equal((await ask(stranger.holder, id, candidate(access(stranger.id, GP)), ...doctor)).status, 404)
  t.equal((await request(holder, 'POST', `/Patient/${id}/$simulate-consent`)).status, 400)
  t.equal((await request(holder, 'GET', `/Patient/${id}/$simulate-consent`)).status, 405)
})
