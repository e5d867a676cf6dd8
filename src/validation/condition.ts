/**
 * Conditions in FHIRPath: invariants that `invariant.ts` does not know, and those of profiles. They are asked once the
 * structure is right, each compiled when it is first met. One takes tens of microseconds, so that a resource asks for no more
 * than so many of them, and is refused where it does.
 */
import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'

/** R4 `ElementDefinition.constraint`. */
export interface Constraint {
  readonly key: string
  readonly severity?: string
  readonly human?: string
  readonly expression?: string
}

/** More conditions than these are not asked of one resource. */
export const maxConditions = 400

/** An expression of a definition, never a client's, and the path of what it is asked of, which says its types. */
export interface Condition { readonly expression: string, readonly base: string }

/**
 * Whether a value is as a condition says; what that cannot tell (nothing, or no boolean) is no fault.
 * @param resource `%resource`
 */
export type Holds = (condition: Condition, value: unknown, resource: unknown) => boolean

export function createConditions (): Holds {
  const compiled = new Map<string, (value: object, environment: Record<string, unknown>) => unknown>()
  return ({ expression, base }, value, resource) => {
    const key = `${base} ${expression}`
    const run = compiled.get(key) ?? fhirpath.compile({ base, expression }, r4, { traceFn: () => undefined })
    compiled.set(key, run)
    const result = run(value as object, { resource, rootResource: resource })
    return !(Array.isArray(result) && result.length === 1 && result[0] === false)
  }
}
