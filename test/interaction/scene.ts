/** What the tests of this folder share: one server, a record with people around it, and the whole look of an answer. */
import { randomInt } from 'node:crypto'
import type { Test } from 'tap'
import { as, startApp } from '../helper/app.js'
import type { Claims, Method, RequestOptions, TestApp, TestResponse } from '../helper/app.js'
import { patient } from '../helper/resource.js'

/** Some people: a general practitioner, another one, the médecin traitant; a laboratory and a hospital. */
export const GP = '899700218896'
export const GP2 = '899700366240'
export const MT = '899700000017'
export const LAB = '1690000012'
export const HOSPITAL = '1750712184'
export const PRACTICE = '1751234567'

export interface Record { readonly id: string, readonly ins: string, readonly holder: string }

export interface Scene extends Pick<TestApp, 'app' | 'request' | 'restart' | 'beside' | 'mongo' | 'database' | 'token'> {
  readonly operator: string
  readonly lab: string
  readonly hospital: string
  readonly gp: string
  /** A new patient, with the token of the holder. */
  readonly open: (more?: object) => Promise<Record>
  readonly professional: (id: string, structure?: string, claims?: Claims) => Promise<string>
  readonly get: (token: string | undefined, url: string, headers?: RequestOptions['headers']) => Promise<TestResponse>
  readonly post: (token: string, resource: object, headers?: RequestOptions['headers']) => Promise<TestResponse>
  readonly put: (token: string, resource: object, headers?: RequestOptions['headers']) => Promise<TestResponse>
  readonly remove: (token: string, url: string, headers?: RequestOptions['headers']) => Promise<TestResponse>
  /** What a write that has to be accepted answers. */
  readonly made: (token: string, resource: object) => Promise<TestResponse['json']>
  /** The ids of the matches of a search that has to be answered, in order. */
  readonly ids: (token: string, url: string) => Promise<readonly string[]>
}

type Typed = object & { readonly resourceType?: string, readonly id?: string }

export const newIns = () => `1${Array.from({ length: 14 }, () => randomInt(10)).join('')}`

export async function openScene (t: Test, env: Readonly<{ [name: string]: string }> = {}): Promise<Scene> {
  const started = await startApp(t, env)
  const { request, restart, beside, token, mongo, database } = started
  const send = async (token: string | undefined, method: Method, url: string, options: RequestOptions = {}) =>
    await request(token, method, url, options)
  const withHeaders = (headers: RequestOptions['headers']) => headers === undefined ? {} : { headers }
  const operator = await token(as.operator)
  const made = async (token: string, resource: Typed) => {
    const response = await send(token, 'POST', `/${resource.resourceType ?? ''}`, { body: resource })
    if (response.status !== 201) throw new Error(`not written: ${response.status} ${response.text}`)
    return response.text === '' ? undefined : response.json
  }
  return {
    get app () { return started.app },
    request,
    restart,
    beside,
    token,
    mongo,
    database,
    operator,
    lab: await token(as.structure(LAB)),
    hospital: await token(as.structure(HOSPITAL)),
    gp: await token(as.professional(GP, PRACTICE)),
    open: async more => {
      const ins = newIns()
      const { id } = await made(operator, patient(ins, more))
      return { id, ins, holder: await token(as.holder(ins)) }
    },
    professional: async (id, structure = `1${id.slice(0, 9)}`, claims = {}) => await token(as.professional(id, structure, claims)),
    get: async (token, url, headers) => await send(token, 'GET', url, withHeaders(headers)),
    post: async (token, resource: Typed, headers) => await send(token, 'POST', `/${resource.resourceType ?? ''}`, { body: resource, ...withHeaders(headers) }),
    put: async (token, resource: Typed, headers) => await send(token, 'PUT', `/${resource.resourceType ?? ''}/${resource.id ?? ''}`, { body: resource, ...withHeaders(headers) }),
    remove: async (token, url, headers) => await send(token, 'DELETE', url, withHeaders(headers)),
    made,
    ids: async (token, url) => {
      const response = await send(token, 'GET', url)
      if (response.status !== 200) throw new Error(`not answered: ${url} ${response.status} ${response.text}`)
      return matches(response).map(({ id }) => id)
    }
  }
}

/** The resources of the entries of one search mode. */
export function matches (bundle: TestResponse, mode = 'match'): TestResponse['json'][] {
  return (bundle.json.entry ?? []).filter((entry: TestResponse['json']) => entry.search.mode === mode).map((entry: TestResponse['json']) => entry.resource)
}

export function link (bundle: TestResponse, relation: string): string | undefined {
  return bundle.json.link.find((one: TestResponse['json']) => one.relation === relation)?.url
}

/** All that a client sees, but for what differs between two identical requests; `names` are what the client itself said. */
export function look ({ status, headers, text }: TestResponse, ...names: readonly string[]) {
  const { date, 'x-request-id': id, ...rest } = headers
  const blank = (value: string) => names.reduce((known, name) => known.replaceAll(name, '*'), value)
  return { status, headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, blank(String(value))])), text: blank(text) }
}

export interface Issue { readonly code: string, readonly details?: string, readonly expression?: string, readonly severity?: string }

/** Asserts the whole OperationOutcome of a refusal; its sentences need only be there. */
export function refused (t: Test, response: TestResponse, status: number, ...issues: readonly Issue[]): void {
  t.equal(response.status, status, `refused with ${status}`)
  t.equal(response.headers['content-type'], 'application/fhir+json; charset=utf-8')
  const { resourceType, issue, ...rest } = response.json
  t.strictSame([resourceType, rest], ['OperationOutcome', {}])
  t.strictSame(issue.map(({ diagnostics, ...known }: TestResponse['json']) => ({ ...known, isSaid: /\w/.test(diagnostics) })),
    issues.map(({ code, details, expression, severity = 'error' }) => ({
      severity,
      code,
      ...details === undefined ? {} : { details: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/operation-outcome', code: details }] } },
      ...expression === undefined ? {} : { expression: [expression] },
      isSaid: true
    })), 'with these issues')
}

/** Refused as absent: the same for what is hidden. */
export function isAbsent (t: Test, response: TestResponse): void {
  refused(t, response, 404, { code: 'not-found', details: 'MSG_NO_EXIST' })
}
