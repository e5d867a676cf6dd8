/**
 * What a value set holds (R4 valueset.html#composition): listed, as far as all that it needs is here; and asked of one
 * code, where that can be said of a set that cannot be listed. Sets are listed once each, at the start.
 */
import type { CodeSystem, ValueSet, ValueSetComposeInclude, ValueSetComposeIncludeFilter } from '@medplum/fhirtypes'
import { fold } from '../filter/fold.js'
import type { Standing } from './code-system.js'
import type { Concept } from './concept.js'

/** One code of a value set, called as the set calls it. */
export interface Member extends Pick<Concept, 'token' | 'code' | 'display' | 'designation' | 'isInactive' | 'isAbstract'> {
  /** The code system, or as much of it as the set says of one that is not here. */
  readonly system: CodeSystem
  /** What a filter finds it by: its code and what it is called, in all languages. */
  readonly texts: readonly string[]
}

/** What a value set needs that is not here: `name` is a canonical URL, or what of a filter is not built. */
export interface Lack { readonly kind: 'code-system' | 'value-set' | 'filter' | 'circle', readonly name: string }

export interface Listed { readonly members: readonly Member[], readonly tokens: ReadonlySet<string> }

export interface Sets {
  readonly list: (set: ValueSet) => Listed | Lack
  readonly holds: (set: ValueSet, token: string) => boolean | Lack
}

interface Known {
  readonly concepts: ReadonlyMap<string, Concept>
  readonly standing: (token: string) => Standing
  readonly codeSystem: (url: string) => CodeSystem | undefined
  /** By canonical URL, `|` and its version too. */
  readonly valueSet: (canonical: string) => ValueSet | undefined
}

export function isLack (value: boolean | Listed | Lack): value is Lack {
  return typeof value === 'object' && 'kind' in value
}

export function createSets (known: Known): Sets {
  const lists = new Map<ValueSet, Listed | Lack>()
  const bySystem = new Map<CodeSystem, Member[]>()
  for (const concept of known.concepts.values()) bySystem.set(concept.system, bySystem.get(concept.system) ?? []).get(concept.system)?.push(toMember(concept))

  function list (set: ValueSet, within: readonly ValueSet[] = []): Listed | Lack {
    if (within.includes(set)) return { kind: 'circle', name: set.url ?? '' }
    const before = lists.get(set)
    if (before !== undefined) return before
    const { include = [], exclude = [], inactive } = set.compose ?? {}
    if (include.length === 0) return { kind: 'value-set', name: set.url ?? '' }
    const parts = [...include, ...exclude].map(part => listPart(part, [...within, set]))
    const lack = parts.find(part => !(part instanceof Array)) as Lack | undefined
    const listed = lack ?? listedOf(parts as readonly (readonly Member[])[], include.length, inactive === false)
    lists.set(set, listed)
    return listed
  }

  function listPart ({ system: url, version, concept, filter = [], valueSet = [] }: ValueSetComposeInclude, within: readonly ValueSet[]): readonly Member[] | Lack {
    const sets = valueSet.map(canonical => listNamed(canonical, within))
    const lack = sets.find(isLack)
    if (lack !== undefined) return lack
    const [first, ...others] = sets as readonly Listed[]
    const isIn = (sets: readonly Listed[]) => ({ token }: Member) => sets.every(({ tokens }) => tokens.has(token))
    if (url === undefined) return first === undefined ? { kind: 'value-set', name: '' } : first.members.filter(isIn(others))
    const own = concept === undefined ? ofSystem(url, version, filter) : concept.map(each => memberOf(url, version, each, known))
    return own instanceof Array ? own.filter(isIn(sets as readonly Listed[])) : own
  }

  function listNamed (canonical: string, within: readonly ValueSet[]): Listed | Lack {
    const set = known.valueSet(canonical)
    return set === undefined ? { kind: 'value-set', name: canonical } : list(set, within)
  }

  function ofSystem (url: string, version: string | undefined, filter: readonly ValueSetComposeIncludeFilter[]): readonly Member[] | Lack {
    const system = known.codeSystem(url)
    if (system?.content !== 'complete' || !isVersion(system, version)) return lackOf(url, version)
    const tests = filter.map(testOf)
    const lack = tests.find(test => typeof test !== 'function')
    if (lack !== undefined) return lack as Lack
    return (bySystem.get(system) ?? []).filter(({ token }) => tests.every(test => passes(test, known.concepts.get(token))))
  }

  function holds (set: ValueSet, token: string, within: readonly ValueSet[] = []): boolean | Lack {
    const listed = list(set)
    if (!isLack(listed)) return listed.tokens.has(token)
    if (within.includes(set)) return listed
    const inSome = (parts: readonly ValueSetComposeInclude[]) => some(parts.map(part => partHolds(part, token, [...within, set])))
    const { include = [], exclude = [], inactive } = set.compose ?? {}
    const isIn = inSome(include)
    const isOut = inSome(exclude)
    if (isIn === false || isOut === true || (inactive === false && known.concepts.get(token)?.isInactive === true)) return false
    return isIn !== true ? isIn : isOut === false ? true : isOut
  }

  function partHolds ({ system: url, version, concept, filter = [], valueSet = [] }: ValueSetComposeInclude, token: string, within: readonly ValueSet[]): boolean | Lack {
    const inSets = valueSet.map((canonical): boolean | Lack => {
      const set = known.valueSet(canonical)
      return set === undefined ? { kind: 'value-set', name: canonical } : holds(set, token, within)
    })
    return every(url === undefined ? inSets : [ofSystemHolds({ url, version, concept, filter }, token), ...inSets])
  }

  function ofSystemHolds ({ url, version, concept, filter }: { readonly url: string, readonly version: string | undefined, readonly concept: ValueSetComposeInclude['concept'], readonly filter: readonly ValueSetComposeIncludeFilter[] }, token: string): boolean | Lack {
    if (!token.startsWith(`${url}|`)) return false
    if (concept !== undefined) return concept.some(({ code }) => `${url}|${code}` === token)
    const system = known.codeSystem(url)
    if (system === undefined || !isVersion(system, version)) return lackOf(url, version)
    switch (known.standing(token)) {
      case 'known': return system.content === 'complete' || filter.length === 0
        ? every(filter.map(testOf).map(test => typeof test === 'function' ? passes(test, known.concepts.get(token)) : test))
        : lackOf(url, version)
      case 'invalid': return false
      default: return lackOf(url, version)
    }
  }

  return Object.freeze({ list: (set: ValueSet) => list(set), holds: (set: ValueSet, token: string) => holds(set, token) })
}

function listedOf (parts: readonly (readonly Member[])[], included: number, isActiveOnly: boolean): Listed {
  const members = new Map(parts.slice(0, included).flat().toReversed().map(member => [member.token, member]))
  for (const { token } of parts.slice(included).flat()) members.delete(token)
  const list = [...members.values()].toReversed().filter(({ isInactive }) => !isActiveOnly || !isInactive)
  return Object.freeze({ members: Object.freeze(list), tokens: new Set(list.map(({ token }) => token)) })
}

function toMember ({ token, system, code, display, designation, isInactive, isAbstract }: Omit<Member, 'texts'>): Member {
  const texts = [code, display, ...designation.map(({ value }) => value)].filter(text => text !== undefined).map(fold)
  return { token, system, code, display, designation, isInactive, isAbstract, texts }
}

/** A code that a value set lists: of a system that need not be here. */
function memberOf (url: string, version: string | undefined, { code = '', display, designation }: NonNullable<ValueSetComposeInclude['concept']>[number], { concepts, codeSystem }: Known): Member {
  const token = `${url}|${code}`
  const concept = concepts.get(token)
  const system = codeSystem(url) ?? { resourceType: 'CodeSystem', url, status: 'unknown', content: 'not-present', ...version === undefined ? {} : { version } }
  return toMember({
    token,
    system,
    code,
    display: display ?? concept?.display,
    designation: [...designation ?? [], ...concept?.designation ?? []],
    isInactive: concept?.isInactive ?? false,
    isAbstract: concept?.isAbstract ?? false
  })
}

type Test = (concept: Concept) => boolean

function passes (test: Test | Lack, concept: Concept | undefined): boolean {
  return typeof test === 'function' && concept !== undefined && test(concept)
}

/** R4 valueset-filter-operator; a regular expression of a stranger is not run. */
function testOf ({ property = '', op, value = '' }: ValueSetComposeIncludeFilter): Test | Lack {
  const isHierarchy = property === 'concept' || property === 'code'
  const named = ({ system }: Concept) => `${system.url ?? ''}|${value}`
  const values = (concept: Concept) => property === 'parent' ? [concept.parent].flatMap(code => code ?? []) : property === 'child' ? concept.children : valuesOf(concept, property)
  const list = value.split(',').map(each => each.trim())
  switch (op) {
    case 'is-a': if (isHierarchy) return concept => concept.above.includes(named(concept)); break
    case 'descendent-of': if (isHierarchy) return concept => concept.token !== named(concept) && concept.above.includes(named(concept)); break
    case 'is-not-a': if (isHierarchy) return concept => !concept.above.includes(named(concept)); break
    case 'generalizes': if (isHierarchy) return concept => concept.below.includes(named(concept)); break
    case '=': return concept => values(concept).includes(value)
    case 'in': return concept => values(concept).some(each => list.includes(each))
    case 'not-in': return concept => !values(concept).some(each => list.includes(each))
    case 'exists': return concept => (values(concept).length > 0) === (value === 'true')
  }
  return { kind: 'filter', name: `${property} ${op ?? ''}` }
}

function valuesOf ({ code, display, property }: Concept, name: string): readonly string[] {
  if (name === 'concept' || name === 'code') return [code]
  if (name === 'display') return display === undefined ? [] : [display]
  return property.filter(each => each.code === name).map(({ valueCode, valueString, valueInteger, valueBoolean, valueDateTime, valueDecimal, valueCoding }) =>
    String(valueCode ?? valueString ?? valueInteger ?? valueBoolean ?? valueDateTime ?? valueDecimal ?? valueCoding?.code ?? ''))
}

function isVersion ({ version }: CodeSystem, asked: string | undefined): boolean {
  return asked === undefined || asked === version
}

function lackOf (url: string, version: string | undefined): Lack {
  return { kind: 'code-system', name: version === undefined ? url : `${url}|${version}` }
}

/** What is lacking matters only where the rest does not decide. */
function some (values: readonly (boolean | Lack)[]): boolean | Lack {
  return values.includes(true) ? true : values.find(value => typeof value !== 'boolean') ?? false
}

function every (values: readonly (boolean | Lack)[]): boolean | Lack {
  return values.includes(false) ? false : values.find(value => typeof value !== 'boolean') ?? true
}
