/** What opens a record and what shuts it: periods, actors, races (adversary F7–F12 F14 F22 F23 F29). */
import t from 'tap'
import { BASE } from '../helper/app.js'
import { access, actor, block, consent, document, label, person, structure, treating } from '../helper/resource.js'
import { newStructure, openScene } from './scene.js'

const scene = await openScene(t)
const HOUR = 3600 * 1000
const at = (hours: number, now = Date.now()) => new Date(now + hours * HOUR).toISOString()
const literal = (reference: string) => ({ reference })
const permit = (who: object, more: object = {}) => ({ type: 'permit', actor: actor(who), ...more })
const reads = async (token: string, id: string) => await scene.status(token, `/DocumentReference/${id}`)

t.test('F7 moving a block into the future revives no older permit', async t => {
  const { holder, physician, id } = await scene.cast()
  const shut = await scene.make(holder.token, block(holder.id, person(physician.person)))
  t.equal(await reads(physician.token, id), 404)
  const provision = { type: 'deny', actor: actor(person(physician.person)), period: { start: at(24) } }
  await scene.change(holder.token, `/Consent/${shut}`, { provision })
  t.equal(await reads(physician.token, id), 404)
  await scene.make(holder.token, access(holder.id, physician.person))
  t.equal(await reads(physician.token, id), 200, 'a new permit is a ground, until the block begins')
})

t.test('F7 ending or withdrawing a block revives no older permit either', async t => {
  for (const change of [{ status: 'entered-in-error' }, 'delete', 'end'] as const) {
    const { holder, physician, id } = await scene.cast()
    const shut = await scene.make(holder.token, block(holder.id, person(physician.person)))
    const ended = { provision: { type: 'deny', actor: actor(person(physician.person)), period: { end: at(-1) } } }
    const status = change === 'delete'
      ? await scene.status(holder.token, `/Consent/${shut}`, 'DELETE')
      : (await scene.change(holder.token, `/Consent/${shut}`, change === 'end' ? ended : change)).status
    t.ok([200, 204].includes(status))
    t.equal(await reads(physician.token, id), 404)
  }
})

t.test('F8 a block whose end is a day holds to the end of that day in Paris', async t => {
  const { holder, physician, id } = await scene.cast()
  const shut = await scene.make(holder.token, block(holder.id, person(physician.person)))
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(new Date())
  const change = await scene.change(holder.token, `/Consent/${shut}`, { provision: { type: 'deny', actor: actor(person(physician.person)), period: { end: today } } })
  t.equal(change.status, 200)
  await scene.make(holder.token, access(holder.id, physician.person))
  t.equal(await reads(physician.token, id), 404)
})

t.test('F9 a kind takes the actor that it asks for, no other', async t => {
  const { holder, physician } = await scene.cast()
  const site = await scene.make(scene.operator, { resourceType: 'Organization', identifier: [structure(physician.structure).identifier] })
  const cases = [
    ['medecin-traitant', structure(physician.structure)], ['medecin-traitant', literal(`Organization/${site}`)],
    ['administrateur', structure(physician.structure)], ['administrateur', literal(`Organization/${site}`)],
    ['medecin-traitant', { ...structure(physician.structure), type: 'Practitioner' }],
    ['equipe-soins', person(physician.person)], ['application', person(physician.person)]
  ] as const
  for (const [kind, who] of cases) t.equal((await scene.post(holder.token, consent(holder.id, kind, permit(who)))).status, 422, `${kind} ${JSON.stringify(who)}`)
  const masked = await scene.make((await scene.hospital()).token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
  t.equal(await reads(physician.token, masked), 404)
})

t.test('F10 a professional records an access from now on, for a day at most', async t => {
  const { holder } = await scene.cast()
  const physician = await scene.physician()
  const record = async (period: object) => (await scene.post(physician.token,
    consent(holder.id, 'acces-ponctuel', permit(person(physician.person), { period })))).status
  t.equal(await record({ start: at(24 * 300) }), 422)
  t.equal(await record({ start: at(24 * 300), end: at(24 * 300 + 1) }), 422)
  t.equal(await record({ start: at(1), end: at(2) }), 422)
  t.equal(await record({ end: at(24 * 3650) }), 422)
  t.equal(await record({ start: at(-1), end: at(24 * 3650) }), 422)
  t.equal(await scene.status(physician.token, `/DocumentReference?patient=${holder.id}`), 200)
  t.same(await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}`), [])
  t.equal(await record({ start: at(-1), end: at(2) }), 201)
})

t.test('F29 an access of exactly 24 hours is taken, one second more is not', async t => {
  const { holder, physician } = await scene.cast()
  const record = async (start: string, end: string) => (await scene.post(holder.token,
    consent(holder.id, 'acces-ponctuel', permit(person(physician.person), { period: { start, end } })))).status
  t.equal(await record('2026-12-01T10:00:00+01:00', '2026-12-02T10:00:00+01:00'), 201)
  t.equal(await record('2026-12-01T10:00:00+01:00', '2026-12-02T10:00:01+01:00'), 422)
})

t.test('F11 an administrator blocks neither médecin traitant nor administrator', async t => {
  const { holder, id } = await scene.cast()
  const [first, second, family, stranger] = await Promise.all([1, 2, 3, 4].map(async () => await scene.physician()))
  if (first === undefined || second === undefined || family === undefined || stranger === undefined) throw new Error('no cast')
  for (const { person: who } of [first, second]) await scene.make(holder.token, consent(holder.id, 'administrateur', permit(person(who))))
  await scene.make(holder.token, treating(holder.id, family.person))
  t.equal((await scene.post(first.token, block(holder.id, person(second.person)))).status, 403)
  t.equal((await scene.post(first.token, block(holder.id, person(family.person)))).status, 403)
  t.equal(await reads(second.token, id), 200)
  t.equal((await scene.post(first.token, block(holder.id, person(stranger.person)))).status, 201, 'but a stranger')
})

t.test('F12 a block on a structure covers its parts, however partOf names the whole', async t => {
  for (const isByIdentifier of [true, false]) {
    const { holder, physician, id } = await scene.cast()
    const whole = newStructure()
    const parent = await scene.make(scene.operator, { resourceType: 'Organization', identifier: [structure(whole).identifier] })
    const partOf = isByIdentifier ? structure(whole) : literal(`Organization/${parent}`)
    await scene.make(scene.operator, { resourceType: 'Organization', identifier: [structure(physician.structure).identifier], partOf })
    t.equal(await reads(physician.token, id), 200)
    await scene.make(holder.token, block(holder.id, structure(whole)))
    t.equal(await reads(physician.token, id), 404)
  }
  const unknown = { resourceType: 'Organization', identifier: [structure(newStructure()).identifier], partOf: structure(newStructure()) }
  t.equal((await scene.post(scene.operator, unknown)).status, 422, 'a whole that is not known is refused')
})

t.test('F14 of fifteen médecins traitants designated at once, one is', async t => {
  const { holder, hospital } = await scene.cast()
  const masked = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
  const physicians = await Promise.all(Array.from({ length: 15 }, async () => await scene.physician()))
  const answers = await Promise.all(physicians.map(async physician => await scene.post(holder.token, treating(holder.id, physician.person))))
  t.same(answers.map(({ status }) => status).filter(status => status !== 201 && status !== 409), [])
  const seen = await Promise.all(physicians.map(async ({ token }) => await reads(token, masked)))
  t.equal(seen.filter(status => status === 200).length, 1)
  const active = await scene.ids(holder.token, `/Consent?patient=${holder.id}&category=medecin-traitant&status=active`)
  t.equal(active.length, 1)
})

t.test('F22 a permit to a Practitioner outlives neither their deletion nor another number', async t => {
  const { holder, id } = await scene.cast()
  const [former, later] = [await scene.physician(), await scene.physician()]
  const entry = { resourceType: 'Practitioner', identifier: [person(former.person).identifier], name: [{ family: 'BLANC' }] }
  const practitioner = await scene.make(scene.operator, entry)
  await scene.make(holder.token, consent(holder.id, 'acces-ps', permit(literal(`Practitioner/${practitioner}`))))
  t.equal(await reads(former.token, id), 200)
  const renamed = { ...entry, id: practitioner, identifier: [person(later.person).identifier] }
  const moved = await scene.status(scene.operator, `/Practitioner/${practitioner}`, 'PUT', { body: renamed })
  t.same([await reads(former.token, id), await reads(later.token, id)], moved === 200 ? [404, 200] : [200, 404])
  const removed = await scene.status(scene.operator, `/Practitioner/${practitioner}`, 'DELETE')
  t.equal(await reads(former.token, id), removed === 204 ? 404 : 200)
  t.ok([204, 422].includes(removed))
  const unused = await scene.make(scene.operator, { ...entry, identifier: [person(later.person).identifier] })
  t.equal(await scene.status(scene.operator, `/Practitioner/${unused}`, 'DELETE'), 204, 'an entry that no choice names goes')
})

t.test('F23 a deny by author finds the author however the document spells them', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const author = await scene.physician()
  const practitioner = await scene.make(scene.operator, { resourceType: 'Practitioner', identifier: [person(author.person).identifier], name: [{ family: 'NOIR' }] })
  const role = (who: object) => ({ resourceType: 'PractitionerRole', id: 'r', practitioner: who })
  const inside = { resourceType: 'Practitioner', id: 'p', identifier: [{ system: 'https://rpps.esante.gouv.fr', value: author.person.slice(1) }] }
  const spellings: Readonly<Record<string, object>> = {
    identifier: { author: [person(author.person)] },
    rpps: { author: [{ identifier: inside.identifier[0] }] },
    literal: { author: [literal(`Practitioner/${practitioner}`)] },
    absolute: { author: [literal(`${BASE}/Practitioner/${practitioner}`)] },
    versioned: { author: [literal(`Practitioner/${practitioner}/_history/1`)] },
    contained: { author: [literal('#p')], contained: [inside] },
    'contained role, literal': { author: [literal('#r')], contained: [role(literal(`Practitioner/${practitioner}`))] },
    'contained role, absolute': { author: [literal('#r')], contained: [role(literal(`${BASE}/Practitioner/${practitioner}`))] },
    'contained role, contained': { author: [literal('#r')], contained: [role(literal('#p')), inside] },
    'contained role, identifier': { author: [literal('#r')], contained: [role(person(author.person))] }
  }
  const documents: (readonly [name: string, id: string])[] = []
  for (const [name, more] of Object.entries(spellings)) documents.push([name, await scene.make(hospital.token, document(holder.id, { ...more }))])
  for (const [name, id] of documents) t.equal(await reads(physician.token, id), 200, `${name} is read before`)
  await scene.make(holder.token, consent(holder.id, 'partage', { type: 'deny', data: [{ meaning: 'authoredby', reference: person(author.person) }] }))
  for (const [name, id] of documents) t.equal(await reads(physician.token, id), 404, name)
})

t.test('F23 a deny by relation finds it however the document spells it', async t => {
  const { holder, physician, hospital, id } = await scene.cast()
  const version = (await scene.request(hospital.token, 'GET', `/DocumentReference/${id}`)).json.meta.versionId as string
  const deny = consent(holder.id, 'partage', { type: 'deny', data: [{ meaning: 'related', reference: literal(`DocumentReference/${id}`) }] })
  await scene.make(holder.token, deny)
  for (const reference of [`DocumentReference/${id}`, `${BASE}/DocumentReference/${id}`, `DocumentReference/${id}/_history/${version}`]) {
    const answer = await scene.post(hospital.token, document(holder.id, { context: { related: [literal(reference)] } }))
    t.equal(answer.status === 201 ? await reads(physician.token, answer.json.id) : 404, 404, reference)
  }
})
