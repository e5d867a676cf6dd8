/** Whom `$why` tells of when nobody is named: teams, lists and roles are those on them; a content that waits has one reader. */
import { randomInt } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import { access, actor, consent, document, person, structure } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, MT, PRACTICE, openScene } from '../interaction/scene.js'
import { of, own, rows, value } from './scene.js'

const scene = await openScene(t)
const { get, hospital, made, open, operator, request } = scene
const ID_NAT_PS = 'urn:oid:1.2.250.1.71.4.2.1'
const why = async (token: string, url: string) => await get(token, `/${url}/$why`)

t.test('who is in a team, on a list, in a role, contained in a choice, or author by name', async t => {
  const { id, holder } = await open()
  const practitioner = await made(operator, { resourceType: 'Practitioner', identifier: [{ system: ID_NAT_PS, value: GP2 }] })
  const list = await made(operator, { resourceType: 'Group', type: 'practitioner', actual: true, name: 'A list', member: [{ entity: { reference: `Practitioner/${practitioner.id}` } }] })
  const team = await made(holder, { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${id}` }, participant: [{ member: person(GP) }, { member: structure(PRACTICE) }] })
  const plain = await made(hospital, document(id, { author: [person('899700444444')] }))
  const trusted = await made(holder, consent(id, 'equipe-soins', { type: 'permit', actor: actor({ reference: `CareTeam/${team.id}` }) }))
  const listed = await made(holder, consent(id, undefined, { type: 'permit', actor: actor({ reference: `Group/${list.id}` }) }))
  const inside = { resourceType: 'PractitionerRole', id: 'role', practitioner: person(MT) }
  const contained = await made(holder, consent(id, undefined, { type: 'permit', actor: actor({ reference: '#role' }) }, { contained: [inside] }))
  const response = await why(holder, `DocumentReference/${plain.id}`)
  t.match([GP, GP2, MT].map(who => of(response, who)), [trusted, listed, contained].map(choice => [{ permit: true, rule: 14, choices: [`Consent/${choice.id}`] }]))
  t.match(of(response, '899700444444'), [{ permit: false, rule: 10 }], 'who is named as author from elsewhere')
  t.match(rows(response).filter(({ structure: where }) => where === PRACTICE), [{ kind: 'professional', who: undefined, answers: [{ permit: true, rule: 14 }] }], 'professionals of the structure in the team')
  t.match(of(response, PRACTICE), [{ permit: false, rule: 9 }], 'but not its software')
  for (const who of [GP, GP2, MT]) t.equal((await get(await scene.professional(who), `/DocumentReference/${plain.id}`)).status, 200, who)
  const several = await get(holder, `/DocumentReference/${plain.id}/$why?actor=CareTeam/${team.id}`)
  t.match([several.status, several.json.issue[0].expression], [400, ['actor']])
})

t.test('a person who deposits is told of with their profession and structure, from the trace', async t => {
  const { id, holder } = await open()
  const doctor = await scene.token(as.professional(GP, HOSPITAL))
  const { id: plain } = await made(doctor, document(id))
  const told = rows(await why(holder, `DocumentReference/${plain}`)).filter(({ who }) => who === GP || who === HOSPITAL)
  t.match(told, [{ kind: 'professional', structure: HOSPITAL, answers: [{ permit: true, rule: 9 }] }, { kind: 'structure', answers: [{ permit: true, rule: 9 }] }])
})

t.test('a content that waits is its depositor’s', async t => {
  const { id, holder } = await open()
  const response = await request(hospital, 'POST', '/Binary', { body: Buffer.from('%PDF-1.4 x'), headers: { 'content-type': 'application/pdf', 'x-security-context': `Patient/${id}` } })
  const url = /Binary\/[^/]+/.exec(response.headers['location'] ?? '')?.[0] ?? ''
  t.match(own(await why(hospital, url)), { permit: true, sentences: { en: /its depositor only/ } })
  t.equal((await why(holder, url)).status, 404)
})

t.test('where too many are named, it says so', async t => {
  const { id, holder } = await open()
  const plain = await made(hospital, document(id))
  const many = Array.from({ length: 45 }, () => actor(person(`8${Array.from({ length: 11 }, () => randomInt(10)).join('')}`))).flat()
  await made(holder, consent(id, undefined, { type: 'permit', actor: many }))
  await made(holder, access(id, GP))
  const response = await why(holder, `DocumentReference/${plain.id}`)
  t.equal(rows(response).filter(({ who }) => who !== undefined).length, 40)
  t.equal(value(response.json.parameter, 'hasMore'), true)
})
