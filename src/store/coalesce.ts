import { setImmediate, setTimeout } from 'node:timers/promises'

/** How long those who came after a batch wait for its end, to go together, before they go beside it, ms. */
const PATIENCE = 5

/**
 * Many concurrent calls, few round trips: what is asked while a batch is under way goes together in the next one.
 * A call never joins a batch that began before it, so it never sees older facts than it would alone.
 * Two batches may be under way: one that is slow does not hold up those who came after it, for longer than `PATIENCE`.
 */
export function coalesce<Item, Result> (
  run: (items: readonly Item[]) => Promise<(item: Item) => Result>, { most = 256, atOnce = 2 }: { readonly most?: number, readonly atOnce?: number } = {}
): (item: Item) => Promise<Result> {
  interface Waiting { readonly item: Item, readonly resolve: (result: Result) => void, readonly reject: (error: unknown) => void }
  let waiting: Waiting[] = []
  let running = 0
  let underWay = 0

  async function drain (): Promise<void> {
    if (underWay > 0) await setTimeout(PATIENCE)
    while (waiting.length > 0) {
      // After the current turn of the event loop: those who ask in the same turn go together.
      await setImmediate()
      const batch = waiting.slice(0, most)
      waiting = waiting.slice(most)
      if (batch.length === 0) break
      underWay += 1
      try {
        const resultOf = await run(batch.map(({ item }) => item))
        for (const { item, resolve } of batch) resolve(resultOf(item))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      } finally {
        underWay -= 1
      }
    }
    running -= 1
  }

  return async item => await new Promise<Result>((resolve, reject) => {
    waiting.push({ item, resolve, reject })
    if (running === atOnce || waiting.length > 1) return
    running += 1
    drain().catch(reject)
  })
}
