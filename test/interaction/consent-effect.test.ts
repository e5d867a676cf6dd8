/** What each kind of choice does (`consent.md` 3), seen from outside; the rules themselves are proven in test/consent. */
import t from 'tap'
import { as } from '../helper/app.js'
import { access, actor, block, consent, document, emergency, label, person, purpose, structure } from '../helper/resource.js'
import { GP, GP2, HOSPITAL, PRACTICE, isAbsent, openScene } from './scene.js'

const scene = await openScene(t)
const { made, ids, get, put, gp, hospital, lab } = scene
const hours = (offset: number) => new Date(Date.now() + offset * 3600 * 1000).toISOString()
const LOINC = 'http://loinc.org'

/** A record with an open and a masked document; `seen` says which of them a caller finds. */
async function record () {
  const { id, ins, holder } = await scene.open()
  const documents = { open: (await made(hospital, document(id))).id, masked: (await made(hospital, document(id, { securityLabel: [label('MASQUE_PS')] }))).id }
  return {
    id,
    ins,
    holder,
    documents,
    choose: async (kind: string | undefined, provision: object) => await made(holder, consent(id, kind, provision)),
    seen: async (token: string) => {
      const found = await ids(token, `/DocumentReference?patient=${id}`)
      return Object.entries(documents).filter(([, one]) => found.includes(one)).map(([name]) => name).join(' ')
    }
  }
}
const inMode = async (ins: string, mode: string) => await scene.token(as.emergency(GP2, '1750000077', ins, mode))

t.test('acces-ps opens what is not masked, to the one who is named', async t => {
  const { id, holder, seen } = await record()
  const choice = await made(holder, access(id, GP))
  t.strictSame([await seen(gp), await seen(await scene.professional(GP2)), await seen(lab)], ['open', '', ''])
  t.equal(await seen(await scene.professional(GP, '1999999999')), 'open', 'wherever they work')
  await put(holder, { ...choice, status: 'inactive' })
  t.equal(await seen(gp), '')
})

t.test('acces-ps to a structure opens it to those who work there, not to its software', async t => {
  const { choose, seen } = await record()
  await choose('acces-ps', { type: 'permit', actor: actor(structure(PRACTICE)) })
  t.strictSame([await seen(gp), await seen(await scene.professional(GP2, PRACTICE)), await seen(await scene.professional(GP, '1999999999'))], ['open', 'open', ''])
  t.equal(await seen(await scene.token(as.structure(PRACTICE))), '')
})

t.test('a choice counts in its period', async t => {
  const { choose, seen } = await record()
  const of = (start: string, end: string) => ({ type: 'permit', actor: actor(person(GP)), period: { start, end } })
  await choose('acces-ponctuel', of(hours(-30), hours(-7)))
  await choose('acces-ponctuel', of(hours(1), hours(3)))
  await choose('acces-ps', of(hours(-3), hours(-1)))
  t.equal(await seen(gp), '', 'over, or to come')
  await choose('acces-ponctuel', of(hours(-1), hours(1)))
  t.equal(await seen(gp), 'open')
})

t.test('acces-ps for another purpose is none for care', async t => {
  const { choose, seen } = await record()
  await choose('acces-ps', { type: 'permit', actor: actor(person(GP)), purpose: [purpose('HRESCH')] })
  t.equal(await seen(gp), '')
})

t.test('medecin-traitant and administrateur see what is masked', async t => {
  for (const kind of ['medecin-traitant', 'administrateur']) {
    const { choose, seen } = await record()
    await choose(kind, { type: 'permit', actor: actor(person(GP)) })
    t.equal(await seen(gp), 'open masked', kind)
  }
})

t.test('C3 blocage stops all but the médecin traitant', async t => {
  for (const [kind, expected] of [['acces-ps', ''], ['administrateur', ''], ['medecin-traitant', 'open masked']] as const) {
    const { id, holder, choose, seen } = await record()
    await choose(kind, { type: 'permit', actor: actor(person(GP)) })
    await made(holder, block(id, person(GP)))
    t.equal(await seen(gp), expected, kind)
  }
  const { id, holder, documents, seen } = await record()
  await made(holder, block(id, structure(HOSPITAL)))
  t.equal(await seen(hospital), '', 'the author too')
  isAbsent(t, await get(hospital, `/DocumentReference/${documents.open}`))
})

t.test('partage denies by label, type, author or instance, and permits no more than it says', async t => {
  const selectors = (open: string): readonly object[] => [
    { code: [{ coding: [{ system: LOINC, code: '11488-4' }] }] },
    { class: [{ system: 'http://hl7.org/fhir/resource-types', code: 'DocumentReference' }] },
    { data: [{ meaning: 'authoredby', reference: structure(HOSPITAL) }] },
    { data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${open}` } }] },
    { dataPeriod: { start: '2026-06-01', end: '2026-06-30' } }
  ]
  for (const index of [0, 1, 2, 3, 4]) {
    const denied = await record()
    const selector = selectors(denied.documents.open)[index]
    await made(denied.holder, access(denied.id, GP))
    await denied.choose('partage', { type: 'deny', actor: actor(person(GP)), ...selector })
    t.equal(await denied.seen(gp), '', `deny ${JSON.stringify(selector)}`)
    const permitted = await record()
    await permitted.choose('partage', { type: 'permit', actor: actor(person(GP)), ...selectors(permitted.documents.open)[index] })
    t.equal(await permitted.seen(gp), 'open', 'permit')
  }
  const { id, holder, choose, seen } = await record()
  await made(holder, access(id, GP))
  await choose('partage', { type: 'deny', actor: actor(person(GP)), code: [{ coding: [{ system: LOINC, code: '15507-7' }] }] })
  t.equal(await seen(gp), 'open', 'of another type')
})

t.test('C12 P21 an emergency opens by its own kind, and masked documents by another', async t => {
  const { id, ins, holder, choose, seen } = await record()
  const [glass, regulation] = [await inMode(ins, 'bris_de_glace'), await inMode(ins, 'centre_15')]
  t.strictSame([await seen(glass), await seen(regulation)], ['', ''])
  const opened = await made(holder, emergency(id, 'urgence-ps', 'BTG'))
  t.strictSame([await seen(glass), await seen(regulation)], ['open', ''])
  await made(holder, emergency(id, 'urgence-samu', 'ETREAT'))
  t.strictSame([await seen(glass), await seen(regulation)], ['open', 'open'])
  await choose('urgence-masques', { type: 'permit', purpose: [purpose('BTG'), purpose('ETREAT')], securityLabel: [label('MASQUE_PS').coding[0]] })
  t.strictSame([await seen(glass), await seen(regulation)], ['open masked', 'open masked'])
  t.equal(await seen(await scene.professional(GP2)), '', 'not without an emergency')
  await put(holder, { ...opened, status: 'inactive' })
  t.strictSame([await seen(glass), await seen(regulation)], ['', 'open masked'])
  const other = await record()
  await made(other.holder, emergency(other.id, 'urgence-ps', 'BTG'))
  t.equal(await other.seen(glass), '', 'the token reaches the record that it names')
  await made(holder, block(id, person(GP2)))
  t.equal(await seen(regulation), '', 'a block stops an emergency')
})

t.test('defaut-confidentialite masks what is deposited from then on', async t => {
  const { id, holder, choose } = await record()
  await made(holder, access(id, GP))
  const choice = await choose('defaut-confidentialite', { type: 'deny', securityLabel: [label('MASQUE_PS').coding[0]] })
  const masked = await made(hospital, document(id))
  t.strictSame(masked.securityLabel, [label('MASQUE_PS')], 'the depositor is told')
  isAbsent(t, await get(gp, `/DocumentReference/${masked.id}`))
  await put(holder, { ...choice, status: 'inactive' })
  const plain = await made(hospital, document(id))
  t.strictSame([plain.securityLabel, (await get(gp, `/DocumentReference/${plain.id}`)).status], [undefined, 200])
  isAbsent(t, await get(gp, `/DocumentReference/${masked.id}`))
})

t.test('a PCF consent without a kind is understood, its exceptions before its base', async t => {
  const { choose, seen, documents } = await record()
  const choice = await choose(undefined, { type: 'permit', actor: actor(person(GP)), provision: [{ type: 'deny', data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${documents.open}` } }] }] })
  t.equal(await seen(gp), '')
  const { provision: _, ...root } = choice.provision
  await choose(undefined, { ...root })
  t.equal(await seen(gp), '', 'a deny wins over another permit')
})
