/** Clients that others wrote, on a server that listens: each does in its own way what an integrator does first. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { MedplumClient } from '@medplum/core'
import type { Bundle, BundleEntry, Observation, Parameters, Resource } from '@medplum/fhirtypes'
import FHIR from 'fhirclient'
import { Client } from 'fhir-kit-client'
import t from 'tap'
import { openScene } from '../interaction/scene.js'

/** What each of them is asked to do. */
interface Tried {
  readonly capabilities: () => Promise<Resource>
  readonly create: (resource: Observation) => Promise<Observation>
  readonly read: (id: string) => Promise<Observation>
  readonly update: (resource: Observation) => Promise<Observation>
  readonly patch: (id: string, operations: readonly Operation[]) => Promise<Observation>
  readonly history: (id: string) => Promise<Bundle>
  readonly search: (parameters: Readonly<Record<string, string>>) => Promise<Bundle>
  readonly next: (page: Bundle) => Promise<Bundle>
  readonly batch: (bundle: Bundle) => Promise<Bundle>
  readonly why: (id: string) => Promise<Parameters>
  readonly remove: (id: string) => Promise<unknown>
}
interface Operation { readonly op: 'replace' | 'add', readonly path: string, readonly value: unknown }

const port = await freePort()
const base = `http://127.0.0.1:${port}/fhir`
const scene = await openScene(t, { BASE_URL: base })
await scene.app.server.listen({ port, host: '127.0.0.1' })
const { id: patient, holder: token } = await scene.open()

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const linkOf = ({ link = [] }: Bundle, relation: string) => link.find(each => each.relation === relation)?.url ?? ''

function ofKit (): Tried {
  const client = new Client({ baseUrl: base, bearerToken: token })
  const resourceType = 'Observation'
  const as = <T>(answer: Promise<unknown>) => answer as Promise<T>
  return {
    capabilities: async () => await as(client.capabilityStatement()),
    create: async body => await as(client.create({ resourceType, body: { ...body } })),
    read: async id => await as(client.read({ resourceType, id })),
    update: async ({ id = '', ...body }) => await as(client.update({ resourceType, id, body: { ...body, id } })),
    patch: async (id, operations) => await as(client.patch({ resourceType, id, jsonPatch: [...operations] })),
    history: async id => await as(client.history({ resourceType, id })),
    search: async searchParams => await as(client.search({ resourceType, searchParams: { ...searchParams } })),
    next: async ({ link = [], ...bundle }) => await as(client.nextPage({ bundle: { ...bundle, link: link.map(({ relation = '', url = '' }) => ({ relation, url })) } }) ?? Promise.reject(new Error('there is no next page'))),
    batch: async body => await as(client.batch({ body: { ...body } })),
    why: async id => await as(client.operation({ name: 'why', resourceType, id, method: 'GET' })),
    remove: async id => await client.delete({ resourceType, id })
  }
}

function ofSmart (): Tried {
  const nothing = { get: async () => undefined, set: async (_key: string, value: unknown) => value, unset: async () => true }
  const client = FHIR({ headers: {}, url: '/' } as never, {} as never, nothing as never).client({ serverUrl: base, tokenResponse: { access_token: token } })
  const as = <T>(answer: Promise<unknown>) => answer as Promise<T>
  return {
    capabilities: async () => await as(client.request('metadata')),
    create: async resource => await as(client.create(resource as never)),
    read: async id => await as(client.request(`Observation/${id}`)),
    update: async resource => await as(client.update(resource as never)),
    patch: async (id, operations) => await as(client.patch(`Observation/${id}`, [...operations] as never)),
    history: async id => await as(client.request(`Observation/${id}/_history`)),
    search: async parameters => await as(client.request(`Observation?${new URLSearchParams(parameters).toString()}`)),
    next: async page => await as(client.request(linkOf(page, 'next'))),
    batch: async bundle => await as(client.request({ url: base, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(bundle) })),
    why: async id => await as(client.request(`Observation/${id}/$why`)),
    remove: async id => await client.delete(`Observation/${id}`)
  }
}

/** It has no types of its own that its main file is found by. */
function ofFhirJs (): Tried {
  const make = createRequire(import.meta.url)('fhir.js') as (config: object) => Readonly<Record<string, (asked: object) => Promise<{ readonly data: unknown }>>>
  const client = make({ baseUrl: base, auth: { bearer: token } })
  const type = 'Observation'
  const ask = async <T>(name: string, asked: object) => (await client[name]?.(asked))?.data as T
  return {
    capabilities: async () => await ask('conformance', {}),
    create: async resource => await ask('create', { resource }),
    read: async id => await ask('read', { type, id }),
    update: async resource => await ask('update', { resource }),
    patch: async (id, data) => await ask('patch', { type, id, data }),
    history: async id => await ask('resourceHistory', { type, id }),
    search: async query => await ask('search', { type, query }),
    next: async bundle => await ask('nextPage', { type, bundle }),
    batch: async bundle => await ask('transaction', { bundle }),
    why: async id => await ask('getBundleByUrl', { url: `${base}/${type}/${id}/$why` }),
    remove: async id => await ask('delete', { type, id })
  }
}

function ofMedplum (): Tried {
  const client = new MedplumClient({ baseUrl: `http://127.0.0.1:${port}/`, fhirUrlPath: 'fhir', accessToken: token, cacheTime: 0, fetch })
  return {
    capabilities: async () => await client.get<Resource>(client.fhirUrl('metadata')),
    create: async resource => await client.createResource(resource),
    read: async id => await client.readResource('Observation', id),
    update: async resource => await client.updateResource(resource),
    patch: async (id, operations) => await client.patchResource('Observation', id, [...operations]),
    history: async id => await client.readHistory('Observation', id),
    search: async parameters => await client.search('Observation', parameters),
    next: async page => await client.get<Bundle>(linkOf(page, 'next')),
    batch: async bundle => await client.executeBatch(bundle),
    why: async id => await client.get<Parameters>(client.fhirUrl('Observation', id, '$why')),
    remove: async id => await client.deleteResource('Observation', id)
  }
}

/** Of a moment of its own, so that each client finds its own. */
const observation = (day: string): Observation => ({
  resourceType: 'Observation', status: 'preliminary', code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] }, subject: { reference: `Patient/${patient}` }, effectiveDateTime: day
})
const idOf = ({ id = '' }: Resource) => id
const found = ({ entry = [] }: Bundle) => entry.flatMap(({ resource }) => resource?.id ?? [])

for (const [name, day, open] of [['fhir-kit-client', '2026-03-01', ofKit], ['fhirclient', '2026-03-02', ofSmart], ['fhir.js', '2026-03-03', ofFhirJs], ['@medplum/core', '2026-03-04', ofMedplum]] as const) {
  const client = open()

  t.test(`${name} reads what the server can, writes, changes, patches, and reads the history`, async t => {
    t.match(await client.capabilities(), { resourceType: 'CapabilityStatement', fhirVersion: '4.0.1' })
    const created = await client.create(observation(day))
    const id = idOf(created)
    t.match(created, { ...observation(day), id: /^[\w-]+$/ })
    t.strictSame(await client.read(id), created)
    const updated = await client.update({ ...created, note: [{ text: 'Au repos' }] })
    t.match(updated, { id, note: [{ text: 'Au repos' }] })
    t.not(updated.meta?.versionId, created.meta?.versionId)
    const patched = await client.patch(id, [{ op: 'replace', path: '/status', value: 'final' }])
    t.match(patched, { id, status: 'final', note: [{ text: 'Au repos' }] })
    t.strictSame((await client.read(id)).meta?.versionId, patched.meta?.versionId)
    t.match(await client.history(id), { type: 'history', total: 3, entry: [{ resource: { status: 'final' } }, {}, { resource: { status: 'preliminary' } }] })
    t.match((await client.why(id)).parameter?.[0], { name: 'resource', valueReference: { reference: `Observation/${id}` } })
  })

  t.test(`${name} sends a batch, searches, goes on to the next page, and deletes`, async t => {
    const entry = [1, 2].map((): BundleEntry => ({ resource: observation(day), request: { method: 'POST', url: 'Observation' } }))
    const answer = await client.batch({ resourceType: 'Bundle', type: 'batch', entry: [...entry, { request: { method: 'GET', url: 'Observation/none' } }] })
    t.strictSame([answer.type, answer.entry?.map(({ response }) => response?.status.slice(0, 3))], ['batch-response', ['201', '201', '404']])
    const asked = { patient, date: day, _count: '2' }
    const first = await client.search(asked)
    t.strictSame([first.total, found(first).length], [3, 2])
    const second = await client.next(first)
    t.strictSame([found(second).length, new Set([...found(first), ...found(second)]).size, linkOf(second, 'next')], [1, 3, ''])
    const [gone = ''] = found(second)
    await client.remove(gone)
    t.strictSame((await client.search(asked)).total, 2)
    await t.rejects(client.read(gone), 'it is gone')
    await t.rejects(client.read('none'), 'and what never was is not there')
  })
}
