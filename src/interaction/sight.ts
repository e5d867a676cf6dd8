/**
 * What one request may see: its caller, and where the caller stands towards each record that the request touches.
 * All interactions, and `release` after them, ask it; it is the only place where choices are read.
 */
import type { Caller } from '../consent/caller.js'
import type { Decision } from '../consent/decide.js'
import type { Hidden } from '../consent/family.js'
import type { AccountStatus, Situation } from '../consent/situation.js'
import type { Filter } from '../filter/filter.js'
import type { Principal } from '../security/principal.js'
import type { Turn, Version } from './store.js'

/** Makes the sight of a caller at an instant, ms. */
export type SightOf = (principal: Principal, now: number) => Promise<Sight>

export interface Sight {
  readonly caller: Caller
  /** Under which election of the store's primary it began. */
  readonly election: string
  /** Reads the choices of records; what was read once in this request is not read again. */
  readonly enter: (patients: readonly string[]) => Promise<void>
  readonly situation: (patient: string) => Situation | undefined
  readonly account: (patient: string) => AccountStatus
  /** What a write of this record shows to say that it saw all earlier ones. */
  readonly turn: (patient: string) => Turn
  /** Whether the holder's default masks what is deposited. */
  readonly isMaskedByDefault: (patient: string) => boolean
  /** The one decision for one version of a record that was entered, or of the directory. */
  readonly decide: (version: Pick<Version, 'type' | 'id' | 'patient' | 'facts'>) => Decision
  /**
   * What of `type` in these records may be seen, deletion left aside. Of what tells of others (`isTelling`) more than that:
   * whoever asks decides on each when what it names was learned (`trace-search.ts`), or leaves it out.
   */
  readonly among: (type: string, patients: readonly string[]) => Promise<Filter>
  /** The same without a patient: own deposits, and every record that has a word about the caller. */
  readonly anywhere: (type: string) => Promise<Filter>
  /** Asks for some of what traces of a record that was entered name (`Type/id`) whether it may be named. */
  readonly learn: (patient: string, references: readonly string[]) => Promise<void>
  /** What traces of one record must not name, as far as it was asked; what was not, they must not. */
  readonly hiddenIn: (patient: string) => Hidden
}
