/** What the server's decision, and its compiled filter, show of a world. */
import { compile } from '../../src/consent/compile.js'
import { decide } from '../../src/consent/decide.js'
import { evaluate } from '../../src/filter/evaluate.js'
import { standing, storedOf } from './engine.js'
import type { Asked, Stored } from './engine.js'

export interface Sight {
  /** `Type/id` of what the decision permits, and of what the filter finds. */
  readonly decided: ReadonlySet<string>
  readonly filtered: ReadonlySet<string>
  /** The rule that decided on each. */
  readonly rules: ReadonlyMap<string, number>
  readonly stored: readonly Stored[]
  /** Whether the caller, or their structure, is author of all that a resource is and holds. */
  readonly isAuthor: (stored: Stored) => boolean
}

export async function sightOf (asked: Asked): Promise<Sight> {
  const situation = await standing(asked, '')
  const stored = await storedOf(asked, '')
  const decisions = stored.map(each => ({ each, ...situation === null ? { permit: false, rule: 0 } : decide(situation, { type: each.type, id: each._id, facts: each.facts }) }))
  const keys = situation?.stands === 'professional' ? [...situation.inPerson, ...situation.asStructure] : situation?.stands === 'structure' ? situation.keys : []
  return {
    decided: new Set(decisions.filter(({ permit }) => permit).map(({ each }) => nameOf(each))),
    // The same in another record is not found.
    filtered: new Set(situation === null
      ? []
      : stored.filter(each => {
        const filter = compile(situation, each.type)
        return evaluate(filter, { ...each }) && !evaluate(filter, { ...each, patient: 'another' })
      }).map(nameOf)),
    rules: new Map(decisions.map(({ each, rule }) => [nameOf(each), rule])),
    stored,
    isAuthor: ({ facts }) => [facts, ...(facts.items ?? []).map(item => item.facts)].every(({ authors }) => authors.some(key => keys.includes(key)))
  }
}

export function nameOf ({ type, _id }: Stored): string {
  return `${type}/${_id}`
}
