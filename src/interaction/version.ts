import type { Resource } from '@medplum/fhirtypes'
import { isShared } from '../consent/family.js'
import { stringifyJson } from '../json/literal.js'
import { parseJson } from '../json/parse.js'
import { extract } from '../search/extract.js'
import type { Admission } from './admit/admission.js'
import { itemKeys } from './admit/container.js'
import type { Context } from './context.js'
import type { Kept, Version } from './store.js'

/** The first version of an admitted resource. @param at the instant of the request, ms */
export function first (context: Context, admission: Admission, id: string, at: number): Version {
  return compose(context, { id, patient: admission.patient, revision: 1 }, admission, at)
}

/** The next version of a resource. */
export function next (context: Context, before: Kept, resource: Resource, facts: unknown, at: number): Version {
  const { id, patient, revision } = before
  // The clock may stand still between two versions, or go back: instants of one resource only rise.
  return compose(context, { id, patient, revision: revision + 1 }, { resource, facts, found: kept(before) }, Math.max(at, before.at + 1))
}

/** The version that says a resource is gone: nothing finds it, the facts of the last one say who may know. */
export function deletion (context: Pick<Context, 'newId'>, before: Kept, facts: unknown, at: number): Version {
  const { numbers, parts, points, body, ...rest } = before
  return {
    ...rest,
    version: context.newId(),
    revision: before.revision + 1,
    at: Math.max(at, before.at + 1),
    isDeleted: true,
    facts,
    keys: [],
    found: kept(before),
    dates: {},
    sort: {},
    text: ''
  }
}

/** A stored version under the search parameters of now. What no element of it holds stays: all in `found` but identifiers. */
export function refreshed ({ registry, hash }: Pick<Context, 'registry' | 'hash'>, version: Version): Version {
  const values = extract(registry, parseJson(Buffer.from(version.text)) as Resource, isShared(version.type) ? null : hash)
  const others = version.found.filter(key => !/^identifier[|:]/.test(key))
  return { ...version, ...values, found: [...new Set([...values.found, ...others])] }
}

/** The keys of the contents of a document, which no element of it holds, of all that a container ever held, and of what is asked. */
function kept ({ found }: Kept): readonly string[] {
  return found.filter(key => /^(?:content|item|question)\|/.test(key))
}

/** Index values of one resource: what a write of it costs, and what MongoDB takes (16 MiB for all of a document). */
export const MOST_VALUES = 20_000

function compose (
  context: Context,
  place: Pick<Version, 'id' | 'patient' | 'revision'>,
  { resource, facts, found = [] }: Pick<Admission, 'resource' | 'facts' | 'found'>,
  at: number
): Version {
  const { resourceType, id, meta, ...rest } = resource
  // The content of a Binary never changes.
  const version = resourceType === 'Binary' ? '1' : context.newId()
  const { versionId, lastUpdated, ...given } = meta ?? {}
  const whole = { resourceType, id: place.id, meta: { versionId: version, lastUpdated: new Date(at).toISOString(), ...given }, ...rest }
  const values = extract(context.registry, whole, isShared(resourceType) ? null : context.hash, MOST_VALUES)
  return {
    type: resourceType,
    ...place,
    version,
    at,
    isDeleted: false,
    ...values,
    found: [...new Set([...values.found, ...found, ...itemKeys(resource)])],
    facts,
    text: stringifyJson(whole)
  }
}
