import { OutcomeError } from '../outcome/outcome-error.js'
import { faultOf, incomplete, invalidParameter, notSupported, tooCostly, unknownParameters } from './fault.js'
import { readInclusion } from './include.js'
import type { Inclusion } from './include.js'
import type { Hash } from './key.js'
import type { Registry } from './parameter.js'
import { isSortable } from './sort.js'
import type { Include, SearchLimits, SearchRequest, SortKey } from './request.js'
import { readShape, readSummary } from './shape.js'

/** What the result parameters of a query say (R4 search.html#return). */
export type ResultParameters = Pick<SearchRequest, 'sort' | 'count' | 'total' | 'isCount' | 'shape' | 'includes' | 'revincludes'>

const single = ['_sort', '_count', '_total', '_summary', '_elements', '_format', '_pretty'] as const
const repeated = ['_include', '_revinclude'] as const
const ITERATED: readonly string[] = repeated.map(name => `${name}:iterate`)

/** Whether `name`, without modifier, says how to answer rather than what to find. */
export function isResultParameter (name: string): boolean {
  return [...single, ...repeated].includes(name as never)
}

/**
 * @param given the result parameters of the query, names with their modifiers
 * @param hash the keyed hash of a record, or null in the directory
 */
export function readResultParameters (
  registry: Registry, type: string, given: readonly (readonly [name: string, value: string])[], { limits, hash }: { readonly limits: SearchLimits, readonly hash: Hash | null }
): ResultParameters {
  const modified = given.map(([name]) => name).filter(name => name.includes(':') && !ITERATED.includes(name))
  if (modified.length > 0) throw unknownParameters([...new Set(modified)])
  const one = (name: typeof single[number]) => {
    const values = given.filter(each => each[0] === name)
    if (values.length > 1) throw invalidParameter(name, 'is given more than once')
    return values[0]?.[1]
  }
  const listed = (name: Inclusion) => given.filter(each => each[0] === name || each[0] === `${name}:iterate`)
  checkFormat(one('_format'))
  oneOf('_pretty', one('_pretty'), ['true', 'false'])
  const summary = readSummary(one('_summary'))
  const [includes, revincludes] = [listed('_include'), listed('_revinclude')]
  if (summary === 'text' && includes.length + revincludes.length > 0) throw invalidParameter('_summary', 'has no inclusions where it is text')
  if (includes.length + revincludes.length > limits.includes) {
    throw tooCostly(includes.length > 0 ? '_include' : '_revinclude', `is given too often: at most ${limits.includes} inclusions in one query`)
  }
  return {
    sort: readSort(registry, type, one('_sort'), hash),
    count: readCount(one('_count'), limits),
    total: oneOf('_total', one('_total'), ['none', 'estimate', 'accurate']),
    isCount: summary === 'count',
    shape: readShape(type, summary, one('_elements')),
    includes: readIncludes(registry, type, '_include', includes),
    revincludes: readIncludes(registry, type, '_revinclude', revincludes)
  }
}

function readSort (registry: Registry, type: string, value: string | undefined, hash: Hash | null): readonly SortKey[] {
  if (value === undefined) return Object.freeze([])
  const keys = value.split(',').map(text => {
    const descending = text.startsWith('-')
    const code = descending ? text.slice(1) : text
    const parameter = registry.parameter(type, code)
    if (parameter === undefined) throw notSupported('_sort', 'takes search parameters of the type')
    if (!isSortable(parameter, hash)) throw notSupported('_sort', `does not take \`${code}\`${hash === null ? '' : ': in a record, texts and identifiers are sealed'}`)
    if (!parameter.isComplete()) throw incomplete(code)
    return Object.freeze({ code, field: parameter.field ?? `sort.${code}`, descending })
  })
  if (new Set(keys.map(({ field }) => field)).size < keys.length) throw invalidParameter('_sort', 'names a parameter twice')
  return Object.freeze(keys)
}

function readCount (value: string | undefined, { count, defaultCount }: SearchLimits): number {
  if (value === undefined) return defaultCount
  if (!/^\d+$/.test(value)) throw invalidParameter('_count', 'takes a whole number, 0 or more')
  return Math.min(Number(value), count)
}

function readIncludes (registry: Registry, type: string, name: Inclusion, given: readonly (readonly [name: string, value: string])[]): readonly Include[] {
  const includes = new Map(given.flatMap(([as, value]) => {
    const found = readInclusion(registry, type, name, value, as !== name)
    if (found.length === 0) throw notSupported(as, 'names an inclusion that is not declared')
    // What points here is found by its index; what is pointed at is not.
    if (name === '_revinclude' && found.some(({ source, parameter }) => registry.parameter(source, parameter)?.isComplete() === false)) throw incomplete(as)
    return found.map(include => [JSON.stringify(include), include] as const)
  }))
  return Object.freeze([...includes.values()])
}

function checkFormat (value: string | undefined): void {
  // A plus sign that was not escaped arrives as a blank.
  const media = value?.split(';')[0]?.trim().replace(' ', '+')
  if (media === undefined || ['json', 'application/json', 'application/fhir+json', 'text/json'].includes(media)) return
  throw new OutcomeError('not-acceptable', faultOf('_format', 'takes json only'))
}

function oneOf<T extends string> (name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find(each => each === value)
  if (found === undefined) throw notSupported(name, `is one of ${allowed.join(', ')} here`)
  return found
}
