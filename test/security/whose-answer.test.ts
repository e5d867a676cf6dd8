/** An answer belongs to its question: of two requests that differ in one input, neither is given the other's (`consent.md` 1). */
import t from 'tap'
import { as } from '../helper/app.js'
import type { Claims } from '../helper/app.js'
import { access, consent, document, emergency, label, purpose } from '../helper/resource.js'
import { newPerson, newStructure, openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital, id: open } = await scene.cast()
const { person, structure } = physician
const masked = await scene.make(hospital.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
const own = await scene.make(physician.token, document(holder.id, { securityLabel: [label('MASQUE_PS')] }))
await scene.make(holder.token, emergency(holder.id, 'urgence-ps', 'BTG'))
await scene.make(holder.token, consent(holder.id, 'urgence-masques', { type: 'permit', purpose: [purpose('BTG'), purpose('ETREAT')], securityLabel: label('MASQUE_PS').coding }))
const other = await scene.cast()
await scene.make(other.holder.token, access(other.holder.id, person))

const G15 = '1.2.250.1.71.1.2.7'
const whole = [open, own]
/** Each caller differs from the first in one thing; and what they find of the record, or the status that they get. */
const CALLERS: readonly (readonly [differs: string, claims: Claims, found: readonly string[] | number])[] = [
  ['nothing', as.professional(person, structure), whole],
  ['the person', as.professional(newPerson(), structure), [own]],
  ['the structure', as.professional(person, newStructure()), whole],
  ['the structure that deposited', as.professional(newPerson(), hospital.structure), [open, masked]],
  ['the profession', as.professional(person, structure, { SubjectRole: [`60^${G15}`] }), whole],
  ['a profession that the matrix does not know', as.professional(person, structure, { SubjectRole: [`99^${G15}`] }), [own]],
  ['the sector', as.professional(person, structure, { Secteur_Activite: 'SA24^1.2.250.1.71.4.2.4' }), []],
  ['the mode', as.emergency(person, structure, holder.ins, 'bris_de_glace'), [open, masked, own]],
  ['the emergency', as.emergency(person, structure, holder.ins, 'centre_15'), [own]],
  ['the patient of the emergency', as.emergency(person, structure, other.holder.ins, 'bris_de_glace'), []],
  ['the scope', as.professional(person, structure, { scope: 'user/Consent.rs' }), 403],
  ['the scope, by a letter', as.professional(person, structure, { scope: 'user/DocumentReference.r' }), 403],
  ['no person', as.structure(structure), [own]],
  ['the software of the structure that deposited', as.structure(hospital.structure), [open, masked]],
  ['the holder', as.holder(holder.ins), [open, masked, own]],
  ['another holder', as.holder(other.holder.ins), []],
  ['an application without a choice', as.application('app', holder.ins), []],
  ['the operator', as.operator, []]
]

t.test('C14 P23 every input of the question is one: whoever asked before, each gets their own answer', async t => {
  const url = `/DocumentReference?patient=${holder.id}&_sort=_lastUpdated`
  const tokens = await Promise.all(CALLERS.map(async ([, claims]) => await scene.token(claims)))
  const order = [...CALLERS.keys()]
  const rounds: readonly (readonly number[])[] = [order, order.toReversed(), order.toSorted((one, two) => (one * 7) % 18 - (two * 7) % 18)]
  for (const [round, indexes] of rounds.entries()) {
    for (const index of indexes) {
      const [differs, , found] = CALLERS[index] ?? ['', {}, 0]
      const answer = await scene.request(tokens[index], 'GET', url)
      const said = answer.status === 200 ? (answer.json.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id).toSorted() : answer.status
      t.same(said, typeof found === 'number' ? found : found.toSorted(), `${differs}, round ${round}`)
      for (const one of typeof found === 'number' ? [] : [open, masked, own]) {
        t.equal(await scene.status(tokens[index] ?? '', `/DocumentReference/${one}`), (found as readonly string[]).includes(one) ? 200 : 404, `${differs}, round ${round}: read`)
      }
    }
  }
})

t.test('C14 P23 many at once, each gets their own answer', async t => {
  const tokens = await Promise.all(CALLERS.map(async ([, claims]) => await scene.token(claims)))
  const asked = [0, 1, 2].flatMap(() => [...CALLERS.entries()])
  const answers = await Promise.all(asked.map(async ([index]) => await scene.request(tokens[index], 'GET', `/DocumentReference?patient=${holder.id}&_total=accurate`)))
  for (const [place, [, [differs, , found]]] of asked.entries()) {
    const answer = answers[place]
    t.same(answer?.status === 200 ? answer.json.total : answer?.status, typeof found === 'number' ? found : found.length, differs)
  }
})

t.test('C14 P23 the same address answers each by what the other may not see', async t => {
  const [mine, anyones] = [await scene.request(await scene.token(as.holder(holder.ins)), 'GET', `/DocumentReference/${masked}`), await scene.request(physician.token, 'GET', `/DocumentReference/${masked}`)]
  t.same([mine.status, anyones.status], [200, 404])
  for (const { headers } of [mine, anyones]) t.match(headers['cache-control'], /no-store/)
})
