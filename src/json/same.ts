import { literalOf, memberOf } from './literal.js'

/** Whether numbers are the same only if they are written the same (FHIR: `1.0` is not `1.00`), or by their value (RFC 6902, 4.6). */
export type Digits = 'exact' | 'by value'

/**
 * Deep equality of JSON, whatever the order of members; a member that is undefined is not there. It stops at the first
 * difference, so it costs no more than the smaller of the two.
 */
export function isSame (one: unknown, other: unknown, digits: Digits = 'exact'): boolean {
  if (!isHolder(one) || !isHolder(other)) return one === other
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => isSame(item, other[at], digits) && hasSameDigits(one, other, at, digits))
  }
  if (Array.isArray(one) || Array.isArray(other)) return false
  const [names, others] = [namesOf(one), namesOf(other)]
  return names.length === others.length && names.every(name => isSameMember(one, other, name, digits))
}

/** Whether two objects have the same under one name, or both nothing. */
export function isSameMember (one: object, other: object, name: string, digits: Digits = 'exact'): boolean {
  return isSame(memberOf(one, name), memberOf(other, name), digits) && hasSameDigits(one, other, name, digits)
}

function hasSameDigits (one: object, other: object, key: string | number, digits: Digits): boolean {
  return digits === 'by value' || typeof Reflect.get(one, key) !== 'number' || literalOf(one, String(key)) === literalOf(other, String(key))
}

function isHolder (value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function namesOf (holder: object): readonly string[] {
  return Object.keys(holder).filter(name => memberOf(holder, name) !== undefined)
}
