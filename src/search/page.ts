/**
 * Page links. A link holds its query and where the page before it ended, sealed: AES-256-GCM bound to the principal,
 * so that it says nothing, cannot be changed, serves nobody else, and ends. It proves no right: each page is asked
 * anew, with the choices then in force. The key is derived from the master key, so links survive a restart.
 */
import { open, seal } from '../crypto/seal.js'

export interface PageToken {
  /** What is paged: `DocumentReference`, `DocumentReference/id/_history`. */
  readonly path: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly lenient: boolean
  /** The sort values and the id of a match; empty for the first page. */
  readonly after: readonly (string | number | null)[]
  /** The page ends before that match, where it would begin after it. */
  readonly isBack?: boolean
  /** The total that the first page told, where to count it is to look at each match. */
  readonly counted?: number
}

export interface PageSeal {
  readonly write: (token: PageToken, subject: string, now: number) => string
  /** undefined for a token that is not whole, not this caller's, or over. */
  readonly read: (text: string, subject: string, now: number) => PageToken | undefined
}

/** How long a link serves, ms. */
const LIFE = 24 * 3600 * 1000
/** The name under which a token travels. */
export const PAGE = '_page'
/** What may stand beside it: how an answer looks is no part of what is asked. */
export const PRESENTATION: readonly string[] = ['_format', '_pretty']

export function createPageSeal (key: Buffer): PageSeal {
  return {
    write: (token, subject, now) => seal(key, subject, Buffer.from(JSON.stringify({ ...token, end: now + LIFE }))).toString('base64url'),
    read (text, subject, now) {
      try {
        const token = JSON.parse(open(key, subject, Buffer.from(text, 'base64url')).toString('utf8')) as PageToken & { end: number }
        return token.end > now ? token : undefined
      } catch {
        return undefined
      }
    }
  }
}

/** `?name=value&…` of parameters, or nothing. */
export function queryOf (parameters: readonly (readonly [name: string, value: string])[]): string {
  const query = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()
  return query === '' ? '' : `?${query}`
}
