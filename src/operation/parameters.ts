import { OutcomeError } from '../outcome/outcome-error.js'

/** The types in which the parameters of an operation come here. */
const VALUES = ['valueCode', 'valueDate', 'valueDateTime', 'valueInstant', 'valueString', 'valueInteger', 'valuePositiveInt', 'valueUnsignedInt'] as const

/**
 * The parameters of an operation that was posted (R4 operations.html#request), as an address would hold them.
 * @throws OutcomeError `invalid-request` at the parameter that cannot be read
 */
export function parametersOf (body: unknown): readonly (readonly [name: string, value: string])[] {
  const { resourceType, parameter = [] } = body as { readonly resourceType?: unknown, readonly parameter?: unknown }
  if (resourceType !== 'Parameters' || !Array.isArray(parameter)) throw new OutcomeError('invalid-request', { diagnostics: 'An operation takes a Parameters resource', expression: 'Parameters' })
  return parameter.map((each: unknown, index) => {
    const given = typeof each === 'object' && each !== null ? each as Readonly<Record<string, unknown>> : {}
    const name = given['name']
    const value = VALUES.map(key => given[key]).find(one => one !== undefined)
    if (typeof name !== 'string' || (typeof value !== 'string' && typeof value !== 'number') || Object.keys(given).length !== 2) {
      throw new OutcomeError('invalid-request', { diagnostics: 'A parameter has a name and one simple value', expression: `Parameters.parameter[${index}]` })
    }
    return [name, String(value)]
  })
}
