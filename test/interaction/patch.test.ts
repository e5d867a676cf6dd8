/** patch (R4 http.html#patch): two forms, judged like an update; of a document its status, labels and archiving only. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { TRE_A07, access, block, document, label, structure } from '../helper/resource.js'
import { bundle, posted, statuses, transaction } from './bundle.js'
import { GP, HOSPITAL, isAbsent, openScene, refused } from './scene.js'

const scene = await openScene(t)
const { get, gp, hospital, lab, operator, request } = scene
const { id: patientId, holder } = await scene.open()
const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const [N, R, MASK] = [label('N', CONFIDENTIALITY), label('R', CONFIDENTIALITY), label('MASQUE_PS')]
const made = async (more: Readonly<Record<string, unknown>> = {}, token = hospital) => await scene.made(token, document(patientId, more))
const patch = async (token: string, url: string, operations: unknown, headers: Record<string, string> = {}) =>
  await request(token, 'PATCH', `/${url}`, { body: JSON.stringify(operations), headers: { 'content-type': 'application/json-patch+json', ...headers } })
const parameters = (type: string, path: string, value: object) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'operation', part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, { name: 'value', ...value }] }]
})
const replace = (path: string, value: unknown) => [{ op: 'replace', path, value }]
const codes = (resource: { securityLabel?: readonly { coding: readonly { code: string }[] }[] }) => (resource.securityLabel ?? []).flatMap(({ coding }) => coding.map(({ code }) => code))

t.test('both forms change a document and answer its new version', async t => {
  const { id, meta } = await made()
  const json = await patch(hospital, `DocumentReference/${id}`, replace('/status', 'superseded'))
  t.match([json.status, json.json.status, json.json.id], [200, 'superseded', id], json.text)
  t.not(json.json.meta.versionId, meta.versionId)
  t.equal(json.headers['etag'], `W/"${json.json.meta.versionId}"`)
  const fhirpath = await request(hospital, 'PATCH', `/DocumentReference/${id}`, { body: parameters('replace', 'DocumentReference.status', { valueCode: 'current' }) })
  t.match([fhirpath.status, fhirpath.json.status], [200, 'current'], fhirpath.text)
  const charset = await patch(hospital, `DocumentReference/${id}`, replace('/status', 'superseded'), { 'content-type': 'application/json-patch+json; charset=utf-8' })
  t.equal(charset.status, 200)
})

t.test('labels that are none are refused at their place', async t => {
  const { id } = await made()
  for (const [value, expression] of [[5, 'DocumentReference.securityLabel'], [[5], 'DocumentReference.securityLabel[0]'], [[{ coding: [null] }], 'DocumentReference.securityLabel[0].coding[0]'], [[{ coding: 5 }], 'DocumentReference.securityLabel[0].coding']] as const) {
    refused(t, await patch(hospital, `DocumentReference/${id}`, [{ op: 'add', path: '/securityLabel', value }]), 422, { code: 'structure', expression })
  }
})

t.test('archives and takes it back', async t => {
  const { id } = await made()
  const archived = await patch(hospital, `DocumentReference/${id}`, [{ op: 'add', path: '/extension', value: [{ url: ARCHIVED, valueBoolean: true }] }])
  t.match([archived.status, archived.json.extension], [200, [{ url: ARCHIVED, valueBoolean: true }]], archived.text)
  const back = await request(hospital, 'PATCH', `/DocumentReference/${id}`, { body: parameters('replace', `DocumentReference.extension('${ARCHIVED}').value`, { valueBoolean: false }) })
  t.match([back.status, back.json.extension?.[0]?.valueBoolean], [200, false], back.text)
})

t.test('returns Method Not Allowed for any other element of a document', async t => {
  const { id, meta } = await made()
  for (const [operation, element] of [
    [{ op: 'add', path: '/description', value: 'x' }, 'description'],
    [{ op: 'replace', path: '/type', value: { text: 'x' } }, 'type'],
    [{ op: 'add', path: '/extension', value: [{ url: 'urn:other', valueBoolean: true }] }, 'extension'],
    [{ op: 'add', path: '/meta/security', value: [MASK.coding[0]] }, 'meta.security'],
    [{ op: 'add', path: '/meta/tag', value: [{ code: 'x' }] }, 'meta.tag'],
    [{ op: 'replace', path: '/meta/versionId', value: 'mine' }, 'meta.versionId']
  ] as const) {
    const response = await patch(hospital, `DocumentReference/${id}`, [operation])
    refused(t, response, 405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED', expression: `DocumentReference.${element}` })
    t.equal(response.headers['allow'], 'GET, HEAD, PUT, PATCH, DELETE')
  }
  for (const path of ['/id', '/resourceType']) t.equal((await patch(hospital, `DocumentReference/${id}`, replace(path, 'x'))).status, 422, path)
  t.equal((await get(hospital, `/DocumentReference/${id}`)).json.meta.versionId, meta.versionId, 'nothing was written')
})

t.test('what cannot be understood, or does not fit, is refused at its place', async t => {
  const { id } = await made()
  t.equal((await patch(hospital, `DocumentReference/${id}`, [{ op: 'replace', path: "/extension[url:'x']/valueBoolean", value: true }])).status, 400, 'the pointer of the published samples')
  refused(t, await patch(hospital, `DocumentReference/${id}`, replace('/nothing', 1)), 422, { code: 'processing', expression: '[0].path' })
  refused(t, await patch(hospital, `DocumentReference/${id}`, replace('/status', 'nonsense')), 422, { code: 'code-invalid', expression: 'DocumentReference.status' })
  t.equal((await request(hospital, 'PATCH', `/DocumentReference/${id}`, { body: document(patientId) })).status, 400)
  t.equal((await request(hospital, 'PATCH', `/DocumentReference/${id}`, { body: '<x/>', headers: { 'content-type': 'application/xml' } })).status, 415)
  t.equal((await request(hospital, 'POST', '/DocumentReference', { body: '[]', headers: { 'content-type': 'application/json-patch+json' } })).status, 415)
})

t.test('B21 P15 judges by the rules of an update, and says nothing of what is not seen', async t => {
  const { id, meta } = await made()
  isAbsent(t, await patch(lab, `DocumentReference/${id}`, replace('/status', 'superseded')))
  isAbsent(t, await patch(lab, `DocumentReference/${randomUUID()}`, 'nonsense'))
  isAbsent(t, await patch(lab, `DocumentReference/${id}`, 'nonsense'))
  refused(t, await patch(holder, `DocumentReference/${id}`, replace('/status', 'superseded')), 403, { code: 'forbidden' })
  refused(t, await patch(hospital, `DocumentReference/${id}`, replace('/status', 'superseded'), { 'if-match': 'W/"old"' }), 412, { code: 'conflict', details: 'MSG_VERSION_AWARE_CONFLICT', expression: 'If-Match' })
  t.equal((await patch(hospital, `DocumentReference/${id}`, replace('/status', 'superseded'), { 'if-match': `W/"${meta.versionId}"` })).status, 200)
  await scene.remove(hospital, `/DocumentReference/${id}`)
  refused(t, await patch(hospital, `DocumentReference/${id}`, []), 410, { code: 'deleted', details: 'MSG_DELETED_ID' })
})

t.test('a patch that changes nothing makes no version', async t => {
  const { id, meta } = await made()
  const response = await patch(hospital, `DocumentReference/${id}`, [{ op: 'test', path: '/status', value: 'current' }])
  t.match([response.status, response.json.meta.versionId], [200, meta.versionId])
  refused(t, await patch(hospital, `DocumentReference/${id}`, [{ op: 'test', path: '/status', value: 'superseded' }]), 422, { code: 'processing', expression: '[0]' })
})

t.test('other types: all but the id and meta, by who may update them', async t => {
  const { id } = await scene.made(operator, { resourceType: 'Practitioner', name: [{ family: 'PETIT' }] })
  const response = await patch(operator, `Practitioner/${id}`, [{ op: 'replace', path: '/name/0/family', value: 'GRAND' }])
  t.match([response.status, response.json.name], [200, [{ family: 'GRAND' }]])
  refused(t, await patch(operator, `Practitioner/${id}`, [{ op: 'add', path: '/meta/tag', value: [{ code: 'x' }] }]), 403, { code: 'forbidden', expression: 'Practitioner.meta.tag' })
  refused(t, await patch(hospital, `Practitioner/${id}`, replace('/name/0/family', 'MOYEN')), 403, { code: 'forbidden' })
  const phone = [{ op: 'add', path: '/telecom', value: [{ system: 'phone', value: '0600000000' }] }]
  t.equal((await patch(holder, `Patient/${patientId}`, phone)).status, 200)
  refused(t, await patch(holder, `Patient/${patientId}`, replace('/birthDate', '1980-01-01')), 403, { code: 'forbidden', expression: 'Patient.birthDate' })
})

t.test('no narrative goes on saying what a patch has changed', async t => {
  const told = async (status: string, more: object[] = []) => {
    const text = { status, div: '<div xmlns="http://www.w3.org/1999/xhtml">PETIT</div>' }
    const { id } = await scene.made(operator, { resourceType: 'Practitioner', name: [{ family: 'PETIT' }], text })
    return await patch(operator, `Practitioner/${id}`, [...replace('/name/0/family', 'GRAND'), ...more])
  }
  t.match((await told('generated')).json, { name: [{ family: 'GRAND' }], text: undefined })
  refused(t, await told('additional'), 422, { code: 'business-rule', expression: 'Practitioner.text' })
  t.match((await told('additional', replace('/text/div', '<div xmlns="http://www.w3.org/1999/xhtml">GRAND</div>'))).json.text, { status: 'additional', div: /GRAND/ })
})

t.test('a label that is set in the place of another one does not drop it', async t => {
  const at = (value: unknown) => replace('/securityLabel/0', value)
  const labelled = async (...securityLabel: readonly object[]) => (await made({ securityLabel })).id
  const path = async (token: string, id: string, operations: unknown) => await patch(token, `DocumentReference/${id}`, operations)
  const plain = await labelled(N)
  t.same(codes((await path(holder, plain, at(MASK))).json), ['MASQUE_PS'], 'TD3.3a masks: N was nothing')
  t.same(codes((await path(holder, plain, at(N))).json), ['N'], 'and unmasks')
  const restricted = await labelled(R)
  t.same(codes((await path(holder, restricted, at(MASK))).json), ['MASQUE_PS', 'R'], 'what stood there stays, behind it')
  t.same(codes((await path(holder, restricted, at(N))).json), ['R'], 'and N lifts the mask alone')
  const behind = await labelled(R, MASK)
  t.same(codes((await path(holder, behind, at(N))).json), ['R'], 'wherever the mask stands')
  const fhirpath = await request(holder, 'PATCH', `/DocumentReference/${behind}`, { body: parameters('replace', 'DocumentReference.securityLabel[0]', { valueCodeableConcept: MASK }) })
  t.same(codes(fhirpath.json), ['MASQUE_PS', 'R'], 'in the other form too')
  t.equal((await path(hospital, behind, at(N))).status, 403, 'an author does not unmask')
  t.equal((await path(hospital, behind, [{ op: 'remove', path: '/securityLabel/1' }])).status, 403, 'nor takes off R')
  t.same(codes((await get(holder, `/DocumentReference/${behind}`)).json), ['MASQUE_PS', 'R'])
  const several = await labelled(MASK, { coding: [{ system: TRE_A07, code: 'MASQUE_PSOCIAL' }] })
  refused(t, await path(holder, several, at(N)), 422, { code: 'business-rule', expression: 'DocumentReference.securityLabel' })
  t.same(codes((await path(holder, several, [{ op: 'remove', path: '/securityLabel/0' }])).json), ['MASQUE_PSOCIAL'], 'by its place it is told which')
})

t.test('by identifier, as PDSm asks for it', async t => {
  const { masterIdentifier } = await made({ securityLabel: [N] })
  const url = `DocumentReference?identifier=${masterIdentifier.system}|${masterIdentifier.value}`
  const response = await patch(holder, url, replace('/securityLabel/0', MASK))
  t.same([response.status, codes(response.json)], [200, ['MASQUE_PS']])
  isAbsent(t, await patch(lab, url, replace('/securityLabel/0', N)))
  refused(t, await patch(holder, `DocumentReference?patient=Patient/${patientId}`, []), 412, { code: 'multiple-matches' })
})

t.test('as an entry of a Bundle, in both forms', async t => {
  const [{ id }, other] = [await made(), await made()]
  const binary = (operations: unknown) => ({ resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from(JSON.stringify(operations)).toString('base64') })
  const entries = [
    { resource: binary(replace('/status', 'superseded')), request: { method: 'PATCH', url: `DocumentReference/${id}` } },
    { resource: parameters('replace', 'DocumentReference.status', { valueCode: 'superseded' }), request: { method: 'PATCH', url: `DocumentReference?identifier=${other.masterIdentifier.system}|${other.masterIdentifier.value}` } }
  ]
  for (const type of ['transaction', 'batch']) {
    const response = await request(hospital, 'POST', '/fhir', { body: bundle(type, ...entries) })
    t.same([response.status, statuses(response)], [200, ['200', '200']], response.text)
  }
  t.same([(await get(hospital, `/DocumentReference/${id}`)).json.status, (await get(hospital, `/DocumentReference/${other.id}`)).json.status], ['superseded', 'superseded'])
  refused(t, await request(hospital, 'POST', '/fhir', { body: transaction(posted(document(patientId)), { resource: binary([{ op: 'add', path: '/description', value: 'x' }]), request: { method: 'PATCH', url: `DocumentReference/${id}` } }) }),
    405, { code: 'not-supported', details: 'MSG_OP_NOT_ALLOWED', expression: 'Bundle.entry[1].resource.description' })
  refused(t, await request(hospital, 'POST', '/fhir', { body: transaction({ resource: binary('x'), request: { method: 'PATCH', url: `DocumentReference/${id}` } }) }), 400, { code: 'invalid', expression: 'Bundle.entry[0]' })
  refused(t, await request(hospital, 'POST', '/fhir', { body: transaction({ resource: { resourceType: 'Binary', contentType: 'text/plain' }, request: { method: 'PATCH', url: `DocumentReference/${id}` } }) }), 415, { code: 'not-supported', expression: 'Bundle.entry[0].resource.contentType' })
})

t.test('a replacement and the PATCH of what it replaces, by its author, even when blocked', async t => {
  const { id: patientId, holder } = await scene.open()
  const old = await scene.made(hospital, document(patientId))
  const replacement = () => transaction(
    posted(document(patientId, { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${old.id}` } }] })),
    { resource: parameters('replace', 'DocumentReference.status', { valueCode: 'superseded' }), request: { method: 'PATCH', url: `DocumentReference/${old.id}` } })
  await scene.made(holder, block(patientId, structure(HOSPITAL)))
  isAbsent(t, await get(hospital, `/DocumentReference/${old.id}`))
  isAbsent(t, await patch(hospital, `DocumentReference/${old.id}`, replace('/status', 'superseded')))
  const response = await request(hospital, 'POST', '/fhir', { body: replacement(), headers: { prefer: 'return=representation' } })
  t.same([response.status, statuses(response)], [200, ['201', '200']], response.text)
  t.same(response.json.entry[1], { response: { status: '200' } }, 'which is told nothing of it')
  t.equal((await get(holder, `/DocumentReference/${old.id}`)).json.status, 'superseded')
  const narrow = await scene.token({ actor: 'structure', SubjectOrganizationID: HOSPITAL, scope: 'user/DocumentReference.c' })
  refused(t, await request(narrow, 'POST', '/fhir', { body: replacement() }), 403, { code: 'forbidden', expression: 'Bundle.entry[1]' })
  const more = replacement()
  Object.assign(more.entry[1] as object, { resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data: Buffer.from(JSON.stringify([{ op: 'test', path: '/type', value: {} }])).toString('base64') } })
  refused(t, await request(hospital, 'POST', '/fhir', { body: more }), 404, { code: 'not-found', details: 'MSG_NO_EXIST', expression: 'Bundle.entry[1]' })
  refused(t, await request(lab, 'POST', '/fhir', { body: replacement() }), 422, { code: 'not-found', expression: 'Bundle.entry[0].resource.relatesTo.target' })
})

t.test('and with the version that it had, when it may be read', async t => {
  const old = await made()
  const response = await request(hospital, 'POST', '/fhir', {
    body: transaction(
      posted(document(patientId, { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${old.id}` } }] })),
      { resource: parameters('replace', 'DocumentReference.status', { valueCode: 'superseded' }), request: { method: 'PATCH', url: `DocumentReference/${old.id}`, ifMatch: `W/"${old.meta.versionId}"` } })
  })
  t.same([response.status, statuses(response)], [200, ['201', '200']], response.text)
  const now = await get(hospital, `/DocumentReference/${old.id}`)
  t.match([now.json.status, response.json.entry[1].response.etag], ['superseded', now.headers['etag']])
  t.equal((await get(hospital, `/DocumentReference/${old.id}/_history`)).json.total, 2)
  await scene.made(holder, access(patientId, GP))
  t.equal((await patch(gp, `DocumentReference/${old.id}`, replace('/status', 'current'))).status, 403, 'who reads it and did not write it')
})
