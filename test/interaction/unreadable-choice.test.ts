/** Choices that are not understood in full (`consent.md` 1): what they do, what their writer is told, and the operator. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TestResponse } from '../helper/app.js'
import { access, actor, consent, document, person, purpose, structure } from '../helper/resource.js'
import { GP, GP2, openScene } from './scene.js'

const scene = await openScene(t)
const { post, put, made, ids, gp, lab } = scene
const LABEL = { system: 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument', code: 'NO_SUCH_LABEL' }
const strange = { system: 'http://example.org/policies/purposeOfUse', code: 'FooBar' }

async function record () {
  const { id, holder } = await scene.open()
  const there = (await made(lab, document(id))).id
  return { id, holder, there, url: `/DocumentReference?patient=${id}` }
}
const warned = ({ headers }: TestResponse) => [...(headers['warning'] ?? '').matchAll(/299 - "([^:]+): /g)].map(([, place]) => place)

const parts: readonly (readonly [what: string, provision: object, place: string])[] = [
  ['a purpose', { purpose: [strange] }, 'Consent.provision.purpose'],
  ['a label', { securityLabel: [LABEL] }, 'Consent.provision.securityLabel'],
  ['a class', { class: [{ system: 'urn:classes', code: 'x' }] }, 'Consent.provision.class'],
  ['a code', { code: [{ coding: [{ system: 'http://loinc.org', code: 'no-such-code' }] }] }, 'Consent.provision.code'],
  ['a role', { actor: [{ role: { coding: [{ system: 'urn:roles', code: 'x' }] }, reference: person(GP2) }] }, 'Consent.provision.actor']
]
for (const [what, provision, place] of parts) {
  t.test(`C6 P21 ${what} that is not known: a permit says nothing, a deny is for everything that it may mean`, async t => {
    const { id, holder, there, url } = await record()
    const permit = await post(holder, consent(id, undefined, { type: 'permit', ...provision }))
    t.strictSame([permit.status, warned(permit)], [201, [place]])
    t.strictSame(await ids(gp, url), [])
    await made(holder, access(id, GP))
    t.strictSame(await ids(gp, url), [there])
    const deny = await post(holder, consent(id, undefined, { type: 'deny', ...provision }))
    t.strictSame([deny.status, warned(deny)], [201, [place]])
    t.strictSame(await ids(gp, url), [], 'also to whom it does not name')
    const over = await put(holder, { ...deny.json, status: 'inactive' })
    t.strictSame([over.status, warned(over)], [200, []])
    t.strictSame(await ids(gp, url), [there])
  })
}

t.test('of a choice with exceptions, each place is told; its denials stay', async t => {
  const { id, holder, url } = await record()
  await made(holder, access(id, GP))
  const response = await post(holder, consent(id, undefined, {
    type: 'permit', securityLabel: [LABEL], provision: [{ type: 'permit', purpose: [strange] }, { type: 'deny', actor: actor(person(GP)), class: [{ system: 'urn:classes', code: 'x' }] }]
  }))
  t.strictSame(warned(response), ['Consent.provision.securityLabel', 'Consent.provision.provision[0].purpose', 'Consent.provision.provision[1].class'])
  t.strictSame(await ids(gp, url), [])
})

t.test('the writer is warned in the OperationOutcome, with a patch, in a Bundle, and again when the request is repeated', async t => {
  const { id, holder } = await record()
  const unclear = consent(id, undefined, { type: 'deny', purpose: [strange] })
  const key = { 'idempotency-key': `"${randomUUID()}"` }
  for (const headers of [{ prefer: 'return=OperationOutcome', ...key }, { prefer: 'return=OperationOutcome', ...key }]) {
    const { json, status } = await post(holder, unclear, headers)
    t.match([status, json.issue], [201, [{ severity: 'information' }, { severity: 'warning', code: 'not-supported', expression: ['Consent.provision.purpose'] }]])
  }
  const minimal = await post(holder, unclear, { prefer: 'return=minimal' })
  t.strictSame([minimal.text, warned(minimal)], ['', ['Consent.provision.purpose']])
  const clear = await made(holder, consent(id, undefined, { type: 'deny', purpose: [purpose('TREAT')] }))
  const patched = await scene.request(holder, 'PATCH', `/Consent/${clear.id}`, { body: JSON.stringify([{ op: 'replace', path: '/provision/purpose/0', value: strange }]), headers: { 'content-type': 'application/json-patch+json' } })
  t.strictSame([patched.status, warned(patched)], [200, ['Consent.provision.purpose']])
  for (const type of ['batch', 'transaction']) {
    for (const prefer of ['return=representation', 'return=minimal', 'return=OperationOutcome']) {
      const { json } = await scene.request(holder, 'POST', '/fhir', { headers: { prefer }, body: { resourceType: 'Bundle', type, entry: [{ fullUrl: `urn:uuid:${randomUUID()}`, resource: unclear, request: { method: 'POST', url: 'Consent' } }] } })
      t.match(json.entry[0].response.outcome.issue.at(-1), { severity: 'warning', expression: ['Consent.provision.purpose'] }, `${type} ${prefer}`)
    }
  }
})

t.test('what is understood is written without a warning, and what names nobody is refused', async t => {
  const { id, holder } = await record()
  const clear = await post(holder, consent(id, undefined, { type: 'deny', purpose: [purpose('TREAT')] }, { organization: [structure('1690000012')] }))
  t.strictSame([clear.status, warned(clear)], [201, []])
  t.equal((await post(holder, consent(id, undefined, { type: 'permit', purpose: [strange], actor: actor({ reference: `Practitioner/${randomUUID()}` }) }))).status, 422)
})
