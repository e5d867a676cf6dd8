import { setImmediate, setTimeout } from 'node:timers/promises'

/**
 * Many concurrent calls, few round trips: what is asked while a batch is under way goes together in the next one.
 * A call never joins a batch that began before it, so it never sees older facts than it would alone.
 * @param linger ms that a batch waits for more calls when the one before it had company: a caller who is alone waits for nobody
 */
export function coalesce<Item, Result> (
  run: (items: readonly Item[]) => Promise<(item: Item) => Result>, { most = 256, linger = 0 }: { readonly most?: number, readonly linger?: number } = {}
): (item: Item) => Promise<Result> {
  interface Waiting { readonly item: Item, readonly resolve: (result: Result) => void, readonly reject: (error: unknown) => void }
  let waiting: Waiting[] = []
  let isRunning = false
  let hadCompany = false

  async function drain (): Promise<void> {
    while (waiting.length > 0) {
      // After the current turn of the event loop: those who ask in the same turn go together.
      await (linger > 0 && hadCompany ? setTimeout(linger) : setImmediate())
      const batch = waiting.slice(0, most)
      waiting = waiting.slice(most)
      hadCompany = batch.length > 1
      try {
        const resultOf = await run(batch.map(({ item }) => item))
        for (const { item, resolve } of batch) resolve(resultOf(item))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    isRunning = false
  }

  return async item => await new Promise<Result>((resolve, reject) => {
    waiting.push({ item, resolve, reject })
    if (isRunning) return
    isRunning = true
    drain().catch(reject)
  })
}
