/** `_include` and `_revinclude`, one level, through the caller's own sight (R4 search.html#include). */
import t from 'tap'
import { access, actor, consent, document, label, person } from '../helper/resource.js'
import { GP, HOSPITAL, matches, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, made, gp, hospital, operator } = scene
const { id: patientId, holder } = await scene.open()
await made(holder, access(patientId, GP))
const practitioner = await made(operator, { resourceType: 'Practitioner', name: [{ family: 'Curie' }] })
const organization = await made(operator, { resourceType: 'Organization', name: 'Hôpital', identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: HOSPITAL }] })
const part = await made(operator, { resourceType: 'Organization', name: 'Service', partOf: { reference: `Organization/${organization.id}` } })
const deposit = async (more: object) => await made(hospital, document(patientId, { ...more }))
const target = await deposit({ author: [{ reference: `Practitioner/${practitioner.id}` }], custodian: { reference: `Organization/${part.id}` } })
const pointer = await deposit({ relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${target.id}` } }] })
const hidden = await deposit({ securityLabel: [label('MASQUE_PS')] })
const toHidden = await deposit({ relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${hidden.id}` } }] })
const fromHidden = await deposit({ securityLabel: [label('MASQUE_PS')], relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${target.id}` } }] })

async function including (token: string, url: string) {
  const bundle = await get(token, url)
  if (bundle.status !== 200) throw new Error(bundle.text)
  return { total: bundle.json.total, match: matches(bundle).map(({ id }) => id).sort(), include: matches(bundle, 'include').map(({ id }) => id).sort() }
}
const one = (id: string, ...more: readonly string[]) => `/DocumentReference?_id=${id}${more.map(each => `&${each}`).join('')}`

t.test('_include brings what a match points to, once', async t => {
  t.strictSame(await including(gp, one(target.id, '_include=DocumentReference:author')), { total: 1, match: [target.id], include: [practitioner.id] })
  t.strictSame(await including(gp, one(target.id, '_include=DocumentReference:custodian', '_include=DocumentReference:patient', '_include=DocumentReference:subject')),
    { total: 1, match: [target.id], include: [part.id, patientId].sort() })
  t.strictSame((await including(gp, one(`${target.id},${pointer.id}`, '_include=DocumentReference:relatesto'))).include, [], 'what matches is not included again')
  t.strictSame((await including(gp, one(pointer.id, '_include=DocumentReference:relatesto'))).include, [target.id])
  t.strictSame((await including(gp, one(target.id, '_include=DocumentReference:author:Practitioner'))).include, [practitioner.id])
  t.strictSame((await including(gp, one(target.id, '_include=DocumentReference:author:Organization'))).include, [])
})

t.test('_revinclude brings what points to a match', async t => {
  t.strictSame(await including(gp, one(target.id, '_revinclude=DocumentReference:relatesto')), { total: 1, match: [target.id], include: [pointer.id] })
  t.strictSame((await including(holder, one(target.id, '_revinclude=DocumentReference:relatesto'))).include, [pointer.id, fromHidden.id].sort())
  t.strictSame((await including(hospital, `/Organization?_id=${organization.id}&_revinclude=Organization:partof`)).include, [part.id])
})

t.test('B5 P6 what is hidden is neither pointed at nor points', async t => {
  t.strictSame((await including(gp, one(toHidden.id, '_include=DocumentReference:relatesto'))).include, [])
  t.strictSame((await including(holder, one(toHidden.id, '_include=DocumentReference:relatesto'))).include, [hidden.id])
  const reverse = await including(gp, `/Patient?_id=${patientId}&_revinclude=DocumentReference:patient`)
  t.strictSame(reverse, { total: 1, match: [patientId], include: [target.id, pointer.id, toHidden.id].sort() })
  t.strictSame(await including(operator, `/Patient?_id=${patientId}&_revinclude=DocumentReference:patient`), { total: 1, match: [patientId], include: [] })
})

t.test('a choice about a document is included for the holder, not for whom it shuts out', async t => {
  const choice = await made(holder, consent(patientId, 'partage', { type: 'deny', actor: actor(person('899700000066')), data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${target.id}` } }] }))
  t.strictSame((await including(holder, one(target.id, '_revinclude=Consent:data'))).include, [choice.id])
  t.strictSame((await including(gp, one(target.id, '_revinclude=Consent:data'))).include, [])
})

t.test('traces are included as their reader may see them', async t => {
  const { match, include } = await including(holder, one(target.id, '_revinclude=AuditEvent:entity'))
  t.strictSame(match, [target.id])
  t.ok(include.length > 0)
  const bundle = await get(gp, one(target.id, '_revinclude=AuditEvent:entity'))
  t.notMatch(bundle.text, '"rule"')
  for (const event of matches(bundle, 'include')) t.equal(event.agent[1].who.identifier.value, GP)
})

t.test('a type outside the scopes is left out', async t => {
  const narrow = await scene.professional(GP, undefined, { scope: 'user/DocumentReference.rs' })
  t.strictSame(await including(narrow, one(target.id, '_include=DocumentReference:author', '_revinclude=DocumentReference:relatesto')),
    { total: 1, match: [target.id], include: [pointer.id] })
})

t.test('a wildcard is all that is declared', async t => {
  t.strictSame((await including(gp, one(target.id, '_include=*'))).include, [practitioner.id, part.id, patientId].sort())
  t.strictSame((await including(gp, one(target.id, '_include=DocumentReference:*'))).include, [practitioner.id, part.id, patientId].sort())
  t.strictSame((await including(gp, one(target.id, '_revinclude=DocumentReference:*'))).include, [pointer.id])
  const all = await including(gp, one(target.id, '_revinclude=*'))
  t.ok(all.include.includes(pointer.id) && !all.include.includes(fromHidden.id))
})

t.test('B5 P6 what is iterated is asked of what comes in, each resource once, and circles end', async t => {
  const chain = await deposit({ relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${pointer.id}` } }] })
  const step = '_include:iterate=DocumentReference:relatesto'
  t.strictSame((await including(gp, one(chain.id, '_include=DocumentReference:relatesto'))).include, [pointer.id])
  t.strictSame((await including(gp, one(chain.id, step))).include, [pointer.id, target.id].sort())
  t.strictSame((await including(gp, one(chain.id, step, '_include:iterate=DocumentReference:custodian', '_include:iterate=Organization:partof'))).include,
    [pointer.id, target.id, part.id, organization.id].sort())
  t.strictSame((await including(gp, one(target.id, '_revinclude:iterate=DocumentReference:relatesto'))).include, [pointer.id, chain.id].sort())
  t.strictSame((await including(gp, one(pointer.id, step, '_revinclude:iterate=DocumentReference:relatesto'))).include, [target.id, chain.id].sort(), 'both ways is a circle')
  const past = await deposit({ relatesTo: [{ code: 'appends', target: { reference: `DocumentReference/${toHidden.id}` } }] })
  t.strictSame((await including(gp, one(past.id, step))).include, [toHidden.id], 'it does not go through what is hidden')
  t.strictSame((await including(holder, one(past.id, step))).include, [toHidden.id, hidden.id].sort())
  const bundle = await get(gp, one(chain.id, step))
  t.equal(bundle.json.link[0].url, `http://127.0.0.1:8080/fhir/DocumentReference?_id=${chain.id as string}&_include%3Aiterate=DocumentReference%3Arelatesto`)
})

t.test('what one page may include is bounded, by what is seen', async t => {
  const narrow = await openScene(t, { MAX_INCLUDED: '2' })
  const { id, holder } = await narrow.open()
  await narrow.made(holder, access(id, GP))
  const deposit = async (more: object = {}) => await narrow.made(narrow.hospital, document(id, { ...more }))
  await deposit()
  await deposit()
  await deposit({ securityLabel: [label('MASQUE_PS')] })
  const url = `/Patient?_id=${id}&_revinclude=DocumentReference:patient`
  t.equal(matches(await narrow.get(narrow.gp, url), 'include').length, 2)
  refused(t, await narrow.get(holder, url), 400, { code: 'too-costly', expression: '_revinclude' })
  await deposit()
  refused(t, await narrow.get(narrow.gp, url), 400, { code: 'too-costly', expression: '_revinclude' })
})

t.test('P26 only what is declared is included', async t => {
  const invalid = { code: 'not-supported', details: 'MSG_PARAM_INVALID' }
  for (const query of ['_include=DocumentReference:related', '_include=Consent:actor', '_revinclude=DocumentReference:patient', '_revinclude=Patient:link', '_include=Organization:*', '_include:iterate=Patient:link', '_revinclude=Condition:*', '_include=DocumentReference:author:Nonsense']) {
    refused(t, await get(gp, one(target.id, query)), 400, { ...invalid, expression: query.split('=')[0] ?? '' })
  }
  refused(t, await get(gp, one(target.id, '_include:recurse=DocumentReference:author')), 400, { code: 'not-supported', details: 'MSG_PARAM_UNKNOWN', expression: '_include:recurse' })
  refused(t, await get(gp, one(target.id, ...Array.from({ length: 11 }, () => '_include=DocumentReference:author'))), 400, { code: 'too-costly', expression: '_include' })
})
