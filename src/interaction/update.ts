import type { Resource } from '@medplum/fhirtypes'
import { toTrace } from '../audit/trace.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { resolveReferences } from './conditional-reference.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { admitterOf, checked, shown, turnOf, written } from './create.js'
import type { Preference } from './create.js'
import { receiptOf } from './receipt.js'
import type { Keyed } from './receipt.js'
import { changing } from './read.js'
import type { Kept, Version } from './store.js'
import { next } from './version.js'
import { warningsOf } from './warning.js'

export interface Update extends Asking {
  readonly type: string
  readonly id: string
  readonly resource: unknown
  /** The versions of If-Match; undefined without the header. */
  readonly ifMatch?: readonly string[]
  readonly prefer: Preference
}

/**
 * R4 http.html#update. Whoever may not read the current version finds nothing here, whatever the body: only then come
 * the precondition, the body's faults, and the right to change it. A client's id never creates.
 */
export async function update (context: Context, asking: Update): Promise<Answer> {
  needScope(asking, asking.type, 'u')
  return await changing(context, asking, 'update', async before => await change(context, asking, before))
}

async function change (context: Context, asking: Update, before: Version): Promise<Answer> {
  const { sight, type, id, prefer } = asking
  checkMatch(before, asking.ifMatch)
  const resource = checked(context, type, asking.resource, before)
  await resolveReferences(context, asking, resource)
  if (resource.id !== id) throw new OutcomeError('invalid-request', { diagnostics: 'The id of the body must be that of the address', expression: `${type}.id` })
  return await replace(context, { sight, prefer, interaction: 'update' }, before, resource)
}

export interface Replace extends Asking { readonly prefer: Preference, readonly interaction: 'update' | 'patch', readonly keyed?: Keyed | undefined }

/** Puts a resource in the place of the version that it was made of, if the rules of its family allow it. */
export async function replace (context: Context, { sight, prefer, interaction, keyed }: Replace, before: Version, resource: Resource): Promise<Answer> {
  const { type } = before
  const admission = await admitterOf(type).update(context, sight, before, resource)
  const version = next(context, before, admission.resource, admission.facts, sight.caller.now)
  const answer: Answer = { status: 200, headers: versionHeaders(version), body: shown(sight, version, prefer), version, warnings: warningsOf(version), sight, accesses: [] }
  // An account that opens or closes takes a turn too: whoever deposits meanwhile is told, or refused.
  const isOfAccount = type === 'Patient' && admission.rules !== undefined
  await context.store.commit({
    changes: [...admission.companions ?? [], { next: version, replaces: before, claims: admission.claims }],
    ...admission.reindexed === undefined ? {} : { reindexed: admission.reindexed },
    ...admission.rules === undefined ? {} : { rules: admission.rules },
    ...isOfAccount ? { turns: [sight.turn(before.id)] } : turnOf(sight, before.patient, type),
    ...receiptOf(keyed, answer, sight.caller.now),
    traces: [toTrace(written(sight, type, interaction, version), sight.caller, context)]
  })
  return answer
}

export function checkMatch ({ version }: Kept, ifMatch: readonly string[] | undefined): void {
  if (ifMatch === undefined || ifMatch.includes(version) || ifMatch.includes('*')) return
  throw new OutcomeError('stale-version', { diagnostics: 'The resource has changed since the version that If-Match names', expression: 'If-Match' })
}
