/** Scenarios from seeds: a batch of a run has a seed of its own, so that one of them is drawn again without those before it. */
import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'
import type { Asked } from './engine.js'
import { caller, world } from './generators.js'

export const BATCH = 250

export const asked: Arbitrary<Asked> = fc.record({ drawn: world, caller })
  .map(({ drawn: { world, now }, caller }) => ({ world, caller, now }))

/** The batches of a run. */
export function batchesOf (seed: number, scenarios: number): readonly { readonly seed: number, readonly count: number }[] {
  return Array.from({ length: Math.ceil(scenarios / BATCH) }, (_, index) => ({ seed: seed + index, count: Math.min(BATCH, scenarios - index * BATCH) }))
}

export function scenariosOf (seed: number, count: number): readonly Asked[] {
  return fc.sample(asked, { seed, numRuns: count })
}
