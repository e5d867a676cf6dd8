import { Readable } from 'node:stream'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Released } from '../release/release.js'

/** Makes an answer that goes for long, where there is room for one more of this caller. @throws OutcomeError `throttled` */
export type Downloads = (caller: string, make: () => Promise<Released>) => Promise<Released>

const WAIT = '10'

/** How many such answers are under way at once, of all callers together and of one. */
export function createDownloads ({ most, mostOfOne }: { readonly most: number, readonly mostOfOne: number }): Downloads {
  const underWay: string[] = []
  const leave = (caller: string) => { underWay.splice(underWay.indexOf(caller), 1) }
  return async (caller, make) => {
    if (underWay.length >= most || underWay.filter(each => each === caller).length >= mostOfOne) throw new OutcomeError('throttled', [], { headers: { 'retry-after': WAIT } })
    underWay.push(caller)
    const released = await make().catch((error: unknown) => {
      leave(caller)
      throw error
    })
    if (released.payload instanceof Readable) released.payload.once('close', () => { leave(caller) })
    else leave(caller)
    return released
  }
}
