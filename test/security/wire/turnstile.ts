/**
 * What many do at once, and what one does alone: scenarios go on side by side, but what is written to the directory, which all
 * of them see, is written on both servers while nobody asks either.
 */
export interface Turnstile {
  readonly together: <T>(work: () => Promise<T>) => Promise<T>
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
}

export function createTurnstile (): Turnstile {
  let inside: Promise<unknown>[] = []
  let last: Promise<unknown> = Promise.resolve()
  const settled = async (work: Promise<unknown>) => { await work.catch(() => {}) }
  return {
    together: async work => {
      const begun = last.then(work)
      inside.push(settled(begun))
      return await begun
    },
    alone: async work => {
      const before = [...inside, settled(last)]
      inside = []
      const begun = Promise.all(before).then(work)
      last = settled(begun)
      return await begun
    }
  }
}
