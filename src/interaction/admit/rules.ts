/** What is compiled of a record for its actors, in the transaction of the write that changes it. */
import { EVERYONE } from '../../consent/choice.js'
import type { ChoiceFacts } from '../../consent/family.js'
import { compileRules, speaks, speaksUntil } from '../../consent/rules.js'
import type { RulesBody } from '../../consent/rules.js'
import type { Context } from '../context.js'
import type { RulesReader, Write } from '../store.js'

type Rules = NonNullable<Write['rules']>

/** The choices of each actor concerned, and always those for everyone: so that all choices of one record are written in turn. */
export function choicesOf (context: Context, patient: string, actors: readonly string[]): Rules {
  return changed(context, patient, new Set([EVERYONE, ...actors]), async (actor, body, read) => compileRules(body, await read.facts(patient, actor) as readonly ChoiceFacts[]))
}

/** What an actor is to the record, beside the choices. */
export function standingOf (context: Context, patient: string, actors: readonly string[], change: (actor: string, body: RulesBody) => RulesBody): Rules {
  return changed(context, patient, new Set(actors), async (actor, body) => change(actor, body))
}

function changed (context: Context, patient: string, actors: ReadonlySet<string>, change: (actor: string, body: RulesBody, read: RulesReader) => Promise<RulesBody>): Rules {
  const stamp = context.newId()
  return async read => {
    const documents = []
    // One after the other: they share a session.
    for (const actor of actors) {
      const known = await read.rules(patient, actor)
      const body = await change(actor, JSON.parse(known?.body ?? '{"choices":[]}') as RulesBody, read)
      documents.push({ patient, actor, stamp, body: JSON.stringify(body), speaks: speaks(actor, body), until: speaksUntil(actor, body) })
    }
    return documents
  }
}
