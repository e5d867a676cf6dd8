/**
 * Software that retries writes once (draft-ietf-httpapi-idempotency-key-header): a receipt in the write's own transaction,
 * under the caller and the key. A retry is answered as the first request was; what is shown with it is read anew and
 * judged anew, for nothing that was shown once is kept.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Principal } from '../security/principal.js'
import type { Answer, Body } from './answer.js'
import type { Context } from './context.js'
import { access } from './read.js'
import type { Sight } from './sight.js'
import type { Kept, Receipted, Write } from './store.js'
import { warningsOf } from './warning.js'

/** A request with an Idempotency-Key: whose and which, and what it asks; hashed, so that the store learns neither. */
export interface Keyed { readonly id: string, readonly digest: string }
/** What a write shows of a version, to the one who wrote it. */
type Show = (version: Kept) => Body

/** @param asks all that makes two requests the same: method, address, conditions, digest of the body */
export function keyedOf ({ hash }: Pick<Context, 'hash'>, { subject }: Principal, key: string, asks: readonly string[]): Keyed {
  return { id: hash(`idempotency|${subject}|${key}`), digest: hash(`request|${asks.join('|')}`) }
}

/** Of a batch, each entry is done once by itself. */
export function keyedEntry ({ hash }: Pick<Context, 'hash'>, { id, digest }: Keyed, index: number): Keyed {
  return { id: hash(`entry|${id}|${index}`), digest }
}

/** What the write carries; nothing without a key. @param now ms */
export function receiptOf (keyed: Keyed | undefined, answer: Answer, now: number): Pick<Write, 'receipt'> {
  return keyed === undefined ? {} : { receipt: { ...keyed, at: now, answer: toReceipted(answer) } }
}

function toReceipted ({ status, headers, version, body }: Answer): Receipted {
  return {
    status,
    headers,
    ...version === undefined ? {} : { written: { type: version.type, id: version.id, version: version.version, at: version.at, isDeleted: version.isDeleted } },
    ...body.kind === 'bundle' ? { entries: body.entries.map(toReceipted) } : {}
  }
}

/**
 * The answer that the request under this key got; undefined when it has none yet. Scopes are the interaction's to ask.
 * @throws OutcomeError `business-rule` when the key was used for another request
 */
export async function recalled (context: Context, sight: Sight, keyed: Keyed | undefined, show: Show): Promise<Answer | undefined> {
  const receipt = keyed === undefined ? undefined : await context.store.receipt(keyed.id)
  if (receipt === undefined) return undefined
  if (receipt.digest !== keyed?.digest) {
    throw new OutcomeError('business-rule', { diagnostics: 'This key was used for another request', expression: 'Idempotency-Key', code: 'duplicate' })
  }
  return await answerOf(context, sight, receipt.answer, show)
}

async function answerOf (context: Context, sight: Sight, { status, headers, written, entries }: Receipted, show: Show): Promise<Answer> {
  if (entries !== undefined) {
    const answers = await Promise.all(entries.map(async entry => await answerOf(context, sight, entry, show)))
    return { status, headers, body: { kind: 'bundle', type: 'transaction-response', entries: answers }, sight, accesses: [] }
  }
  const version = written === undefined || written.type === 'Binary' ? undefined : await context.store.read(written.type, written.id)
  await sight.enter(version?.patient == null ? [] : [version.patient])
  // What the request created it is told of as it was; what it found there, only while the caller may see it.
  const isTold = status === 201 || written === undefined || (version !== undefined && sight.decide(version).permit)
  if (!isTold) return { status, headers: {}, body: { kind: 'nothing' }, sight, accesses: [] }
  // What changed since is not what was written: it is read, not shown with the answer of a write. Nor is what is hidden since,
  // whatever is preferred: that it is as it was would tell that it is.
  const isSame = version !== undefined && !version.isDeleted && version.version === written?.version && sight.decide(version).permit
  const body: Body = isSame ? show(version) : { kind: 'nothing' }
  return {
    status,
    headers,
    body,
    ...written === undefined ? {} : { version: written },
    warnings: isSame ? warningsOf(version) : [],
    sight,
    accesses: isSame && body.kind === 'resource' ? [access(sight, version.type, 'read', version, '0')] : []
  }
}
