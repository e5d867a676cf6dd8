import type { Kept, RulesDocument, RulesReader, Turn, Version, Write } from './store.js'

/** A resource that a transaction writes: what is in the store, undefined for a creation, and what it leaves. */
export interface Staged { readonly base: Kept | undefined, readonly next: Version, readonly claims: readonly string[] }

/** The writes of a transaction as one: of each resource one change, of each record one turn. */
export function merged (staged: readonly Staged[], reindexed: NonNullable<Write['reindexed']>, writes: readonly Write[]): Write {
  const turns = new Map<string, Turn>(writes.flatMap(({ turns = [] }) => turns.map(turn => [turn.patient, turn] as const)))
  const rules = writes.flatMap(write => write.rules ?? [])
  return {
    changes: staged.map(({ base, next, claims }) => ({ next, claims, ...base === undefined ? {} : { replaces: base } })),
    reindexed,
    keys: writes.flatMap(({ keys = [] }) => keys),
    contents: writes.flatMap(({ contents = [] }) => contents),
    abandoned: writes.flatMap(({ abandoned = [] }) => abandoned),
    ...rules.length === 0 ? {} : { rules: allOf(rules) },
    turns: [...turns.values()],
    traces: writes.flatMap(({ traces }) => traces)
  }
}

type Compile = NonNullable<Write['rules']>

/** Rules computed one after the other, each from what those before it said. */
function allOf (compiles: readonly Compile[]): Compile {
  return async read => {
    const documents = new Map<string, RulesDocument>()
    const reader: RulesReader = {
      facts: read.facts,
      rules: async (patient, actor) => documents.get(`${patient}|${actor}`) ?? await read.rules(patient, actor)
    }
    for (const compile of compiles) {
      for (const document of await compile(reader)) documents.set(`${document.patient}|${document.actor}`, document)
    }
    return [...documents.values()]
  }
}
