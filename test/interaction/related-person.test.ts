/** Who stands around the holder, and the rest of the directory (`consent.md` 2 *identity*, *directory*, 5). */
import t from 'tap'
import { access, block, document, person } from '../helper/resource.js'
import { GP, GP2, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, made, open, operator, put, remove, post, professional } = scene
const FORBIDDEN = { code: 'forbidden' }
const related = (patient: string) => ({ resourceType: 'RelatedPerson', patient: { reference: `Patient/${patient}` }, name: [{ family: 'PETIT', given: ['Jean'] }] })

t.test('the holder and the operator write, each their own, and those with the record\'s ground read', async t => {
  const { id: patient, holder } = await open()
  const elsewhere = await open()
  const mine = await made(holder, related(patient))
  const theirs = await made(operator, related(patient))
  for (const token of [holder, operator]) t.strictSame([...await ids(token, `/RelatedPerson?patient=${patient}`)].sort(), [mine.id, theirs.id].sort())
  isAbsent(t, await get(gp, `/RelatedPerson/${mine.id}`))
  t.strictSame(await ids(gp, `/RelatedPerson?patient=${patient}`), [])
  await made(holder, access(patient, GP))
  t.equal((await get(gp, `/RelatedPerson/${mine.id}`)).status, 200)
  isAbsent(t, await get(lab, `/RelatedPerson/${mine.id}`))
  refused(t, await put(holder, { ...theirs, active: false }), 403, FORBIDDEN)
  refused(t, await put(operator, { ...mine, active: false }), 403, FORBIDDEN)
  refused(t, await remove(gp, `/RelatedPerson/${mine.id}`), 403, FORBIDDEN)
  refused(t, await put(holder, { ...mine, patient: { reference: `Patient/${elsewhere.id}` } }), 422, { code: 'business-rule', expression: 'RelatedPerson.patient' })
  for (const id of [elsewhere.id, 'none']) refused(t, await post(holder, related(id)), 403, FORBIDDEN)
  refused(t, await post(gp, related(patient)), 403, FORBIDDEN)
  t.equal((await put(holder, { ...mine, active: false })).status, 200)
  t.equal((await remove(holder, `/RelatedPerson/${mine.id}`)).status, 204)
})

t.test('a team is written by the holder, and gives its members nothing', async t => {
  const { id: patient, holder } = await open()
  const team = { resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${patient}` }, participant: [{ member: person(GP) }] }
  for (const token of [gp, lab, operator]) {
    refused(t, await post(token, team), 403, FORBIDDEN)
    refused(t, await post(token, { ...team, subject: { reference: 'Patient/none' } }), 403, FORBIDDEN)
  }
  const { id, ...rest } = await made(holder, team)
  isAbsent(t, await get(gp, `/CareTeam/${id}`))
  const { id: other } = await made(lab, document(patient))
  isAbsent(t, await get(gp, `/DocumentReference/${other}`))
  await made(holder, access(patient, GP))
  t.equal((await get(gp, `/CareTeam/${id}`)).status, 200)
  refused(t, await put(gp, { id, ...rest, status: 'inactive' }), 403, FORBIDDEN)
  t.equal((await put(holder, { id, ...rest, status: 'inactive' })).status, 200)
})

t.test('the directory is the operator\'s, and refers to no patient', async t => {
  const { id: patient, holder } = await open()
  const device = { resourceType: 'Device', status: 'active', deviceName: [{ name: 'scale', type: 'user-friendly-name' }] }
  const { id } = await made(operator, device)
  t.equal((await get(holder, `/Device/${id}`)).status, 200)
  refused(t, await post(operator, { ...device, patient: { reference: `Patient/${patient}` } }), 422, { code: 'business-rule', expression: 'Device.patient' })
  refused(t, await post(operator, { ...device, parent: { reference: `Observation/${patient}` } }), 422, { code: 'structure', expression: 'Device.parent.reference' })
  for (const token of [gp, lab, holder]) refused(t, await post(token, device), 403, FORBIDDEN)
  const { id: place } = await made(operator, { resourceType: 'Location', name: 'Cabinet' })
  t.strictSame(await ids(gp, '/Location?name=cabinet'), [place])
})

t.test('a choice that names a role means the person who has it, who stays the same', async t => {
  const { id: patient, holder } = await open()
  const other = await professional(GP2)
  const practitioner = await made(operator, { resourceType: 'Practitioner', identifier: [person(GP2).identifier] })
  const role = await made(operator, { resourceType: 'PractitionerRole', practitioner: { reference: `Practitioner/${practitioner.id}` } })
  const { id } = await made(lab, document(patient))
  await made(holder, access(patient, GP2))
  t.equal((await get(other, `/DocumentReference/${id}`)).status, 200)
  await made(holder, block(patient, { reference: `PractitionerRole/${role.id}` }))
  isAbsent(t, await get(other, `/DocumentReference/${id}`))
  refused(t, await put(operator, { ...role, practitioner: person(GP) }), 422, { code: 'business-rule', expression: 'PractitionerRole.identifier' })
  refused(t, await put(operator, { ...practitioner, identifier: [person(GP).identifier] }), 422, { code: 'business-rule', expression: 'Practitioner.identifier' })
})
