/** The directory (`consent.md` 1 and 2): open to whoever is known, written by the operator; one person, one structure. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import { access, actor, block, consent, document, structure } from '../helper/resource.js'
import { GP, HOSPITAL, PRACTICE, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, post, put, made, ids, gp, hospital, lab, operator } = scene
const ID_NAT_ST = 'urn:oid:1.2.250.1.71.4.2.2'
const FINESS = 'https://finess.esante.gouv.fr'
const SIRENE = 'https://sirene.fr'
const RPPS = 'https://rpps.esante.gouv.fr'
const organization = (identifier: readonly object[], more: object = {}) => ({ resourceType: 'Organization', name: 'A structure', ...identifier.length === 0 ? {} : { identifier }, ...more })
const practitioner = (identifier: readonly object[], more: object = {}) => ({ resourceType: 'Practitioner', name: [{ family: 'Curie', given: ['Marie'] }], ...identifier.length === 0 ? {} : { identifier }, ...more })
const { holder } = await scene.open()

async function record (...choices: readonly ((id: string) => object)[]) {
  const { id, holder } = await scene.open()
  const { id: there } = await made(lab, document(id))
  const written: { id: string }[] = []
  for (const choice of choices) written.push(await made(holder, choice(id)))
  return { id, holder, there, choices: written, url: `/DocumentReference?patient=${id}` }
}

t.test('is written by the operator alone', async t => {
  for (const resource of [organization([]), practitioner([])]) {
    for (const token of [gp, hospital, holder]) refused(t, await post(token, resource), 403, { code: 'forbidden' })
    const { id, ...rest } = await made(operator, resource)
    for (const token of [gp, hospital, holder]) {
      refused(t, await put(token, { ...rest, id, active: false }), 403, { code: 'forbidden' })
      refused(t, await scene.remove(token, `/${resource.resourceType}/${id}`), 403, { code: 'forbidden' })
    }
    t.equal((await put(operator, { ...rest, id, active: false })).json.active, false)
    t.equal((await scene.remove(operator, `/${resource.resourceType}/${id}`)).status, 204)
    refused(t, await get(gp, `/${resource.resourceType}/${id}`), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
  }
})

t.test('is read and searched by everybody who is known', async t => {
  const { id } = await made(operator, practitioner([{ system: RPPS, value: '10000000001' }]))
  const application = await scene.token(as.application('app', '199999999999995'))
  for (const token of [gp, hospital, holder, operator, application]) {
    t.equal((await get(token, `/Practitioner/${id}`)).json.name[0].family, 'Curie')
    t.strictSame(await ids(token, `/Practitioner?identifier=${RPPS}|10000000001`), [id])
  }
  isAbsent(t, await get(gp, `/Practitioner/${randomUUID()}`))
})

t.test('an RPPS and its idNatPs are one person', async t => {
  const { there, url } = await record(id => consent(id, 'acces-ps', { type: 'permit', actor: actor({ type: 'Practitioner', identifier: { system: RPPS, value: GP.slice(1) } }) }))
  t.strictSame(await ids(gp, url), [there])
})

t.test('a choice may name an entry of the directory', async t => {
  const { id: entry } = await made(operator, practitioner([{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '899700000031' }]))
  const doctor = await scene.professional('899700000031')
  const { there, url } = await record(id => consent(id, 'acces-ps', { type: 'permit', actor: actor({ reference: `Practitioner/${entry}` }) }))
  t.strictSame([await ids(doctor, url), await ids(gp, url)], [[there], []])
})

t.test('all identifiers of an Organization are one structure', async t => {
  const SIRET = '12345678900011'
  await made(operator, organization([{ system: ID_NAT_ST, value: PRACTICE }, { system: SIRENE, value: SIRET }]))
  const { url, choices, holder, id, there } = await record(id => access(id, GP), id => block(id, { type: 'Organization', identifier: { system: SIRENE, value: SIRET } }))
  t.strictSame(await ids(gp, url), [])
  await put(holder, { ...choices[1], status: 'inactive' })
  await made(holder, consent(id, 'acces-ps', { type: 'permit', actor: actor({ type: 'Organization', identifier: { system: ID_NAT_ST, value: `3${SIRET}` } }) }))
  t.strictSame(await ids(gp, url), [there], 'a permit for the structure is one for who works there')
})

t.test('FINESS and idNatSt are one structure without any entry', async t => {
  const { url } = await record(id => access(id, GP), id => block(id, { type: 'Organization', identifier: { system: FINESS, value: '751234567' } }))
  t.strictSame(await ids(gp, url), [], `1751234567 is ${PRACTICE}`)
})

t.test('a block covers a structure with its parts, a permit exactly the one named', async t => {
  const whole = await made(operator, organization([{ system: ID_NAT_ST, value: '1100000001' }]))
  const part = await made(operator, organization([{ system: ID_NAT_ST, value: '1100000002' }], { partOf: { reference: `Organization/${whole.id}` } }))
  await made(operator, organization([{ system: ID_NAT_ST, value: '1100000003' }], { partOf: { type: 'Organization', identifier: { system: ID_NAT_ST, value: '1100000002' } } }))
  const [above, inside, below] = await Promise.all(['1100000001', '1100000002', '1100000003'].map(async id => await scene.professional('899700000021', id)))
  if (above === undefined || inside === undefined || below === undefined) throw new Error('three structures')
  const permitted = await record(id => consent(id, 'acces-ps', { type: 'permit', actor: actor({ reference: `Organization/${part.id}` }) }))
  t.strictSame([await ids(above, permitted.url), await ids(inside, permitted.url), await ids(below, permitted.url)], [[], [permitted.there], []])
  const blocked = await record(id => access(id, '899700000021'), id => block(id, structure('1100000002')))
  t.strictSame([await ids(above, blocked.url), await ids(inside, blocked.url), await ids(below, blocked.url)], [[blocked.there], [], []])
  const moved = await put(operator, { ...part, partOf: undefined, active: true })
  t.equal(moved.status, 200)
  const all = await record(id => access(id, '899700000021'), id => block(id, structure('1100000001')))
  t.strictSame([await ids(above, all.url), await ids(inside, all.url), await ids(below, all.url)], [[], [all.there], [all.there]], 'what changes in the directory counts at once')
})

t.test('refuses a whole that is not there', async t => {
  for (const partOf of [{ reference: `Organization/${randomUUID()}` }, { type: 'Organization', identifier: { system: ID_NAT_ST, value: '1999999999' } }]) {
    refused(t, await post(operator, organization([], { partOf })), 422, { code: 'not-found', expression: 'Organization.partOf' })
  }
})

t.test('what a choice names keeps its identifiers', async t => {
  const entry = await made(operator, organization([{ system: ID_NAT_ST, value: '1200000001' }]))
  const { choices } = await record(id => block(id, { reference: `Organization/${entry.id}` }))
  t.equal(choices.length, 1)
  const rule = { code: 'business-rule', expression: 'Organization.identifier' }
  refused(t, await put(operator, { ...entry, identifier: [{ system: ID_NAT_ST, value: '1200000002' }] }), 422, rule)
  refused(t, await scene.remove(operator, `/Organization/${entry.id}`), 422, rule)
  t.equal((await put(operator, { ...entry, name: 'Another name', active: false })).status, 200)
})

t.test('naming a stranger gives that stranger nothing', async t => {
  const { id } = await scene.open()
  const named = { author: [{ type: 'Practitioner', identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: GP } }], custodian: structure(PRACTICE) }
  const there = await made(hospital, document(id, named))
  isAbsent(t, await get(gp, `/DocumentReference/${there.id}`))
  t.equal((await get(await scene.professional(GP, HOSPITAL), `/DocumentReference/${there.id}`)).status, 200, 'but where the depositor is')
})
