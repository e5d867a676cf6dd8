import { OutcomeError } from '../outcome/outcome-error.js'
import type { Context } from './context.js'
import type { ResourceStore } from './store.js'

/**
 * A search that takes too long asks for too much: it is refused as such, where the same of a read or a write is the store's
 * failure. What reads choices stays a failure.
 */
export function inTime (context: Context): Context {
  const { find, firstPage, count, distinct, targets } = context.store
  const store: ResourceStore = {
    ...context.store,
    find: async (...asked) => await bounded(find(...asked)),
    firstPage: async (...asked) => await bounded(firstPage(...asked)),
    count: async (...asked) => await bounded(count(...asked)),
    distinct: async (...asked) => await bounded(distinct(...asked)),
    targets: async (...asked) => await bounded(targets(...asked))
  }
  return { ...context, store }
}

async function bounded<T> (work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.kind !== 'store-timeout') throw error
    throw new OutcomeError('too-costly', { diagnostics: 'The search takes too long: name a patient, or ask for less' }, { cause: error })
  }
}
