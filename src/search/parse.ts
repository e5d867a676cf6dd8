import { all, and } from '../filter/filter.js'
import { readCriterion } from './criterion.js'
import type { Understood } from './criterion.js'
import { inWhole, invalidParameter, tooCostly, unknownParameters } from './fault.js'
import type { Registry } from './parameter.js'
import { defaultLimits } from './request.js'
import type { Hop, ParseOptions, Question, SearchLimits, SearchRequest } from './request.js'
import { isResultParameter, readResultParameters } from './result.js'
import { routeOf } from './route.js'
import type { Leap, Route } from './route.js'
import { bindsToPatient } from './value/reference.js'

type Pair = readonly [name: string, value: string]

/**
 * Understands a search on one type: what is asked, and how it shall be answered.
 *
 * It refuses rather than weakens: what is unknown is refused, all of it in one outcome, unless the client asked for
 * lenient handling; a known parameter with a modifier or a value that is not built is refused even then. No value
 * of a query is ever repeated in a fault.
 * @param parameters names and values, decoded, in the order of the query
 * @throws OutcomeError unknown-parameter, invalid-parameter, not-acceptable or too-costly
 */
export function parseSearch (registry: Registry, type: string, parameters: readonly Pair[], options: ParseOptions): SearchRequest {
  const limits = options.limits ?? defaultLimits
  const [beyond] = parameters.slice(limits.parameters)
  if (beyond !== undefined) throw tooCostly(beyond[0], `is one more than the ${limits.parameters} parameters that a query may have`)
  const isKnown = ([name]: Pair) => isResultParameter(codeOf(name)) || routeOf(registry, type, name, limits) !== undefined
  const ignored = Object.freeze([...new Set(parameters.filter(pair => !isKnown(pair)).map(([name]) => name))])
  if (ignored.length > 0 && !options.lenient) throw unknownParameters(ignored)
  const applied = parameters.filter(isKnown)
  applied.forEach(checkText)
  const asked = applied.flatMap(pair => readPair(registry, type, pair, { ...options, limits }) ?? [])
  const criteria = asked.filter(one => 'filter' in one)
  return Object.freeze({
    type,
    filter: and(...criteria.map(({ filter }) => filter)),
    patients: narrowest(criteria),
    byIdentifier: criteria.some(({ byIdentifier }) => byIdentifier),
    byId: criteria.some(({ byId }) => byId),
    hops: Object.freeze(asked.filter(one => 'questions' in one)),
    ...readResultParameters(registry, type, applied.filter(([name]) => isResultParameter(codeOf(name))), { limits, hash: options.hash }),
    applied: Object.freeze(applied.map(([name, value]) => Object.freeze([name, value] as const))),
    ignored
  })
}

/** The name before its modifier. */
function codeOf (name: string): string {
  return name.split(':', 1)[0] ?? name
}

function readPair (registry: Registry, type: string, [name, value]: Pair, options: Limited): Understood | Hop | undefined {
  const route = isResultParameter(codeOf(name)) ? undefined : routeOf(registry, type, name, options.limits)
  if (route === undefined) return undefined
  if (route.kind !== 'parameter') return readHop(registry, name, route, value, options)
  const { chain, modifier } = route
  if (chain === undefined) return readParameter(registry, type, route, value, options)
  if (modifier === 'missing') throw unknownParameters([name])
  return Object.freeze({ ...readHop(registry, name, chain, value, options), beside: readParameter(registry, type, route, value, options).filter })
}

type Limited = ParseOptions & { readonly limits: SearchLimits }

function readParameter (registry: Registry, type: string, { parameter, modifier }: Extract<Route, { kind: 'parameter' }>, value: string, options: Limited): Understood {
  const { base, hash, isByPatient = false, limits, now = Date.now() } = options
  return readCriterion(
    { resourceType: type, parameter, modifier, value, types: registry.types, limit: limits.values },
    { base: base.replace(/\/+$/, ''), hash, isByPatient, now, terms: registry.terms })
}

/** A parameter of another type is read on the terms of that type; what is wrong with it is said of the whole name. */
function readHop (registry: Registry, name: string, { kind, code, legs }: Leap, value: string, options: Limited): Hop {
  const questions = legs.map(({ type, name: rest, route }): Question => {
    const terms = { ...options, ...options.terms?.(type) }
    const applied = Object.freeze([Object.freeze([rest, value] as const)])
    if (route.kind === 'parameter') return Object.freeze({ type, ...inWhole(name, () => readParameter(registry, type, route, value, terms)), hops: [], applied })
    const hop = readHop(registry, name, route, value, terms)
    return Object.freeze({ type, filter: all, patients: null, byIdentifier: false, byId: false, hops: [hop], applied })
  })
  const isBinding = kind === 'chain' && bindsToPatient(code) && questions.every(({ type }) => type === 'Patient')
  return Object.freeze({ name, kind, code, bindsToPatient: isBinding, questions })
}

/** Text that no value of a resource holds: control characters, halves of a character. */
function checkText ([name, value]: Pair): void {
  // eslint-disable-next-line no-control-regex
  if (!value.isWellFormed() || /[\u0000-\u001f\u007f]/.test(value)) throw invalidParameter(name, 'holds a character that is not text')
}

/** The shortest list of patients to which a criterion binds the query: all criteria must hold. */
function narrowest (criteria: readonly Understood[]): readonly string[] | null {
  const lists = criteria.flatMap(({ patients }) => patients === null ? [] : [patients])
  const [first] = lists.toSorted((one, other) => one.length - other.length)
  return first === undefined ? null : Object.freeze([...first])
}
