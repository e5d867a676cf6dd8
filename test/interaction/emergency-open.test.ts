/** Where the law makes emergencies opt-out (`EMERGENCY_OPEN`), they are open until the holder denies them. */
import t from 'tap'
import { as } from '../helper/app.js'
import { actor, block, consent, document, label, person, purpose } from '../helper/resource.js'
import { GP, GP2, PRACTICE, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t, { EMERGENCY_OPEN: 'bris_de_glace', EMERGENCY_PROFESSIONS: '10' })
const { get, put, made, hospital, gp } = scene
const record = await scene.open()
const plain = await made(hospital, document(record.id))
const masked = await made(hospital, document(record.id, { securityLabel: [label('MASQUE_PS')] }))
const inEmergency = async (id = GP, mode = 'bris_de_glace', more = {}) => await scene.token(as.emergency(id, PRACTICE, record.ins, mode, more))
const status = async (token: string) => (await get(token, `/DocumentReference/${plain.id as string}`)).status

t.test('who declares it sees without a choice, but nothing masked, and only in that mode', async t => {
  const token = await inEmergency()
  t.equal(await status(token), 200)
  isAbsent(t, await get(token, `/DocumentReference/${masked.id as string}`))
  t.equal(await status(await inEmergency(GP, 'centre_15')), 404)
  t.equal(await status(gp), 404)
})

t.test('a profession that may not declare one is refused', async t => {
  refused(t, await get(await inEmergency(GP, 'bris_de_glace', { SubjectRole: ['60^1.2.250.1.71.1.2.7'] }), `/DocumentReference/${plain.id as string}`), 403, { code: 'forbidden' })
})

t.test('the holder denies emergencies, or shuts somebody out of them', async t => {
  const denied = await made(record.holder, consent(record.id, undefined, { type: 'deny', purpose: [purpose('BTG')] }))
  t.equal(await status(await inEmergency()), 404)
  t.equal((await put(record.holder, { ...denied, status: 'inactive' })).status, 200)
  t.equal(await status(await inEmergency()), 200)
  const blocked = await made(record.holder, block(record.id, person(GP2)))
  t.equal(await status(await inEmergency(GP2)), 404)
  t.equal((await put(record.holder, { ...blocked, status: 'inactive' })).status, 200)
  t.equal(await status(await inEmergency(GP2)), 404, 'after a block they need a permit that is given anew')
  await made(record.holder, consent(record.id, undefined, { type: 'permit', purpose: [purpose('BTG')], actor: actor(person(GP2)) }))
  t.equal(await status(await inEmergency(GP2)), 200)
})
