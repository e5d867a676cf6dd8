import path from 'node:path'

/** All that the environment says, read once at start. */
export interface Config {
  readonly port: number
  readonly host: string
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly mongoUrl: string
  readonly mongoDb: string
  readonly dataDir: string
  readonly logLevel: string
  readonly withSample: boolean
  /** A trusted issuer of tokens; without one, the local development key. */
  readonly issuer?: { readonly url: string, readonly jwks: string, readonly audience: string }
  /** TRE_R02: sectors outside care. SA13 care in companies, SA23 private insurance, SA24 social insurance, SA26 ministries. */
  readonly outsideCare: readonly string[]
  readonly maxPatients: number
  /** Entries of one Bundle. */
  readonly maxEntries: number
  /** Between two batches of what is indexed anew, ms. */
  readonly reindexPause: number
}

const OUTSIDE_CARE = 'SA13,SA23,SA24,SA26'

/** @throws Error naming the variable that cannot be used */
export function readConfig (env: Readonly<Record<string, string | undefined>>): Config {
  const port = whole(env, 'PORT', 8080)
  const host = env['HOST'] ?? '127.0.0.1'
  const { ISSUER: issuer, JWKS_URI: jwks, AUDIENCE: audience } = env
  if (issuer !== undefined && (jwks === undefined || audience === undefined)) throw new Error('ISSUER needs JWKS_URI and AUDIENCE')
  return Object.freeze({
    port,
    host,
    baseUrl: (env['BASE_URL'] ?? `http://${host}:${port}/fhir`).replace(/\/+$/, ''),
    mongoUrl: needed(env, 'MONGODB_URL'),
    mongoDb: env['MONGODB_DB'] ?? 'espace-sante',
    dataDir: path.resolve(env['DATA_DIR'] ?? '.data'),
    logLevel: env['LOG_LEVEL'] ?? 'info',
    withSample: env['SAMPLE'] !== 'none',
    outsideCare: (env['OUTSIDE_CARE_SECTORS'] ?? OUTSIDE_CARE).split(',').map(code => code.trim()),
    maxPatients: whole(env, 'MAX_PATIENTS', 200),
    maxEntries: whole(env, 'MAX_ENTRIES', 500),
    reindexPause: whole(env, 'REINDEX_PAUSE', 10),
    ...issuer === undefined || jwks === undefined || audience === undefined ? {} : { issuer: { url: issuer, jwks, audience } }
  })
}

function needed (env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`${name} must be set`)
  return value
}

function whole (env: Readonly<Record<string, string | undefined>>, name: string, otherwise: number): number {
  const value = env[name]
  if (value === undefined || value === '') return otherwise
  if (!/^\d{1,9}$/.test(value)) throw new Error(`${name} must be a whole number`)
  return Number(value)
}
