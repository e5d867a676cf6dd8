/** What the tests of this folder play with: one server, people who ask, and the whole face of an answer. */
import { randomInt } from 'node:crypto'
import type { Test } from 'tap'
import { as, startApp } from '../helper/app.js'
import type { Claims, Method, RequestOptions, TestApp, TestResponse } from '../helper/app.js'
import { access, document, patient } from '../helper/resource.js'

export interface Holder { readonly id: string, readonly ins: string, readonly token: string }
export interface Carer { readonly person: string, readonly structure: string, readonly token: string }

export interface Scene extends TestApp {
  readonly operator: string
  /** A new patient whose account is open. */
  readonly holder: (more?: object) => Promise<Holder>
  /** A physician that nobody knows yet, alone in their structure unless one is given. */
  readonly physician: (structure?: string, more?: Claims) => Promise<Carer>
  /** The software of a new structure. */
  readonly hospital: (structure?: string) => Promise<{ readonly structure: string, readonly token: string }>
  readonly post: (token: string, resource: object) => Promise<TestResponse>
  /** Writes a resource that has to be accepted. @returns its id */
  readonly make: (token: string, resource: object) => Promise<string>
  /** Reads a resource, changes it and writes it back. */
  readonly change: (token: string, url: string, change: object, reader?: string) => Promise<TestResponse>
  readonly status: (token: string, url: string, method?: Method, options?: RequestOptions) => Promise<number>
  readonly ids: (token: string, url: string) => Promise<readonly string[]>
  /** A holder, a physician with a ground, a hospital, and a document of the hospital that the physician reads. */
  readonly cast: () => Promise<Cast>
}

export interface Cast {
  readonly holder: Holder
  readonly physician: Carer
  readonly hospital: { readonly structure: string, readonly token: string }
  readonly resource: ReturnType<typeof document>
  readonly id: string
}

const digits = (count: number) => Array.from({ length: count }, () => randomInt(10)).join('')
export const newIns = () => `1${digits(14)}`
export const newPerson = () => `8${digits(11)}`
export const newStructure = () => `1${digits(9)}`

export async function openScene (t: Test, env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const app = await startApp(t, env)
  const operator = await app.token(as.operator)
  const scene: Scene = Object.create(app, Object.getOwnPropertyDescriptors({
    operator,
    holder: async (more: object = {}) => {
      const ins = newIns()
      return { ins, id: await scene.make(operator, patient(ins, more)), token: await app.token(as.holder(ins)) }
    },
    physician: async (structure = newStructure(), more: Claims = {}) => {
      const person = newPerson()
      return { person, structure, token: await app.token(as.professional(person, structure, more)) }
    },
    hospital: async (structure = newStructure()) => ({ structure, token: await app.token(as.structure(structure)) }),
    post: async (token: string, resource: { readonly resourceType?: string }) =>
      await app.request(token, 'POST', `/${resource.resourceType ?? ''}`, { body: resource }),
    make: async (token: string, resource: object) => {
      const response = await scene.post(token, resource)
      if (response.status !== 201) throw new Error(`not written: ${response.status} ${response.text}`)
      return /([^/]+)\/_history\//.exec(response.headers['location'] ?? '')?.[1] ?? ''
    },
    change: async (token: string, url: string, change: object, reader = token) => {
      const before = await app.request(reader, 'GET', url)
      if (before.status !== 200) throw new Error(`not readable: ${url} ${before.status}`)
      return await app.request(token, 'PUT', url, { body: { ...before.json, ...change } })
    },
    status: async (token: string, url: string, method: Method = 'GET', options: RequestOptions = {}) =>
      (await app.request(token, method, url, options)).status,
    ids: async (token: string, url: string) => {
      const response = await app.request(token, 'GET', url)
      if (response.status !== 200) throw new Error(`not answered: ${url} ${response.status} ${response.text}`)
      return (response.json.entry ?? []).map((entry: { resource: { id: string } }) => entry.resource.id)
    },
    cast: async () => {
      const [holder, physician, hospital] = await Promise.all([scene.holder(), scene.physician(), scene.hospital()])
      await scene.make(holder.token, access(holder.id, physician.person))
      const resource = document(holder.id)
      return { holder, physician, hospital, resource, id: await scene.make(hospital.token, resource) }
    }
  })) as Scene
  return scene
}

/** All of an answer that could tell something: status, headers and bytes, without date and request id. */
export function face ({ status, headers, text }: TestResponse): string {
  const { date, 'x-request-id': requestId, ...shown } = headers
  return JSON.stringify([status, Object.entries(shown).toSorted(([one], [other]) => one < other ? -1 : 1), text], null, 1)
}
