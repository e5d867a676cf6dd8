import { OutcomeError } from '../outcome/outcome-error.js'
import type { Context } from './context.js'
import type { ResourceStore } from './store.js'

/** A search takes at most so many times what one of its queries may take. */
const TOGETHER = 4

/**
 * A search that takes too long asks for too much: it is refused as such, where the same of a read or a write is the store's
 * failure. What reads choices stays a failure. Each query has its time, and all of one search have theirs together.
 */
export function inTime (context: Context): Context {
  const { findKept, firstPage, count, distinct, targets, heads } = context.store
  const end = context.clock() + TOGETHER * context.limits.time
  const bounded = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (context.clock() > end) throw tooLong()
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof OutcomeError) || error.kind !== 'store-timeout') throw error
      throw tooLong(error)
    }
  }
  async function * each<T> (list: AsyncIterable<T>): AsyncGenerator<T> {
    const items = list[Symbol.asyncIterator]()
    try {
      for (let item = await bounded(async () => await items.next()); item.done !== true; item = await bounded(async () => await items.next())) yield item.value
    } finally {
      await items.return?.()
    }
  }
  const store: ResourceStore = {
    ...context.store,
    heads: query => each(heads(query)),
    findKept: async (...asked) => await bounded(async () => await findKept(...asked)),
    firstPage: async (...asked) => await bounded(async () => await firstPage(...asked)),
    count: async (...asked) => await bounded(async () => await count(...asked)),
    distinct: async (...asked) => await bounded(async () => await distinct(...asked)),
    targets: async (...asked) => await bounded(async () => await targets(...asked))
  }
  return { ...context, store }
}

function tooLong (cause?: OutcomeError): OutcomeError {
  return new OutcomeError('too-costly', { diagnostics: 'The search takes too long: name a patient, or ask for less' }, { cause })
}
