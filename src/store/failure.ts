import { MongoError, MongoServerError } from 'mongodb'
import { OutcomeError } from '../outcome/outcome-error.js'

const DUPLICATE_KEY = 11000
const WRITE_CONFLICT = 112
export const MAX_TIME_EXPIRED = 50

/** What a failure of MongoDB means to a client: by its labels and codes, never by its message. */
export function toOutcome (error: unknown): unknown {
  if (!(error instanceof MongoError)) return error
  const code = error instanceof MongoServerError ? error.code : undefined
  const cause = { cause: error }
  if (code === DUPLICATE_KEY) return new OutcomeError('duplicate', [], cause)
  if (code === MAX_TIME_EXPIRED) return new OutcomeError('store-timeout', [], cause)
  if (error.hasErrorLabel('UnknownTransactionCommitResult')) return new OutcomeError('outcome-unknown', [], cause)
  if (code === WRITE_CONFLICT || error.hasErrorLabel('TransientTransactionError')) return new OutcomeError('contention', [], cause)
  return new OutcomeError('store-unavailable', [], cause)
}

export function isDuplicate (error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY
}

/** Runs `work`; what MongoDB throws in it comes out as an outcome. */
export async function translated<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toOutcome(error)
  }
}
