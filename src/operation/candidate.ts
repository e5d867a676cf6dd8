/**
 * The choices of a record as they would be: a candidate passes the very writing of choices, on a store that stages what
 * it writes, and what that would compile is laid over the rules that are there. Nothing of it is committed.
 */
import type { Consent } from '@medplum/fhirtypes'
import { toTrace } from '../audit/trace.js'
import { and, equals } from '../filter/filter.js'
import type { Context } from '../interaction/context.js'
import { needScope } from '../interaction/context.js'
import { create } from '../interaction/create.js'
import { createOverlay } from '../interaction/overlay.js'
import type { Overlay } from '../interaction/overlay.js'
import { refuse } from '../interaction/read.js'
import type { Sight } from '../interaction/sight.js'
import type { ResourceStore } from '../interaction/store.js'
import { replace } from '../interaction/update.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Fault } from '../outcome/outcome-error.js'
import { invalid, referenceIn } from './input.js'
import type { Given } from './input.js'

/** The store as it would be, and what the writer would be warned of. */
export interface Supposed { readonly store: ResourceStore, readonly warnings: readonly Fault[] }

/** The most choices of one record that are filed under one actor. */
const MOST_FILED = 100_000

/** A choice that would be made. @throws OutcomeError what its writing throws, at the place of the candidate */
export async function supposeMade (context: Context, sight: Sight, given: Given): Promise<Supposed> {
  const { place, value } = given
  if (value['resource'] === undefined) throw invalid(given, 'The candidate is a Consent, in `resource`')
  return await supposed(context, `${place}.resource`, async staged => await create(staged, { sight, type: 'Consent', resource: value['resource'], prefer: 'minimal' }))
}

/** A choice that would be ended: written again as `inactive`. One that the asker does not read is as unknown as none. */
export async function supposeEnded (context: Context, sight: Sight, patient: string, given: Given): Promise<Supposed> {
  needScope({ sight }, 'Consent', 'u')
  const [, id] = /^(?:Consent\/)?([A-Za-z0-9.-]{1,64})$/.exec(referenceIn(given).reference ?? '') ?? []
  const version = id === undefined ? undefined : await context.store.read('Consent', id)
  const refused = await refuse(context, { sight, type: 'Consent', id: id ?? '' }, 'operation', version)
  // Somebody else's choice is asked for in vain, and that is told to whose it is.
  if (refused !== undefined) await context.store.append(refused.accesses.map(each => toTrace(each, sight.caller, context)), [sight.election])
  const before = refused !== undefined || version === undefined || version.patient !== patient ? undefined : await context.store.opened(version)
  if (before === undefined) throw invalid(given, 'There is no such choice in this record')
  return await supposed(context, given.place, async staged =>
    await replace(staged, { sight, prefer: 'minimal', interaction: 'update' }, before, { ...JSON.parse(before.text) as Consent, status: 'inactive' }))
}

async function supposed (context: Context, place: string, write: (staged: Context) => ReturnType<typeof create>): Promise<Supposed> {
  const overlay = createOverlay(context)
  const { warnings = [] } = await write({ ...context, store: overlay.store }).catch((error: unknown) => { throw placed(error, place) })
  return { store: await laidOver(context.store, overlay), warnings }
}

/** The store with the rules that the staged writes would compile. */
async function laidOver (store: ResourceStore, overlay: Overlay): Promise<ResourceStore> {
  const compiled = await overlay.write().rules?.({
    facts: async (patient, actor) => (await overlay.store.findKept({ type: 'Consent', filter: and(equals('patient', patient), equals('facts.filed', actor)), sort: [], limit: MOST_FILED })).map(({ facts }) => facts),
    rules: store.rules
  }) ?? []
  const documents = new Map(compiled.map(document => [`${document.patient}|${document.actor}`, document]))
  return {
    ...store,
    rules: async (patient, actor) => {
      const known = await store.rules(patient, actor)
      const document = documents.get(`${patient}|${actor}`)
      return document === undefined ? known : { ...document, turn: known?.turn ?? 0 }
    }
  }
}

/** A fault of the candidate, at its place in what was asked. */
function placed (error: unknown, place: string): unknown {
  if (!(error instanceof OutcomeError) || error.status >= 500) return error
  const faults = error.faults.map(fault => ({ ...fault, expression: fault.expression?.replace(/^(?:Consent|resourceType)(?=[.[]|$)/, place) ?? place }))
  return new OutcomeError(error.kind, faults, { cause: error, headers: { ...error.headers } })
}
