/**
 * When a search parameter is added, or its definition changes, what is stored is indexed anew in the background: index
 * values only, no version, no history, no instant. Until a type is done, a search by a parameter that is not complete is
 * refused (`search/criterion.ts`), rather than answered by a part. How far each type is, is kept with the data: a server
 * that was killed goes on where it was. Other servers on the same data must know the same parameters.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Registry } from '../search/parameter.js'
import type { Context } from './context.js'
import type { Version } from './store.js'
import { refreshed } from './version.js'

/** A parameter as resources were indexed by it. */
export interface Print { readonly code: string, readonly print: string }

/** By what all stored resources of a type are indexed, and how far they are towards `target`. */
export interface IndexState {
  readonly type: string
  readonly done: readonly Print[]
  readonly progress?: { readonly target: string, readonly after: string }
}

/** A stored version and what proves, when it is written back, that it is still the same. */
export interface Filed { readonly version: Version, readonly proof: string }

export interface IndexStore {
  readonly states: () => Promise<readonly IndexState[]>
  readonly keep: (states: readonly IndexState[]) => Promise<void>
  /** Notes how far a type is; nothing where another server is further. */
  readonly note: (type: string, target: string, after: string) => Promise<void>
  readonly isEmpty: (type: string) => Promise<boolean>
  readonly count: (type: string) => Promise<number>
  /** The current versions of a type that follow an id, in the order of their ids, deletions aside, and the last id that was looked at. */
  readonly batch: (type: string, after: string, limit: number) => Promise<{ readonly filed: readonly Filed[], readonly last: string | undefined }>
  /** Writes index values alone. @returns how many were still what they were read as */
  readonly refile: (type: string, filed: readonly Filed[]) => Promise<number>
}

export interface ReindexPorts extends Pick<Context, 'registry' | 'hash'> {
  readonly store: IndexStore
  /** By type, the codes that are not complete: `Parameter.isComplete` reads it. */
  readonly incomplete: Map<string, ReadonlySet<string>>
  /** Between two batches, ms. */
  readonly pause: number
  readonly log: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

const BATCH = 100
const LOG_EVERY = 5000
const RETRY_AFTER = 2000

/**
 * Compares what is stored with what is declared; after it, `incomplete` is right.
 * @returns the work in the background, and how to end it
 */
export async function startReindexing (ports: ReindexPorts): Promise<{ readonly done: Promise<void>, readonly stop: () => Promise<void> }> {
  const { registry, store, incomplete } = ports
  const states = new Map((await store.states()).map(state => [state.type, state]))
  const starting = await Promise.all(registry.types.map(async type => {
    const prints = printsOf(registry, type)
    const known = states.get(type) ?? { type, done: await store.isEmpty(type) ? prints : [] }
    const done = known.done.filter(({ code, print }) => prints.some(each => each.code === code && each.print === print))
    const target = targetOf(prints)
    return { type, prints, target, before: states.get(type), state: { type, done, progress: known.progress?.target === target ? known.progress : { target, after: '' } } }
  }))
  const waiting = starting.filter(({ state, prints }) => state.done.length < prints.length)
  for (const { type, prints, state } of waiting) incomplete.set(type, new Set(prints.map(({ code }) => code).filter(code => !state.done.some(each => each.code === code))))
  await store.keep(starting.filter(({ before, state, prints }) => before?.done.length !== prints.length || state.done.length !== prints.length).map(({ state }) => state))
  let isStopped = false
  const work = async () => {
    for (const { type, prints, state } of waiting) {
      await reindexType(ports, type, state.progress, () => isStopped)
      if (isStopped) return
      await store.keep([{ type, done: prints }])
      incomplete.delete(type)
    }
  }
  const done = work()
  return {
    done,
    stop: async () => {
      isStopped = true
      await done
    }
  }
}

async function reindexType (ports: ReindexPorts, type: string, { target, after: start }: NonNullable<IndexState['progress']>, isStopped: () => boolean): Promise<void> {
  const { store, log, pause } = ports
  const began = Date.now()
  let [after, count, logged] = [start, 0, began]
  log({ type, total: await store.count(type), resumed: start !== '' }, 'reindexing begins')
  while (!isStopped()) {
    try {
      const { filed, last } = await store.batch(type, after, BATCH)
      if (last === undefined) break
      const fresh = filed.map(({ version, proof }) => ({ version: refreshed(ports, version), proof }))
      // What was changed meanwhile is read again: a change of its facts alone brings no index values.
      if (fresh.length > 0 && await store.refile(type, fresh) < fresh.length) continue
      after = last
      count += filed.length
      await store.note(type, target, after)
      if (Date.now() - logged > LOG_EVERY) {
        log({ type, count, total: await store.count(type) }, 'reindexing')
        logged = Date.now()
      }
      await wait(pause)
    } catch (error) {
      log({ type, count, error: error instanceof Error ? error.name : typeof error }, 'reindexing waits')
      await wait(RETRY_AFTER)
    }
  }
  log({ type, count, ms: Date.now() - began }, isStopped() ? 'reindexing was stopped' : 'reindexed')
}

function printsOf (registry: Registry, type: string): readonly Print[] {
  return registry.parametersOf(type).filter(({ field }) => field === null).map(({ code, print }) => ({ code, print }))
}

function targetOf (prints: readonly Print[]): string {
  return prints.map(({ code, print }) => `${code} ${print}`).sort().join()
}
