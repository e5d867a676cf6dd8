/**
 * A real server on a real MongoDB for one test file: its own database, its own keys, tokens of every kind.
 * `npm test` starts the MongoDB once and passes `MONGODB_URL`.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Test } from 'tap'
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { MongoClient } from 'mongodb'
import { pino } from 'pino'
import { createApp } from '../../src/app.js'
import type { App } from '../../src/app.js'
import { readConfig } from '../../src/config.js'
import { LOCAL_AUDIENCE, LOCAL_ISSUER, localTrust } from '../../src/http/authenticate.js'
import { borrowDatabase, mongoUrl } from './database.js'
import { ROOT } from './root.js'

export type Claims = Readonly<Record<string, unknown>>

export interface TestApp {
  readonly app: App
  readonly mongo: MongoClient
  readonly database: string
  /** A bearer token with these claims; `scope` is all of it unless given. */
  readonly token: (claims: Claims) => Promise<string>
  readonly request: Ask
  /** Asks another server on the same data, with these settings besides and its own clock, which knows nothing of what this one keeps in memory. */
  readonly beside: (more?: Readonly<Record<string, string>>, clock?: () => number) => Promise<Ask>
  /** Closes the server and starts it again on the same data. */
  readonly restart: () => Promise<void>
}

export type Ask = (token: string | undefined, method: Method, url: string, options?: RequestOptions) => Promise<TestResponse>
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS'
export interface RequestOptions { readonly body?: unknown, readonly headers?: Readonly<Record<string, string>> }
export interface TestResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly bytes: Buffer
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any
}

export const BASE = 'http://127.0.0.1:8080/fhir'

/** Who signs the tokens of a test, and what they sign. */
export async function createIssuer (): Promise<{ readonly trust: ReturnType<typeof localTrust>, readonly token: TestApp['token'] }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return {
    trust: localTrust({ keys: [{ ...await exportJWK(publicKey), kid: 'test', alg: 'ES256' }] }),
    token: async claims => await new SignJWT({ jti: randomUUID(), scope: 'user/*.cruds', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'test' })
      .setIssuer(LOCAL_ISSUER).setAudience(LOCAL_AUDIENCE).setIssuedAt().setExpirationTime(typeof claims['life'] === 'string' ? claims['life'] : '1h')
      .sign(privateKey)
  }
}

/** The settings of a server of the tests. */
export const configOf = (database: string, env: Readonly<Record<string, string>> = {}) =>
  readConfig({ MONGODB_URL: mongoUrl(), MONGODB_DB: database, DATA_DIR: '/nonexistent', SAMPLE: 'none', BASE_URL: BASE, ...env })

/** One request to a server, without a network. */
export async function ask (app: App, token: string | undefined, method: Method, path: string, { body, headers = {} }: RequestOptions = {}): Promise<TestResponse> {
  const isText = typeof body === 'string' || body instanceof Buffer || body instanceof Readable
  const response = await app.server.inject({
    method,
    url: path.startsWith('http') ? path.slice(path.indexOf('/', 'http://'.length)) : path.startsWith('/fhir') ? path : `/fhir${path}`,
    headers: {
      ...token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...body === undefined ? {} : { 'content-type': 'application/fhir+json' },
      ...headers
    },
    ...body === undefined ? {} : { payload: isText ? body : JSON.stringify(body) }
  })
  return {
    status: response.statusCode,
    headers: response.headers as Record<string, string>,
    text: response.payload,
    bytes: response.rawPayload,
    get json () { return JSON.parse(response.payload) }
  }
}

/** @param env read again at each start @param root the folder of the project, asked at each start */
export async function startApp (t: Test, env: Readonly<Record<string, string>> = {}, root: () => URL = () => ROOT): Promise<TestApp> {
  const { mongo, database } = await borrowDatabase(t)
  const logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
  const { trust, token } = await createIssuer()
  const master = randomBytes(32)
  const start = async (more: Readonly<Record<string, string>> = {}, clock = Date.now) => await createApp({ clock, config: configOf(database, { ...env, ...more }), logger, trust, master, root: root() })
  let app = await start()
  t.teardown(async () => { await app.close() })
  return {
    get app () { return app },
    mongo,
    database,
    token,
    request: async (token, method, path, options) => await ask(app, token, method, path, options),
    beside: async (more, clock) => {
      const other = await start(more, clock)
      t.teardown(async () => { await other.close() })
      return async (token, method, path, options) => await ask(other, token, method, path, options)
    },
    restart: async () => {
      await app.close()
      app = await start()
    }
  }
}

const G15 = '1.2.250.1.71.1.2.7'
export const INS_TEST = 'urn:oid:1.2.250.1.213.1.4.10'

/** Claims of each kind of caller. */
export const as = {
  operator: { actor: 'operator', sub: 'operator' },
  holder: (ins: string): Claims => ({ actor: 'holder', ins: `${INS_TEST}|${ins}`, sub: ins }),
  structure: (id: string, more: Claims = {}): Claims => ({ actor: 'structure', SubjectOrganizationID: id, ...more }),
  professional: (id: string, structure: string, more: Claims = {}): Claims => ({
    actor: 'professional', SubjectNameID: id, SubjectOrganizationID: structure, SubjectRole: [`10^${G15}`], Secteur_Activite: 'SA07^1.2.250.1.71.4.2.4', Mode_Acces: 'normal', ...more
  }),
  emergency: (id: string, structure: string, ins: string, mode: string, more: Claims = {}): Claims => ({
    ...as.professional(id, structure), Mode_Acces: mode, ins: `${INS_TEST}|${ins}`, Mode_Acces_Raison: 'patient unconscious', Acces_Regulation_Medicale: mode === 'centre_15' ? 'VRAI' : 'FAUX', ...more
  }),
  application: (client: string, ins: string, more: Claims = {}): Claims => ({ actor: 'application', client_id: client, ins: `${INS_TEST}|${ins}`, ...more })
}
