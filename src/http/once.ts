import type { FastifyRequest } from 'fastify'
import type { Answer } from '../interaction/answer.js'
import type { Context } from '../interaction/context.js'
import { keyedOf } from '../interaction/receipt.js'
import type { Keyed } from '../interaction/receipt.js'
import type { Sight } from '../interaction/sight.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Requested } from './asked.js'
import { readKey } from './header.js'

/** What a retry of this request is known by; undefined without an Idempotency-Key. */
export function keyed (context: Context, { caller: { principal } }: Sight, request: Requested): Keyed | undefined {
  const key = readKey(request.headers)
  if (key === undefined) return undefined
  const { method, headers, digest } = request
  return keyedOf(context, principal, key, [method, request.routeOptions.url ?? '', headers['if-none-exist']?.toString() ?? '', digest ?? ''])
}

/** A retry that comes while its request is still under way is refused: the transaction would make it wait for nothing. */
export async function once (request: FastifyRequest, underWay: Set<string>, work: () => Promise<Answer>): Promise<Answer> {
  const key = request.method === 'POST' ? readKey(request.headers) : undefined
  if (key === undefined) return await work()
  const name = `${request.principal?.subject ?? ''}|${key}`
  if (underWay.has(name)) throw new OutcomeError('contention', { diagnostics: 'The request with this key is under way; try again', expression: 'Idempotency-Key' }, { headers: { 'retry-after': '1' } })
  underWay.add(name)
  try {
    return await work()
  } finally {
    underWay.delete(name)
  }
}
