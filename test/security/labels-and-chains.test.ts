/** Labels follow a document through every replacement, re-deposit, alias, deletion and race (adversary F1 F2 F3 F13 F15 F16). */
import t from 'tap'
import { document, label, structure, treating } from '../helper/resource.js'
import { openScene } from './scene.js'

const scene = await openScene(t)
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const again = (id: string, more: object = {}) => ({ ...more, relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${id}` } }] })
const codesOf = ({ securityLabel = [] }: { securityLabel?: readonly { coding: readonly { code: string }[] }[] }) =>
  securityLabel.flatMap(({ coding }) => coding.map(({ code }) => code)).toSorted()

t.test('F1 a mask outlives the deletion of its document and a new deposit of the same', async t => {
  const { holder, physician, hospital, resource, id } = await scene.cast()
  t.equal((await scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404)
  t.equal(await scene.status(hospital.token, `/DocumentReference/${id}`, 'DELETE'), 204)
  const fresh = await scene.make(hospital.token, resource)
  t.equal(await scene.status(physician.token, `/DocumentReference/${fresh}`), 404)
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404, 'that it was deleted is not told either')
  t.equal(await scene.status(holder.token, `/DocumentReference/${id}`), 410)
  t.same(codesOf((await scene.request(holder.token, 'GET', `/DocumentReference/${fresh}`)).json), ['MASQUE_PS'])
})

t.test('F1 every restricting label outlives it, by identifier or by content alone', async t => {
  const labels = [
    [label('INVISIBLE_REPRESENTANTS_LEGAUX'), 'INVISIBLE_REPRESENTANTS_LEGAUX'], [label('R', CONFIDENTIALITY), 'R'], [label('V', CONFIDENTIALITY), 'V'],
    // Unknown labels count as masks: of a deleted document only that is kept.
    [label('XYZ', 'urn:unknown'), 'MASQUE_PS']
  ] as const
  for (const [index, [mark, expected]] of labels.entries()) {
    const { holder, hospital, resource, id } = await scene.cast()
    t.equal((await scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [mark] })).status, 200)
    t.equal(await scene.status(hospital.token, `/DocumentReference/${id}`, 'DELETE'), 204)
    const fresh = await scene.make(hospital.token, index % 2 === 0
      ? { ...resource, masterIdentifier: document('x').masterIdentifier }
      : document(holder.id, { masterIdentifier: resource.masterIdentifier }))
    t.same(codesOf((await scene.request(holder.token, 'GET', `/DocumentReference/${fresh}`)).json), [expected])
  }
})

t.test('F2 a structure escapes neither mask nor uniqueness under another of its names', async t => {
  const { holder, physician, hospital, resource, id } = await scene.cast()
  const alias = `3${hospital.structure}1234`
  await scene.make(scene.operator, { resourceType: 'Organization', identifier: [structure(hospital.structure).identifier, structure(alias).identifier] })
  const other = await scene.hospital(alias)
  t.equal((await scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [label('MASQUE_PS')] })).status, 200)
  t.equal((await scene.post(hospital.token, resource)).status, 409)
  t.equal((await scene.post(other.token, resource)).status, 409)
  const fresh = await scene.make(other.token, { ...resource, masterIdentifier: document('x').masterIdentifier })
  t.equal(await scene.status(physician.token, `/DocumentReference/${fresh}`), 404, 'the same content is the same chain')
  t.equal(await scene.status(other.token, `/DocumentReference/${id}`), 200, 'its author under either name')
})

t.test('F3 what was entered in error does not come back by a replacement', async t => {
  const { holder, physician, hospital, id } = await scene.cast()
  t.equal((await scene.change(hospital.token, `/DocumentReference/${id}`, { status: 'entered-in-error' })).status, 200)
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404)
  const answer = await scene.post(hospital.token, document(holder.id, again(id)))
  t.ok([201, 422].includes(answer.status))
  t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404)
  t.equal((await scene.request(holder.token, 'GET', `/DocumentReference/${id}`)).json.status, 'entered-in-error')
})

t.test('F13 a mask that was acknowledged stands, whatever deposit runs beside it', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const leaks: string[] = []
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const content = `content of attempt ${attempt}`
    const id = await scene.make(hospital.token, document(holder.id, {}, content))
    const [mask, deposit] = await Promise.all([
      scene.change(holder.token, `/DocumentReference/${id}`, { securityLabel: [label('MASQUE_PS')] }),
      scene.post(hospital.token, document(holder.id, {}, content))
    ])
    if (mask.status !== 200) continue
    for (const seen of [id, ...deposit.status === 201 ? [deposit.json.id as string] : []]) {
      if (await scene.status(physician.token, `/DocumentReference/${seen}`) === 200) leaks.push(`attempt ${attempt}`)
    }
  }
  t.same(leaks, [], 'none is read')
  const found = await scene.ids(physician.token, `/DocumentReference?patient=${holder.id}&_count=100`)
  t.equal(found.length, leaks.length + 1, 'a search finds what a read does')
})

t.test('F13 parallel first deposits of one content are one chain', async t => {
  const { holder, physician, hospital } = await scene.cast()
  const deposits = await Promise.all([1, 2, 3].map(async () => await scene.post(hospital.token, document(holder.id, {}, 'one content'))))
  const ids = deposits.filter(({ status }) => status === 201).map(({ json }) => json.id as string)
  t.ok(ids.length > 0)
  t.equal((await scene.change(holder.token, `/DocumentReference/${ids[0] ?? ''}`, { securityLabel: [label('MASQUE_PS')] })).status, 200)
  for (const id of ids) t.equal(await scene.status(physician.token, `/DocumentReference/${id}`), 404)
})

t.test('F15 a document that was announced is not withheld again through another chain', async t => {
  const { holder, hospital } = await scene.cast()
  const author = await scene.physician(hospital.structure)
  const first = await scene.make(author.token, document(holder.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  t.equal(await scene.status(holder.token, `/DocumentReference/${first}`), 404)
  t.equal((await scene.change(author.token, `/DocumentReference/${first}`, { securityLabel: undefined })).status, 200)
  t.equal(await scene.status(holder.token, `/DocumentReference/${first}`), 200, 'released')
  const second = await scene.make(author.token, document(holder.id, { securityLabel: [label('INVISIBLE_PATIENT')] }))
  const both = [first, second].map(id => ({ code: 'replaces', target: { reference: `DocumentReference/${id}` } }))
  t.equal((await scene.post(author.token, document(holder.id, { relatesTo: both }))).status, 422)
  t.equal((await scene.post(author.token, document(holder.id, { ...again(first), securityLabel: [label('INVISIBLE_PATIENT')] }))).status, 422)
  t.equal(await scene.status(holder.token, `/DocumentReference/${first}`), 200)
})

t.test('F16 only an author in person hides what the holder already sees: the médecin traitant does not', async t => {
  const { holder, hospital, id } = await scene.cast()
  const family = await scene.physician()
  await scene.make(holder.token, treating(holder.id, family.person))
  const hide = { securityLabel: [label('INVISIBLE_PATIENT')] }
  t.equal((await scene.change(family.token, `/DocumentReference/${id}`, hide)).status, 403)
  t.equal((await scene.change(hospital.token, `/DocumentReference/${id}`, hide)).status, 403, 'nor a structure')
  t.equal(await scene.status(holder.token, `/DocumentReference/${id}`), 200)
})
