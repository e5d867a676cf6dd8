/** `$why` (`src/operation/why.ts`): what the engine would answer somebody is what they are answered; who may not know is told nothing. */
import { readFileSync } from 'node:fs'
import type { ConceptMap } from '@medplum/fhirtypes'
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import { ROOT } from '../helper/root.js'
import { access, actor, block, consent, document, emergency, label, person, structure, treating } from '../helper/resource.js'
import { explain } from '../../src/consent/explain.js'
import { GP, GP2, HOSPITAL, LAB, MT, PRACTICE, openScene } from '../interaction/scene.js'
import type { Record } from '../interaction/scene.js'
import { of, own, rows } from './scene.js'
import type { Answered } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, lab, made, open, operator, put, request } = scene
const CLIENT = 'https://fhir.espace-sante.example/NamingSystem/client'
const STATUS = 'https://fhir.espace-sante.example/StructureDefinition/account-status'
const REPRESENTATION = 'https://fhir.espace-sante.example/StructureDefinition/legal-representation'
const STRANGER = '899700111111'
const DENIED = '899700222222'
const NURSE = '899700333333'
const LOINC = 'http://loinc.org'
/** A type of document that some professions read, physicians among them, and others do not. */
const uneven = (JSON.parse(readFileSync(new URL('terminology/matrix.json', ROOT), 'utf8')) as ConceptMap).group?.filter(({ target }) => target === LOINC)
  .flatMap(({ element = [] }) => element.flatMap(({ target = [] }) => target)).find(({ equivalence }) => equivalence === 'disjoint')?.code ?? ''
const byPerson = (id: string) => encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.1|${id}`)
const secretHospital = await scene.token(as.structure(HOSPITAL, { Connexion_Secrete: true }))

/** A record of a child with everybody around it, and a document in each way of being seen. */
async function stage () {
  const child = await open({ birthDate: '2015-05-05' })
  const parent = await made(operator, { resourceType: 'RelatedPerson', patient: { reference: `Patient/${child.id}` }, name: [{ family: 'PETIT', given: ['Jeanne'] }], extension: [{ url: REPRESENTATION, valueCode: 'minor' }] })
  const plain = await made(hospital, document(child.id))
  const choices = {
    access: await made(child.holder, access(child.id, GP)),
    blocked: await made(child.holder, block(child.id, person(GP2))),
    treating: await made(child.holder, treating(child.id, MT)),
    granted: await made(child.holder, access(child.id, DENIED)),
    denied: await made(child.holder, consent(child.id, 'partage', { type: 'deny', actor: actor(person(DENIED)), data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${plain.id}` } }] })),
    application: await made(child.holder, consent(child.id, 'application', { type: 'permit', actor: actor({ type: 'Device', identifier: { system: CLIENT, value: 'pulse' } }) })),
    emergency: await made(child.holder, emergency(child.id, 'urgence-ps', 'BTG'))
  }
  return {
    child,
    parent: { id: parent.id as string, token: await scene.token({ actor: 'representative', representative_id: parent.id, ins: `${INS_TEST}|${child.ins}`, sub: parent.id }) },
    choices,
    plain: plain.id as string,
    content: plain.content[0].attachment.url as string,
    masked: (await made(hospital, document(child.id, { securityLabel: [label('MASQUE_PS')] }))).id as string,
    secret: (await made(secretHospital, document(child.id))).id as string,
    strange: (await made(hospital, document(child.id, { type: { coding: [{ system: 'urn:x', code: 'x' }] } }))).id as string,
    mistaken: await mistaken(child)
  }
}

async function mistaken ({ id }: Record): Promise<string> {
  const resource = await made(hospital, document(id))
  const response = await put(hospital, { ...resource, status: 'entered-in-error' })
  if (response.status !== 200) throw new Error(`not corrected: ${response.text}`)
  return resource.id as string
}

const all = await stage()
const { child, choices } = all
const tokens: { readonly [who: string]: string } = {
  [GP]: gp,
  [GP2]: await scene.professional(GP2),
  [MT]: await scene.professional(MT),
  [DENIED]: await scene.professional(DENIED),
  [HOSPITAL]: hospital,
  pulse: await scene.token(as.application('pulse', child.ins)),
  [`RelatedPerson/${all.parent.id}`]: all.parent.token
}
const documents = [all.plain, all.masked, all.secret, all.strange, all.mistaken]
const why = async (token: string, id: string, query = '', headers = {}) => await get(token, `/DocumentReference/${id}/$why${query}`, headers)

t.test('the holder is told of everybody who is named, and each is answered so', async t => {
  let permitted = 0
  for (const id of documents) {
    const response = await why(child.holder, id)
    t.equal(response.status, 200, response.text)
    t.strictSame(response.json.parameter[0], { name: 'resource', valueReference: { reference: `DocumentReference/${id}` } })
    t.match(own(response), { permit: true, rule: 3, choices: [] })
    for (const [who, token] of Object.entries(tokens)) {
      const answers = of(response, who)
      t.ok(answers.length > 0, `${who} is named`)
      const { status } = await get(token, `/DocumentReference/${id}`)
      // Whose profession is not known may have several; ours is one that reads these types.
      const said = answers.find(({ professions }) => professions.length === 0 || professions.includes('10'))
      t.equal(said?.permit, status === 200, `${who} ${id} ${status} ${said?.rule}`)
      permitted += status === 200 ? 1 : 0
    }
  }
  t.ok(permitted > 8 && permitted < documents.length * Object.keys(tokens).length, `${permitted}`)
})

t.test('each rule is said, with the choice that decided, in French and in English', async t => {
  const said = new Map<string, Answered>()
  const note = (answers: readonly Answered[]) => answers.forEach(answer => said.set(`${answer.permit ? 'permit' : 'deny'} ${answer.rule}`, answer))
  const responses = [await get(child.holder, `/Patient/${child.id}/$why`), ...await Promise.all(documents.map(async id => await why(child.holder, id)))]
  for (const response of responses) note([own(response), ...rows(response).flatMap(({ answers }) => answers)])
  const closed = await open({ extension: [{ url: STATUS, valueCode: 'suspended' }] })
  const ofOperator = await get(operator, `/Patient/${closed.id}/$why`)
  note([own(ofOperator), ...rows(ofOperator).flatMap(({ answers }) => answers)])
  const expected = ['permit 0', 'deny 1', 'deny 2', 'permit 3', 'permit 4', 'deny 4', 'permit 5', 'deny 5', 'deny 6', 'permit 7', 'deny 8', 'permit 9', 'deny 9', 'permit 10', 'deny 10', 'deny 11', 'deny 12', 'deny 13', 'permit 14']
  t.strictSame([...said.keys()].sort(), [...expected].sort())
  for (const [key, { permit, rule, sentences }] of said) {
    t.strictSame(Object.keys(sentences), ['fr', 'en'], key)
    t.ok(sentences['fr']?.includes(`règle ${rule}`) === true && sentences['en']?.includes(`rule ${rule}`) === true)
    t.equal(sentences['en'], explain({ permit, rule }, 'DocumentReference').en)
  }
  const plain = await why(child.holder, all.plain)
  for (const [who, choice] of [[GP, choices.access], [GP2, choices.blocked], [MT, choices.treating], [DENIED, choices.denied], ['pulse', choices.application]] as const) {
    t.same(of(plain, who).flatMap(answer => answer.choices), of(plain, who).map(() => `Consent/${choice.id}`), who)
  }
  t.match(rows(plain).filter(({ who, structure }) => who === undefined && structure === HOSPITAL), [{ kind: 'professional', answers: [{ permit: true, rule: 14, choices: [] }] }], 'the professionals of the author')
  const breaking = rows(plain).find(({ who, purpose }) => who === undefined && purpose === 'BTG')
  t.match(breaking?.answers, [{ permit: true, rule: 14, choices: [`Consent/${choices.emergency.id}`] }])
})

t.test('why somebody who is named sees it or does not', async t => {
  const one = async (query: string) => rows(await why(child.holder, all.plain, query))
  t.match(await one(`?actor=${byPerson(STRANGER)}`), [{ kind: 'professional', who: STRANGER, purpose: 'TREAT', answers: [{ permit: false, rule: 10 }] }])
  t.match(await one(`?actor=${byPerson(STRANGER)}&purpose=BTG`), [{ purpose: 'BTG', answers: [{ permit: true, rule: 14 }] }])
  t.match(await one('?purpose=ETREAT'), [{ who: undefined, answers: [{ permit: false, rule: 10 }] }])
  t.match(await one(`?actor=${byPerson(STRANGER)}&structure=${encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.2|${HOSPITAL}`)}`), [{ answers: [{ permit: true, rule: 14, choices: [] }] }], 'their structure is author')
  t.match(await one(`?actor=${encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.2|${LAB}`)}`), [{ kind: 'structure', who: LAB, answers: [{ permit: false, rule: 9 }] }])
  t.match(await one(`?actor=RelatedPerson/${all.parent.id}`), [{ kind: 'representative', answers: [{ permit: true, rule: 4 }] }])
  const body = { resourceType: 'Parameters', parameter: [{ name: 'actor', valueReference: person(GP2) }] }
  t.match(rows(await request(child.holder, 'POST', `/DocumentReference/${all.plain}/$why`, { body })), [{ who: GP2, answers: [{ permit: false, rule: 8, choices: [`Consent/${choices.blocked.id}`] }] }])
  t.match(own(await request(child.holder, 'POST', `/DocumentReference/${all.plain}/$why`)), { permit: true, rule: 3 }, 'a POST needs no body')
})

t.test('what the directory knows of a profession and a structure is used', async t => {
  const practitioner = await made(operator, { resourceType: 'Practitioner', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: NURSE }], name: [{ family: 'NOIR' }] })
  const organization = await made(operator, { resourceType: 'Organization', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: HOSPITAL }], name: 'Hôpital' })
  const G15 = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'
  const role = await made(operator, { resourceType: 'PractitionerRole', practitioner: { reference: `Practitioner/${practitioner.id}` }, organization: { reference: `Organization/${organization.id}` }, code: [{ coding: [{ system: G15, code: '60' }] }] })
  for (const reference of [byPerson(NURSE), `Practitioner/${practitioner.id}`, `PractitionerRole/${role.id}`]) {
    const response = await why(child.holder, all.plain, `?actor=${reference}`)
    t.match(rows(response), [{ who: NURSE, answers: [{ permit: true, rule: 14 }] }], reference)
    t.match(response.text, /"name":"profession","valueCoding":\{"system":"[^"]+","code":"60"\}/)
  }
})

t.test('a representative is told as far as they read', async t => {
  const response = await why(all.parent.token, all.plain)
  t.match(own(response), { permit: true, rule: 4 })
  t.match(of(response, GP2), [{ permit: false, rule: 8, choices: [`Consent/${choices.blocked.id}`] }])
  t.notMatch(JSON.stringify((await get(all.parent.token, `/Patient/${child.id}/$why`)).json), all.secret)
})

t.test('the document speaks for its content', async t => {
  const response = await get(child.holder, `/${all.content}/$why?actor=${byPerson(GP)}`)
  t.match([response.json.parameter[0].valueReference, rows(response)], [{ reference: `DocumentReference/${all.plain}` }, [{ who: GP, answers: [{ permit: true, rule: 14 }] }]])
})

t.test('one language where one is preferred', async t => {
  const languages = async (header: string) => Object.keys(own(await why(child.holder, all.plain, '?purpose=TREAT', { 'accept-language': header })).sentences)
  t.strictSame(await languages('fr-FR, en;q=0.5'), ['fr'])
  t.strictSame(await languages('de, en-GB;q=0.8, fr;q=0.2'), ['en'])
  t.strictSame(await languages('de'), ['fr', 'en'])
  t.strictSame(await languages('fr;q=0'), ['fr', 'en'])
})

t.test('who asked, and for what, is in the traces', async t => {
  await why(gp, all.masked)
  const { json } = await get(child.holder, `/AuditEvent?patient=${child.id}&entity=DocumentReference/${all.masked}&subtype=operation&_sort=-date&_count=1`)
  const [event] = json.entry.map(({ resource }: { resource: unknown }) => resource)
  t.match(event, { outcome: '4', action: 'E', agent: [{}, { who: { identifier: { value: GP } } }] })
  t.match(event.entity.flatMap(({ query }: { query?: string }) => query === undefined ? [] : [Buffer.from(query, 'base64').toString()]), ['$why'])
  t.match(event.extension[0].extension, [{ url: 'permit', valueBoolean: false }, { url: 'rule', valueUnsignedInt: 13 }])
  t.equal(event.entity.length, 3)
})

t.test('where it depends on the profession, each answer says for which', async t => {
  const open = await made(hospital, document(child.id, { type: { coding: [{ system: LOINC, code: uneven }] } }))
  const answers = of(await why(child.holder, open.id), GP)
  t.strictSame(answers.map(({ rule }) => rule).toSorted(), [12, 14])
  const all = answers.flatMap(({ professions }) => professions)
  t.ok(all.length > 2 && new Set(all).size === all.length)
  for (const code of ['10', all.find(each => answers.find(({ permit }) => !permit)?.professions.includes(each) === true) ?? '']) {
    const { status } = await get(await scene.professional(GP, PRACTICE, { SubjectRole: [`${code}^1.2.250.1.71.1.2.7`] }), `/DocumentReference/${open.id}`)
    t.equal(answers.find(({ professions }) => professions.includes(code))?.permit, status === 200, code)
  }
})

t.test('the structure of the practice is nobody’s author', async t => {
  t.match(rows(await why(child.holder, all.plain, `?actor=${encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.2|${PRACTICE}`)}`)), [{ answers: [{ permit: false, rule: 9 }] }])
  t.match(rows(await why(child.holder, all.plain, `?structure=${encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.2|${HOSPITAL}`)}`)), [{ who: undefined, answers: [{ permit: true, rule: 14 }] }])
  t.equal(structure(PRACTICE).identifier.value, PRACTICE)
  t.equal((await why(lab, all.plain)).status, 404)
})
