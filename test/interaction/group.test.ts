/** Lists of professionals and structures (`consent.md` 2 *directory*, 3 *PCF*): the operator keeps them, choices name them. */
import t from 'tap'
import { access, actor, block, consent, document, person, purpose, structure } from '../helper/resource.js'
import { GP, GP2, PRACTICE, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, post, put, made, ids, gp, hospital, lab, operator } = scene
const ID_NAT_PS = 'urn:oid:1.2.250.1.71.4.2.1'
const ID_NAT_ST = 'urn:oid:1.2.250.1.71.4.2.2'
const day = (offset: number) => new Date(Date.now() + offset * 24 * 3600 * 1000).toISOString()
const group = (member: readonly object[], more: object = {}) => ({ resourceType: 'Group', type: 'practitioner', actual: true, name: 'A list', ...member.length === 0 ? {} : { member }, ...more })
const practitioner = async (value: string) => `Practitioner/${(await made(operator, { resourceType: 'Practitioner', identifier: [{ system: ID_NAT_PS, value }] })).id}`
const doctor = await practitioner(GP)

/** A record with one document, and a choice without a kind of its holder. */
async function record (...provisions: readonly object[]) {
  const { id, holder } = await scene.open()
  const there = (await made(lab, document(id))).id
  for (const provision of provisions) await made(holder, consent(id, undefined, provision))
  return { id, holder, there, url: `/DocumentReference?patient=${id}` }
}
const naming = (list: { id: string }) => actor({ reference: `Group/${list.id}` })

t.test('is written by the operator, and read by whoever is known', async t => {
  const list = await made(operator, group([{ entity: { reference: doctor } }], { identifier: [{ system: 'urn:lists', value: 'one' }], code: { coding: [{ system: 'urn:codes', code: 'SAMU' }] } }))
  for (const token of [gp, hospital]) {
    refused(t, await post(token, group([])), 403, { code: 'forbidden' })
    t.equal((await get(token, `/Group/${list.id}`)).status, 200)
  }
  const { holder } = await scene.open()
  for (const query of [`member=${doctor}`, 'identifier=urn:lists|one', 'code=urn:codes|SAMU', 'actual=true&type=practitioner&code=SAMU']) t.strictSame(await ids(holder, `/Group?${query}`), [list.id], query)
  t.strictSame(await ids(holder, '/Group?actual=false'), [])
  t.equal((await get(holder, `/Group?_id=${list.id}&_include=Group:member`)).json.entry.length, 2)
})

t.test('names professionals and structures, each known, and nobody else', async t => {
  const patient = await scene.open()
  const nobody = await made(operator, { resourceType: 'Practitioner', name: [{ family: 'Nobody' }] })
  const list = await made(operator, group([{ entity: { reference: doctor } }]))
  const member = { code: 'not-found', expression: 'Group.member[1].entity' }
  for (const entity of [{ identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: patient.ins } }, { reference: `Practitioner/${nobody.id}` }, { reference: `Group/${list.id}` },
    { display: 'somebody' }, { identifier: { system: 'https://fhir.espace-sante.example/NamingSystem/client', value: 'app' } }]) {
    refused(t, await post(operator, group([{ entity: { reference: doctor } }, { entity }])), 422, member)
  }
  refused(t, await post(operator, group([{ entity: { reference: `Patient/${patient.id}` } }])), 422, { code: 'not-found', expression: 'Group.member[0].entity' })
  refused(t, await post(operator, group([], { characteristic: [{ code: { text: 'seen by' }, valueReference: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: patient.ins } }, exclude: false }] })), 422,
    { code: 'not-found', expression: 'Group.characteristic[0].valueReference' })
  for (const [more, expression] of [[{ type: 'person' }, 'Group.type'], [{ actual: false }, 'Group.actual']] as const) {
    refused(t, await post(operator, group([], more)), 422, { code: 'business-rule', expression })
  }
  refused(t, await post(operator, group([], { modifierExtension: [{ url: 'urn:x', valueBoolean: true }] })), 422, { code: 'extension', expression: 'Group.modifierExtension' })
})

t.test('a permit speaks to who is on the list now, in person, as the one of an identifier, or by their structure', async t => {
  const lists = {
    person: [{ entity: { reference: doctor } }],
    identifier: [{ entity: { identifier: { system: 'https://rpps.esante.gouv.fr', value: GP.slice(1) } } }],
    structure: [{ entity: structure(PRACTICE) }],
    period: [{ entity: { reference: doctor }, period: { start: day(-1), end: day(1) } }],
    over: [{ entity: { reference: doctor }, period: { end: day(-1) } }],
    later: [{ entity: { reference: doctor }, period: { start: day(1) } }],
    inactive: [{ entity: { reference: doctor }, inactive: true }],
    other: [{ entity: person(GP2) }],
    empty: []
  }
  const seen: { [name: string]: boolean } = {}
  for (const [name, member] of Object.entries(lists)) {
    const { url } = await record({ type: 'permit', actor: naming(await made(operator, group(member))) })
    seen[name] = (await ids(gp, url)).length === 1
  }
  t.strictSame(seen, { person: true, identifier: true, structure: true, period: true, over: false, later: false, inactive: false, other: false, empty: false })
})

t.test('what changes on a list counts at once', async t => {
  const list = await made(operator, group([{ entity: { reference: doctor } }]))
  const { url, there } = await record({ type: 'permit', actor: naming(list) })
  t.strictSame(await ids(gp, url), [there])
  const { member, ...empty } = list
  for (const [change, expected] of [[empty, []], [list, [there]], [{ ...list, active: false }, []], [list, [there]]] as const) {
    t.equal((await put(operator, change)).status, 200)
    t.strictSame(await ids(gp, url), expected)
  }
})

t.test('a deny covers whoever is on the list, in force or not, with the parts of a structure', async t => {
  const hospital = await made(operator, { resourceType: 'Organization', identifier: [{ system: ID_NAT_ST, value: '1300000001' }] })
  await made(operator, { resourceType: 'Organization', identifier: [{ system: ID_NAT_ST, value: '1300000002' }], partOf: { reference: `Organization/${hospital.id}` } })
  const inside = await scene.professional(GP2, '1300000002')
  const whole = await made(operator, group([{ entity: { identifier: { system: ID_NAT_ST, value: '1300000001' } } }, { entity: { reference: doctor }, inactive: true }]))
  const { url, there, id, holder } = await record({ type: 'permit' })
  t.strictSame([await ids(inside, url), await ids(gp, url)], [[there], [there]])
  await made(holder, consent(id, undefined, { type: 'deny', actor: naming(whole) }))
  t.strictSame([await ids(inside, url), await ids(gp, url)], [[], []])
  const permitted = await record({ type: 'permit', actor: naming(whole) })
  t.strictSame([await ids(inside, permitted.url), await ids(gp, permitted.url)], [[], []], 'but a permit does not')
})

t.test('without a patient, a search finds the records whose choices name the list', async t => {
  const colleague = await scene.professional('899700000055')
  const list = await made(operator, group([{ entity: person('899700000055') }]))
  const { there } = await record({ type: 'permit', actor: naming(list) })
  await record({ type: 'permit', purpose: [purpose('BTG')], actor: naming(list) })
  t.strictSame(await ids(colleague, '/DocumentReference'), [there])
  const nurse = await scene.professional('899700000078', '1750000088')
  t.strictSame(await ids(nurse, '/DocumentReference'), [])
  const ward = await record({ type: 'permit', actor: naming(await made(operator, group([{ entity: structure('1750000088') }]))) })
  t.strictSame(await ids(nurse, '/DocumentReference'), [ward.there], 'by their structure')
  await made(ward.holder, consent(ward.id, undefined, { type: 'deny', actor: naming(list) }))
  t.strictSame(await ids(colleague, '/DocumentReference'), [there], 'nor is what a deny names')
})

t.test('without a patient, what a list is denied is left out of what one\'s structure deposited', async t => {
  const at = '1750000044'
  const [author, colleague] = [await scene.professional('899700000041', at), await scene.professional('899700000042', at)]
  const list = await made(operator, group([{ entity: person('899700000042') }]))
  const { id, holder } = await scene.open()
  const there = (await made(author, document(id))).id
  const seen = async () => [await ids(author, '/DocumentReference'), await ids(colleague, '/DocumentReference'), await ids(colleague, `/DocumentReference?patient=${id}`)]
  t.strictSame(await seen(), [[there], [there], [there]])
  const emergency = await made(holder, consent(id, undefined, { type: 'deny', purpose: [purpose('BTG')], actor: naming(list) }))
  t.strictSame(await seen(), [[there], [there], [there]], 'in an emergency only')
  for (const choice of [
    consent(id, undefined, { type: 'deny', actor: naming(list) }),
    consent(id, 'partage', { type: 'deny', actor: naming(list), securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }] }),
    consent(id, undefined, { type: 'permit', purpose: [purpose('HRESCH')], provision: [{ type: 'deny', actor: naming(list) }] }),
    consent(id, undefined, { type: 'deny', purpose: [{ system: 'urn:purposes', code: 'unknown' }], actor: naming(list) })
  ]) {
    const { id: choiceId } = await made(holder, choice)
    t.strictSame(await seen(), [[there], [], []])
    t.equal((await scene.remove(holder, `/Consent/${choiceId}`)).status, 204)
  }
  t.equal((await scene.remove(holder, `/Consent/${emergency.id}`)).status, 204)
  t.strictSame(await seen(), [[there], [there], [there]])
})

t.test('a choice about authors means those who are on the list', async t => {
  const list = await made(operator, group([{ entity: person(GP2) }]))
  const { id, holder } = await scene.open()
  const by = await scene.professional(GP2, '1750000077')
  const [theirs, other] = [(await made(by, document(id))).id, (await made(lab, document(id))).id]
  const url = `/DocumentReference?patient=${id}`
  const data = [{ meaning: 'authoredby', reference: { reference: `Group/${list.id}` } }]
  const permit = await made(holder, consent(id, undefined, { type: 'permit', data }))
  t.strictSame(await ids(gp, url), [theirs])
  t.equal((await put(holder, { ...permit, provision: { type: 'permit', provision: [{ type: 'deny', data }] } })).status, 200)
  t.strictSame(await ids(gp, url), [other])
  const { member, ...empty } = list
  t.equal((await put(operator, empty)).status, 200)
  t.strictSame((await ids(gp, url)).toSorted(), [theirs, other].toSorted())
})

t.test('kinds that name one person or structure take no list', async t => {
  const list = await made(operator, group([{ entity: { reference: doctor } }]))
  const { id, holder } = await scene.open()
  refused(t, await post(holder, { ...block(id, { reference: `Group/${list.id}` }) }), 422, { code: 'not-found', expression: 'Consent.provision.actor.reference' })
  refused(t, await post(holder, consent(id, 'acces-ps', { type: 'permit', actor: naming(list) })), 422, { code: 'business-rule', expression: 'Consent.provision' })
})

t.test('a list that a choice names is not deleted, nor does who is on a list change identifiers', async t => {
  const entry = await made(operator, { resourceType: 'Practitioner', identifier: [{ system: ID_NAT_PS, value: '899700000066' }] })
  const list = await made(operator, group([{ entity: { reference: `Practitioner/${entry.id}` } }]))
  const rule = { code: 'business-rule' }
  refused(t, await put(operator, { ...entry, identifier: [{ system: ID_NAT_PS, value: '899700000067' }] }), 422, { ...rule, expression: 'Practitioner.identifier' })
  refused(t, await scene.remove(operator, `/Practitioner/${entry.id}`), 422, { ...rule, expression: 'Practitioner.identifier' })
  const { id, holder } = await scene.open()
  const choice = await made(holder, consent(id, undefined, { type: 'deny', actor: naming(list) }))
  refused(t, await scene.remove(operator, `/Group/${list.id}`), 422, { ...rule, expression: 'Group' })
  t.equal((await scene.remove(holder, `/Consent/${choice.id}`)).status, 204)
  t.equal((await scene.remove(operator, `/Group/${list.id}`)).status, 204)
  t.equal((await scene.remove(operator, `/Practitioner/${entry.id}`)).status, 204)
})

t.test('a member does not read the choice that names the list', async t => {
  const list = await made(operator, group([{ entity: { reference: doctor } }]))
  const { id, holder } = await scene.open()
  await made(holder, consent(id, undefined, { type: 'permit', actor: naming(list) }))
  t.strictSame(await ids(gp, `/Consent?patient=${id}`), [])
  await made(holder, access(id, GP))
  t.equal((await ids(gp, `/Consent?patient=${id}`)).length, 1)
})
