/**
 * The order in which the entries of a transaction are done: that of R4 (http.html#trules: DELETE, POST, PUT and PATCH,
 * GET), and within it each after those that it points at, whatever their order in the Bundle.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import { entryPlace } from './bundle.js'
import type { Step } from './transaction-target.js'

/** That an entry points at another one. */
export interface Edge {
  readonly target: Step
  /** Whether it can be done only after it. */
  readonly isNeeded: boolean
}
export type Edges = ReadonlyMap<Step, readonly Edge[]>

const RANK = { DELETE: 0, POST: 1, PUT: 2, PATCH: 2, GET: 3 } as const

/** @throws OutcomeError `invalid-request` for entries each of which can be done only after the others */
export function ordered (steps: readonly Step[], edges: Edges): readonly Step[] {
  const ranks = ranked(steps, edges)
  const done = new Set<Step>()
  for (const rank of [0, 1, 2, 3]) {
    const left = new Set(steps.filter(step => ranks.get(step) === rank))
    const waits = (step: Step, isWaited: (edge: Edge) => boolean) => (edges.get(step) ?? []).some(edge => left.has(edge.target) && isWaited(edge))
    while (left.size > 0) {
      const list = [...left]
      // In a circle, what need not wait does not.
      const next = list.find(step => !waits(step, () => true)) ?? list.find(step => !waits(step, ({ isNeeded }) => isNeeded))
      if (next === undefined) throw circular(list)
      done.add(next)
      left.delete(next)
    }
  }
  return [...done]
}

/** The rank of each entry: what is changed and needed by another one is done with it. */
function ranked (steps: readonly Step[], edges: Edges): ReadonlyMap<Step, number> {
  const ranks = new Map(steps.map(step => [step, RANK[step.request.method] as number]))
  const raise = (step: Step, rank: number): void => {
    for (const { target, isNeeded } of edges.get(step) ?? []) {
      if (!isNeeded || (ranks.get(target) ?? 0) <= rank) continue
      ranks.set(target, rank)
      raise(target, rank)
    }
  }
  for (const step of steps) raise(step, ranks.get(step) ?? 0)
  return ranks
}

/** Edges of several sorts as one, of each two entries one. */
export function joined (...all: readonly Edges[]): Edges {
  const steps = new Set(all.flatMap(edges => [...edges.keys()]))
  return new Map([...steps].map(step => {
    const list = all.flatMap(edges => edges.get(step) ?? []).toSorted((one, other) => Number(one.isNeeded) - Number(other.isNeeded))
    return [step, [...new Map(list.map(edge => [edge.target, edge])).values()]]
  }))
}

function circular ([first]: readonly Step[]): OutcomeError {
  return new OutcomeError('invalid-request', { diagnostics: 'Entries that need each other cannot be created', expression: entryPlace(first?.index ?? 0) })
}
