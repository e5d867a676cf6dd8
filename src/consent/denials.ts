/**
 * Choices that may deny some resource (rule 11), where a resource finds those that could be about it. Most single out one
 * document or one author; with a thousand of them, each resource would be held against each otherwise.
 */
import { clauses } from './statement.js'
import type { Statement } from './statement.js'

export interface Denials {
  /** What denies by a reference alone: a document (`Type/id`) with its chain, or whatever an author made. */
  readonly documents: ReadonlyMap<string, readonly Statement[]>
  readonly authors: ReadonlyMap<string, readonly Statement[]>
  /** All others. */
  readonly others: readonly Statement[]
}

/** @param statements those that permit alone are left out */
export function denialsOf (statements: readonly Statement[]): Denials {
  const documents = new Map<string, Statement[]>()
  const authors = new Map<string, Statement[]>()
  const others: Statement[] = []
  for (const statement of statements) {
    if (!clauses(statement).some(({ effect }) => effect === 'deny')) continue
    const { meaning, values } = narrowed(statement) ?? {}
    if (meaning === undefined || values === undefined) others.push(statement)
    else for (const value of values) file(meaning === 'instance' ? documents : authors, value, statement)
  }
  return { documents, authors, others }
}

/** What a statement denies, where it is one clause, of one sort of reference and of nothing else. */
function narrowed ({ base, exceptions }: Statement): { readonly meaning: 'instance' | 'authoredby', readonly values: ReadonlySet<string> } | undefined {
  if (base?.effect !== 'deny' || exceptions.length > 0) return undefined
  const { data, ...rest } = base.selector
  const [first] = data ?? []
  if (data === undefined || first === undefined || Object.keys(rest).length > 0) return undefined
  const { meaning } = first
  if ((meaning !== 'instance' && meaning !== 'authoredby') || data.some(part => part.meaning !== meaning)) return undefined
  return { meaning, values: new Set(data.map(({ value }) => value)) }
}

function file (place: Map<string, Statement[]>, value: string, statement: Statement): void {
  const known = place.get(value)
  if (known === undefined) place.set(value, [statement])
  else known.push(statement)
}
