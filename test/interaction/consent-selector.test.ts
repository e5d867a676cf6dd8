/** What a choice without a kind may name, and how (`consent.md` 3 *PCF*): each form of each selector, over HTTP. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { INS_TEST, as } from '../helper/app.js'
import { actor, consent, document, person, structure } from '../helper/resource.js'
import { GP, GP2, openScene } from './scene.js'

const scene = await openScene(t)
const { made, post, put, ids, gp, hospital, operator } = scene
const ID_NAT_PS = 'urn:oid:1.2.250.1.71.4.2.1'
const RPPS = 'https://rpps.esante.gouv.fr'
const PRACTICE_ID = { system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1751234567' }
const CLIENT = { system: 'https://fhir.espace-sante.example/NamingSystem/client', value: 'app' }

const practitioner = `Practitioner/${(await made(operator, { resourceType: 'Practitioner', identifier: [{ system: ID_NAT_PS, value: GP }] })).id}`
const role = `PractitionerRole/${(await made(operator, { resourceType: 'PractitionerRole', practitioner: { reference: practitioner } })).id}`
const organization = `Organization/${(await made(operator, { resourceType: 'Organization', active: true, identifier: [PRACTICE_ID] })).id}`
const device = `Device/${(await made(operator, { resourceType: 'Device', identifier: [CLIENT] })).id}`
const list = `Group/${(await made(operator, { resourceType: 'Group', type: 'practitioner', actual: true, member: [{ entity: { reference: role } }] })).id}`
const within = (resource: object) => ({ contained: [{ id: 'who', ...resource }] })
const INSIDE = { reference: '#who' }

/** Ways to name the general practitioner, or where they work. */
const named: readonly (readonly [how: string, reference: object, more?: object])[] = [
  ['a Practitioner', { reference: practitioner }],
  ['a Practitioner, by the whole address of a version', { reference: `http://127.0.0.1:8080/fhir/${practitioner}/_history/1` }],
  ['a PractitionerRole', { reference: role }],
  ['an Organization', { reference: organization }],
  ['a Group', { reference: list }],
  ['an idNatPs', person(GP)],
  ['an RPPS', { identifier: { system: RPPS, value: GP.slice(1) } }],
  ['an idNatSt', structure(PRACTICE_ID.value)],
  ['a FINESS', { identifier: { system: 'https://finess.esante.gouv.fr', value: PRACTICE_ID.value.slice(1) } }],
  ['a contained Practitioner', INSIDE, within({ resourceType: 'Practitioner', identifier: [{ system: 'urn:unknown', value: 'x' }, { system: ID_NAT_PS, value: GP }] })],
  ['a contained PractitionerRole', INSIDE, within({ resourceType: 'PractitionerRole', practitioner: { reference: practitioner } })],
  ['a contained Organization', INSIDE, within({ resourceType: 'Organization', identifier: [PRACTICE_ID] })]
]

t.test('an actor is named in each of these ways, by a permit and by a deny', async t => {
  const other = await scene.professional(GP2, '1750000077')
  for (const [how, reference, more = {}] of named) {
    const { id, holder } = await scene.open()
    const there = (await made(hospital, document(id))).id
    const seen = async () => [await ids(gp, `/DocumentReference?patient=${id}`), await ids(other, `/DocumentReference?patient=${id}`)]
    const choice = await made(holder, consent(id, undefined, { type: 'permit', actor: actor(reference) }, more))
    t.strictSame(await seen(), [[there], []], `${how}, permitted`)
    t.equal((await put(holder, { ...choice, provision: { type: 'permit', provision: [{ type: 'deny', actor: actor(reference) }] } })).status, 200)
    t.strictSame(await seen(), [[], [there]], `${how}, denied`)
  }
})

t.test('an author is named in each of these ways', async t => {
  for (const [how, reference, more = {}] of named) {
    const { id, holder } = await scene.open()
    const theirs = (await made(gp, document(id))).id
    const other = (await made(hospital, document(id))).id
    const reader = await scene.professional(GP2, '1750000077')
    const seen = async () => await ids(reader, `/DocumentReference?patient=${id}`)
    const data = [{ meaning: 'authoredby', reference }]
    const choice = await made(holder, consent(id, undefined, { type: 'permit', data }, more))
    t.strictSame(await seen(), [theirs], `${how}, permitted`)
    t.equal((await put(holder, { ...choice, provision: { type: 'permit', provision: [{ type: 'deny', data }] } })).status, 200)
    t.strictSame(await seen(), [other], `${how}, denied`)
  }
})

t.test('what the holder deposited is named by the holder, by id or by INS, and no other patient is', async t => {
  const { id, ins, holder } = await scene.open()
  const stranger = await scene.open()
  const [own, other] = [(await made(holder, document(id, { type: { coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire', code: 'DOCPAT01' }] } }))).id, (await made(hospital, document(id))).id]
  for (const reference of [{ reference: `Patient/${id}` }, { identifier: { system: INS_TEST, value: ins } }]) {
    const choice = await made(holder, consent(id, undefined, { type: 'permit', data: [{ meaning: 'authoredby', reference }] }))
    t.strictSame(await ids(gp, `/DocumentReference?patient=${id}`), [own])
    t.not(other, own)
    await scene.remove(holder, `/Consent/${choice.id}`)
  }
  for (const reference of [{ reference: `Patient/${stranger.id}` }, { reference: `Patient/${randomUUID()}` }, { identifier: { system: INS_TEST, value: stranger.ins } }]) {
    t.equal((await post(holder, consent(id, undefined, { type: 'permit', data: [{ meaning: 'authoredby', reference }] }))).status, 422)
    t.equal((await post(holder, consent(id, undefined, { type: 'permit', actor: actor(reference) }))).status, 422)
  }
})

t.test('an application is named by its Device, contained or not', async t => {
  for (const [reference, more] of [[{ reference: device }, {}], [INSIDE, within({ resourceType: 'Device', identifier: [CLIENT] })], [{ identifier: CLIENT }, {}]] as const) {
    const { id, ins, holder } = await scene.open()
    const there = (await made(hospital, document(id))).id
    const application = await scene.token(as.application('app', ins))
    t.strictSame(await ids(application, `/DocumentReference?patient=${id}`), [])
    await made(holder, consent(id, 'application', { type: 'permit', actor: actor(reference) }, more))
    t.strictSame(await ids(application, `/DocumentReference?patient=${id}`), [there])
  }
})

t.test('data is told by a partial date, in Paris, or by an instant of any zone', async t => {
  const { id, holder } = await scene.open()
  const at: { [name: string]: string } = {}
  const dates = ['2026-05-31T23:59:59+02:00', '2026-05-31T22:00:00Z', '2026-06-12T23:59:59+02:00', '2026-06-12T22:00:00Z', '2026-06-30T17:59:59-04:00', '2026-06-30T18:00:00-04:00', '2026-12-31T23:30:00+01:00']
  for (const date of dates) at[(await made(hospital, document(id, { date }))).id] = date
  const seen = async () => (await ids(gp, `/DocumentReference?patient=${id}`)).map(each => dates.indexOf(at[each] ?? '')).toSorted()
  const choice = await made(holder, consent(id, undefined, { type: 'permit' }))
  for (const [dataPeriod, inside] of [
    [{ start: '2026-06', end: '2026-06' }, [1, 2, 3, 4]],
    [{ start: '2026-06-01', end: '2026-06-12' }, [1, 2]],
    [{ start: '2026-06-13' }, [3, 4, 5, 6]],
    [{ end: '2026-05' }, [0]],
    [{ start: '2026', end: '2026' }, [0, 1, 2, 3, 4, 5, 6]],
    [{ start: '2025', end: '2025' }, []],
    [{ start: '2026-06-12T22:00:00Z', end: '2026-06-30T17:59:59-04:00' }, [3, 4]],
    [{ start: '2026-06-13T00:00:00+02:00', end: '2026-07-01T00:00:00+02:00' }, [3, 4, 5]]
  ] as const) {
    const put_ = async (provision: object) => t.equal((await put(holder, { ...choice, provision })).status, 200)
    await put_({ type: 'permit', dataPeriod })
    t.strictSame(await seen(), inside, JSON.stringify(dataPeriod))
    await put_({ type: 'permit', provision: [{ type: 'deny', dataPeriod }] })
    t.strictSame(await seen(), [0, 1, 2, 3, 4, 5, 6].filter(index => !(inside as readonly number[]).includes(index)), `not ${JSON.stringify(dataPeriod)}`)
  }
})

t.test('C2 P21 a choice and its exceptions hold in their periods, told by partial dates or in any zone', async t => {
  const { id, holder } = await scene.open()
  const there = (await made(hospital, document(id))).id
  const now = new Date()
  const year = String(now.getUTCFullYear())
  const zoned = (minutes: number, zone: number) => new Date(now.getTime() + (minutes + zone * 60) * 60_000).toISOString().replace(/\.\d+Z$/, `${zone < 0 ? '-' : '+'}${String(Math.abs(zone)).padStart(2, '0')}:00`)
  const choice = await made(holder, consent(id, undefined, { type: 'permit' }))
  for (const [period, isInForce] of [
    [{ start: '2020', end: String(now.getUTCFullYear() + 1) }, true],
    [{ start: String(now.getUTCFullYear() + 1) }, false],
    [{ end: String(now.getUTCFullYear() - 1) }, false],
    [{ start: '2020-02-29', end: '2020-03' }, false],
    [{ start: zoned(-5, 9), end: zoned(5, -11) }, true],
    [{ start: zoned(5, -11) }, false],
    [{ end: zoned(-5, 14) }, false]
  ] as const) {
    const told = JSON.stringify([year, period])
    t.equal((await put(holder, { ...choice, provision: { type: 'permit', period } })).status, 200)
    t.strictSame(await ids(gp, `/DocumentReference?patient=${id}`), isInForce ? [there] : [], told)
    t.equal((await put(holder, { ...choice, provision: { type: 'permit', provision: [{ type: 'deny', period }] } })).status, 200)
    t.strictSame(await ids(gp, `/DocumentReference?patient=${id}`), isInForce ? [] : [there], `except ${told}`)
  }
})
