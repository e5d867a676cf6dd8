/** A container shows no more than its parts: not to a scope that does not reach them, and not by what is added to it. */
import t from 'tap'
import { as } from '../helper/app.js'
import { access, document, label, person } from '../helper/resource.js'
import { GP, HOSPITAL, LAB, PRACTICE, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, ids, lab, made, open, operator, post, put, token, request } = scene
const list = (patient: string, items: readonly string[], more: object = {}) => ({
  resourceType: 'List', status: 'current', mode: 'working', subject: { reference: `Patient/${patient}` }, ...items.length === 0 ? {} : { entry: items.map(reference => ({ item: { reference } })) }, ...more
})

t.test('whoever may not ask for what a container holds does not see the container', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const one = await made(lab, document(patient))
  const { id } = await made(lab, list(patient, [`DocumentReference/${one.id}`]))
  const { id: provenance } = await made(lab, { resourceType: 'Provenance', target: [{ reference: `DocumentReference/${one.id}` }], recorded: '2026-06-01T10:00:00Z', agent: [{ who: person(GP) }] })
  const narrow = await token(as.professional(GP, PRACTICE, { scope: 'user/List.rs user/Provenance.rs' }))
  const wide = await token(as.professional(GP, PRACTICE, { scope: 'user/List.rs user/Provenance.rs user/DocumentReference.s' }))
  const system = await token(as.structure(LAB, { scope: 'system/List.rs' }))
  isAbsent(t, await get(narrow, `/List/${id}`))
  isAbsent(t, await get(narrow, `/List/${id}/_history`))
  isAbsent(t, await get(narrow, `/Provenance/${provenance}`))
  for (const query of [`patient=${patient}`, `_id=${id}`]) t.strictSame(await ids(narrow, `/List?${query}`), [])
  t.strictSame(await ids(system, '/List?_count=50'), [])
  t.equal((await get(narrow, `/List?patient=${patient}&_summary=count`)).json.total, 0)
  t.strictSame(await ids(wide, `/List?patient=${patient}`), [id])
  t.equal((await get(wide, `/Provenance/${provenance}`)).status, 200)
})

t.test('what was deposited empty is not opened by what is added', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const one = await made(lab, document(patient))
  const empty = await made(lab, list(patient, [], { title: 'nobody read this' }))
  isAbsent(t, await get(gp, `/List/${empty.id}`))
  refused(t, await put(lab, list(patient, [`DocumentReference/${one.id}`], { id: empty.id })), 422, { code: 'business-rule', expression: 'List.entry.item' })
  isAbsent(t, await get(gp, `/List/${empty.id}`))
  t.equal((await put(lab, list(patient, [], { id: empty.id, title: 'still empty' }))).status, 200)
})

t.test('a transaction judges a container by what it leaves of its items', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const one = await made(gp, document(patient))
  const { id } = await made(lab, list(patient, [`DocumentReference/${(await made(lab, document(patient))).id}`]))
  const own = await made(gp, list(patient, [`DocumentReference/${one.id}`]))
  const masked = { ...one, securityLabel: [label('MASQUE_PS')] }
  const body = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { resource: masked, request: { method: 'PUT', url: `DocumentReference/${one.id}` } },
      { request: { method: 'GET', url: `List?patient=${patient}` } }
    ]
  }
  const { status, json } = await request(gp, 'POST', '', { body })
  t.equal(status, 200)
  t.strictSame(json.entry[1].resource.entry.map((each: { resource: { id: string } }) => each.resource.id).sort(), [id, own.id].sort())
  t.strictSame((await ids(gp, `/List?patient=${patient}`)).toSorted(), [id, own.id].sort(), 'an author in person sees it still')
})

t.test('an inner list that grows is held whole by those around it, and beyond the bound they are nobody\'s', async t => {
  const { id: patient, holder } = await open()
  await made(holder, access(patient, GP))
  const documents = await Promise.all(Array.from({ length: 3 }, async () => await made(lab, document(patient))))
  const [one, other, third] = documents.map(({ id }) => `DocumentReference/${id}`)
  const inner = await made(lab, list(patient, [one ?? '']))
  const outer = await made(lab, list(patient, [`List/${inner.id}`]))
  t.equal((await put(lab, list(patient, [one ?? '', other ?? ''], { id: inner.id }))).status, 200)
  t.equal((await put(holder, { ...documents[1], securityLabel: [label('MASQUE_PS')] })).status, 200)
  for (const { id } of [inner, outer]) isAbsent(t, await get(gp, `/List/${id}`))
  const lists = scene.mongo.db(scene.database).collection<{ _id: string, held: { DocumentReference: string[] } }>('List')
  t.same((await lists.findOne({ _id: outer.id }))?.held.DocumentReference.length, 2)
  await lists.updateOne({ _id: outer.id }, { $set: { 'held.Observation': Array.from({ length: 500 }, () => 'gone') } })
  isAbsent(t, await get(holder, `/List/${outer.id}`))
  t.notOk((await ids(holder, `/List?patient=${patient}`)).includes(outer.id), 'what it holds and is not there is nobody\'s')
  t.equal((await put(lab, list(patient, [one ?? '', third ?? ''], { id: inner.id }))).status, 200)
  t.ok(await lists.findOne({ _id: outer.id, 'held.Nothing': { $exists: true } }), 'what cannot be held is held by nobody')
})

t.test('an agenda of one\'s own and somebody else\'s is nobody\'s to write', async t => {
  const { id: elsewhere } = await made(operator, { resourceType: 'Location', name: 'x', managingOrganization: { identifier: { system: 'https://finess.esante.gouv.fr', value: LAB.slice(1) } } })
  const { id: unowned } = await made(operator, { resourceType: 'Location', name: 'y' })
  const schedule = (...actor: object[]) => ({ resourceType: 'Schedule', actor })
  const place = (id: string) => ({ reference: `Location/${id}` })
  refused(t, await post(gp, schedule(person(GP), place(elsewhere))), 403, { code: 'forbidden', expression: 'Schedule.actor' })
  refused(t, await post(gp, schedule(place(unowned))), 403, { code: 'forbidden', expression: 'Schedule.actor' })
  const mine = await made(gp, schedule(person(GP), place(unowned)))
  refused(t, await put(gp, { ...mine, actor: [...mine.actor, place(elsewhere)] }), 403, { code: 'forbidden', expression: 'Schedule.actor' })
  t.equal((await post(hospital, schedule({ identifier: { system: 'https://finess.esante.gouv.fr', value: HOSPITAL.slice(1) } }))).status, 201)
})
