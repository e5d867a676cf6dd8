import type { Terms } from '../terminology/terms.js'
import type { Visit, Resource } from './path.js'

/** The types of search parameters that are built; of a name's sound, which R4 calls a string, the meaning is another. */
export type ParameterType = 'token' | 'reference' | 'date' | 'string' | 'phonetic' | 'uri' | 'number' | 'quantity' | 'special' | 'composite'

/** A search parameter of one type of resource. */
export interface Parameter {
  /** The name in a query. */
  readonly code: string
  readonly type: ParameterType
  /** The FHIR types of the elements that it reads; empty when that is known only from the values. */
  readonly elements: readonly string[]
  /** The resource types that a reference may point to; empty for the other types of parameter. */
  readonly targets: readonly string[]
  /** The field of the index document that holds it by itself (`_id`, `at`); null when it is among keys and dates. */
  readonly field: '_id' | 'at' | null
  /** Its keys with a value are kept in `found` too, which is searched without a patient. */
  readonly isFound: boolean
  /** The systems that its codes and booleans are of, which resources do not say. */
  readonly systems: readonly string[]
  /** What changes with its definition, and with what is made of it: resources are indexed by it. */
  readonly print: string
  /** Whether all stored resources of the type are indexed by it. */
  readonly isComplete: () => boolean
  /** Calls `visit` for each value of the parameter in `resource`. */
  readonly walk: (resource: Resource, visit: Visit) => void
  /** What a composite is made of, in the order of its values; empty for the other types of parameter. */
  readonly components: readonly Component[]
}

/** One value of a composite: a parameter of one element of the resource. */
export interface Component {
  readonly parameter: Parameter & { readonly type: Exclude<ParameterType, 'composite'> }
  /** By type of the element, how its values are reached from it. */
  readonly walks: Readonly<Record<string, Parameter['walk']>>
  /** The declared parameter that asks the same of the whole resource by its keys; null where there is none. */
  readonly whole: Parameter | null
}

/** What the CapabilityStatement declares about search. */
export interface Registry {
  /** The base URL of this server, without a slash at its end; null when references are never absolute. */
  readonly base: string | null
  readonly terms: Terms
  /** The declared resource types. */
  readonly types: readonly string[]
  /** Those of `_has` and `_list` that are declared for all types. */
  readonly hops: readonly string[]
  readonly parameter: (type: string, code: string) => Parameter | undefined
  readonly parametersOf: (type: string) => readonly Parameter[]
  /** `source:parameter[:target]` of `_include` for `type`. */
  readonly includesOf: (type: string) => readonly string[]
  /** `source:parameter[:target]` of `_revinclude` for `type`. */
  readonly revincludesOf: (type: string) => readonly string[]
}
