/** `$validate`: what is wrong is said, nothing is written, and nobody is told of what they do not see. */
import t from 'tap'
import { openScene } from './scene.js'

const PDSM = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-simplified-publish'

t.test('$validate says what is wrong, writes nothing, and tells nothing of what is hidden', async t => {
  const scene = await openScene(t)
  const { hospital } = scene
  const { id: patient, holder } = await scene.open()
  const document = (more: object = {}) => ({
    resourceType: 'DocumentReference',
    status: 'current',
    masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0d5c1a2e-1111-4a55-9d35-0c9d1f1b2a11' },
    type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] },
    subject: { reference: `Patient/${patient}` },
    content: [{ attachment: { contentType: 'text/plain', title: 'x', data: 'Qm9uam91cg==' } }],
    ...more
  })
  const post = async (who: string, path: string, body: object) => await scene.request(who, 'POST', path, { body: JSON.stringify(body) })
  const issues = (answer: Awaited<ReturnType<typeof post>>) => answer.json.issue.map(({ severity, expression }: { severity: string, expression?: readonly string[] }) => `${severity} ${String(expression)}`)

  await t.test('a resource on its type', async t => {
    const valid = await post(hospital, '/DocumentReference/$validate', document())
    t.same([valid.status, issues(valid)], [200, ['information undefined']])
    const wrong = await post(hospital, '/DocumentReference/$validate', document({ status: 'x', author: [{ reference: 'Slot/1' }] }))
    t.same([wrong.status, issues(wrong).toSorted()], [200, ['error DocumentReference.author[0].reference', 'error DocumentReference.status']])
    const search = await scene.request(hospital, 'GET', `/DocumentReference?patient=Patient/${patient}`)
    t.equal(search.json.total, 0, 'nothing was written')
  })

  await t.test('against the profile that it claims, or that is named', async t => {
    const parameters = (profile: string) => ({ resourceType: 'Parameters', parameter: [{ name: 'resource', resource: document() }, { name: 'mode', valueCode: 'create' }, { name: 'profile', valueUri: profile }] })
    const claimed = document({ meta: { profile: [PDSM] } })
    t.same(issues(await post(hospital, '/DocumentReference/$validate', claimed)), ['error DocumentReference'])
    t.same(issues(await post(hospital, '/DocumentReference/$validate', parameters(PDSM))), ['error DocumentReference'])
    t.equal((await post(hospital, '/DocumentReference/$validate', parameters('urn:unknown'))).status, 400)
    t.equal((await post(hospital, '/DocumentReference', claimed)).status, 422, 'a create says the same')
  })

  await t.test('an instance, by who sees it; to others it is absent', async t => {
    const claimed = document({ meta: { profile: [PDSM] }, author: [{ reference: '#a' }], contained: [{ resourceType: 'Practitioner', id: 'a' }] })
    const { json: { id } } = await post(hospital, '/DocumentReference', claimed)
    t.type(id, 'string', 'it was what it claimed')
    const at = (of: string) => `/DocumentReference/${of}/$validate`
    const stored = await post(hospital, `${at(id)}?mode=profile&profile=${PDSM}`, { resourceType: 'Parameters' })
    t.ok(issues(stored).includes('error DocumentReference.content[0].attachment.url'), 'what is kept has its content elsewhere')
    const update = await post(hospital, at(id), { ...document(), id })
    t.same(issues(update), ['information undefined'])
    const { holder: other } = await scene.open()
    const hidden = await post(other, at(id), { ...document(), id })
    const absent = await post(other, at('00000000-0000-4000-8000-000000000000'), { ...document(), id })
    t.same([hidden.status, hidden.text], [404, absent.text])
    const masked = await scene.request(holder, 'PATCH', `/DocumentReference/${id}`, {
      headers: { 'content-type': 'application/json-patch+json' },
      body: JSON.stringify([{ op: 'add', path: '/securityLabel', value: [{ coding: [{ system: 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument', code: 'MASQUE_PS' }] }] }])
    })
    t.equal(masked.status, 200, 'a mask passes, though what is kept is not what it claims')
  })
})
