/** `$why` tells nobody more than they may know: what is hidden is absent in every byte, and of others only who reads the choices is told. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import type { Method, RequestOptions } from '../helper/app.js'
import { access, actor, block, consent, document, label, person, treating } from '../helper/resource.js'
import { face, openScene } from '../security/scene.js'
import { own, parts, rows } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id: seen } = await scene.cast()
const CLIENT = 'https://fhir.espace-sante.example/NamingSystem/client'
const masked = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
const content = (await scene.request(hospital.token, 'GET', `/DocumentReference/${masked}`)).json.content[0].attachment.url as string
const list = await scene.make(hospital.token, { resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${holder.id}` }, entry: [{ item: { reference: `DocumentReference/${masked}` } }] })
const stranger = await scene.physician()
const refusedChoice = await scene.make(holder.token, block(holder.id, person(stranger.person)))
const everybody = await scene.make(holder.token, consent(holder.id, undefined, { type: 'permit' }))
const other = await scene.holder()
const ofPhysician = ((await scene.request(holder.token, 'GET', `/Consent?patient=${holder.id}`)).json.entry as { resource: { id: string, provision: { actor?: object[] } } }[])
  .find(({ resource }) => resource.provision.actor !== undefined && JSON.stringify(resource).includes(physician.person))?.resource.id ?? ''

const body = { resourceType: 'Parameters', parameter: [{ name: 'purpose', valueCode: 'BTG' }] }
const WAYS: readonly (readonly [Method, string, RequestOptions?])[] = [
  ['GET', '/TYPE/ID/$why'], ['HEAD', '/TYPE/ID/$why'], ['POST', '/TYPE/ID/$why'], ['POST', '/TYPE/ID/$why', { body }],
  ['GET', '/TYPE/ID/$why?purpose=BTG'], ['GET', '/TYPE/ID/$why?nonsense=1'], ['GET', '/TYPE/ID/$why?_pretty=true'], ['POST', '/TYPE/ID/$why', { body: { resourceType: 'Patient' } }],
  ['GET', '/TYPE/ID/$why', { headers: { 'accept-language': 'fr' } }]
]
const SIMULATION = { resourceType: 'Parameters', parameter: [{ name: 'purpose', valueCode: 'BTG' }, { name: 'consent', resource: consent(holder.id, 'urgence-ps', { type: 'permit' }) }] }

t.test('what the asker may not read answers like what never was', async t => {
  for (const [type, id, token] of [
    ['DocumentReference', masked, physician.token], ['DocumentReference', masked, stranger.token], ['DocumentReference', seen, stranger.token], ['DocumentReference', seen, other.token],
    ['Binary', content.slice('Binary/'.length), physician.token], ['List', list, physician.token], ['Patient', holder.id, stranger.token], ['Patient', holder.id, other.token], ['DocumentReference', seen, scene.operator]
  ] as const) {
    for (const [method, url, options] of [...WAYS, ...type === 'Patient' ? [['POST', '/TYPE/ID/$simulate-consent', { body: SIMULATION }] as const] : []]) {
      const asked = async (name: string) => face(await scene.request(token, method, url.replace('TYPE', type).replace('ID', name), options)).replaceAll(name, 'ID')
      const answer = await asked(id)
      t.match(answer, /^\[\n 404/, `${method} ${type} ${url}`)
      t.equal(answer, await asked(randomUUID()), `${method} ${type} ${url}`)
    }
  }
})

t.test('a professional is told why they read, and of the choice that names them, but not of others', async t => {
  const response = await scene.request(physician.token, 'GET', `/DocumentReference/${seen}/$why`)
  t.strictSame([response.status, own(response).permit, own(response).rule, own(response).choices], [200, true, 14, [`Consent/${ofPhysician}`]])
  t.strictSame(rows(response), [])
  for (const id of [refusedChoice, everybody, masked, stranger.person]) t.notMatch(response.text, id)
  const unknown = await scene.physician()
  const byAll = await scene.request(unknown.token, 'GET', `/DocumentReference/${seen}/$why`)
  t.strictSame([own(byAll).rule, own(byAll).choices], [14, []], 'a choice that names nobody is not told')
  t.strictSame(own(byAll).sentences, own(response).sentences, 'nor do the words differ')
  const byAuthor = await scene.request(hospital.token, 'GET', `/DocumentReference/${seen}/$why`)
  t.strictSame([own(byAuthor).rule, own(byAuthor).choices], [9, []])
})

t.test('the same bytes, with and without what is hidden from the professional', async t => {
  const ask = async () => (await Promise.all([`/DocumentReference/${seen}/$why`, `/Patient/${holder.id}/$why`].map(async url => face(await scene.request(physician.token, 'GET', url))))).join()
  const before = await ask()
  await scene.make(holder.token, block(holder.id, person((await scene.physician()).person)))
  await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
  await scene.make(holder.token, consent(holder.id, 'partage', { type: 'deny', actor: actor(person(physician.person)), data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${masked}` } }] }))
  t.equal(await ask(), before)
})

t.test('nobody but holder and representatives asks about others', async t => {
  const treatingOne = await scene.physician()
  await scene.make(holder.token, treating(holder.id, treatingOne.person))
  await scene.make(holder.token, consent(holder.id, 'application', { type: 'permit', actor: actor({ type: 'Device', identifier: { system: CLIENT, value: 'pulse' } }) }))
  const application = await scene.token(as.application('pulse', holder.ins))
  for (const token of [physician.token, treatingOne.token, hospital.token, application]) {
    for (const query of ['?purpose=TREAT', `?actor=${encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.1|${stranger.person}`)}`, `?structure=Organization/${randomUUID()}`]) {
      const response = await scene.request(token, 'GET', `/DocumentReference/${seen}/$why${query}`)
      t.match([response.status, response.json.issue[0].code], [403, 'forbidden'], query)
    }
    const simulated = await scene.request(token, 'POST', `/Patient/${holder.id}/$simulate-consent`, { body: SIMULATION })
    t.ok(token === hospital.token ? simulated.status === 404 : simulated.status === 403, `${simulated.status}`)
  }
  const byTreating = own(await scene.request(treatingOne.token, 'GET', `/DocumentReference/${seen}/$why`))
  t.match([byTreating.rule, byTreating.choices.length], [7, 1], 'the médecin traitant reads the choice')
  const byApplication = own(await scene.request(application, 'GET', `/DocumentReference/${seen}/$why`))
  t.match([byApplication.rule, byApplication.choices], [5, []], 'an application reads none')
  const byOperator = await scene.request(scene.operator, 'GET', `/Patient/${holder.id}/$why`)
  t.match([own(byOperator).rule, rows(byOperator)], [0, []])
  t.equal((await scene.request(scene.operator, 'GET', `/Patient/${holder.id}/$why?purpose=TREAT`)).status, 403)
  t.equal((await scene.request(scene.operator, 'POST', `/Patient/${holder.id}/$simulate-consent`, { body: SIMULATION })).status, 403)
})

t.test('a scope narrows what is told', async t => {
  const narrow = await scene.token({ ...as.holder(holder.ins), scope: 'patient/DocumentReference.r' })
  const response = await scene.request(narrow, 'GET', `/DocumentReference/${seen}/$why`)
  t.strictSame(rows(response).filter(({ who }) => who !== undefined).map(({ who }) => who), [], 'it reads neither choices nor traces')
  t.notMatch(response.text, 'Consent/')
  t.equal((await scene.request(narrow, 'GET', `/Patient/${holder.id}/$why`)).status, 403)
  const whole = await scene.request(holder.token, 'GET', `/DocumentReference/${seen}/$why`)
  t.ok(rows(whole).some(({ who }) => who === hospital.structure), 'the depositor is told from the trace')
})

t.test('bad input is told at its place', async t => {
  const url = `/DocumentReference/${seen}/$why`
  const faults: readonly (readonly [query: string, code: string, expression: string])[] = [
    ['?nonsense=1', 'not-supported', 'nonsense'], ['?purpose=TREAT&purpose=BTG', 'value', 'purpose'], ['?purpose=HMARKT', 'value', 'purpose'], ['?purpose=', 'value', 'purpose'],
    ['?actor=nobody', 'value', 'actor'], ['?actor=urn:x|1', 'value', 'actor'], [`?actor=Practitioner/${randomUUID()}`, 'value', 'actor'], [`?actor=RelatedPerson/${randomUUID()}`, 'value', 'actor'], [`?actor=DocumentReference/${seen}`, 'value', 'actor'],
    ['?profession=x', 'value', 'profession'], ['?structure=x', 'value', 'structure'], [`?actor=${encodeURIComponent(`urn:oid:1.2.250.1.71.4.2.2|${hospital.structure}`)}&purpose=BTG`, 'value', 'purpose']
  ]
  for (const [query, code, expression] of faults) {
    const { status, json } = await scene.request(holder.token, 'GET', `${url}${query}`)
    t.match([status, json.issue[0].code, json.issue[0].expression], [400, code, [expression]], query)
  }
  const posted = async (parameter: object) => (await scene.request(holder.token, 'POST', url, { body: { resourceType: 'Parameters', parameter: [parameter] } }))
  t.match((await posted({ name: 'purpose', valueBoolean: true })).json.issue[0].expression, ['Parameters.parameter[0]'])
  t.match((await posted({ name: 'purpose', valueNonsense: true })).status, 422)
  t.equal((await scene.request(holder.token, 'POST', url, { body: { resourceType: 'Patient' } })).status, 400)
  t.equal((await scene.request(holder.token, 'POST', url, { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status, 415)
  t.equal((await scene.request(holder.token, 'PUT', url, { body })).status, 405)
  t.equal((await scene.request(undefined, 'GET', url)).status, 401)
  t.equal((await scene.request(holder.token, 'GET', `/Consent/${ofPhysician}/$why`)).status, 404)
  t.equal(parts([], 'x').length, 0)
})

t.test('what was deleted is gone, as for a read', async t => {
  const gone = await scene.make(hospital.token, document(holder.id))
  await scene.make(holder.token, access(holder.id, stranger.person))
  await scene.request(hospital.token, 'DELETE', `/DocumentReference/${gone}`)
  t.equal((await scene.request(holder.token, 'GET', `/DocumentReference/${gone}/$why`)).status, 410)
  t.equal((await scene.request(stranger.token, 'GET', `/DocumentReference/${gone}/$why`)).status, 404)
})
