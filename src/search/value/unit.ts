/**
 * Canonical units: quantities in commensurable units of UCUM are compared in the base units of their dimension
 * (R4 search.html#quantity). `@lhncbc/ucum-lhc` knows the units.
 */
import { createRequire } from 'node:module'
import { LRUCache } from 'lru-cache'

export const UCUM = 'http://unitsofmeasure.org'

/** What is used of the library, which has no types. */
interface Units {
  readonly convertToBaseUnits: (unit: string, value: number) => {
    readonly status: 'succeeded' | 'failed' | 'invalid' | 'error'
    readonly msg: readonly string[]
    readonly magnitude?: number
    readonly unitToExp?: Readonly<Record<string, number>>
  }
}
const ucum = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as { readonly UcumLhcUtils: { readonly getInstance: () => Units } }

/** A dimension, and how a number of one of its units is told in its base units. */
export interface Canonical {
  readonly dimension: string
  readonly toBase: (value: number) => number
}

/** Longest code that is looked up. */
const longest = 64
/** A memo of what is looked up: a unit means the same for ever. */
const known = new LRUCache<string, { readonly canonical: Canonical | undefined }>({ max: 1000 })

/** @returns undefined for what is no code of UCUM, and for units that only count themselves or are no straight scale */
export function canonicalOf (unit: string): Canonical | undefined {
  const found = known.get(unit)
  if (found !== undefined) return found.canonical
  const canonical = lookUp(unit)
  known.set(unit, { canonical })
  return canonical
}

function lookUp (unit: string): Canonical | undefined {
  if (unit === '' || unit.length > longest) return undefined
  const utils = ucum.UcumLhcUtils.getInstance()
  const [zero, one, two] = [0, 1, 2].map(value => utils.convertToBaseUnits(unit, value))
  if (zero === undefined || one === undefined || one.status !== 'succeeded' || one.msg.length > 0) return undefined
  const [origin, first, second] = [zero.magnitude, one.magnitude, two?.magnitude]
  if (origin === undefined || first === undefined || second === undefined) return undefined
  const step = first - origin
  if (step <= 0 || Math.abs(second - first - step) > 1e-9 * step) return undefined
  const dimension = Object.entries(one.unitToExp ?? {}).map(([base, power]) => `${base}${power}`).sort().join('.')
  return Object.freeze({ dimension, toBase: (value: number) => rounded(value * step + origin) })
}

/** What is computed is told to 12 digits, so that the same amount in two units is the same number. */
function rounded (value: number): number {
  return Number(value.toPrecision(12))
}
