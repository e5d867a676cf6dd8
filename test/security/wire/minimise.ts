/** A scenario in which something shows, made small by leaving out requests and differences without which it still does. */
import type { Scenario } from './scenario.js'
import type { Difference } from './play.js'

export interface Minimised { readonly scenario: Scenario, readonly why: string }

/** @param differs plays a scenario; one that cannot be played differs in nothing */
export async function minimise (drawn: Scenario, found: Difference, differs: (scenario: Scenario) => Promise<Difference | undefined>): Promise<Minimised> {
  // What came after it has no part in it.
  let small: Scenario = { ...drawn, asks: drawn.asks.slice(0, found.index + 1) }
  let last = found
  const attempt = async (fewer: Scenario): Promise<void> => {
    const still = await differs(fewer)
    if (still === undefined) return
    small = fewer
    last = still
  }
  // Most often the last request does it alone.
  if (small.asks.length > 1) await attempt({ ...small, asks: small.asks.slice(-1) })
  // By halves, quarters, … of what comes before it.
  for (let size = Math.ceil((small.asks.length - 1) / 2); size >= 1 && small.asks.length > 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let index = small.asks.length - 1 - size; index > -size; index -= size) await attempt({ ...small, asks: small.asks.toSpliced(Math.max(0, index), Math.min(size, size + index)) })
  }
  for (let index = small.hides.length - 1; index >= 0 && small.hides.length > 1; index -= 1) await attempt({ ...small, hides: small.hides.toSpliced(index, 1) })
  return { scenario: small, why: sentenceOf(small, last) }
}

export function sentenceOf ({ caller, hides }: Scenario, { what, without, with: whole }: Difference): string {
  const at = [...without].findIndex((letter, index) => letter !== whole[index])
  const near = (text: string) => text.slice(Math.max(0, at - 60), at + 100).replace(/\s+/g, ' ')
  const hidden = [...new Set(hides.map(({ type, how, way }) => `${type} (${how}, ${way})`))].join(' and ')
  return `${caller}, from whom ${hidden} is hidden: ${what}: …${near(without)}… without it, …${near(whole)}… with it`
}
