/**
 * The bare pipeline: the smallest honest Fastify and MongoDB program that gives the same answers to the same questions,
 * with no consent, no audit, no validation, no token and no sealing. What our server does beside is measured against it.
 */
import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { GridFSBucket, MongoClient } from 'mongodb'
import type { ObjectId } from 'mongodb'

/** A resource as it goes out, and its patient. */
export interface BareDocument { _id: string, patient: string, text: string }

interface Attachment { data?: string, url?: string }
interface Deposit { resourceType: string, subject: { reference: string }, meta?: object, content: readonly { attachment: Attachment }[] }
interface Question { patient: string, _count?: string, after?: string }

const { MONGODB_URL = '', MONGODB_DB = '', PORT = '0', BASE_URL = '' } = process.env
const FHIR = 'application/fhir+json; charset=utf-8'

const client = await new MongoClient(MONGODB_URL, { writeConcern: { w: 'majority', journal: true }, readConcern: { level: 'majority' } }).connect()
const db = client.db(MONGODB_DB)
const documents = db.collection<BareDocument>('DocumentReference')
const contents = new GridFSBucket(db, { bucketName: 'content' })
const server = Fastify({ bodyLimit: 15 * 1024 * 1024 })
server.addContentTypeParser('application/fhir+json', { parseAs: 'string' }, server.getDefaultJsonParser('error', 'error'))

server.get('/readyz', async () => 'ready')

server.get<{ Params: { id: string } }>('/fhir/DocumentReference/:id', async (request, reply) => {
  const found = await documents.findOne({ _id: request.params.id })
  return await reply.code(found === null ? 404 : 200).type(FHIR).send(found?.text ?? '{"resourceType":"OperationOutcome"}')
})

server.get<{ Querystring: Question }>('/fhir/DocumentReference', async (request, reply) => {
  const { patient: reference, _count = '20', after } = request.query
  const patient = reference.replace('Patient/', '')
  const limit = Number(_count)
  const [found, total] = await Promise.all([
    documents.find({ patient, ...after === undefined ? {} : { _id: { $gt: after } } }).sort({ _id: 1 }).limit(limit + 1).toArray(),
    documents.countDocuments({ patient })
  ])
  const page = found.slice(0, limit)
  const self = `${BASE_URL}/DocumentReference?patient=${reference}&_count=${limit}`
  const link = [{ relation: 'self', url: self }, ...found.length > limit ? [{ relation: 'next', url: `${self}&after=${page.at(-1)?._id ?? ''}` }] : []]
  const entries = page.map(({ _id, text }) => `{"fullUrl":"${BASE_URL}/DocumentReference/${_id}","resource":${text},"search":{"mode":"match"}}`)
  return await reply.type(FHIR).send(
    `{"resourceType":"Bundle","type":"searchset","total":${total},"link":${JSON.stringify(link)},"entry":[${entries.join(',')}]}`)
})

server.post<{ Body: Deposit }>('/fhir/DocumentReference', async (request, reply) => {
  const { resourceType, meta, content: parts, ...rest } = request.body
  const content = await Promise.all(parts.map(async ({ attachment: { data = '', ...attachment } }) => {
    const id = randomUUID()
    await upload(id, Buffer.from(data, 'base64'))
    return { attachment: { ...attachment, url: `Binary/${id}` } }
  }))
  const id = randomUUID()
  const version = randomUUID()
  const text = JSON.stringify({ resourceType, id, meta: { versionId: version, lastUpdated: new Date().toISOString(), ...meta }, ...rest, content })
  await documents.insertOne({ _id: id, patient: rest.subject.reference.replace('Patient/', ''), text })
  return await reply.code(201).type(FHIR).header('location', `${BASE_URL}/DocumentReference/${id}/_history/${version}`).send(text)
})

async function upload (id: string, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    contents.openUploadStreamWithId(id as unknown as ObjectId, id).once('finish', resolve).once('error', reject).end(bytes)
  })
}

const close = (): void => {
  server.close().then(async () => { await client.close() }).then(() => process.exit(0), () => process.exit(1))
}
process.once('SIGTERM', close)
process.once('disconnect', close)
await server.listen({ port: Number(PORT), host: '127.0.0.1' })
