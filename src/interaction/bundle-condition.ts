/**
 * Conditional references within a transaction (R4 http.html#trules): what they mean may be written by another entry, whatever
 * the order of the two. The criteria are asked of the bodies of the entries, so that those that would answer come first.
 */
import { isShared } from '../consent/family.js'
import { evaluate, widen } from '../filter/evaluate.js'
import type { Indexed } from '../filter/evaluate.js'
import type { Filter } from '../filter/filter.js'
import { extract } from '../search/extract.js'
import { belowBase } from '../search/literal.js'
import { entryPlace } from './bundle.js'
import { pointersIn } from './bundle-link.js'
import { criteriaIn } from './conditional-reference.js'
import type { Context } from './context.js'
import { readQuery } from './query-terms.js'
import type { Edge, Edges } from './transaction-order.js'
import type { Step } from './transaction-target.js'
import { MOST_VALUES } from './version.js'

/** Which entries those that hold conditional references may mean by them. @param now the instant of the request, ms */
export function conditionalEdges (context: Context, steps: readonly Step[], now: number): Edges {
  const values = new Map<Step, Indexed | undefined>()
  const found = new Map<string, readonly Edge[]>()
  return new Map(steps.map(step => {
    const { resource, patch } = step.request
    const texts = pointersIn(resource ?? patch?.body, entryPlace(step.index)).map(({ text }) => belowBase(text, context.base)).filter(text => criteriaIn(text) !== undefined)
    return [step, [...new Set(texts)].flatMap(edgesOf).filter(({ target }) => target !== step)]
  }))

  function edgesOf (text: string): readonly Edge[] {
    const known = found.get(text) ?? meant(text)
    found.set(text, known)
    return known
  }

  function meant (text: string): readonly Edge[] {
    const { type = '', criteria = [] } = criteriaIn(text) ?? {}
    const writers = steps.filter(({ answer, request }) => answer === undefined && request.type === type && ['POST', 'PUT', 'PATCH'].includes(request.method))
    const filter = writers.length === 0 ? undefined : filterOf(context, type, criteria, now)
    return writers.flatMap((target): readonly Edge[] => {
      const index = valuesOf(target)
      // What cannot be told before it is written comes first, if it may.
      if (filter === undefined || index === undefined) return [{ target, isNeeded: false }]
      return evaluate(filter, index) ? [{ target, isNeeded: true }] : []
    })
  }

  function valuesOf (step: Step): Indexed | undefined {
    if (!values.has(step)) values.set(step, indexOf(context, step))
    return values.get(step)
  }
}

/** What the criteria say of a body; undefined where they ask for more than it, or cannot be asked: that is said by the entry. */
function filterOf (context: Context, type: string, criteria: readonly (readonly [string, string])[], now: number): Filter | undefined {
  try {
    const { filter, hops } = readQuery(context, type, criteria, false, now)
    let isOfBody = hops.length === 0
    const known = widen(filter, field => {
      isOfBody &&= field !== 'at' && !field.startsWith('facts')
      // Whose record it is may be said by another reference.
      return field === 'patient'
    })
    return isOfBody ? known : undefined
  } catch {
    return undefined
  }
}

/** The index values of a body that was not looked at yet; undefined where it has none: its entry says why. */
function indexOf ({ registry, hash }: Context, { id, request: { type, resource } }: Step): Indexed | undefined {
  try {
    return { ...extract(registry, resource as { resourceType: string }, isShared(type) ? null : hash, MOST_VALUES), _id: id, deleted: false }
  } catch {
    return undefined
  }
}
