/** How many items are read ahead of those under way, and how many bytes they may be. */
const AHEAD = 8
const MOST_BYTES = 48 * 1024 * 1024

interface Sized { readonly record: string | undefined, readonly text: string }

/**
 * Gives items to `work`, some at once; those of one record one after the other, in their order. Reads ahead only so far
 * that memory is bounded, whatever is waiting.
 * @throws whatever `work` or the reading throws first; what is under way is waited for
 */
export async function dispatch<T extends Sized> (items: AsyncIterable<T>, atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const tails = new Map<string, Promise<void>>()
  const waiting = new Set<Promise<void>>()
  const held = { bytes: 0 }
  let free = atOnce
  const queue: (() => void)[] = []
  const failures: unknown[] = []

  const slot = async (): Promise<void> => {
    if (free > 0) { free--; return }
    await new Promise<void>(resolve => queue.push(resolve))
  }
  const release = (): void => {
    const next = queue.shift()
    if (next === undefined) free++
    else next()
  }
  async function run (item: T, before: Promise<void> | undefined): Promise<void> {
    await before
    await slot()
    try {
      if (failures.length === 0) await work(item)
    } catch (error) {
      failures.push(error)
    } finally {
      release()
    }
  }

  try {
    for await (const item of items) {
      if (failures.length > 0) break
      held.bytes += item.text.length
      const done = run(item, item.record === undefined ? undefined : tails.get(item.record))
      const settled = done.finally(() => {
        held.bytes -= item.text.length
        waiting.delete(settled)
        if (item.record !== undefined && tails.get(item.record) === settled) tails.delete(item.record)
      })
      if (item.record !== undefined) tails.set(item.record, settled)
      waiting.add(settled)
      while (waiting.size >= atOnce * AHEAD || (held.bytes > MOST_BYTES && waiting.size > 0)) await Promise.race(waiting)
    }
  } catch (error) {
    failures.push(error)
  }
  await Promise.all(waiting)
  if (failures.length > 0) throw failures[0]
}
