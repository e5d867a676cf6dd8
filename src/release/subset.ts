import { drop, put, stringifyJson } from '../json/literal.js'
import { parseJson } from '../json/parse.js'
import type { Shape } from '../search/shape.js'
import type { Outline, Outlined } from '../validation/outline.js'

export const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

type Json = Record<string, unknown>

/**
 * The part of a resource that was asked for (R4 search.html#summary, #elements), of what its reader may see and of
 * nothing else. Mandatory and modifier elements stay, `meta` with its labels stays, and so do the contained resources to
 * which what stays refers; `meta.tag` says that it is a part. Numbers keep their digits.
 */
export function subset (text: string, shape: Shape, outline: Outline): string {
  const resource = parseJson(Buffer.from(text)) as Json
  const contained = resource['contained']
  prune(resource, outline, shape)
  if (Array.isArray(contained) && resource['contained'] === undefined) {
    const needed = referred(resource, contained as readonly Json[])
    if (needed.length > 0) put(resource, 'contained', { value: needed })
  }
  const meta = (resource['meta'] ?? {}) as Json
  const tags = (meta['tag'] ?? []) as readonly Partial<typeof SUBSETTED>[]
  const isTagged = tags.some(({ system, code }) => system === SUBSETTED.system && code === SUBSETTED.code)
  put(resource, 'meta', { value: isTagged ? meta : { ...meta, tag: [...tags, SUBSETTED] } })
  return stringifyJson(resource)
}

function prune (holder: Json, outline: Outline, shape: Shape): void {
  for (const key of Object.keys(holder)) {
    if (key === 'resourceType') continue
    const element = outline.get(key.replace(/^_/, ''))
    if (element === undefined || !isKept(element, shape)) drop(holder, key)
    else if (shape.kind === 'summary' && element.part !== undefined) prunePart(holder, key, element.part, shape)
  }
}

/** A part of which nothing is left is no element. */
function prunePart (holder: Json, key: string, outline: Outline, shape: Shape): void {
  const value = holder[key]
  const parts = (Array.isArray(value) ? value : [value]) as readonly Json[]
  for (const part of parts) prune(part, outline, shape)
  const left = parts.filter(part => Object.keys(part).length > 0)
  if (left.length === 0) drop(holder, key)
  else if (Array.isArray(value)) put(holder, key, { value: left })
}

function isKept ({ name, isSummary, isMandatory, isModifier }: Outlined, shape: Shape): boolean {
  const isAlways = name === 'id' || name === 'meta' || isMandatory || isModifier
  switch (shape.kind) {
    case 'summary': return isAlways || isSummary
    case 'text': return isAlways || name === 'text'
    case 'data': return name !== 'text'
    case 'elements': return isAlways || shape.names.includes(name)
    default: return shape satisfies never
  }
}

/** The contained resources to which something refers, or one of them does. */
function referred (resource: Json, contained: readonly Json[]): readonly Json[] {
  const seen = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { reference } = value as Json
    if (typeof reference === 'string' && reference.startsWith('#') && !seen.has(reference)) {
      seen.add(reference)
      for (const each of contained) if (each['id'] === reference.slice(1)) visit(each)
    }
    for (const child of Object.values(value)) visit(child)
  }
  visit(resource)
  return contained.filter(({ id }) => seen.has(`#${String(id)}`))
}
