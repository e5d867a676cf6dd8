import { inapplicable } from './bounds.js'

/** An object that is no list. */
export function isSubject (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const fixed: readonly string[] = ['resourceType', 'id']

/**
 * A patch changes a resource; it does not make it another one.
 * @returns `after`
 * @throws OutcomeError inapplicable-patch when the type or the id differ
 */
export function keepIdentity<T extends object> (before: T, after: object): T {
  for (const name of fixed) {
    if (Reflect.get(before, name) !== Reflect.get(after, name)) throw inapplicable('A patch changes neither the type nor the id of a resource', `Resource.${name}`)
  }
  return after as T
}
