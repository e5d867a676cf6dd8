/** Bundles of requests for the tests. */
import { createHash, randomUUID } from 'node:crypto'
import { document } from '../helper/resource.js'
import type { TestResponse } from '../helper/app.js'

export interface Entry { readonly fullUrl?: string, readonly resource?: object, readonly request?: object }

export const bundle = (type: string, ...entry: readonly Entry[]) => ({ resourceType: 'Bundle', type, entry })
export const transaction = (...entry: readonly Entry[]) => bundle('transaction', ...entry)
export const batch = (...entry: readonly Entry[]) => bundle('batch', ...entry)
export const urn = () => `urn:uuid:${randomUUID()}`

type Typed = object & { readonly resourceType?: string, readonly id?: string }
export const posted = (resource: Typed, fullUrl = urn(), more: object = {}): Entry =>
  ({ fullUrl, resource, request: { method: 'POST', url: resource.resourceType, ...more } })
export const put = (resource: Typed, more: object = {}): Entry =>
  ({ resource, request: { method: 'PUT', url: `${resource.resourceType ?? ''}/${resource.id ?? ''}`, ...more } })
export const got = (url: string, more: object = {}): Entry => ({ request: { method: 'GET', url, ...more } })
export const deleted = (url: string, more: object = {}): Entry => ({ request: { method: 'DELETE', url, ...more } })

/** ITI-65: a document whose content is another entry. */
export function withBinary (patientId: string, more: Readonly<Record<string, unknown>> = {}, content = `content ${randomUUID()}`): { readonly document: Entry, readonly binary: Entry } {
  const [at, bytes] = [urn(), Buffer.from(content)]
  const attachment = { contentType: 'text/plain', url: at, size: bytes.length, hash: createHash('sha1').update(bytes).digest('base64') }
  return {
    document: posted(Object.assign(document(patientId, more), { content: [{ attachment }] })),
    binary: posted({ resourceType: 'Binary', contentType: 'text/plain', data: bytes.toString('base64') } as object, at)
  }
}

export const statuses = ({ json }: TestResponse): readonly string[] => (json.entry ?? []).map((entry: TestResponse['json']) => entry.response.status)
/** `Type/id` of what an entry wrote. */
export const placeOf = ({ json }: TestResponse, index: number): string => /([A-Z][A-Za-z]+\/[^/]+)\/_history\//.exec(json.entry[index].response.location)?.[1] ?? ''
