import { toTrace } from '../audit/trace.js'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { admitterOf, turnOf, written } from './create.js'
import { changing } from './read.js'
import type { Version } from './store.js'
import { checkMatch } from './update.js'
import { deletion } from './version.js'

export interface Delete extends Asking { readonly type: string, readonly id: string, readonly ifMatch?: readonly string[] }

/** R4 http.html#delete: logical. The versions stay, and nobody reads them any more. What is gone already is deleted again without effect. */
export async function remove (context: Context, asking: Delete): Promise<Answer> {
  needScope(asking, asking.type, 'd')
  return onceMore(await changing(context, asking, 'delete', async before => await change(context, asking, before)))
}

/**
 * Only to whom a read would say that it is gone. An id that nothing has stays absent, like a hidden one, as it is to
 * every other interaction: who mistypes an id is told. The trace is that of what changed nothing.
 */
function onceMore (answer: Answer): Answer {
  if (answer.body.kind !== 'refusal' || answer.body.error.kind !== 'deleted') return answer
  return { ...answer, status: 204, body: { kind: 'nothing' } }
}

async function change (context: Context, { sight, type, ifMatch }: Delete, before: Version): Promise<Answer> {
  checkMatch(before, ifMatch)
  const { facts, rules, companions = [] } = await admitterOf(type).remove(context, sight, before)
  const version = deletion(context, before, facts, sight.caller.now)
  await context.store.commit({
    changes: [...companions, { next: version, replaces: before, claims: [] }],
    ...rules === undefined ? {} : { rules },
    ...turnOf(sight, before.patient, type),
    traces: [toTrace(written(sight, type, 'delete', before), sight.caller, context)]
  })
  return { status: 204, headers: { etag: `W/"${version.version}"` }, body: { kind: 'nothing' }, version, sight, accesses: [] }
}
