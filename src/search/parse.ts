import { and } from '../filter/filter.js'
import { readCriterion } from './criterion.js'
import type { Understood } from './criterion.js'
import { invalidParameter, tooCostly, unknownParameters } from './fault.js'
import type { Registry } from './parameter.js'
import { defaultLimits } from './request.js'
import type { ParseOptions, SearchRequest } from './request.js'
import { isResultParameter, readResultParameters } from './result.js'

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
  const isKnown = ([name]: Pair) => isResultParameter(codeOf(name)) || registry.parameter(type, codeOf(name)) !== undefined
  const ignored = Object.freeze([...new Set(parameters.filter(pair => !isKnown(pair)).map(([name]) => name))])
  if (ignored.length > 0 && !options.lenient) throw unknownParameters(ignored)
  const applied = parameters.filter(isKnown)
  applied.forEach(checkText)
  const criteria = applied.flatMap(pair => readPair(registry, type, pair, { ...options, limits }) ?? [])
  return Object.freeze({
    type,
    filter: and(...criteria.map(({ filter }) => filter)),
    patients: narrowest(criteria),
    byIdentifier: criteria.some(({ byIdentifier }) => byIdentifier),
    byId: criteria.some(({ byId }) => byId),
    ...readResultParameters(registry, type, applied.filter(([name]) => isResultParameter(codeOf(name))), { limits, hash: options.hash }),
    applied: Object.freeze(applied.map(([name, value]) => Object.freeze([name, value] as const))),
    ignored
  })
}

/** The name before its modifier. A chain (`subject.name`) is not split: it is an unknown name. */
function codeOf (name: string): string {
  return name.split(':', 1)[0] ?? name
}

function readPair (registry: Registry, type: string, [name, value]: Pair, { base, hash, isByPatient = false, limits = defaultLimits }: ParseOptions): Understood | undefined {
  const code = codeOf(name)
  const parameter = registry.parameter(type, code)
  if (parameter === undefined) return undefined
  const modifier = name === code ? undefined : name.slice(code.length + 1)
  return readCriterion(
    { resourceType: type, parameter, modifier, value, types: registry.types, limit: limits.values },
    { base: base.replace(/\/+$/, ''), hash, isByPatient })
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
