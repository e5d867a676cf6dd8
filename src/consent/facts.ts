import type { Period, Resource } from '@medplum/fhirtypes'
import { intervalOf } from '../filter/interval.js'
import { ALWAYS } from './choice.js'
import type { Span } from './choice.js'
import { labelKey, labelsOf, marksOf, tagOf, typeKey } from './label.js'
import type { Mark } from './label.js'
import { RECORD_TYPES, literalsIn, recordType, valuesAt } from './record-type.js'
import type { RecordType } from './record-type.js'
import type { Team } from './team.js'

/**
 * All that the rules read of a record resource, kept among its index values in the transaction that changes it.
 * The decision reads it in memory, the compiled filter in MongoDB (fields `facts.…`).
 */
export interface Facts {
  readonly labels: readonly Mark[]
  /** `system|code` of every label, for selectors. */
  readonly tags: readonly string[]
  /** Short keys of the types as which the matrix judges it: a document's own, others' by a table, a container's those of what it holds. */
  readonly types: readonly string[]
  /** Short keys of its own codes, for selectors; a document's are its types. */
  readonly codes?: readonly string[]
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
  /** Hashed identifiers and contents, under patient and depositor: a later deposit of the same joins the chain. */
  readonly origins: readonly string[]
  /** Its identifiers, unique under the depositor while it is not deleted. */
  readonly claims: readonly string[]
  /** When what is `INVISIBLE_PATIENT` opens to the holder: one month after the latest beginning of the chain (ms). */
  readonly opens: number
  /** Of a container: all that any of its versions holds, itself or through other containers. */
  readonly items?: readonly Item[]
  /** Of a CareTeam: who is in it. */
  readonly team?: Team
}

/** What a container is judged by of one of its items. */
export interface Item {
  readonly type: string
  readonly id: string
  readonly facts: Omit<Facts, 'items' | 'team' | 'began' | 'wasWithheld' | 'depositor' | 'origins' | 'claims'>
}

/** An item that nobody sees, whoever deposited it: in the place of one that cannot be judged. */
export const NOBODYS: Item = Object.freeze<Item>({
  type: 'Nothing',
  id: 'nothing',
  facts: {
    labels: ['INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX', 'MASQUE_PS'],
    tags: [],
    types: [],
    codes: [],
    classes: [],
    authors: [],
    authoredBy: [],
    attributedTo: [],
    related: [],
    period: ALWAYS,
    enteredInError: true,
    chain: [],
    opens: ALWAYS.end
  }
})

const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types'

/** Who fed a resource, and by what a later deposit is known to be of it: hashed keys of `security/identity.ts`. Fixed at creation. */
export interface Authorship {
  readonly authors: readonly string[]
  readonly authoredBy: readonly string[]
  readonly attributedTo: readonly string[]
  readonly depositor: string
  readonly origins: readonly string[]
  readonly claims: readonly string[]
}
/** All versions of a document: when the latest of its beginnings was, and when what waits to be announced opens to the holder (ms). */
export interface Chain { readonly ids: readonly string[], readonly began: number, readonly opens: number, readonly wasWithheld: boolean }

/**
 * The facts of a resource of the record.
 * @param authorship fixed at creation
 * @param chain as it stands after this write
 * @param judgedAs `system|code` of the types as which the matrix judges what is no document
 */
export function factsOf (resource: Resource, authorship: Authorship, chain: Chain, judgedAs: readonly string[] = []): Facts {
  const { resourceType } = resource
  const type = recordType(resourceType)
  const labels = labelsOf(resource)
  const marks = marksOf(resource)
  const codes = codings(resource, type.codes).map(typeKey)
  return {
    labels: marks,
    tags: labels.map(tagOf),
    ...resourceType === 'DocumentReference' ? { types: codes } : { types: judgedAs.map(typeKey), codes },
    classes: [...codings(resource, type.classes), `${RESOURCE_TYPES}|${resourceType}`],
    authors: authorship.authors,
    authoredBy: authorship.authoredBy,
    attributedTo: authorship.attributedTo,
    depositor: authorship.depositor,
    origins: authorship.origins,
    claims: authorship.claims,
    related: relatedTo(resource, type),
    period: periodOf(resource, type),
    enteredInError: isInError(resource, type),
    chain: chain.ids,
    began: chain.began,
    wasWithheld: chain.wasWithheld || marks.includes('INVISIBLE_PATIENT'),
    opens: chain.opens
  }
}

/** What its container keeps of a resource. */
export function itemOf (type: string, id: string, facts: Facts): Item {
  const { items, team, began, wasWithheld, depositor, origins, claims, ...kept } = facts
  return { type, id, facts: { ...kept, codes: codesOf(facts) } }
}

/** Its own codes. */
export function codesOf ({ codes, types }: Pick<Facts, 'codes' | 'types'>): readonly string[] {
  return codes ?? types
}

/** `system|code` of the codings, concepts and codes without system at some paths. */
function codings (resource: Resource, paths: readonly string[]): readonly string[] {
  return paths.flatMap(path => valuesAt(resource, path)).flatMap(value => {
    const { coding, system, code } = value as { coding?: readonly object[], system?: string, code?: string }
    return coding ?? (system === undefined && code === undefined ? [] : [{ system, code }])
  }).map(labelKey)
}

/**
 * What of the record it refers to, whatever the version, authors apart. Of a container not what it holds: it is judged by
 * that in any case.
 */
function relatedTo (resource: Resource, { subject, authors, items = [] }: RecordType): readonly string[] {
  const beside = [...subject === null ? [] : [subject], ...[...authors, ...items].map(path => path.split('.')[0]), 'contained', 'content']
  const rest = Object.fromEntries(Object.entries(resource).filter(([name]) => !beside.includes(name)))
  const references = literalsIn(rest, '').map(([reference]) => reference.replace(/\/_history\/[^/]*$/, ''))
  return [...new Set(references.filter(reference => RECORD_TYPES[reference.split('/')[0] ?? ''] !== undefined))]
}

/** Whether a resource says of itself that it was entered in error, in its type's own way. */
export function isInError (resource: Resource, { status }: RecordType): boolean {
  if (status === null) return false
  const [said] = valuesAt(resource, status) as readonly (string | { coding?: readonly { code?: string }[] })[]
  return typeof said === 'object' ? (said.coding ?? []).some(({ code }) => code === 'entered-in-error') : said === 'entered-in-error'
}

/** A resource that says no time may be of any: a deny touches it, no permit contains it. */
function periodOf (resource: Resource, { times }: RecordType): Span {
  for (const value of times.flatMap(path => valuesAt(resource, path)) as readonly (string | Period)[]) {
    if (typeof value === 'string') {
      const date = intervalOf(value)
      return date === undefined ? ALWAYS : { start: date.lo, end: date.hi }
    }
    if (value.start !== undefined || value.end !== undefined) return spanOf(value)
  }
  return ALWAYS
}

/** The span of a FHIR Period; a missing or unreadable end is open. */
export function spanOf ({ start, end }: Period): Span {
  return {
    start: (start === undefined ? undefined : intervalOf(start)?.lo) ?? ALWAYS.start,
    end: (end === undefined ? undefined : intervalOf(end)?.hi) ?? ALWAYS.end
  }
}
