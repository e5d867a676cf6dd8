/**
 * What the parts of a resource ask of the whole of it: what it contains (R4 references.html#contained; dom-2 to dom-5), and
 * what its references lead to. A resource in a Bundle or in Parameters is a whole of its own.
 */
import type { Json } from './invariant.js'
import type { Misfit } from './element.js'

export interface Holder {
  readonly resource: unknown
  /** The types of what is contained, by id. */
  readonly contained: ReadonlyMap<string, string>
  /** The type that a Reference names, by what it leads to or by itself; undefined where it does not say. */
  readonly typeOf: (reference: unknown) => string | undefined
}

const RELATIVE = /^([A-Z][A-Za-z]{1,63})(?:\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$|\?)/
const ABSOLUTE = /^https?:\/\/[^?#]*\/([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
/** More of what is contained is not told. */
const maxMisfits = 50
const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/** @param isType whether R4 has a type of this name: a foreign address may end like a FHIR one */
export function createHolder (resource: unknown, isType: (name: string) => boolean): Holder {
  let contained: ReadonlyMap<string, string> | undefined
  const holder: Holder = {
    resource,
    get contained () {
      contained ??= new Map(containedIn(resource).map(each => [String(each['id'] ?? ''), typeNameOf(each)]))
      return contained
    },
    typeOf (reference) {
      if (typeof reference !== 'object' || reference === null) return undefined
      const { reference: literal, type } = reference as Json
      return (typeof literal === 'string' ? literalType(literal) : undefined) ?? (typeof type === 'string' ? namedType(type) : undefined)
    }
  }

  function literalType (literal: string): string | undefined {
    if (literal === '#') return typeNameOf(resource)
    if (literal.startsWith('#')) return holder.contained.get(literal.slice(1))
    const foreign = ABSOLUTE.exec(literal)?.[1]
    return RELATIVE.exec(literal)?.[1] ?? (foreign !== undefined && isType(foreign) ? foreign : undefined)
  }

  /** `Reference.type`, in short or as the URL of the type; a logical model is none of R4's. */
  function namedType (type: string): string | undefined {
    const name = type.startsWith(R4) ? type.slice(R4.length) : type
    return isType(name) ? name : undefined
  }

  return holder
}

/**
 * What is wrong with a Reference to one of these types, and which part of it says so. Where it leads is asked of its text; where
 * that says nothing, of its `type`.
 */
export function targetFault ({ typeOf }: Holder, reference: unknown, targets: ReadonlySet<string>): { readonly path: string, readonly diagnostics: string } | undefined {
  const { reference: literal, type } = (typeof reference === 'object' && reference !== null ? reference : {}) as Json
  const [led, said] = [typeOf({ reference: literal }), typeOf({ type })]
  if (led !== undefined && !targets.has(led)) return { path: '/reference', diagnostics: 'A reference of this element leads to another type' }
  if (said !== undefined && !targets.has(said)) return { path: '/type', diagnostics: 'A reference of this element is to another type' }
  return undefined
}

function containedIn (resource: unknown): readonly Json[] {
  const { contained } = (typeof resource === 'object' && resource !== null ? resource : {}) as Json
  return Array.isArray(contained) ? (contained as readonly unknown[]).filter(each => typeof each === 'object' && each !== null) as readonly Json[] : []
}

/**
 * What R4 asks of what a resource contains (dom-2 to dom-5, references.html#contained): it contains nothing itself, has an id
 * of its own, is referred to, or refers to what contains it, and is no version and has no labels.
 */
export function containedMisfits (resource: Json): readonly Misfit[] {
  if (!Array.isArray(resource['contained'])) return []
  const misfits: Misfit[] = []
  const found = new Set<unknown>()
  let named: ReadonlySet<string> | undefined
  for (const [index, each] of (resource['contained'] as readonly unknown[]).entries()) {
    if (misfits.length >= maxMisfits) break
    if (typeof each !== 'object' || each === null) continue
    const { id, contained, meta } = each as Json
    const { versionId, lastUpdated, security } = (typeof meta === 'object' && meta !== null ? meta : {}) as Json
    const fault = (diagnostics: string) => { misfits.push({ path: `/contained/${index}`, code: 'invariant', diagnostics }) }
    if (contained !== undefined) fault('A contained resource contains no other (dom-2)')
    if (found.size === found.add(id).size) fault('Another contained resource has the same id')
    named ??= fragmentsIn(resource)
    if (!(typeof id === 'string' && named.has(`#${id}`)) && !fragmentsIn(each).has('#')) fault('A contained resource is referred to from elsewhere in the resource, or refers to what contains it (dom-3)')
    if (versionId !== undefined || lastUpdated !== undefined) fault('A contained resource has no versionId and no lastUpdated (dom-4)')
    if (security !== undefined) fault('A contained resource has no security labels (dom-5)')
  }
  return misfits
}

/** What a value names as its resource type, or nothing. */
export function typeNameOf (value: unknown): string {
  const type = typeof value === 'object' && value !== null ? Reflect.get(value, 'resourceType') as unknown : undefined
  return typeof type === 'string' ? type : ''
}

/** All that begins with `#` in a resource: references within it. */
function fragmentsIn (value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === 'string') {
    if (value.startsWith('#')) found.add(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) fragmentsIn(part, found)
  }
  return found
}
