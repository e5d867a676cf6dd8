/**
 * A Binary that was posted alone, until a document claims it (`consent.md` 5): only its depositor reads it, the person
 * under the structure of the token that posted it. Section 4 stops its depositor first: an account that is not open,
 * a block. Once it is claimed nobody reads it but through its document, by the rules of that one.
 */
import { and, exists, isIn, none, not } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import type { Caller } from './caller.js'
import type { Decision } from './decide.js'
import type { Situation } from './situation.js'

export interface BinaryFacts {
  /** A key of `depositorKeys`. */
  readonly depositor: string
  /** The id of its document. */
  readonly claimedBy: string | null
  /** Type, size and hashes, sealed: nothing that is found by. */
  readonly received: string
}

/** The keys under which a caller is the depositor of something in a record; the first is kept. */
export function depositorKeys ({ person, own, client, relative }: Pick<Caller, 'person' | 'own' | 'client' | 'relative'>, patient: string): readonly string[] {
  if (person !== undefined) return own.map(structure => `${person}@${structure}`)
  return own.length > 0 ? own : [client ?? relative ?? `Patient/${patient}`]
}

export function decideUnclaimed (situation: Situation, { depositor, claimedBy }: BinaryFacts): Decision {
  if (situation.stands === 'shut') return { permit: false, rule: situation.rule, choices: situation.choices }
  const { keys, rule } = standing(situation)
  return { permit: claimedBy === null && keys.includes(depositor), rule, choices: [] }
}

/** The same for those that are not known yet. */
export function compileUnclaimed (situation: Situation): Filter {
  if (situation.stands === 'shut') return none
  return and(not(exists('facts.claimedBy')), isIn('facts.depositor', standing(situation).keys))
}

function standing (situation: Exclude<Situation, { stands: 'shut' }>): { readonly keys: readonly string[], readonly rule: number } {
  const inPerson = (keys: readonly string[]) => keys.filter(key => key.includes('@'))
  switch (situation.stands) {
    case 'holder': return { keys: situation.isOpen ? [`Patient/${situation.patient}`] : [], rule: situation.isOpen ? 3 : 1 }
    case 'representative': return { keys: situation.isOpen ? situation.keys : [], rule: situation.isOpen ? 4 : 1 }
    case 'application': return { keys: situation.keys, rule: 5 }
    case 'treating': return { keys: inPerson(situation.keys), rule: 7 }
    case 'structure': return { keys: situation.keys, rule: 9 }
    case 'professional': return { keys: inPerson(situation.inPerson), rule: 9 }
  }
}
