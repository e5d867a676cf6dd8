/** `$meta`, `$meta-add`, `$meta-delete`: a read of a part, and the update that it would be by PUT, by the rules of both. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import type { RequestOptions, TestResponse } from '../helper/app.js'
import { TRE_A07, access, block, document, label, person, treating } from '../helper/resource.js'
import { face, openScene } from '../security/scene.js'

const scene = await openScene(t)
const { holder, physician, hospital } = await scene.cast()
const stranger = await scene.physician()
const MASK = { system: TRE_A07, code: 'MASQUE_PS' }
/** One of which nothing is known here. */
const PROFILE = 'http://a.example/StructureDefinition/document'
const PDSM = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-simplified-publish'
const made = async (more: Readonly<Record<string, unknown>> = {}) => await scene.make(hospital.token, document(holder.id, more))
const parameters = (meta: object) => ({ resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: meta }] })
const ask = async (token: string, url: string, options?: RequestOptions) => await scene.request(token, options === undefined ? 'GET' : 'POST', url, options)
const change = async (token: string, what: 'add' | 'delete', id: string, meta: object, headers: Readonly<Record<string, string>> = {}) =>
  await ask(token, `/DocumentReference/${id}/$meta-${what}`, { body: parameters(meta), headers })
const metaOf = ({ json }: TestResponse) => json.parameter[0].valueMeta
const read = async (id: string, token = holder.token) => (await ask(token, `/DocumentReference/${id}`)).json

t.test('tells the meta that a read tells, of a resource and of one of its versions', async t => {
  const id = await made({ meta: { profile: [PROFILE], tag: [{ system: 'urn:x', code: 'y' }] } })
  for (const response of [await ask(physician.token, `/DocumentReference/${id}/$meta`), await ask(physician.token, `/DocumentReference/${id}/$meta`, {}), await ask(physician.token, `/DocumentReference/${id}/$meta`, { body: { resourceType: 'Parameters' } })]) {
    t.equal(response.status, 200)
    t.strictSame(response.json, { resourceType: 'Parameters', parameter: [{ name: 'return', valueMeta: (await read(id)).meta }] })
  }
  const { versionId } = (await read(id)).meta
  await change(hospital.token, 'add', id, { tag: [{ system: 'urn:x', code: 'z' }] })
  const old = metaOf(await ask(physician.token, `/DocumentReference/${id}/_history/${versionId}/$meta`))
  t.match([old.versionId, old.tag.length, metaOf(await ask(physician.token, `/DocumentReference/${id}/$meta`)).tag.length], [versionId, 1, 2])
  t.match((await ask(physician.token, `/DocumentReference/${id}/$meta?_summary=true`)).json.issue[0], { code: 'not-supported', expression: ['_summary'] })
  t.equal((await ask(await scene.token({ ...as.holder(holder.ins), scope: 'patient/Consent.rs' }), `/DocumentReference/${id}/$meta`)).status, 403)
})

t.test('adds to sets and takes from them, by system and code, in a new version', async t => {
  const id = await made({ meta: { tag: [{ system: 'urn:x', code: 'y', display: 'as it was' }] } })
  const before = await read(id)
  const added = await change(hospital.token, 'add', id, { profile: [PROFILE, PROFILE], tag: [{ system: 'urn:x', code: 'y', display: 'other' }, { system: 'urn:x', code: 'z' }], versionId: 'mine', source: 'urn:mine' })
  t.equal(added.status, 200, added.text)
  const { meta, ...rest } = await read(id)
  t.strictSame(metaOf(added), meta)
  t.match(meta, { profile: [PROFILE], tag: [{ display: 'as it was' }, { code: 'z' }] })
  t.strictSame([meta.profile.length, meta.tag.length, meta.source, { ...rest, meta: before.meta }], [1, 2, undefined, before])
  t.not(meta.versionId, before.meta.versionId)
  t.equal(added.headers['etag'], `W/"${meta.versionId}"`)
  const again = await change(hospital.token, 'add', id, { tag: [{ system: 'urn:x', code: 'z' }] })
  t.strictSame([again.status, metaOf(again)], [200, meta], 'what is there already makes no version')
  const gone = await change(hospital.token, 'delete', id, { profile: [PROFILE], tag: [{ system: 'urn:x', code: 'y' }, { system: 'urn:x', code: 'z' }, { code: 'never there' }] })
  const { versionId, lastUpdated, ...left } = metaOf(gone)
  t.strictSame([gone.status, left], [200, {}])
})

t.test('who may not mask by an update may not here, nor lift a mask, wherever the label stands', async t => {
  const id = await made()
  await scene.make(holder.token, access(holder.id, stranger.person))
  t.equal((await change(stranger.token, 'add', id, { security: [MASK] })).status, 403)
  t.equal((await change(stranger.token, 'add', id, { tag: [{ system: 'urn:x', code: 'y' }] })).status, 403, 'nor tag: they are no author')
  t.equal((await change(hospital.token, 'add', id, { security: [MASK] })).status, 403, 'a structure masks nothing')
  t.strictSame((await read(id)).meta.security, undefined)
  const masked = await change(holder.token, 'add', id, { security: [MASK] })
  t.match([masked.status, metaOf(masked).security], [200, [MASK]])
  t.equal(await scene.status(stranger.token, `/DocumentReference/${id}`), 404)
  t.equal((await change(hospital.token, 'delete', id, { security: [MASK] })).status, 403)
  t.equal((await change(holder.token, 'delete', id, { security: [MASK] })).status, 200)
  t.equal(await scene.status(stranger.token, `/DocumentReference/${id}`), 200)
  const deposited = await made({ securityLabel: [{ coding: [MASK, { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] }, label('MASQUE_PS')] })
  t.equal((await change(hospital.token, 'delete', deposited, { security: [MASK] })).status, 403)
  t.equal((await change(holder.token, 'delete', deposited, { security: [MASK] })).status, 200)
  t.match((await read(deposited)).securityLabel, [{ coding: [{ code: 'R' }] }])
  t.strictSame((await read(deposited)).securityLabel.length, 1)
  t.equal((await change(holder.token, 'delete', deposited, { security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] })).status, 200)
  t.equal((await read(deposited)).securityLabel, undefined)
})

t.test('a mask passes, though what is kept is no longer what it claims to be', async t => {
  const id = await made({ meta: { profile: [PDSM] }, author: [{ reference: '#a' }], contained: [{ resourceType: 'Practitioner', id: 'a' }] })
  t.equal((await ask(holder.token, `/DocumentReference/${id}/$validate?mode=profile&profile=${PDSM}`, { body: { resourceType: 'Parameters' } })).json.issue[0].severity, 'error', 'its content has moved')
  const masked = await change(holder.token, 'add', id, { security: [MASK] })
  t.equal(masked.status, 200, masked.text)
})

t.test('who takes their own sight away is shown nothing', async t => {
  const treatingOne = await scene.physician()
  const author = await scene.physician()
  const id = await scene.make(author.token, document(holder.id))
  await scene.make(holder.token, treating(holder.id, treatingOne.person))
  const hidden = await change(author.token, 'add', id, { security: [{ system: TRE_A07, code: 'INVISIBLE_PATIENT' }] })
  t.equal(hidden.status, 200)
  t.equal(await scene.status(holder.token, `/DocumentReference/${id}`), 404)
  t.equal((await change(holder.token, 'delete', id, { security: [{ system: TRE_A07, code: 'INVISIBLE_PATIENT' }] })).status, 404, 'what does not exist is not released')
  t.equal((await change(author.token, 'delete', id, { security: [{ system: TRE_A07, code: 'INVISIBLE_PATIENT' }] })).status, 200)
  t.equal((await change(author.token, 'add', id, { security: [{ system: TRE_A07, code: 'INVISIBLE_PATIENT' }] })).status, 422, 'not a second time')
})

t.test('bad input is told at its place, a stale version too', async t => {
  const id = await made()
  const url = `/DocumentReference/${id}/$meta-add`
  for (const [body, status, expression] of [
    [{ resourceType: 'Parameters' }, 400, 'meta'], [{ resourceType: 'Parameters', parameter: [{ name: 'meta', valueString: 'x' }] }, 400, 'Parameters.parameter[0]'],
    [{ resourceType: 'Parameters', parameter: [{ name: 'other', valueMeta: { profile: [PROFILE] } }] }, 400, 'Parameters.parameter[0]'], [{ resourceType: 'Patient' }, 400, 'resourceType'],
    [parameters({ security: [{ code: 1 }] }), 422, 'Parameters.parameter[0].value.security[0].code'], [parameters({ profile: ['not a canonical\n'] }), 422, 'Parameters.parameter[0].value.profile[0]']
  ] as const) {
    const { status: answered, json } = await ask(hospital.token, url, { body })
    t.match([answered, json.issue[0].expression[0].replace('valueMeta', 'value')], [status, expression], JSON.stringify(body))
  }
  t.equal((await change(hospital.token, 'add', id, { tag: [{ code: 'x' }] }, { 'if-match': 'W/"other"' })).status, 412)
  t.equal((await ask(hospital.token, url, {})).status, 400)
  t.equal((await ask(await scene.token({ ...as.structure(hospital.structure), scope: 'system/*.rs' }), url, { body: parameters({ tag: [{ code: 'x' }] }) })).status, 403)
  t.strictSame((await change(hospital.token, 'add', id, { tag: [{ code: 'x' }] }, { prefer: 'return=minimal' })).text, '')
})

t.test('hidden, deleted or never there: the same bytes, and each try is traced', async t => {
  const masked = await made({ securityLabel: [label('MASQUE_PS')] })
  const gone = await made()
  await scene.make(holder.token, block(holder.id, person(stranger.person)))
  await scene.request(hospital.token, 'DELETE', `/DocumentReference/${gone}`)
  const { versionId } = (await read(masked)).meta
  for (const [id, token] of [[masked, physician.token], [masked, stranger.token], [gone, stranger.token], [holder.id, stranger.token]] as const) {
    for (const [path, options] of [
      ['$meta'], [`_history/${versionId}/$meta`], ['$meta?_summary=true'], ['$meta-add', { body: parameters({ security: [MASK] }) }], ['$meta-delete', { body: parameters({ security: [MASK] }) }],
      ['$meta-add', { body: { resourceType: 'Patient' } }], ['$meta-delete', { body: parameters({ tag: [{ code: 'x' }] }), headers: { 'if-match': 'W/"x"' } }]
    ] as const) {
      const of = async (name: string) => face(await ask(token, `/DocumentReference/${name}/${path}`, options)).replaceAll(name, 'ID')
      const answer = await of(id)
      t.match(answer, /^\[\n 404/, path)
      t.equal(answer, await of(randomUUID()), path)
    }
  }
  for (const path of ['$meta', '$meta-add']) t.equal((await ask(holder.token, `/DocumentReference/${gone}/${path}`, path === '$meta' ? undefined : { body: parameters({}) })).status, 410)
  const events = (await ask(holder.token, `/AuditEvent?patient=${holder.id}&_count=200`)).json.entry as { resource: { outcome: string, subtype: { code: string }[], entity: { what?: { reference: string } }[] } }[]
  const of = (id: string) => events.filter(({ resource }) => resource.entity.some(({ what }) => what?.reference === `DocumentReference/${id}`)).map(({ resource }) => `${resource.subtype[0]?.code ?? ''} ${resource.outcome}`)
  t.ok(of(masked).filter(each => each === 'read 4').length >= 4 && of(masked).filter(each => each === 'update 4').length >= 8, of(masked).join())
})
