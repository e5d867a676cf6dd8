/** A Binary that waits for its document is there for its depositor alone: nobody else reads, guesses or claims it. */
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { access, document, treating } from '../helper/resource.js'
import { face, openScene } from './scene.js'

const scene = await openScene(t)
const { holder, physician, hospital } = await scene.cast()
const BYTES = Buffer.from('%PDF-1.7 compte rendu')

const post = async (token: string, patient = holder.id) => {
  const response = await scene.request(token, 'POST', '/Binary', { body: BYTES, headers: { 'content-type': 'application/pdf', 'x-security-context': `Patient/${patient}` } })
  return /Binary\/([^/]+)/.exec(response.headers['location'] ?? '')?.[1] ?? `refused ${response.status}`
}
const claim = (binary: string, patient = holder.id) => document(patient, { content: [{ attachment: { contentType: 'application/pdf', url: `Binary/${binary}` } }] })

t.test('nobody else reads it or claims it: in every byte as if there were none', async t => {
  const binary = await post(hospital.token)
  const treater = await scene.physician()
  await scene.make(holder.token, treating(holder.id, treater.person))
  const colleague = await scene.physician(hospital.structure)
  await scene.make(holder.token, access(holder.id, colleague.person))
  const others = { physician, treater, colleague, holder, operator: { token: scene.operator }, laboratory: await scene.hospital() }
  for (const [name, { token }] of Object.entries(others)) {
    for (const headers of [{ accept: '*/*' }, { accept: 'application/fhir+json' }, { accept: '*/*', range: 'bytes=0-1' }, { accept: '*/*', 'if-none-match': 'W/"1"' }]) {
      for (const suffix of ['', '/_history/1']) {
        t.equal(face(await scene.request(token, 'GET', `/Binary/${binary}${suffix}`, { headers })), face(await scene.request(token, 'GET', `/Binary/${randomUUID()}${suffix}`, { headers })), name)
      }
    }
    t.equal(face(await scene.post(token, claim(binary))), face(await scene.post(token, claim(randomUUID()))), `${name} claims it`)
  }
  t.equal((await scene.post(hospital.token, claim(binary))).status, 201)
})

t.test('its depositor claims it for its own patient only, and once', async t => {
  const other = await scene.holder()
  const binary = await post(hospital.token)
  t.equal(face(await scene.post(hospital.token, claim(binary, other.id))), face(await scene.post(hospital.token, claim(randomUUID(), other.id))))
  t.equal((await scene.post(hospital.token, claim(binary))).status, 201)
  t.equal(face(await scene.post(hospital.token, claim(binary))), face(await scene.post(hospital.token, claim(randomUUID()))), 'for ever')
})

t.test('the person and the structure are one depositor together', async t => {
  const binary = await post(physician.token)
  const elsewhere = await scene.token({ actor: 'professional', SubjectNameID: physician.person, SubjectOrganizationID: hospital.structure, SubjectRole: ['10^1.2.250.1.71.1.2.7'], Secteur_Activite: 'SA07^1.2.250.1.71.4.2.4', Mode_Acces: 'normal' })
  const software = await scene.token({ actor: 'structure', SubjectOrganizationID: physician.structure })
  for (const token of [elsewhere, software]) {
    t.equal(await scene.status(token, `/Binary/${binary}`, 'GET', { headers: { accept: '*/*' } }), 404)
    t.equal((await scene.post(token, claim(binary))).status, 422)
  }
  t.equal((await scene.post(physician.token, claim(binary))).status, 201)
})

t.test('of many claims at once, one is granted', async t => {
  const binary = await post(hospital.token)
  const answers = await Promise.all(Array.from({ length: 4 }, async () => await scene.post(hospital.token, claim(binary))))
  t.strictSame(answers.map(({ status }) => status).toSorted(), [201, 422, 422, 422])
  const owners = await scene.mongo.db(scene.database).collection('DocumentReference').countDocuments({ found: `content|${binary}` })
  t.equal(owners, 1)
})

t.test('an update takes no Binary into a document', async t => {
  const binary = await post(hospital.token)
  const id = await scene.make(hospital.token, document(holder.id))
  const changed = await scene.change(hospital.token, `/DocumentReference/${id}`, { content: claim(binary).content })
  t.equal(changed.status, 422)
  t.equal(await scene.status(hospital.token, `/Binary/${binary}`, 'GET', { headers: { accept: '*/*' } }), 200)
})

t.test('what it is lies nowhere in clear', async t => {
  const secret = `canary${randomUUID()}`
  await scene.request(hospital.token, 'POST', '/Binary', { body: secret, headers: { 'content-type': `text/x-${secret}`, 'x-security-context': `Patient/${holder.id}` } })
  for (const { name } of await scene.mongo.db(scene.database).listCollections().toArray()) {
    const stored = await scene.mongo.db(scene.database).collection(name).find({}, { raw: true }).toArray() as unknown as readonly Buffer[]
    t.notOk(Buffer.concat(stored.map(one => Buffer.from(one))).includes(secret), name)
  }
})
