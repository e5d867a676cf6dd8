/** What of a resource a profile looks at, and what it compares it with. */
import { isSame } from '../json/same.js'
import type { Json } from './invariant.js'

/** One value of an element, and where it stands as FHIRPath writes it. `type` is that of a choice, as its name ends. */
export interface Found { readonly value: unknown, readonly place: string, readonly type?: string }

/**
 * The values of an element of an object: one, or those of a list; of `value[x]` that of any type. What has no value but
 * extensions is there too.
 */
export function valuesAt (parent: unknown, name: string, place: string): readonly Found[] {
  if (typeof parent !== 'object' || parent === null) return []
  if (name.endsWith('[x]')) return choiceAt(parent as Json, name.slice(0, -3), place)
  const value = (parent as Json)[name]
  if (Array.isArray(value)) return value.map((each: unknown, index) => ({ value: each, place: `${place}.${name}[${index}]` }))
  return value === undefined && (parent as Json)[`_${name}`] === undefined ? [] : [{ value, place: `${place}.${name}` }]
}

function choiceAt (parent: Json, stem: string, place: string): readonly Found[] {
  for (const key in parent) {
    const bare = key.startsWith('_') ? key.slice(1) : key
    if (bare.startsWith(stem) && /^[A-Z]/.test(bare.slice(stem.length))) return [{ value: parent[bare], place: `${place}.${stem}`, type: bare.slice(stem.length) }]
  }
  return []
}

/** Whether a value holds all that a pattern has (R4 `ElementDefinition.pattern[x]`): of a list, each item in some item. */
export function holdsPattern (value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) return Array.isArray(value) && pattern.every(part => value.some(each => holdsPattern(each, part)))
  if (typeof pattern !== 'object' || pattern === null) return isSame(value, pattern)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(pattern).every(([name, part]) => holdsPattern((value as Json)[name], part))
}
