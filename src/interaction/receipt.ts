/**
 * Software that retries writes once (draft-ietf-httpapi-idempotency-key-header): a receipt in the write's own transaction,
 * under the caller and the key. A retry is answered as the first request was; what is shown with it is read anew and
 * judged anew, for nothing that was shown once is kept.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Principal } from '../security/principal.js'
import type { Answer } from './answer.js'
import type { Context } from './context.js'
import { access } from './read.js'
import type { Sight } from './sight.js'
import type { Receipt, Receipted, Version, Write } from './store.js'

/** A request with an Idempotency-Key: whose and which, and what it asks; hashed, so that the store learns neither. */
export interface Keyed { readonly id: string, readonly digest: string }

/** @param asks all that makes two requests the same: method, address, conditions, digest of the body */
export function keyedOf ({ hash }: Pick<Context, 'hash'>, { subject }: Principal, key: string, asks: readonly string[]): Keyed {
  return { id: hash(`idempotency|${subject}|${key}`), digest: hash(`request|${asks.join('|')}`) }
}

/** What the write carries; nothing without a key. */
export function receiptOf (keyed: Keyed | undefined, answer: Answer, now: number): Pick<Write, 'receipt'> {
  return keyed === undefined ? {} : { receipt: { ...keyed, at: now, answer: toReceipted(answer) } }
}

function toReceipted ({ status, headers, version }: Answer): Receipted {
  return { status, headers, ...version === undefined ? {} : { written: { type: version.type, id: version.id, version: version.version } } }
}

/**
 * The answer that the request under this key got; undefined when it has none yet.
 * @param show what a write shows of a version that this caller may read
 * @throws OutcomeError `business-rule` when the key was used for another request
 */
export async function recalled (
  context: Context, sight: Sight, keyed: Keyed | undefined, show: (version: Version) => Answer['body']
): Promise<Answer | undefined> {
  const receipt = keyed === undefined ? undefined : await context.store.receipt(keyed.id)
  if (receipt === undefined) return undefined
  if (receipt.digest !== keyed?.digest) {
    throw new OutcomeError('business-rule', { diagnostics: 'This key was used for another request', expression: 'Idempotency-Key', code: 'duplicate' })
  }
  return await answerOf(context, sight, receipt, show)
}

async function answerOf (context: Context, sight: Sight, { answer: { status, headers, written } }: Receipt, show: (version: Version) => Answer['body']): Promise<Answer> {
  const version = written === undefined ? undefined : await context.store.read(written.type, written.id)
  await sight.enter(version?.patient == null ? [] : [version.patient])
  // What changed since is not what was written: it is read, not shown with the answer of a write.
  const isSame = version !== undefined && !version.isDeleted && version.version === written?.version
  const body = isSame ? show(version) : { kind: 'nothing' } as const
  return {
    status,
    headers,
    body,
    ...isSame ? { version } : {},
    sight,
    accesses: isSame && body.kind === 'resource' ? [access(sight, version.type, 'read', version, '0')] : []
  }
}
