/**
 * What is absent walks the way of what is hidden (`consent.md` 1 *hidden is absent*), with somebody who is not there: their
 * choices are looked up, and the caller stands towards them as towards a holder who has said nothing.
 */
import { randomUUID } from 'node:crypto'

/** Patients who do not exist. Their ids are new at each start: no request can name one, and nothing is ever theirs. */
const ALL: readonly string[] = Array.from({ length: 4 }, () => randomUUID())
const IDS: ReadonlySet<string> = new Set(ALL)

export const [NOBODY = ''] = ALL

/** What belongs to no record takes turns under this name, where a condition asks for it. */
export const NO_RECORD = ''

/** What a trace that does not exist names, and each that does besides: a document and a choice, as most of them do. */
export const NOTHING = ['DocumentReference/nothing', 'Consent/nothing'] as const

export function isNobody (patient: string): boolean {
  return IDS.has(patient)
}

/** So many of them, as far as there are any. */
export function nobodies (count: number): readonly string[] {
  return ALL.slice(0, Math.max(0, count))
}
