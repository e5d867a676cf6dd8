/** Containers (`consent.md` 2): a List and a Provenance are there only for whoever sees all that they hold. */
import t from 'tap'
import { access, document, label, person } from '../helper/resource.js'
import { GP, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, ids, lab, hospital, made, open, put, remove, post } = scene

const list = (patient: string, items: readonly string[], more: object = {}) => ({
  resourceType: 'List',
  status: 'current',
  mode: 'working',
  subject: { reference: `Patient/${patient}` },
  ...items.length === 0 ? {} : { entry: items.map(reference => ({ item: { reference } })) },
  ...more
})
const provenance = (targets: readonly string[]) => ({
  resourceType: 'Provenance', target: targets.map(reference => ({ reference })), recorded: '2026-06-01T10:00:00Z', agent: [{ who: person(GP) }]
})
const MASK = { securityLabel: [label('MASQUE_PS')] }
const UNRESOLVED = { code: 'not-found' }

/** The ids of a search with all that it includes. */
async function entries (token: string, url: string): Promise<readonly string[]> {
  return ((await get(token, url)).json.entry as readonly { resource: { id: string } }[]).map(({ resource }) => resource.id)
}

async function stage () {
  const patient = await open()
  await made(patient.holder, access(patient.id, GP))
  const [one, other] = [await made(lab, document(patient.id)), await made(lab, document(patient.id))]
  return { ...patient, one, other }
}

t.test('B13 P17 a list is seen as long as each of its items is, and comes back with them', async t => {
  const { id: patient, holder, one, other } = await stage()
  const { id } = await made(lab, list(patient, [`DocumentReference/${one.id}`, `DocumentReference/${other.id}`]))
  t.strictSame(await ids(gp, `/List?patient=${patient}`), [id])
  t.strictSame(await ids(gp, `/List?patient=${patient}&item=DocumentReference/${one.id}`), [id])
  const masked = await put(holder, { ...one, ...MASK })
  t.equal(masked.status, 200)
  isAbsent(t, await get(gp, `/List/${id}`))
  isAbsent(t, await get(gp, `/List/${id}/_history`))
  t.strictSame(await ids(gp, `/List?patient=${patient}`), [])
  t.strictSame(await ids(holder, `/List?patient=${patient}`), [id])
  t.strictSame(await ids(lab, `/List?patient=${patient}`), [id], 'the structure is author of all of it')
  t.equal((await put(holder, { ...masked.json, securityLabel: undefined })).status, 200)
  t.strictSame(await ids(gp, `/List?patient=${patient}`), [id])
})

t.test('what a list of lists holds is held by it', async t => {
  const { id: patient, holder, one, other } = await stage()
  const inner = await made(lab, list(patient, [`DocumentReference/${one.id}`]))
  const outer = await made(lab, list(patient, [`List/${inner.id}`]))
  const outmost = await made(lab, list(patient, [`List/${outer.id}`]))
  t.equal((await ids(gp, `/List?patient=${patient}`)).length, 3)
  t.equal((await put(lab, list(patient, [`DocumentReference/${one.id}`, `DocumentReference/${other.id}`], { id: inner.id }))).status, 200)
  t.equal((await put(holder, { ...other, ...MASK })).status, 200)
  for (const { id } of [inner, outer, outmost]) isAbsent(t, await get(gp, `/List/${id}`))
  refused(t, await put(lab, list(patient, [`List/${outmost.id}`], { id: inner.id })), 422, { code: 'business-rule', expression: 'List.entry.item' })
  refused(t, await put(lab, list(patient, [`List/${inner.id}`], { id: inner.id })), 422, { code: 'business-rule', expression: 'List.entry.item' })
})

t.test('a list goes on being judged by what was taken out of it, and by what was deleted', async t => {
  const { id: patient, holder, one, other } = await stage()
  const { id } = await made(lab, list(patient, [`DocumentReference/${one.id}`, `DocumentReference/${other.id}`]))
  t.equal((await put(holder, { ...one, ...MASK })).status, 200)
  t.equal((await put(lab, list(patient, [`DocumentReference/${other.id}`], { id }))).status, 200)
  isAbsent(t, await get(gp, `/List/${id}`))
  const { id: second } = await made(lab, list(patient, [`DocumentReference/${other.id}`]))
  t.equal((await remove(lab, `/DocumentReference/${other.id}`)).status, 204)
  t.equal((await get(gp, `/List/${second}`)).status, 200, 'deletion does not count')
})

t.test('a replacement that is masked hides the lists of what it replaced', async t => {
  const { id: patient, one } = await stage()
  const { id } = await made(lab, list(patient, [`DocumentReference/${one.id}`]))
  await made(lab, document(patient, { ...MASK, relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${one.id}` } }] }))
  isAbsent(t, await get(gp, `/DocumentReference/${one.id}`))
  isAbsent(t, await get(gp, `/List/${id}`))
})

t.test('an entry is written only if it is there for the writer', async t => {
  const { id: patient, holder, one } = await stage()
  const consents = await made(holder, access(patient, GP))
  for (const reference of [`DocumentReference/${one.id}`, 'DocumentReference/none', 'Observation/none', 'Binary/none', 'Nonsense/none', 'urn:uuid:none']) {
    refused(t, await post(hospital, list(patient, [reference])), 422, { ...UNRESOLVED, expression: 'List.entry[0].item' })
  }
  refused(t, await post(gp, list(patient, [`Consent/${consents.id}`])), 422, { code: 'business-rule', expression: 'List.entry.item' })
  refused(t, await post(holder, list(patient, [`DocumentReference/${one.id}`])), 403, { code: 'forbidden' })
})

t.test('a provenance belongs to the record of its targets, and is hidden with any of them', async t => {
  const { id: patient, holder, one, other } = await stage()
  const { id } = await made(lab, provenance([`DocumentReference/${one.id}`, `DocumentReference/${other.id}`]))
  t.equal((await get(gp, `/Provenance/${id}`)).status, 200)
  t.strictSame(await entries(gp, `/DocumentReference?patient=${patient}&_id=${one.id}&_revinclude=Provenance:target`), [one.id, id])
  t.equal((await put(holder, { ...other, ...MASK })).status, 200)
  isAbsent(t, await get(gp, `/Provenance/${id}`))
  t.strictSame(await entries(gp, `/DocumentReference?patient=${patient}&_id=${one.id}&_revinclude=Provenance:target`), [one.id])
  for (const target of [`DocumentReference/${one.id}`, 'DocumentReference/none']) refused(t, await post(hospital, provenance([target])), 422, { ...UNRESOLVED, expression: 'Provenance.target[0]' })
  refused(t, await post(lab, provenance(['Practitioner/none'])), 422, { code: 'required', expression: 'Provenance.target' })
  const elsewhere = await stage()
  refused(t, await post(lab, provenance([`DocumentReference/${one.id}`, `DocumentReference/${elsewhere.one.id}`])), 422, { ...UNRESOLVED, expression: 'Provenance.target[1]' })
})
