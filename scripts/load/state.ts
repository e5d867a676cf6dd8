import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Phase } from './item.js'

/** How far a part is loaded: every item of a phase up to `through` was answered, those in `refused` with a refusal. */
export interface Progress { readonly through: number, readonly refused: readonly number[] }
export interface State {
  readonly digest: string
  readonly server: string
  /** As whom. */
  readonly as: string
  readonly saved: string
  readonly phases: { readonly [name in Phase['name']]?: Progress }
}

export const NOTHING: Progress = { through: 0, refused: [] }
const fileOf = (path: string) => `${path}.load-state`

/** @throws Error when what is there is no state: it is not guessed how far the part is */
export async function readState (path: string): Promise<State | undefined> {
  const text = await readFile(fileOf(path), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as State
  } catch {
    throw new Error(`${fileOf(path)} cannot be read: remove it to load from the beginning`)
  }
}

/** Written whole beside, then renamed: whoever is killed meanwhile leaves the old one. */
export async function saveState (path: string, state: State): Promise<void> {
  const draft = `${fileOf(path)}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(state)}\n`)
  await rename(draft, fileOf(path))
}

/**
 * Follows the answers of a phase, which come in any order: `through` is where there is no gap before. What lies behind a
 * gap is sent again after a crash, under its key.
 */
export function createTracker ({ through, refused }: Progress) {
  const open = new Set<number>()
  const refusals = new Set(refused)
  let last = through
  return {
    /** Whether this item is still to be sent: what was refused is tried again. */
    isWanted: (number: number) => number > through || refusals.has(number),
    begin: (number: number) => { open.add(number); last = Math.max(last, number) },
    end: (number: number, isRefused: boolean) => {
      open.delete(number)
      if (isRefused) refusals.add(number)
      else refusals.delete(number)
    },
    progress: (): Progress => {
      // A refused item that is tried again counts as refused until it is not.
      const beyond = [...open].filter(number => number > through)
      const reached = beyond.length === 0 ? last : Math.min(...beyond) - 1
      return { through: Math.max(through, reached), refused: [...refusals].filter(number => number <= reached || number <= through).toSorted((one, other) => one - other) }
    }
  }
}
