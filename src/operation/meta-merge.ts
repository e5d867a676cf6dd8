/**
 * Profiles, tags and security labels are sets (R4 resource-operation-meta-add.html): a profile is its URL, a tag or label is its
 * system and code. Whatever else stands in a `meta` is the server's, and is left alone.
 */
import type { CodeableConcept, Coding, DocumentReference, Meta, Resource } from '@medplum/fhirtypes'
import { labelKey } from '../consent/label.js'

/** What of a resource the operations on `meta` change. */
export type Marked = Pick<Resource, 'meta'> & Pick<DocumentReference, 'securityLabel'>

/** What was there and what is given, once each; of two with the same identity the one that was there. */
export function addMeta ({ meta = {} }: Resource, given: Meta): Marked {
  return {
    meta: composed(meta, {
      profile: united(meta.profile, given.profile, String),
      tag: united(meta.tag, given.tag, labelKey),
      security: united(meta.security, given.security, labelKey)
    })
  }
}

/**
 * What was there without what is given; what was not there is no error. The labels of a document are one set, in
 * `securityLabel` and in `meta.security` (`consent.md` 1): a label that goes, goes from both.
 */
export function deleteMeta (resource: Resource, given: Meta): Marked {
  const { meta = {} } = resource
  const labels = new Set((given.security ?? []).map(labelKey))
  return {
    meta: composed(meta, {
      profile: without(meta.profile, given.profile, String),
      tag: without(meta.tag, given.tag, labelKey),
      security: without(meta.security, given.security, labelKey)
    }),
    ...resource.resourceType === 'DocumentReference' && resource.securityLabel !== undefined ? { securityLabel: withoutLabels(resource.securityLabel, labels) } : {}
  }
}

function united<T> (old: readonly T[] = [], more: readonly T[] = [], identity: (one: T) => string): T[] {
  const known = new Set(old.map(identity))
  return [...old, ...more.filter(one => !known.has(identity(one)) && known.add(identity(one)))]
}

function without<T> (old: readonly T[] = [], less: readonly T[] = [], identity: (one: T) => string): T[] {
  const gone = new Set(less.map(identity))
  return old.filter(one => !gone.has(identity(one)))
}

/** A concept of which no coding is left says nothing any more. */
function withoutLabels (concepts: readonly CodeableConcept[], gone: ReadonlySet<string>): CodeableConcept[] {
  return concepts.flatMap(concept => {
    const { coding = [] } = concept
    const left = coding.filter((label: Coding) => !gone.has(labelKey(label)))
    if (left.length === coding.length) return [concept]
    return left.length === 0 ? [] : [{ ...concept, coding: left }]
  })
}

/** An element without a value is no element. */
function composed (meta: Meta, sets: Required<Pick<Meta, 'profile' | 'tag' | 'security'>>): Meta {
  const { profile, tag, security, ...rest } = meta
  return { ...rest, ...Object.fromEntries(Object.entries(sets).filter(([, list]) => list.length > 0)) }
}
