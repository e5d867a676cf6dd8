/** Care teams as grounds (`consent.md` 3, `equipe-soins`): who is in one, since when, and who put them there. */
import t from 'tap'
import { access, actor, consent, document, person, structure } from '../helper/resource.js'
import { GP, GP2, MT, isAbsent, openScene, refused } from './scene.js'
import type { Record } from './scene.js'

const scene = await openScene(t)
const { get, put, post, made, remove, ids, hospital, lab, gp } = scene
const gp2 = await scene.professional(GP2)
const third = await scene.professional(MT)
const team = ({ id }: Record, participant: readonly object[], more: object = {}) => ({ resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${id}` }, participant, ...more })
const trusted = ({ id }: Record, reference: string, more: object = {}) => consent(id, 'equipe-soins', { type: 'permit', actor: actor({ reference }), ...more })
const seen = async (token: string, { id }: Record) => await ids(token, `/DocumentReference?patient=Patient/${id}`)

async function scenery (...participant: readonly object[]) {
  const record = await scene.open()
  const plain = await made(lab, document(record.id))
  const made1 = await made(record.holder, team(record, participant))
  const choice = await made(record.holder, trusted(record, `CareTeam/${made1.id as string}`))
  return { record, plain, team: made1, choice }
}

t.test('whoever is in a team that the holder trusts reads, and nobody else', async t => {
  const { record, plain } = await scenery({ member: person(GP) }, { member: structure(`1${MT.slice(0, 9)}`) })
  t.strictSame(await seen(gp, record), [plain.id])
  t.strictSame(await ids(gp, `/DocumentReference?_id=${plain.id as string}`), [plain.id], 'without a patient too')
  t.ok((await ids(gp, '/DocumentReference')).includes(plain.id))
  t.strictSame(await seen(third, record), [plain.id], 'a professional of a structure that is in it')
  isAbsent(t, await get(gp2, `/DocumentReference/${plain.id as string}`))
  t.strictSame(await seen(hospital, record), [], 'software has no grounds')
})

t.test('a team alone, and a choice without the team, open nothing', async t => {
  const record = await scene.open()
  const plain = await made(lab, document(record.id))
  const { id } = await made(record.holder, team(record, [{ member: person(GP) }]))
  isAbsent(t, await get(gp, `/DocumentReference/${plain.id as string}`))
  const other = await scene.open()
  refused(t, await post(other.holder, trusted(other, `CareTeam/${id as string}`)), 422, { code: 'not-found', expression: 'Consent.provision.actor.reference' })
  refused(t, await post(record.holder, trusted(record, 'CareTeam/nobody')), 422, { code: 'not-found', expression: 'Consent.provision.actor.reference' })
})

t.test('a choice about what a team wrote means who is in it', async t => {
  const record = await scene.open()
  const [theirs, other] = [(await made(gp2, document(record.id))).id as string, (await made(lab, document(record.id))).id as string]
  const group = await made(record.holder, team(record, [{ member: person(GP2) }]))
  const data = [{ meaning: 'authoredby', reference: { reference: `CareTeam/${group.id as string}` } }]
  const permit = await made(record.holder, consent(record.id, undefined, { type: 'permit', data }))
  t.strictSame(await seen(gp, record), [theirs], 'a permit')
  t.equal((await put(record.holder, { ...group, status: 'inactive' })).status, 200)
  t.strictSame(await seen(gp, record), [], 'no longer, when the team is none')
  t.equal((await put(record.holder, { ...permit, provision: { type: 'permit', provision: [{ type: 'deny', data }] } })).status, 200)
  t.strictSame(await seen(gp, record), [other], 'a deny covers whoever it lists, in force or not')
  t.equal((await remove(record.holder, `/CareTeam/${group.id as string}`)).status, 204)
  t.strictSame(await seen(gp, record), [], 'and everybody, when nobody knows any more whom it lists')
  const foreign = await scene.open()
  refused(t, await post(foreign.holder, consent(foreign.id, 'partage', { type: 'deny', data })), 422, { code: 'not-found', expression: 'Consent.provision.data.reference' })
})

t.test('a permit about what a team wrote does not mean who put themselves into it', async t => {
  const record = await scene.open()
  const theirs = (await made(gp2, document(record.id))).id as string
  await made(record.holder, consent(record.id, 'administrateur', { type: 'permit', actor: actor(person(GP2)) }))
  const group = await made(gp2, team(record, [{ member: person(GP2) }]))
  await made(record.holder, consent(record.id, undefined, { type: 'permit', data: [{ meaning: 'authoredby', reference: { reference: `CareTeam/${group.id as string}` } }] }))
  t.strictSame(await seen(gp, record), [])
  t.equal((await put(record.holder, { ...group, name: 'confirmed' })).status, 200)
  t.strictSame(await seen(gp, record), [], 'a write that leaves their place as it was does not either')
  t.equal((await put(record.holder, { ...group, participant: [{ member: person(GP2), period: { start: '2026' } }] })).status, 200)
  t.strictSame(await seen(gp, record), [theirs], 'the holder\'s word does')
})

t.test('it holds as long as the team, the place in it and the choice do', async t => {
  const { record, plain, team: written, choice } = await scenery({ member: person(GP) })
  const after = async (more: object) => {
    t.equal((await put(record.holder, { ...written, ...more })).status, 200)
    return await seen(gp, record)
  }
  t.strictSame(await after({ participant: [{ member: person(GP), period: { end: '2020' } }] }), [])
  t.strictSame(await after({ participant: [{ member: person(GP), period: { start: '2020' } }] }), [plain.id])
  t.strictSame(await after({ period: { end: '2020' } }), [])
  t.strictSame(await after({ status: 'suspended' }), [])
  t.strictSame(await after({ participant: [{ member: person(GP2) }] }), [])
  t.strictSame(await seen(gp2, record), [plain.id])
  t.strictSame(await after({}), [plain.id])
  t.strictSame(await seen(gp2, record), [])
  t.equal((await put(record.holder, { ...choice, status: 'inactive' })).status, 200)
  t.strictSame(await seen(gp, record), [])
  t.equal((await put(record.holder, choice)).status, 200)
  t.strictSame(await seen(gp, record), [plain.id])
  t.equal((await remove(record.holder, `/CareTeam/${written.id as string}`)).status, 204)
  t.strictSame(await seen(gp, record), [])
})

t.test('a team in a team is nobody', async t => {
  const { record, team: inner } = await scenery({ member: person(GP2) })
  const outer = await made(record.holder, team(record, [{ member: { reference: `CareTeam/${inner.id as string}` } }]))
  const other = await made(record.holder, trusted(record, `CareTeam/${outer.id as string}`))
  const [innerChoice] = (await get(record.holder, `/Consent?patient=Patient/${record.id}`)).json.entry.map(({ resource }: { resource: { id: string } }) => resource).filter(({ id }: { id: string }) => id !== other.id)
  t.equal((await put(record.holder, { ...innerChoice, status: 'inactive' })).status, 200)
  t.strictSame(await seen(gp2, record), [])
})

t.test('whoever puts themselves into a team has no ground by it', async t => {
  const { record, plain, team: written } = await scenery({ member: person(GP2) })
  const trust = await made(record.holder, consent(record.id, 'administrateur', { type: 'permit', actor: actor(person(GP)) }))
  const current = (await get(gp, `/CareTeam/${written.id as string}`)).json
  t.equal((await put(gp, { ...current, participant: [{ member: person(GP2) }, { member: person(GP) }, { member: person(MT) }] })).status, 200)
  t.strictSame(await seen(third, record), [plain.id], 'whom the administrator adds sees')
  t.equal((await put(record.holder, { ...trust, status: 'inactive' })).status, 200)
  t.strictSame(await seen(gp, record), [], 'the administrator does not, once they are none any more')
  t.strictSame(await seen(gp2, record), [plain.id])
  const again = (await get(record.holder, `/CareTeam/${written.id as string}`)).json
  t.equal((await put(record.holder, again)).status, 200)
  t.strictSame(await seen(gp, record), [], 'nor when the holder writes the team as it is')
  t.equal((await put(record.holder, { ...again, participant: [{ member: person(GP2) }, { member: person(GP), period: { start: '2020' } }] })).status, 200)
  t.strictSame(await seen(gp, record), [plain.id], 'but when the holder puts them there')
})

t.test('a block ends what a team gives; a deny that names a team covers whoever it lists', async t => {
  const { record, plain, team: written } = await scenery({ member: person(GP) }, { member: person(GP2), period: { end: '2020' } })
  await made(record.holder, access(record.id, GP2))
  t.strictSame(await seen(gp2, record), [plain.id])
  const denied = await made(record.holder, consent(record.id, 'partage', { type: 'deny', actor: actor({ reference: `CareTeam/${written.id as string}` }), data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${plain.id as string}` } }] }))
  t.strictSame(await seen(gp, record), [])
  t.strictSame(await seen(gp2, record), [], 'also who is in it no more')
  t.equal((await put(record.holder, { ...denied, status: 'inactive' })).status, 200)
  t.strictSame(await seen(gp, record), [plain.id])
  const block = await made(record.holder, consent(record.id, 'blocage', { type: 'deny', actor: actor(person(GP)) }))
  t.strictSame(await seen(gp, record), [])
  t.equal((await put(record.holder, { ...block, status: 'inactive' })).status, 200)
  t.strictSame(await seen(gp, record), [], 'what was given before the end of a block is no ground after it')
})

t.test('a professional records a team that the patient agreed to, for seven days unless the holder confirms', async t => {
  const { record, plain } = await scenery({ member: person(GP) })
  const other = await made(record.holder, team(record, [{ member: person(GP2) }]))
  const mine = trusted(record, `CareTeam/${other.id as string}`)
  refused(t, await post(gp, { ...mine, sourceAttachment: undefined }), 422, { code: 'required', expression: 'Consent.source' })
  refused(t, await post(third, mine), 422, { code: 'not-found', expression: 'Consent.provision.actor.reference' })
  const recorded = await post(gp, mine)
  t.strictSame([recorded.status, recorded.text], [201, ''], 'who is not named in it does not read it back')
  const id = recorded.headers['location']?.split('/').at(-3)
  t.strictSame(await seen(gp2, record), [plain.id])
  t.equal((await put(record.holder, { ...mine, id, status: 'inactive' })).status, 200, 'the holder takes it back')
  t.strictSame(await seen(gp2, record), [])
})

t.test('a professional writes a team only together with the choice that they record', async t => {
  const record = await scene.open()
  const plain = await made(lab, document(record.id))
  const bundle = (participant: readonly object[], choice: object = {}) => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      { fullUrl: 'urn:uuid:6f1c3c0e-53a1-4a55-9d35-0c9d1f1b2a11', resource: team(record, participant), request: { method: 'POST', url: 'CareTeam' } },
      { resource: { ...trusted(record, 'urn:uuid:6f1c3c0e-53a1-4a55-9d35-0c9d1f1b2a11'), ...choice }, request: { method: 'POST', url: 'Consent' } }
    ]
  })
  const send = async (token: string, body: object) => await scene.request(token, 'POST', '', { body })
  refused(t, await post(gp, team(record, [{ member: person(GP2) }])), 403, { code: 'forbidden' })
  t.equal((await send(gp, bundle([{ member: person(GP2) }], { sourceAttachment: undefined }))).status, 422, 'without the attestation')
  t.equal((await send(gp, bundle([{ member: structure(`1${MT.slice(0, 9)}`) }]))).status, 422, 'a structure is no person')
  t.equal((await send(hospital, bundle([{ member: person(GP2) }]))).status, 403)
  t.strictSame(await ids(record.holder, `/CareTeam?patient=Patient/${record.id}`), [], 'nothing is left of what was refused')
  t.equal((await send(gp, bundle([{ member: person(GP2) }, { member: person(GP) }]))).status, 200)
  t.strictSame(await seen(gp2, record), [plain.id])
  t.strictSame(await seen(gp, record), [], 'for themselves they record an access')
  const [id] = await ids(record.holder, `/CareTeam?patient=Patient/${record.id}`)
  const current = (await get(gp, `/CareTeam/${id ?? ''}`)).json
  refused(t, await put(gp, { ...current, participant: [{ member: person(MT) }] }), 403, { code: 'forbidden' })
  const inactive = bundle([{ member: person(GP2) }], { status: 'inactive' })
  t.equal((await send(gp, inactive)).status, 403, 'a choice that does not count brings no team')
  const conditional = bundle([{ member: person(GP2) }])
  Object.assign(conditional.entry[1]?.request ?? {}, { ifNoneExist: `patient=Patient/${record.id}` })
  t.equal((await send(gp, conditional)).status, 403, 'nor does one that may not be written')
  t.equal((await ids(record.holder, `/CareTeam?patient=Patient/${record.id}`)).length, 1)
  const mixed = await made(record.holder, team(record, [{ member: structure(`1${MT.slice(0, 9)}`) }]))
  await made(record.holder, access(record.id, GP))
  refused(t, await post(gp, trusted(record, `CareTeam/${mixed.id as string}`)), 422, { code: 'business-rule', expression: 'Consent.provision.actor' })
  const many = Array.from({ length: 101 }, () => ({ member: person(GP2) }))
  refused(t, await post(record.holder, team(record, many)), 422, { code: 'too-long', expression: 'CareTeam.participant' })
})
