import type { CompartmentDefinition } from '@medplum/fhirtypes'
import { isShared } from '../consent/family.js'
import { and, equals, isIn, or } from '../filter/filter.js'
import { referenceKey } from '../search/key.js'
import type { Registry } from '../search/parameter.js'
import type { SearchRequest } from '../search/request.js'
import type { Context } from './context.js'

/** The reference parameters by which a resource of a type is in a patient's compartment; undefined for a type that is not. */
export type Compartment = (type: string) => readonly string[] | undefined

/** @throws Error at start where it needs a parameter that is not declared */
export function buildCompartment ({ resource = [] }: Pick<CompartmentDefinition, 'resource'>, registry: Registry): Compartment {
  const table = new Map(resource.flatMap(({ code, param = [] }) =>
    code === undefined || param.length === 0 || !registry.types.includes(code) ? [] : [[code as string, Object.freeze(param)] as const]))
  for (const [type, codes] of table) {
    const missing = codes.find(code => registry.parameter(type, code)?.type !== 'reference')
    if (missing !== undefined) throw new Error(`the compartment of a patient needs the search parameter ${type}.${missing}, which is not declared`)
  }
  return type => table.get(type)
}

/**
 * What is asked, within the compartment of a patient, which is within their record: what somebody else's record says of
 * them is theirs. The Patient is in their own compartment. A patient is found there by no identifier alone.
 */
export function inCompartment ({ compartment }: Context, request: SearchRequest, patient: string): SearchRequest {
  const { type, patients } = request
  const keys = (compartment(type) ?? []).map(code => referenceKey(code, 'Patient', patient))
  const within = or(isIn('keys', keys), type === 'Patient' ? equals('_id', patient) : or())
  const bound = patients === null || patients.includes(patient) ? [patient] : []
  return { ...request, filter: and(request.filter, within), ...isShared(type) ? {} : { patients: bound }, byIdentifier: false }
}
