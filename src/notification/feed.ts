import type { Version } from '../interaction/store.js'

/** The traces of what others did to records, in the order in which they became durable. */
export interface TraceFeed {
  /** Notes that what comes from now on is to be told, where nothing was noted yet. */
  readonly begin: (now: number) => Promise<void>
  /** One process leads at a time, for `life` ms unless it says so again. @returns undefined while another one does */
  readonly lead: (owner: string, now: number, life: number) => Promise<Reader | undefined>
}

export interface Reader {
  /** Those that follow, open; none where there are none for a moment. */
  readonly next: () => Promise<readonly Version[]>
  /** All that `next` gave was handled. @returns whether this process still leads */
  readonly keep: (now: number, life: number) => Promise<boolean>
  readonly close: () => Promise<void>
  /** Lets another process lead at once. */
  readonly leave: () => Promise<void>
}
