/**
 * What an entry of a Bundle may ask beside a read, a search or a change on a type: histories, searches over several types, and
 * operations. How they are addressed is not known here: whoever takes the Bundle says it.
 */
import type { InteractionCode } from '../audit/event.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Answer } from './answer.js'
import { entryPlace } from './bundle.js'
import type { RequestBundle } from './bundle.js'
import type { Context } from './context.js'
import type { Preference } from './create.js'
import type { Sight } from './sight.js'

/** The rest of what the entry says. */
export interface Elsewhere {
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly resource: unknown
  readonly prefer: Preference
  readonly lenient: boolean
  readonly ifMatch: readonly string[] | undefined
}

export interface Routed {
  readonly interaction: InteractionCode
  /** What an access by it is traced as. */
  readonly type: string
  readonly perform: (context: Context, sight: Sight, entry: Elsewhere) => Promise<Answer>
}

/** Finds what a method means at a path below the base; undefined where it means nothing. */
export type Route = (method: string, path: string) => Routed | undefined

/** Of one Bundle: each may look at a whole record. */
const MOST = 50

/**
 * A transaction that changes something asks none of these: they would look at what is there, not at what it leaves.
 * @throws OutcomeError naming the entry; `too-costly` for too many
 */
export function checkElsewhere ({ type, entries }: RequestBundle): void {
  const requests = entries.map(read => 'error' in read ? undefined : read.request)
  const places = requests.flatMap((request, index) => request?.elsewhere === undefined ? [] : [index])
  const [beyond] = places.slice(MOST)
  if (beyond !== undefined) throw new OutcomeError('too-costly', { diagnostics: `A Bundle has at most ${MOST} histories and operations`, expression: entryPlace(beyond) })
  const [first] = places
  if (first === undefined || type === 'batch' || requests.every(request => request === undefined || request.method === 'GET')) return
  const diagnostics = 'A transaction that changes something asks for no history and no operation: ask for it in a batch'
  throw new OutcomeError('invalid-request', { diagnostics, expression: `${entryPlace(first)}.request.url`, code: 'not-supported' })
}
