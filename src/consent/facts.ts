import type { DocumentReference, Period, Reference } from '@medplum/fhirtypes'
import { intervalOf, oneMonthAfter } from '../filter/interval.js'
import { ALWAYS } from './choice.js'
import type { Span } from './choice.js'
import { labelKey, labelsOf, markOf, tagOf, typeKey } from './label.js'
import type { Mark } from './label.js'

/**
 * All that the rules read of a record resource, kept among its index values in the transaction that changes it.
 * The decision reads it in memory, the compiled filter in MongoDB (fields `facts.…`).
 */
export interface Facts {
  readonly labels: readonly Mark[]
  /** `system|code` of every label, for selectors. */
  readonly tags: readonly string[]
  /** Short keys of the codings of its type. */
  readonly types: readonly string[]
  readonly classes: readonly string[]
  readonly authors: readonly string[]
  /** Whom a permit about authors means; and a deny, which also means named structures, and those that all are part of. */
  readonly authoredBy: readonly string[]
  readonly attributedTo: readonly string[]
  /** `Type/id` of what it refers to. */
  readonly related: readonly string[]
  /** The time that the resource is about. */
  readonly period: Span
  readonly enteredInError: boolean
  /** The ids of every document of the chain, this one too. */
  readonly chain: readonly string[]
  /** The latest beginning of the chain (ms), and whether it was ever `INVISIBLE_PATIENT`. */
  readonly began: number
  readonly wasWithheld: boolean
  /** The structure, holder or application that deposited it. */
  readonly depositor: string
  /** Hashed identifiers and contents, under the depositor: a later deposit of the same joins the chain. */
  readonly origins: readonly string[]
  /** Its identifiers, unique under the depositor while it is not deleted. */
  readonly claims: readonly string[]
  /** When what is `INVISIBLE_PATIENT` opens to the holder: one month after the latest beginning of the chain (ms). */
  readonly opens: number
}

/** By its own type, as `provision.class` may name it. */
const DOCUMENT = 'http://hl7.org/fhir/resource-types|DocumentReference'

/** Who fed a document, and by what a later deposit is known to be of it: hashed keys of `security/identity.ts`. Fixed at creation. */
export interface Authorship {
  readonly authors: readonly string[]
  readonly authoredBy: readonly string[]
  readonly attributedTo: readonly string[]
  readonly depositor: string
  readonly origins: readonly string[]
  readonly claims: readonly string[]
}
export interface Chain { readonly ids: readonly string[], readonly began: number, readonly wasWithheld: boolean }

/** The facts of a document. @param authorship fixed at creation @param chain as it stands after this write */
export function factsOf (document: DocumentReference, authorship: Authorship, chain: Chain): Facts {
  const labels = labelsOf(document)
  const marks = [...new Set(labels.flatMap(label => markOf(label) ?? []))]
  return {
    labels: marks,
    tags: labels.map(tagOf),
    types: codings(document.type === undefined ? [] : [document.type]).map(typeKey),
    classes: [...codings(document.category ?? []), DOCUMENT],
    authors: authorship.authors,
    authoredBy: authorship.authoredBy,
    attributedTo: authorship.attributedTo,
    depositor: authorship.depositor,
    origins: authorship.origins,
    claims: authorship.claims,
    related: references([...document.context?.encounter ?? [], ...document.context?.related ?? [], ...(document.relatesTo ?? []).map(({ target }) => target)]),
    period: periodOf(document),
    enteredInError: document.status === 'entered-in-error',
    chain: chain.ids,
    began: chain.began,
    wasWithheld: chain.wasWithheld || marks.includes('INVISIBLE_PATIENT'),
    opens: oneMonthAfter(chain.began)
  }
}

function codings (concepts: readonly { readonly coding?: readonly { system?: string, code?: string }[] | undefined }[]): readonly string[] {
  return concepts.flatMap(concept => concept.coding ?? []).map(labelKey)
}

function references (list: readonly Reference[]): readonly string[] {
  return list.flatMap(({ reference }) => reference?.replace(/\/_history\/[^/]*$/, '') ?? [])
}

/** `context.period`, else `date`; a document that says no time may be of any: a deny touches it, no permit contains it. */
function periodOf (document: DocumentReference): Span {
  const period = document.context?.period
  if (period?.start !== undefined || period?.end !== undefined) return spanOf(period)
  const date = document.date === undefined ? undefined : intervalOf(document.date)
  return date === undefined ? ALWAYS : { start: date.lo, end: date.hi }
}

/** The span of a FHIR Period; a missing or unreadable end is open. */
export function spanOf ({ start, end }: Period): Span {
  return {
    start: (start === undefined ? undefined : intervalOf(start)?.lo) ?? ALWAYS.start,
    end: (end === undefined ? undefined : intervalOf(end)?.hi) ?? ALWAYS.end
  }
}
