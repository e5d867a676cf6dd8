/** What a request asks for: read from its address, its headers and its body, for the routes to hand on. */
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { Context } from '../interaction/context.js'
import type { Deposit } from '../interaction/deposit.js'
import type { Criteria } from '../interaction/match.js'
import { JSON_PATCH } from '../interaction/patch.js'
import type { Patch } from '../interaction/patch.js'
import { criteriaOf, pairsOf } from '../interaction/query.js'
import type { Asked } from '../operation/input.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { readKey, readPrefer, readTags, wantedType } from './header.js'
import { bytesOf, lengthOf } from './raw.js'

/** What says what is asked: a request, or an entry of a Bundle that is asked like one. */
export type Requested = Pick<FastifyRequest, 'params' | 'headers' | 'body' | 'method' | 'digest' | 'upload'> & {
  readonly raw: { readonly url?: string | undefined }
  /** The parameters of the address, once they were read. */
  pairs?: readonly (readonly [string, string])[] | null
  readonly routeOptions: { readonly url?: string | undefined }
}

export interface Params { id: string, version: string, file: string }

const ID = /^[A-Za-z0-9\-.]{1,64}$/

export function idOf (request: Requested): string {
  const { id } = request.params as Params
  if (!ID.test(id)) throw new OutcomeError('absent')
  return id
}

/** The type that a file of NDJSON is of: none is empty. */
export function fileOf (request: Requested): string {
  return /^([A-Za-z]{1,64})\.ndjson$/.exec((request.params as Params).file)?.[1] ?? ''
}

export function bodyOf (request: Requested): unknown {
  if (request.body === undefined || request.body === null) throw new OutcomeError('unparsable', { diagnostics: 'The body is empty' })
  if (request.body instanceof URLSearchParams || isJsonPatch(request)) throw new OutcomeError('unsupported-media')
  return request.body
}

/** A patch in either of its forms. */
export function patchOf (request: Requested): Patch {
  const form = isJsonPatch(request) ? 'json-patch' : 'fhirpath'
  if (request.body === undefined || request.body === null) throw new OutcomeError('unparsable', { diagnostics: 'The body is empty' })
  if (request.body instanceof URLSearchParams) throw new OutcomeError('unsupported-media')
  return { form, body: request.body }
}

function isJsonPatch ({ headers }: Pick<Requested, 'headers'>): boolean {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() === JSON_PATCH
}

export function ifNoneExist (context: Context, type: string, { headers }: Pick<Requested, 'headers'>): Criteria | undefined {
  const header = [headers['if-none-exist'] ?? []].flat()[0]
  if (header === undefined) return undefined
  if (!context.declares(type, 'conditionalCreate')) throw new OutcomeError('invalid-request', { diagnostics: 'This type is not created on a condition', expression: 'If-None-Exist', code: 'not-supported' })
  return criteriaOf(header)
}

/** What a read of a content asks for. */
export function wanted (request: Requested) {
  const { headers } = request
  return { accept: wantedType(headers, formatOf(request)), range: headers.range, ifRange: headers['if-range'] as string | undefined }
}

/** A content posted raw. It takes no Idempotency-Key: a body that is not kept is not compared with that of a retry. */
export function raw (request: Requested, body: Readable): Omit<Deposit, 'sight'> {
  if (readKey(request.headers) !== undefined) throw new OutcomeError('invalid-request', { diagnostics: 'A content posted raw takes no key', expression: 'Idempotency-Key', code: 'not-supported' })
  return {
    contentType: request.headers['content-type'] ?? '',
    securityContext: request.headers['x-security-context'] as string | undefined,
    length: lengthOf(request),
    once: async take => await (request.upload ??= take(bytesOf(body))),
    prefer: readPrefer(request.headers).prefer
  }
}

export function ifMatch (request: Requested): { readonly ifMatch?: readonly string[] } {
  const tags = readTags(request.headers['if-match'])
  return tags === undefined ? {} : { ifMatch: tags }
}

/** The parameters of the address, decoded, in their order; read once for each request. */
export function query (request: Requested): readonly (readonly [string, string])[] {
  request.pairs ??= pairsIn(request.raw.url ?? '')
  return request.pairs
}

function pairsIn (url: string): readonly (readonly [string, string])[] {
  const start = url.indexOf('?')
  return start < 0 ? [] : pairsOf(url.slice(start + 1))
}

export function form (request: Requested): readonly (readonly [string, string])[] {
  if (request.body === undefined || request.body === null) return []
  if (!(request.body instanceof URLSearchParams)) throw new OutcomeError('unsupported-media', { diagnostics: 'A search by POST is application/x-www-form-urlencoded', expression: 'Content-Type' })
  return [...request.body]
}

/** Whether the answer is for the eye. @throws OutcomeError `invalid-parameter` */
export function prettyOf (request: Requested): boolean {
  const fields = request.body instanceof URLSearchParams ? [...request.body] : []
  const given = [...query(request), ...fields].find(([name]) => name === '_pretty')?.[1]
  if (given !== undefined && given !== 'true' && given !== 'false') throw new OutcomeError('invalid-parameter', { diagnostics: 'The parameter `_pretty` is true or false', expression: '_pretty' })
  return given === 'true'
}

export function formatOf (request: Requested): string | null {
  return query(request).find(([name]) => name === '_format')?.[1] ?? null
}

/** What an operation is asked with. A POST may come without a body: then the address says all. */
export function asked (request: Requested): Asked {
  if (request.body instanceof URLSearchParams) throw new OutcomeError('unsupported-media')
  return { query: query(request), body: request.body ?? undefined }
}
