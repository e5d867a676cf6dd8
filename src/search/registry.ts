import { createHash } from 'node:crypto'
import type { CapabilityStatement, CapabilityStatementRestResource, SearchParameter } from '@medplum/fhirtypes'
import { EXTRACTION } from './extract.js'
import { compilePath } from './path.js'
import { readInclude } from './include.js'
import { componentsOf } from './component.js'
import { noTerms } from '../terminology/terms.js'
import type { Terms } from '../terminology/terms.js'
import { valueKinds } from './value/table.js'
import type { Parameter, ParameterType, Registry } from './parameter.js'

/** Parameters that the index document answers by a field of its own. */
const fields: Readonly<Record<string, '_id' | 'at'>> = Object.freeze({ _id: '_id', _lastUpdated: 'at' })

/** What is declared for all types and asks of other resources: no SearchParameter defines it, `route.ts` reads it. */
const HOPS: readonly string[] = ['_has', '_list']

export interface RegistryOptions {
  /** The base URL of this server; without it absolute references are never local. */
  readonly base?: string
  /** The terminology that is loaded; none unless given. */
  readonly terms?: Terms
  /** By path of an element of type `code`, the systems that its values are of without saying it. */
  readonly systems?: Systems
  /** Whether all stored resources of a type are indexed by a parameter; they are, unless given. */
  readonly isComplete?: (type: string, code: string) => boolean
}

type Systems = Readonly<Record<string, readonly string[]>>

/** The system that R4 gives to `true` and `false` (search.html#token). */
const ofBooleans = 'http://terminology.hl7.org/CodeSystem/special-values'

/**
 * The search parameters that `statement` declares, ready to extract and to ask. A parameter that is declared but not
 * defined, or defined in a way that is not built, stops the start: the contract never says more than the server does.
 * @param definitions SearchParameter resources, at least those that are declared
 * @throws Error naming the type and the parameter
 */
export function buildRegistry (
  statement: CapabilityStatement, definitions: readonly SearchParameter[], options: RegistryOptions = {}
): Registry {
  const { resource: resources = [], searchParam: common = [] } = statement.rest?.[0] ?? {}
  const table = new Map(resources.map(({ type, searchParam = [] }) => {
    const declared = [...common.filter(({ name }) => !HOPS.includes(name)), ...searchParam]
    const built = new Map<string, Parameter>()
    // Composites last: they lean on the others.
    for (const declaration of declared.toSorted((one, other) => Number(one.type === 'composite') - Number(other.type === 'composite'))) {
      const isComplete = () => options.isComplete?.(type, declaration.name ?? '') ?? true
      built.set(declaration.name, buildParameter(type, declaration, { definitions, siblings: built, systems: options.systems ?? {}, isComplete }))
    }
    return [type, built]
  }))
  const types = Object.freeze([...table.keys()] as string[])
  const lists = new Map([...table].map(([type, parameters]) => [type as string, Object.freeze([...parameters.values()])]))
  const includes = includeTable(resources, 'searchInclude')
  const revincludes = includeTable(resources, 'searchRevInclude')
  const registry: Registry = Object.freeze({
    base: options.base?.replace(/\/+$/, '') ?? null,
    terms: options.terms ?? noTerms,
    types,
    hops: Object.freeze(common.map(({ name }) => name).filter(name => HOPS.includes(name))),
    parameter: (type: string, code: string) => table.get(type as never)?.get(code),
    parametersOf: (type: string) => lists.get(type) ?? [],
    includesOf: (type: string) => includes.get(type) ?? [],
    revincludesOf: (type: string) => revincludes.get(type) ?? []
  })
  checkIncludes(registry)
  return registry
}

interface Surroundings {
  readonly definitions: readonly SearchParameter[]
  readonly siblings: ReadonlyMap<string, Parameter>
  readonly systems: Systems
  readonly isComplete: () => boolean
}

type Declaration = NonNullable<CapabilityStatementRestResource['searchParam']>[number]

function buildParameter (type: string, { name: code, definition, type: declared }: Declaration, { definitions, siblings, systems, isComplete }: Surroundings): Parameter {
  const fail = (reason: string) => new Error(`the search parameter ${type}.${code} ${reason}`)
  const found = definitions.find(each => (definition === undefined ? each.code === code : each.url === definition) &&
    each.base?.some(base => [type, 'DomainResource', 'Resource'].includes(base)))
  if (found?.expression === undefined) throw fail('is declared but has no definition')
  if (found.code !== code) throw fail(`is declared by another name than its definition has, ${found.code ?? 'none'}`)
  // Dates are fields of the index document, by their code.
  if (code.includes('.') && declared !== 'string') throw fail('has a dot in its name, which only texts may have')
  if (found.type !== declared) throw fail(`is declared as ${declared} but defined as ${found.type}`)
  const meaning = declared === 'string' && code === 'phonetic' ? code : declared
  if (!isBuilt(meaning)) throw fail(`is of type ${declared}, which is not built`)
  const kind = valueKinds[meaning]
  let path
  try {
    path = compilePath(found.expression, type)
  } catch (cause) {
    throw new Error(fail('has an expression that is not built').message, { cause })
  }
  const isComposite = declared === 'composite'
  const elements = path.types.filter(element => isComposite || kind.elements.includes(element))
  if (path.types.length > 0 && elements.length === 0) throw fail(`reads ${path.types.join(', ')}, which is not built for ${declared}`)
  const components = isComposite ? componentsOf(found, elements, { definitions, siblings, fail }) : Object.freeze([])
  return Object.freeze({
    code,
    type: meaning,
    elements: Object.freeze(elements),
    targets: Object.freeze([...found.target ?? []]),
    field: fields[code] ?? null,
    isFound: code === 'identifier' && elements.includes('Identifier'),
    systems: Object.freeze([...path.codes.flatMap(code => systems[code] ?? []), ...elements.includes('boolean') ? [ofBooleans] : []]),
    print: createHash('sha256').update(JSON.stringify([EXTRACTION, meaning, found.expression, found.component ?? []])).digest('base64url').slice(0, 16),
    isComplete: () => isComplete() && components.every(({ whole }) => whole?.isComplete() ?? true),
    walk: path.walk,
    components
  })
}

function isBuilt (type: string): type is ParameterType {
  return Object.hasOwn(valueKinds, type)
}

function includeTable (resources: readonly CapabilityStatementRestResource[], list: 'searchInclude' | 'searchRevInclude'): ReadonlyMap<string, readonly string[]> {
  return new Map(resources.map(row => [row.type as string, Object.freeze([...row[list] ?? []])]))
}

function checkIncludes (registry: Registry): void {
  for (const type of registry.types) {
    for (const text of registry.includesOf(type)) {
      if (readInclude(registry, text)?.source !== type) throw new Error(`the include ${text} of ${type} names no reference parameter that it declares`)
    }
    for (const text of registry.revincludesOf(type)) {
      const include = readInclude(registry, text)
      const targets = include === null ? [] : registry.parameter(include.source, include.parameter)?.targets ?? []
      if (!targets.includes(type)) throw new Error(`the reverse include ${text} of ${type} names no declared reference parameter that points to it`)
    }
  }
}
