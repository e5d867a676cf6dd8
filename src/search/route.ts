/**
 * Where the name of a parameter leads (R4 search.html#chaining, #has, #list): to a parameter of the type that is asked, or
 * by a reference to another type, and on from there. What is declared under its whole name is both: IHE's `author.given`
 * asks the persons that a resource contains, and by the chain of that name those to whom it points.
 */
import { incomplete, invalidParameter, tooCostly } from './fault.js'
import type { Parameter, Registry } from './parameter.js'
import type { SearchLimits } from './request.js'
import { bindsToPatient } from './value/reference.js'

export type Route =
  | { readonly kind: 'parameter', readonly parameter: Parameter, readonly modifier: string | undefined, readonly chain?: Leap | undefined }
  | Leap

/**
 * `chain`: what the asked resource points to by `code`. `has`: what points to it by `code`. `list`: the List that holds
 * it. Each leg is a type that may be there, with what is asked of it.
 */
export interface Leap {
  readonly kind: 'chain' | 'has' | 'list'
  readonly code: string
  readonly legs: readonly Leg[]
}

export interface Leg { readonly type: string, readonly name: string, readonly route: Route }

const HAS = /^_has:([A-Za-z]+):([^:.]+):(.+)$/s
const CHAIN = /^([^:.]+)(?::([A-Za-z]+))?\.(.+)$/s
/** Most legs of one name, all types and hops together. */
const MOST_LEGS = 100
/** Types that a chain reaches only where it names them: what is traced is not what a record holds. */
const BY_NAME_ONLY: readonly string[] = ['AuditEvent']

/**
 * @returns undefined for a name that leads nowhere
 * @throws OutcomeError too-costly for a name that leads too far; invalid-parameter for one that means several things
 */
export function routeOf (registry: Registry, type: string, whole: string, { chain }: Pick<SearchLimits, 'chain'>): Route | undefined {
  let legs = 0
  return find(type, whole, chain)

  function find (type: string, name: string, left: number): Route | undefined {
    const [code = ''] = name.split(':', 1)
    const modifier = name === code ? undefined : name.slice(code.length + 1)
    const parameter = registry.parameter(type, code)
    if (parameter !== undefined && modifier?.includes('.') !== true) return { kind: 'parameter', parameter, modifier, chain: code.includes('.') ? chainLeap(type, name, left) : undefined }
    if (name === '_list') return listLeap(registry)
    return hasLeap(type, name, left) ?? chainLeap(type, name, left)
  }

  function hasLeap (type: string, name: string, left: number): Leap | undefined {
    const [, source = '', code = '', rest = ''] = HAS.exec(name) ?? []
    const reference = registry.hops.includes('_has') ? registry.parameter(source, code) : undefined
    if (reference?.type !== 'reference' || !reference.targets.includes(type)) return undefined
    if (!reference.isComplete()) throw incomplete(whole)
    const route = next(source, rest, left)
    return route === undefined ? undefined : { kind: 'has', code, legs: [{ type: source, name: rest, route }] }
  }

  function chainLeap (type: string, name: string, left: number): Leap | undefined {
    const [, code = '', named, rest = ''] = CHAIN.exec(name) ?? []
    const reference = registry.parameter(type, code)
    if (reference?.type !== 'reference') return undefined
    if (!reference.isComplete()) throw incomplete(whole)
    const targets = reference.targets.filter(target => registry.types.includes(target) && (named === undefined ? !BY_NAME_ONLY.includes(target) : target === named))
    const found = targets.flatMap((target): Leg[] => {
      const route = next(target, rest, left)
      return route === undefined ? [] : [{ type: target, name: rest, route }]
    })
    // As for a bare id: where the parameter names whose record it is, a patient's.
    const ofPatient = bindsToPatient(code) ? found.filter(leg => leg.type === 'Patient') : []
    const legs = ofPatient.length > 0 ? ofPatient : found
    if (legs.length === 0) return undefined
    if (new Set(legs.flatMap(({ route }) => meanings(route))).size > 1) {
      throw invalidParameter(whole, `means different things of ${legs.map(leg => leg.type).join(', ')}: name the type, as ${code}:Type.${rest.slice(0, 32)}`)
    }
    return { kind: 'chain', code, legs }
  }

  function next (type: string, name: string, left: number): Route | undefined {
    if (left === 0) throw tooCostly(whole, `leads over more than ${chain} references`)
    if (++legs > MOST_LEGS) throw tooCostly(whole, 'leads to too many types: name them, as reference:Type.parameter')
    return find(type, name, left - 1)
  }
}

function listLeap (registry: Registry): Leap | undefined {
  const parameter = registry.parameter('List', '_id')
  if (!registry.hops.includes('_list') || parameter === undefined || registry.parameter('List', 'item') === undefined) return undefined
  return { kind: 'list', code: 'item', legs: [{ type: 'List', name: '_id', route: { kind: 'parameter', parameter, modifier: undefined } }] }
}

/** The types of the parameters at the ends of a route: a value means one thing only where they are one. */
function meanings (route: Route): readonly string[] {
  return route.kind === 'parameter' ? [route.parameter.type] : route.legs.flatMap(leg => meanings(leg.route))
}
