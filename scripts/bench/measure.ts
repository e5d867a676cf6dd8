import type { Request } from 'autocannon'
import type { Dataset } from './dataset.js'
import { documentOf } from './document.js'
import type { Server } from './server.js'

/** One question, asked of both servers. */
export interface Measure {
  readonly name: 'read' | 'search' | 'deposit'
  readonly title: string
  /** Of the bare pipeline's throughput (`design.md` 7). */
  readonly floor: number
  readonly aim: number
  /** Who asks our server. */
  readonly as: 'professional' | 'structure'
  readonly request: () => Request
  /** Whether each request is made when it is sent: what is stored once is not stored again. */
  readonly isFresh: boolean
}

const PREPARED = 1000
const CONTENT = 4096
const JSON_TYPE = { 'content-type': 'application/fhir+json' }

export function measuresOf ({ patients, documents }: Dataset): readonly Measure[] {
  let deposits = 0
  // In turn: two deposits to one record at once would wait for each other.
  const next = () => patients[deposits++ % patients.length] ?? ''
  return [
    {
      name: 'read',
      title: 'read by id',
      floor: 0.7,
      aim: 1,
      as: 'professional',
      isFresh: false,
      request: () => ({ method: 'GET', path: `/fhir/DocumentReference/${any(documents)}` })
    },
    {
      name: 'search',
      title: 'patient search of 20',
      floor: 0.55,
      aim: 0.8,
      as: 'professional',
      isFresh: false,
      request: () => ({ method: 'GET', path: `/fhir/DocumentReference?patient=Patient/${any(patients)}&_count=20` })
    },
    {
      name: 'deposit',
      title: 'deposit of 4 KiB',
      floor: 0.35,
      aim: 0.5,
      as: 'structure',
      isFresh: true,
      request: () => ({
        method: 'POST', path: '/fhir/DocumentReference', headers: JSON_TYPE, body: JSON.stringify(documentOf(next(), deposits, CONTENT))
      })
    }
  ]
}

/** The requests of one connection. */
export function requestsOf ({ request, isFresh }: Measure, token: string | undefined): Request[] {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const make = (): Request => {
    const made = request()
    return { ...made, headers: { ...made.headers, ...authorization } }
  }
  return isFresh ? [{ setupRequest: make }] : Array.from({ length: PREPARED }, make)
}

/**
 * Asks both servers the same once.
 * @throws Error when the answers differ in status, entries, total, or more than a little in length
 */
export async function compare (measure: Measure, [ours, token]: readonly [Server, string], bare: Server): Promise<void> {
  const asked = measure.request()
  const [left, right] = [await answerOf(ours, asked, token), await answerOf(bare, asked, undefined)]
  const isSame = left.status === right.status && left.status < 300 && left.entries === right.entries && left.total === right.total &&
    Math.abs(left.length - right.length) < 0.1 * right.length
  if (!isSame) throw new Error(`${measure.name}: the answers differ: ours ${JSON.stringify(left)}, bare ${JSON.stringify(right)}`)
}

async function answerOf ({ origin }: Server, { method = 'GET', path = '', headers = {}, body }: Request, token: string | undefined) {
  const response = await fetch(origin + path, {
    method,
    headers: { ...headers as Record<string, string>, ...token === undefined ? {} : { authorization: `Bearer ${token}` } },
    ...body === undefined ? {} : { body: body as string }
  })
  const text = await response.text()
  const { entry, total, issue } = JSON.parse(text) as { entry?: readonly unknown[], total?: number, issue?: unknown }
  return { status: response.status, length: text.length, entries: entry?.length, total, ...response.ok ? {} : { issue } }
}

function any <T> (list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T
}
