import type { OperationOutcome } from '@medplum/fhirtypes'
import type { Item } from './item.js'
import type { Tokens } from './tokens.js'

/** What became of an item: done, or refused with a status and the reason. */
export type Outcome =
  | { readonly isDone: true }
  | { readonly isDone: false, readonly status: number, readonly outcome: OperationOutcome, readonly entry?: number }

/** Nothing more can be sent: the reason ends the load. */
export class Stopped extends Error {}

export interface Sender {
  readonly server: string
  readonly tokens: Tokens
  /** The structure whose deposits the operator migrates (idNatSt). */
  readonly source?: string
  /** How long nothing may be answered before the load gives up, ms. */
  readonly patience: number
  /** Told once each time that the server or its database is found to be away. */
  readonly onWait: (reason: string) => void
  readonly signal: AbortSignal
}

const ANSWER_TIME = 90_000
const FIRST_WAIT = 250
const LONGEST_WAIT = 15_000
/** How often what is overtaken or sent away is tried again, while others are answered. */
const MOST_ATTEMPTS = 100
/** How often a failure of the server itself is tried again. */
const MOST_FAILURES = 5
const AGAIN: readonly number[] = [408, 425, 429, 502, 503, 504]

type Entry = { readonly response?: { readonly status?: string, readonly outcome?: OperationOutcome } }
interface Answered { readonly status: number, readonly retryAfter: number, readonly body: Partial<OperationOutcome> & { readonly entry?: readonly Entry[] } }

/**
 * Sends items one by one, each under its key, until it is answered for good: what is away, busy or overtaken is tried
 * again, ever slower. A repetition is the same request to the server, which does it once.
 */
export function createSend ({ server, tokens, source, patience, onWait, signal }: Sender): (item: Item) => Promise<readonly Outcome[]> {
  let lastAnswer = Date.now()

  return async item => {
    let failures = 0
    let denials = 0
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) throw new Stopped('Stopped')
      const token = await tokens.of(item)
      const answered = await ask(item, token).catch((error: unknown) => reasonOf(error))
      if (typeof answered !== 'string' && answered.status < 500) lastAnswer = Date.now()
      if (typeof answered === 'string' || (mayCome(answered) && attempt < MOST_ATTEMPTS)) {
        if (Date.now() - lastAnswer > patience) throw new Stopped(`Nothing was answered for ${Math.round(patience / 1000)} s: ${typeof answered === 'string' ? answered : answered.status}`)
        await wait(attempt, answered)
        continue
      }
      if (answered.status === 401) {
        tokens.forget(item)
        if (++denials > 1) throw new Stopped(`The server does not take the token: ${said(answered)}`)
        continue
      }
      if (answered.status === 500 && ++failures < MOST_FAILURES) {
        await wait(attempt, answered)
        continue
      }
      return outcomesOf(answered)
    }
  }

  async function ask (item: Item, token: string): Promise<Answered> {
    const response = await fetch(item.type === 'Bundle' ? server : `${server}/${item.type}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/fhir+json',
        accept: 'application/fhir+json',
        prefer: 'return=minimal',
        'idempotency-key': `"${item.key}"`,
        ...source === undefined ? {} : { 'x-migration-source': source }
      },
      body: item.text,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIME)])
    })
    const text = await response.text()
    return { status: response.status, retryAfter: Number(response.headers.get('retry-after') ?? 0), body: parsed(text) }
  }

  async function wait (attempt: number, answered: Answered | string): Promise<void> {
    const { retryAfter, status } = typeof answered === 'string' ? { retryAfter: 0, status: 0 } : answered
    if (attempt === 3) onWait(typeof answered === 'string' ? answered : `the server answers ${status}`)
    const time = Math.max(retryAfter * 1000, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt))
    // Spread, so that those who were sent away together do not come back together.
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, time * (0.5 + Math.random() / 2))
      signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
    })
  }
}

/** Away, busy, or overtaken by another change: the same request may be answered later. */
function mayCome ({ status, body }: Answered): boolean {
  return AGAIN.includes(status) || (status === 409 && body.issue?.[0]?.code === 'conflict')
}

function outcomesOf (answered: Answered): readonly Outcome[] {
  const { status, body } = answered
  if (status >= 300) return [{ isDone: false, status, outcome: outcomeOf(body, status) }]
  // Of a batch, each entry has an answer of its own.
  const refused = (body.entry ?? []).flatMap(({ response }, entry) => {
    const code = Number(response?.status?.slice(0, 3))
    return code >= 300 ? [{ isDone: false as const, status: code, outcome: outcomeOf(response?.outcome ?? {}, code), entry }] : []
  })
  return refused.length === 0 ? [{ isDone: true }] : refused
}

function outcomeOf (body: Partial<OperationOutcome>, status: number): OperationOutcome {
  return body.resourceType === 'OperationOutcome' && body.issue !== undefined
    ? { resourceType: 'OperationOutcome', issue: body.issue }
    : toOutcome(`The server answered ${status} without an OperationOutcome`)
}

export function toOutcome (diagnostics: string): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid', diagnostics }] }
}

function parsed (text: string): Answered['body'] {
  try {
    return (text === '' ? {} : JSON.parse(text)) as Answered['body']
  } catch {
    return {}
  }
}

function said ({ status, body }: Answered): string {
  return body.issue?.[0]?.diagnostics ?? String(status)
}

/** What a failed connection says of itself: fetch hides it in its cause. */
function reasonOf (error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  // A DOMException has a number for a code.
  const { code } = cause as { readonly code?: unknown }
  return typeof code === 'string' ? code : cause instanceof Error ? cause.name : String(cause)
}
