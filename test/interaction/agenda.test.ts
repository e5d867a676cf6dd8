/** Appointments belong to who takes part in them; agendas are everybody's to see, and name no patient (`consent.md` 2, 5). */
import t from 'tap'
import { access, block, person, structure } from '../helper/resource.js'
import { INS_TEST } from '../helper/app.js'
import { GP, GP2, HOSPITAL, LAB, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, hospital, made, open, operator, put, remove, post, professional } = scene
const FORBIDDEN = { code: 'forbidden' }

const appointment = (actors: readonly object[], more: object = {}) => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-12-01T10:00:00+01:00',
  end: '2026-12-01T10:30:00+01:00',
  participant: actors.map(actor => ({ actor, status: 'accepted' })),
  ...more
})
const self = (id: string) => ({ reference: `Patient/${id}` })

t.test('an appointment is seen by who takes part in it and by the holder', async t => {
  const { id: patient, holder, ins } = await open()
  const other = await professional(GP2)
  await made(holder, access(patient, GP2))
  const { id } = await made(gp, appointment([self(patient), person(GP), structure(HOSPITAL)]))
  for (const token of [gp, hospital, holder]) t.equal((await get(token, `/Appointment/${id}`)).status, 200)
  for (const token of [other, lab, operator]) isAbsent(t, await get(token, `/Appointment/${id}`))
  t.strictSame(await ids(hospital, '/Appointment?date=2026-12-01'), [id])
  t.strictSame(await ids(holder, `/Appointment?patient=${patient}`), [id])
  const byIns = await made(gp, appointment([{ identifier: { system: INS_TEST, value: ins } }, person(GP)]))
  t.equal(byIns.participant[0].actor.reference, `Patient/${patient}`)
})

t.test('it is written by who takes part in it, and nobody joins it later', async t => {
  const { id: patient, holder } = await open()
  const stranger = await open()
  refused(t, await post(lab, appointment([self(patient), structure(HOSPITAL)])), 403, { ...FORBIDDEN, expression: 'Appointment.participant' })
  refused(t, await post(operator, appointment([self(patient), structure(HOSPITAL)])), 403, FORBIDDEN)
  refused(t, await post(gp, appointment([person(GP)])), 422, { code: 'required', expression: 'Appointment.participant' })
  refused(t, await post(gp, appointment([self(patient), self(stranger.id), person(GP)])), 422, { code: 'required', expression: 'Appointment.participant' })
  refused(t, await post(holder, appointment([self(stranger.id), person(GP)])), 422, { code: 'not-found', expression: 'Appointment.participant.actor' })
  const before = await made(hospital, appointment([self(patient), structure(HOSPITAL)]))
  const cancelled = await put(holder, { ...before, status: 'cancelled' })
  t.equal(cancelled.status, 200)
  refused(t, await put(hospital, { ...cancelled.json, participant: [...before.participant, { actor: structure(LAB), status: 'accepted' }] }), 422, { code: 'business-rule', expression: 'Appointment.participant' })
  refused(t, await put(hospital, { ...cancelled.json, participant: [{ actor: self(stranger.id), status: 'accepted' }, ...before.participant.slice(1)] }), 422, { code: 'business-rule', expression: 'Appointment.participant' })
  refused(t, await remove(holder, `/Appointment/${before.id}`), 403, { ...FORBIDDEN, expression: 'Appointment.participant' })
  t.equal((await remove(hospital, `/Appointment/${before.id}`)).status, 204)
  t.equal((await get(holder, `/Appointment/${before.id}`)).status, 410)
})

t.test('a block shuts the agenda', async t => {
  const { id: patient, holder } = await open()
  const { id } = await made(gp, appointment([self(patient), person(GP)]))
  await made(holder, block(patient, person(GP)))
  isAbsent(t, await get(gp, `/Appointment/${id}`))
  t.notOk((await ids(gp, '/Appointment?_count=100')).includes(id))
  refused(t, await post(gp, appointment([self(patient), person(GP)])), 403, { ...FORBIDDEN, expression: 'Appointment.participant' })
})

t.test('an agenda is everybody\'s to see and its owner\'s to write', async t => {
  const { id: patient, holder, ins } = await open()
  const { id: role } = await made(operator, { resourceType: 'PractitionerRole', practitioner: person(GP), organization: structure(HOSPITAL) })
  const schedule = { resourceType: 'Schedule', actor: [{ reference: `PractitionerRole/${role}` }] }
  refused(t, await post(lab, schedule), 403, { ...FORBIDDEN, expression: 'Schedule.actor' })
  refused(t, await post(holder, schedule), 403, FORBIDDEN)
  for (const actor of [self(patient), { reference: 'Patient/none' }]) refused(t, await post(gp, { ...schedule, actor: [...schedule.actor, actor] }), 422, { code: 'not-found', expression: 'Schedule.actor[1]' })
  refused(t, await post(gp, { ...schedule, actor: [...schedule.actor, { identifier: { system: INS_TEST, value: ins } }] }), 422, { code: 'business-rule', expression: 'Schedule' })
  const { id } = await made(hospital, schedule)
  const slot = await made(gp, { resourceType: 'Slot', schedule: { reference: `Schedule/${id}` }, status: 'free', start: '2026-12-01T10:00:00Z', end: '2026-12-01T10:30:00Z' })
  for (const token of [holder, lab, operator]) {
    t.equal((await get(token, `/Slot/${slot.id}`)).status, 200)
    t.strictSame(await ids(token, `/Slot?schedule=Schedule/${id}&status=free&start=ge2026-12-01`), [slot.id])
  }
  refused(t, await put(lab, { ...slot, status: 'busy' }), 403, { ...FORBIDDEN, expression: 'Slot.schedule' })
  t.equal((await put(hospital, { ...slot, status: 'busy' })).status, 200)
  t.equal((await remove(gp, `/Slot/${slot.id}`)).status, 204)
})
