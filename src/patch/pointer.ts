/**
 * JSON pointers (RFC 6901), strictly. An index is digits without a leading zero; `-` is the place behind the last item.
 * Names of JavaScript's prototypes are refused, and only an object's own members are followed.
 */
import { inapplicable, isRefusedName, malformed, maxDepth, maxPathLength } from './bounds.js'

export type Pointer = readonly string[]

const hasBadEscape = /~(?![01])/
const index = /^(?:0|[1-9]\d{0,9})$/

/**
 * @param place of the pointer in the patch, for faults
 * @throws OutcomeError invalid-request
 */
export function readPointer (text: unknown, place: string): Pointer {
  if (typeof text !== 'string') throw malformed('A JSON pointer is needed here', place)
  if (text.length > maxPathLength) throw malformed(`A path has more than ${maxPathLength} characters`, place)
  if (text.includes('[')) {
    throw malformed('This is no JSON pointer (RFC 6901), which cannot choose an item by its contents: number the item, as in /extension/0/valueBoolean, ' +
      "or send a FHIRPath Patch, whose path can be DocumentReference.extension('url').value", place)
  }
  if (text !== '' && !text.startsWith('/')) throw malformed('A JSON pointer begins with a slash', place)
  if (hasBadEscape.test(text)) throw malformed('In a JSON pointer a tilde is written ~0 and a slash ~1', place)
  const pointer = text.split('/').slice(1).map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (pointer.length > maxDepth) throw malformed(`A path has more than ${maxDepth} steps`, place)
  if (pointer.some(isRefusedName)) throw malformed('This name is not allowed', place)
  return pointer
}

/** Where a pointer leads to: an item or member `key` of `holder`, which may not be there yet. */
export interface Target {
  readonly holder: object
  /** An index for a list, at most its length; a name for an object. */
  readonly key: string | number
  readonly exists: boolean
}

/**
 * @param pointer of one step or more
 * @throws OutcomeError inapplicable-patch when what should hold the target is not there
 */
export function follow (root: object, pointer: Pointer, place: string): Target {
  let holder = root
  for (const token of pointer.slice(0, -1)) {
    const { holder: at, key, exists } = targetIn(holder, token, place)
    const next: unknown = exists ? Reflect.get(at, key) : undefined
    if (typeof next !== 'object' || next === null) throw missing(place)
    holder = next
  }
  return targetIn(holder, pointer.at(-1) ?? '', place)
}

/** @throws OutcomeError inapplicable-patch */
export function followExisting (root: object, pointer: Pointer, place: string): Target {
  const target = follow(root, pointer, place)
  if (!target.exists) throw missing(place)
  return target
}

function targetIn (holder: object, token: string, place: string): Target {
  if (!Array.isArray(holder)) return { holder, key: token, exists: Object.hasOwn(holder, token) }
  if (token === '-') return { holder, key: holder.length, exists: false }
  const at = Number(token)
  if (!index.test(token) || at > holder.length) throw missing(place)
  return { holder, key: at, exists: at < holder.length }
}

function missing (place: string) {
  return inapplicable('There is nothing at this path', place)
}
