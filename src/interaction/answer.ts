import type { ValueSet } from '@medplum/fhirtypes'
import type { Access } from '../audit/event.js'
import type { Fault, OutcomeError } from '../outcome/outcome-error.js'
import type { Shape } from '../search/shape.js'
import type { Part } from './range.js'
import type { Sight } from './sight.js'
import type { StoredContent } from './content-store.js'
import type { HistoryPage, Kept, Written } from './store.js'

/** An identity of which only the identifier asked for is shown (`consent.md` 2 *identity*). */
export interface Subset { readonly system: string, readonly value: string, readonly isActive: boolean }

export interface Entry {
  readonly version: Kept
  readonly mode: 'match' | 'include'
  readonly subset?: Subset
}

/**
 * A parameter of a Parameters resource (R4 parameters.html): a value, which holds nothing of a record; the reference to a
 * version, or the `meta` of one, which the gate decides on like a body; or parts.
 */
export type Parameter = { readonly name: string } & (
  | { readonly value: Readonly<Record<string, unknown>> }
  | { readonly version: Kept }
  | { readonly metaOf: Kept }
  | { readonly parts: readonly Parameter[] })

export interface Link { readonly relation: string, readonly url: string }

/**
 * A part of a document that the server makes: what it is about, a code of LOINC, and what the reader sees of it.
 * @property isCut whether there are more for this reader than these, the newest
 */
export interface Section { readonly title: string, readonly code: string, readonly versions: readonly Kept[], readonly isCut: boolean }

/** What an interaction has to say. Only `release` opens it and makes bytes of it, of each resource the part that `shape` says. */
export type Body =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'resource', readonly version: Kept, readonly shape?: Shape }
  | { readonly kind: 'content', readonly version: Kept, readonly content: StoredContent, readonly part?: Part, readonly contentType: string, readonly isRaw: boolean, readonly binary: string, readonly securityContext: string }
  | { readonly kind: 'searchset', readonly total?: number, readonly links: readonly Link[], readonly entries: readonly Entry[], readonly shape?: Shape, readonly ignored: readonly string[] }
  /** The same entries for people. */
  | { readonly kind: 'table', readonly entries: readonly Entry[] }
  /** The same, one a line; what follows them is asked for when those before went, and is judged then. */
  | { readonly kind: 'lines', readonly entries: readonly Entry[], readonly next?: () => Promise<Answer> }
  /** What is no FHIR, and holds nothing of a record. */
  | { readonly kind: 'json', readonly value: object }
  | { readonly kind: 'history', readonly total?: number, readonly links: readonly Link[], readonly entries: HistoryPage['entries'], readonly shape?: Shape }
  | { readonly kind: 'bundle', readonly type: 'batch-response' | 'transaction-response', readonly entries: readonly Answer[] }
  | { readonly kind: 'parameters', readonly parameters: readonly Parameter[] }
  /** A public definition, made for this answer of those that are loaded: it holds nothing of a record. */
  | { readonly kind: 'definition', readonly definition: ValueSet }
  /** A document about a patient (R4 documents.html), made now: its sections, and what their entries refer to. */
  | { readonly kind: 'document', readonly id: string, readonly at: number, readonly subject: Kept, readonly sections: readonly Section[], readonly beside: readonly Kept[] }
  | { readonly kind: 'refusal', readonly error: OutcomeError }
  | { readonly kind: 'success', readonly fault: Fault, readonly warnings: readonly Fault[] }

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body
  /** What was written, or would have been had it not been there: its address and version are told with the answer. */
  readonly version?: Written
  /** What its writer is warned of: told beside the body, and to the operator by the id of what was written. */
  readonly warnings?: readonly Fault[]
  readonly sight: Sight
  /** What the journal must say before the body goes; empty when the write's own transaction said it. */
  readonly accesses: readonly Access[]
}

/** ETag, Last-Modified of a version (R4 http.html#versioning). */
export function versionHeaders ({ version, at }: Kept): Readonly<Record<string, string>> {
  return { etag: `W/"${version}"`, 'last-modified': new Date(at).toUTCString() }
}

/** A refusal that is written in the journal like any access. */
export function refusal (sight: Sight, error: OutcomeError, accesses: readonly Access[]): Answer {
  return { status: error.status, headers: error.headers, body: { kind: 'refusal', error }, sight, accesses }
}
