import path from 'node:path'
import { defaultLimits } from './search/request.js'
import type { SearchLimits } from './search/request.js'

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
  /** The emergencies that are open where the holder said nothing: where the law makes them opt-out. */
  readonly openModes: readonly ('bris_de_glace' | 'centre_15')[]
  /** Codes of TRE_G15 that may declare an emergency; null is every one. */
  readonly emergencyProfessions: readonly string[] | null
  /** After how many months what waits to be announced opens to the holder (CSP R1111-53: one). */
  readonly withheldMonths: number
  /** For how many days a team that a professional recorded sees, unless the holder confirms it. */
  readonly recordedTeamDays: number
  readonly maxPatients: number
  /** Entries of one Bundle. */
  readonly maxEntries: number
  /** The structures (idNatSt) from which the operator may migrate. */
  readonly migrationSources: readonly string[]
  /** The structures (idNatSt) whose software may feed its own traces. */
  readonly traceSources: readonly string[]
  /** What one search may ask. */
  readonly limits: SearchLimits
  /** Between two batches of what is indexed anew, ms. */
  readonly reindexPause: number
  /** What is told of a record to its holder, and how. */
  readonly notifications: NotificationConfig
  readonly subscriptions: SubscriptionConfig
  readonly exports: ExportConfig
}

export interface ExportConfig {
  /** Of one caller, and how long one is there, hours. */
  readonly most: number
  readonly hours: number
  /** How long a write may be under way, its body and its transaction, seconds. */
  readonly settle: number
  /** Files that this process sends at once, to all and to one caller. */
  readonly downloads: { readonly most: number, readonly mostOfOne: number }
}

export interface SubscriptionConfig {
  /** Of one caller. */
  readonly most: number
  /** How long one lives at most, days. */
  readonly days: number
  /** Whether a payload is the resource, as its owner sees it, or its reference alone. */
  readonly payload: 'ids' | 'resources'
  /** The port on which websockets are served, and the address by which clients open them. */
  readonly socket?: { readonly port: number, readonly url: string, readonly most: number }
}

export interface NotificationConfig {
  /** Whether this process tells. */
  readonly isOn: boolean
  /** After how many days a holder is asked to see a professional about what is `INVISIBLE_PATIENT`. */
  readonly announceDays: number
  /** An SMTP server, and the address of who writes. */
  readonly mail?: { readonly url: string, readonly from: string }
  /** Between two mails to one holder, minutes. */
  readonly mailMinutes: number
  /** The origins that may be called, and the secret of their keys. */
  readonly webhook?: { readonly origins: readonly string[], readonly secret: string, readonly isPrivateAllowed: boolean }
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
    outsideCare: list(env['OUTSIDE_CARE_SECTORS'] ?? OUTSIDE_CARE),
    openModes: modes(env),
    emergencyProfessions: list(env['EMERGENCY_PROFESSIONS']).length === 0 ? null : list(env['EMERGENCY_PROFESSIONS']),
    withheldMonths: whole(env, 'WITHHELD_MONTHS', 1, { least: 1, most: 120 }),
    recordedTeamDays: whole(env, 'RECORDED_TEAM_DAYS', 7, { most: 3660 }),
    maxPatients: whole(env, 'MAX_PATIENTS', 200),
    maxEntries: whole(env, 'MAX_ENTRIES', 500),
    migrationSources: list(env['MIGRATION_SOURCES']),
    traceSources: list(env['TRACE_SOURCES']),
    limits: readLimits(env),
    reindexPause: whole(env, 'REINDEX_PAUSE', 10),
    notifications: notifications(env),
    subscriptions: subscriptions(env, host),
    exports: {
      most: whole(env, 'MAX_EXPORTS', 10, { least: 1 }),
      hours: whole(env, 'EXPORT_HOURS', 24, { least: 1, most: 720 }),
      settle: whole(env, 'EXPORT_SETTLE', 45, { most: 3600 }),
      downloads: { most: whole(env, 'MAX_DOWNLOADS', 16, { least: 1 }), mostOfOne: whole(env, 'MAX_OWN_DOWNLOADS', 4, { least: 1 }) }
    },
    ...issuer === undefined || jwks === undefined || audience === undefined ? {} : { issuer: { url: issuer, jwks, audience } }
  })
}

function notifications (env: Readonly<Record<string, string | undefined>>): NotificationConfig {
  const { SMTP_URL: url, MAIL_FROM: from, WEBHOOK_SECRET: secret } = env
  const origins = list(env['WEBHOOK_ORIGINS'])
  if (url !== undefined && (!/^smtps?:/.test(url) || !URL.canParse(url) || from === undefined)) throw new Error('SMTP_URL is smtp://… or smtps://…, and needs MAIL_FROM')
  if (origins.some(origin => !URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin))) throw new Error('WEBHOOK_ORIGINS are origins: https://host[:port]')
  if (origins.length > 0 && (secret === undefined || secret.length < 32)) throw new Error('WEBHOOK_ORIGINS need a WEBHOOK_SECRET of at least 32 characters')
  return {
    isOn: env['NOTIFICATIONS'] !== 'none',
    announceDays: whole(env, 'ANNOUNCE_DAYS', 14),
    mailMinutes: whole(env, 'MAIL_MINUTES', 60),
    ...url === undefined || from === undefined ? {} : { mail: { url, from } },
    ...origins.length === 0 || secret === undefined ? {} : { webhook: { origins, secret, isPrivateAllowed: env['WEBHOOK_PRIVATE'] === 'allow' } }
  }
}

function subscriptions (env: Readonly<Record<string, string | undefined>>, host: string): SubscriptionConfig {
  const { SUBSCRIPTION_PAYLOAD: payload = 'ids', WEBSOCKET_PORT: asked = '' } = env
  const port = asked === '' ? undefined : whole(env, 'WEBSOCKET_PORT', 0, { most: 65_535 })
  const url = env['WEBSOCKET_URL'] ?? `ws://${host}:${port ?? 0}/ws`
  if (payload !== 'ids' && payload !== 'resources') throw new Error('SUBSCRIPTION_PAYLOAD is ids or resources')
  if (port !== undefined && (!URL.canParse(url) || !/^wss?:/.test(url))) throw new Error('WEBSOCKET_URL is ws://… or wss://…')
  return {
    most: whole(env, 'MAX_SUBSCRIPTIONS', 20),
    days: whole(env, 'SUBSCRIPTION_DAYS', 30, { least: 1, most: 366 }),
    payload,
    ...port === undefined ? {} : { socket: { port, url, most: whole(env, 'MAX_WEBSOCKETS', 1000, { least: 1 }) } }
  }
}

/** The variable of each limit of a search. */
const LIMITS: Readonly<Record<keyof SearchLimits, string>> = {
  parameters: 'MAX_PARAMETERS',
  values: 'MAX_VALUES',
  includes: 'MAX_INCLUDES',
  included: 'MAX_INCLUDED',
  count: 'MAX_COUNT',
  defaultCount: 'DEFAULT_COUNT',
  chain: 'MAX_CHAIN',
  ids: 'MAX_CHAINED',
  time: 'MAX_SEARCH_MS',
  total: 'MAX_TOTAL'
}

function readLimits (env: Readonly<Record<string, string | undefined>>): SearchLimits {
  const read = (name: keyof SearchLimits) => whole(env, LIMITS[name], defaultLimits[name])
  return Object.freeze(Object.fromEntries((Object.keys(LIMITS) as (keyof SearchLimits)[]).map(name => [name, read(name)])) as unknown as SearchLimits)
}

function modes (env: Readonly<Record<string, string | undefined>>): Config['openModes'] {
  return list(env['EMERGENCY_OPEN']).map(mode => {
    if (mode !== 'bris_de_glace' && mode !== 'centre_15') throw new Error('EMERGENCY_OPEN names bris_de_glace, centre_15, or both')
    return mode
  })
}

function list (text = ''): readonly string[] {
  return text.split(',').map(each => each.trim()).filter(each => each !== '')
}

function needed (env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`${name} must be set`)
  return value
}

function whole (env: Readonly<Record<string, string | undefined>>, name: string, otherwise: number, { least = 0, most = 999_999_999 }: { readonly least?: number, readonly most?: number } = {}): number {
  const value = env[name]
  if (value === undefined || value === '') return otherwise
  if (!/^\d{1,9}$/.test(value)) throw new Error(`${name} must be a whole number`)
  if (Number(value) < least || Number(value) > most) throw new Error(`${name} is from ${least} to ${most}`)
  return Number(value)
}
