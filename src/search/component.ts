import type { SearchParameter } from '@medplum/fhirtypes'
import type { Component, Parameter, ParameterType } from './parameter.js'
import { compilePath } from './path.js'
import { valueKinds } from './value/table.js'

type Definition = NonNullable<SearchParameter['component']>[number]

interface Surroundings {
  readonly definitions: readonly SearchParameter[]
  /** The parameters of the type that are built already, by code. */
  readonly siblings: ReadonlyMap<string, Parameter>
  readonly fail: (reason: string) => Error
}

/** R4 crosses the definitions of these two: the code of a relation is a token, its target a reference. */
const RELATIONSHIP = 'http://hl7.org/fhir/SearchParameter/DocumentReference-relationship'

/**
 * The components of a composite.
 * @param types the types of the elements in which they stand, a type of resource or a place inside one
 * @throws Error, by `fail`, for one that is not defined or reads nothing
 */
export function componentsOf (composite: SearchParameter, types: readonly string[], surroundings: Surroundings): readonly Component[] {
  const given = composite.component ?? []
  const definitions = composite.url === RELATIONSHIP ? given.map((each, index) => ({ ...each, definition: given[1 - index]?.definition ?? '' })) : given
  if (definitions.length < 2) throw surroundings.fail('is a composite of nothing')
  return Object.freeze(definitions.map(each => componentOf(each, types, surroundings)))
}

function componentOf ({ definition, expression }: Definition, types: readonly string[], { definitions, siblings, fail }: Surroundings): Component {
  const found = definitions.find(({ url }) => url === definition)
  const type = found?.type as ParameterType | undefined
  if (found?.code === undefined || type === undefined || type === 'composite' || !Object.hasOwn(valueKinds, type)) throw fail(`has a component that is not built: ${definition}`)
  const paths = types.map(each => [each, compilePath(expression ?? '', each)] as const)
  const elements = [...new Set(paths.flatMap(([, path]) => path.types))].filter(element => valueKinds[type].elements.includes(element))
  if (elements.length === 0) throw fail(`has a component that reads nothing: ${definition}`)
  const sibling = siblings.get(found.code)
  return Object.freeze({
    parameter: Object.freeze({
      code: found.code,
      type,
      elements: Object.freeze(elements),
      targets: Object.freeze([...found.target ?? []]),
      field: null,
      isFound: false,
      systems: sibling?.systems ?? Object.freeze([]),
      // It is filed with its composite.
      print: '',
      isComplete: () => true,
      walk: () => {},
      components: Object.freeze([])
    }),
    walks: Object.freeze(Object.fromEntries(paths.map(([each, path]) => [each, path.walk]))),
    whole: sibling !== undefined && ['token', 'reference'].includes(type) && sibling.type === type ? sibling : null
  })
}
