import type { DocumentReference, Resource } from '@medplum/fhirtypes'
import type { NewKeys } from '../../crypto/keyring.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import type { Fault } from '../../outcome/outcome-error.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import type { Change, Kept, Version, Write } from '../store.js'

/** A write that the rules of the record allow, before it has a version. */
export interface Admission {
  readonly patient: string | null
  readonly resource: Resource
  readonly facts: unknown
  /** It is the trace of its own write, and is kept as one. */
  readonly isTrace?: true
  /** Unique among what is not deleted. */
  readonly claims: readonly string[]
  /** Further keys by which it is found without a patient. */
  readonly found?: readonly string[]
  /** Written before the transaction. */
  readonly contents?: readonly { readonly id: string, readonly bytes: Uint8Array }[]
  /** Changes of other resources in the same transaction. */
  readonly companions?: readonly Change[]
  readonly reindexed?: Write['reindexed']
  readonly keys?: NewKeys
  readonly rules?: Write['rules']
  /** Where it depends on what belongs to no record. */
  readonly turns?: Write['turns']
}

/** What a family asks of a write. `before` is the current version, readable by the caller. */
export interface Admitter {
  readonly create: (context: Context, sight: Sight, resource: Resource, id: string) => Promise<Admission>
  readonly update: (context: Context, sight: Sight, before: Version, resource: Resource) => Promise<Admission>
  /** Checks the right, and gives the facts that the deleted resource keeps. */
  readonly remove: (context: Context, sight: Sight, before: Version) => Promise<Pick<Admission, 'facts' | 'rules' | 'companions'>>
}

/** @throws OutcomeError `business-rule` where what was announced, or is announced by now, would be withheld again */
export function checkWithheldOnce (known: Withheld, fresh: Pick<Withheld, 'labels'>, expression: string): void {
  if (fresh.labels.includes('INVISIBLE_PATIENT') && !known.labels.includes('INVISIBLE_PATIENT') && known.wasWithheld) {
    throw broken('The announcement of a resource is not withheld a second time', expression)
  }
}

interface Withheld { readonly labels: readonly string[], readonly wasWithheld: boolean }

export function forbidden (faults: Fault | readonly Fault[] = []): OutcomeError {
  return new OutcomeError('forbidden', faults)
}

export function broken (diagnostics: string, expression: string, code?: string): OutcomeError {
  return new OutcomeError('business-rule', { diagnostics, expression, ...code === undefined ? {} : { code } })
}

/** A reference that does not resolve for this writer: the same words whether its target is hidden or absent. */
export function unresolved (expression: string): OutcomeError {
  return broken('The reference does not resolve', expression, 'not-found')
}

/** What an admission sees of a stored version that it may look into whoever writes; undefined where its record is destroyed. */
export async function openParsed<T extends Resource = DocumentReference> ({ store }: Pick<Context, 'store'>, version: Kept): Promise<T | undefined> {
  const opened = await store.opened(version)
  return opened === undefined ? undefined : parsed<T>(opened)
}

/** The same of a version that is open. */
export function parsed<T extends Resource = DocumentReference> (version: Version): T {
  return JSON.parse(version.text) as T
}
