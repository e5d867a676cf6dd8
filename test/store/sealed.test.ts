/** What lies in the database says nothing (security.md G1): no name, INS, title or content in any byte of it. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { as } from '../helper/app.js'
import { access, document, label, patient, treating } from '../helper/resource.js'
import { newIns, newPerson, openScene } from '../security/scene.js'

const scene = await openScene(t)
const word = () => `canary${randomBytes(6).toString('hex')}`
const secrets: Readonly<Record<string, string>> = {
  family: word(),
  given: word(),
  city: word(),
  phone: word(),
  ins: newIns(),
  title: word(),
  description: word(),
  content: word(),
  identifier: word(),
  author: newPerson(),
  reason: word(),
  query: word(),
  update: word(),
  long: word()
}
const { family = '', given = '', city = '', phone = '', ins = '', title = '', description = '', content = '', identifier = '', author = '', reason = '', query = '', update = '', long = '' } = secrets

const id = await scene.make(scene.operator, patient(ins, { name: [{ family, given: [given] }], address: [{ city }], telecom: [{ system: 'phone', value: phone }] }))
const holder = await scene.token(as.holder(ins))
const hospital = await scene.hospital()
const draft = document(id, { description, masterIdentifier: { system: 'urn:x', value: identifier }, author: [{ display: author }] }, content)
const written = await scene.make(hospital.token, { ...draft, content: [{ attachment: { ...draft.content[0]?.attachment, title } }] })
await scene.make(hospital.token, document(id, {}, `${long} `.repeat(30_000)))
await scene.change(hospital.token, `/DocumentReference/${written}`, { description: update })
await scene.change(holder, `/DocumentReference/${written}`, { securityLabel: [label('MASQUE_PS')] })
await scene.make(holder, access(id, author))
await scene.make(holder, treating(id, author))
const emergency = await scene.token(as.emergency(author, hospital.structure, ins, 'bris_de_glace', { Mode_Acces_Raison: reason }))
await scene.request(emergency, 'GET', `/DocumentReference/${written}`)
await scene.request(holder, 'GET', `/DocumentReference?patient=${id}&description=${query}`)
await scene.request(hospital.token, 'DELETE', `/DocumentReference/${written}`)

/** Every way in which the same characters could lie in bytes. */
function spellings (secret: string): readonly Buffer[] {
  return [Buffer.from(secret), Buffer.from(secret.toUpperCase()), Buffer.from(secret, 'utf16le'), Buffer.from(secret).toString('hex'), ...[0, 1, 2].map(shift =>
    Buffer.from('x'.repeat(shift) + secret).toString('base64').slice(shift === 0 ? 0 : 4, -4))].map(text => Buffer.from(text))
}

t.test('G1 no byte of any stored document says who, what or where', async t => {
  const db = scene.mongo.db(scene.database)
  const collections = await db.listCollections().toArray()
  let bytes = 0
  for (const { name } of collections) {
    const stored = await db.collection(name).find({}, { raw: true }).toArray() as unknown as readonly Buffer[]
    const text = Buffer.concat(stored.map(one => Buffer.from(one)))
    bytes += text.length
    for (const [secret, value] of Object.entries(secrets)) {
      t.notOk(spellings(value).some(spelling => text.includes(spelling)), `${name}: ${secret}`)
    }
  }
  t.ok(bytes > 100_000, `${bytes} bytes of ${collections.length} collections were looked through`)
  t.ok((await db.collection('DocumentReference').countDocuments()) === 2)
})

t.test('the same look finds what is not sealed', async t => {
  const db = scene.mongo.db(scene.database)
  const name = word()
  await scene.make(scene.operator, { resourceType: 'Organization', name })
  const stored = await db.collection('Organization').find({}, { raw: true }).toArray() as unknown as readonly Buffer[]
  t.ok(Buffer.concat(stored.map(one => Buffer.from(one))).includes(name), 'the directory is in clear')
})

t.test('two records that say the same do not look the same', async t => {
  const [one, other] = [await scene.holder(), await scene.holder()]
  const same = { masterIdentifier: { system: 'urn:x', value: word() } }
  const ids = [await scene.make(hospital.token, document(one.id, same, 'same')), await scene.make(hospital.token, document(other.id, same, 'same'))]
  const stored = await scene.mongo.db(scene.database).collection<{ _id: string, claims: string[], facts: { origins: string[] } }>('DocumentReference').find({ _id: { $in: ids } }).toArray()
  t.equal(new Set(stored.flatMap(({ claims }) => claims)).size, 2)
  t.equal(new Set(stored.flatMap(({ facts }) => facts.origins)).size, 4)
})

t.test('G1 nor do the files of the database', { skip: process.env['MONGODB_DATA'] === undefined ? 'MONGODB_DATA is not set' : false }, async t => {
  await scene.mongo.db('admin').command({ fsync: 1 })
  const folder = process.env['MONGODB_DATA'] ?? ''
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(file => file.isFile()).map(file => path.join(file.parentPath, file.name))
  t.ok(files.length > 0)
  for (const file of files) {
    const text = await readFile(file).catch(() => Buffer.alloc(0))
    for (const [secret, value] of Object.entries(secrets)) t.notOk(text.includes(value), `${path.basename(file)}: ${secret}`)
  }
})
