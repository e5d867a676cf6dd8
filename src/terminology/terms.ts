import type { CodeSystem, ConceptMap, ValueSet } from '@medplum/fhirtypes'
import { createVocabulary } from './code-system.js'
import type { Standing } from './code-system.js'
import { conceptsByToken } from './concept.js'
import type { Concept } from './concept.js'
import { createTranslate } from './concept-map.js'
import type { Match } from './concept-map.js'
import { createSets, isLack } from './value-set.js'
import type { Sets } from './value-set.js'

export type Definition = CodeSystem | ValueSet | ConceptMap

/** What is asked of the terminology, by searches and by operations: tokens are `system|code`. All of it is made at the start. */
export interface Terms extends Sets {
  /** The tokens of a value set named by its canonical URL, `|` and its version too; undefined where it is not loaded, or not all of it is known. */
  readonly members: (canonical: string) => readonly string[] | undefined
  /** A token and those that it subsumes; undefined where its system is not loaded or does not list it. */
  readonly below: (token: string) => readonly string[] | undefined
  /** A token and those that subsume it. */
  readonly above: (token: string) => readonly string[] | undefined
  /** What its system calls a token: of the server's own terminology, by which texts of records are filed. */
  readonly display: (token: string) => string | undefined
  /** Every token that has such a display. */
  readonly displays: () => Iterable<readonly [token: string, display: string]>
  readonly concept: (token: string) => Concept | undefined
  readonly standing: (token: string) => Standing
  /** All that is loaded, in the order in which it was. */
  readonly definitions: readonly Definition[]
  /** What a canonical URL names, `|` and its version too; a code system by its OID too. Of several versions the last. */
  readonly codeSystem: (canonical: string) => CodeSystem | undefined
  readonly valueSet: (canonical: string) => ValueSet | undefined
  readonly conceptMap: (canonical: string) => ConceptMap | undefined
  readonly translate: (map: ConceptMap, token: string) => readonly Match[]
}

export interface TermSources {
  readonly codeSystems: readonly CodeSystem[]
  readonly valueSets: readonly ValueSet[]
  readonly conceptMaps?: readonly ConceptMap[]
  /** R4's own; what is loaded under the same URL goes before it. */
  readonly published?: readonly (CodeSystem | ValueSet)[]
}

/** No terminology at all. */
export const noTerms = createTerms({ codeSystems: [], valueSets: [] })

export function createTerms ({ codeSystems: own, valueSets: ownSets, conceptMaps = [], published = [] }: TermSources): Terms {
  const more = published.filter(({ resourceType, url }) => ![...own, ...ownSets].some(each => each.resourceType === resourceType && each.url === url))
  const codeSystems = [...own, ...more.filter(each => each.resourceType === 'CodeSystem')]
  const valueSets = [...ownSets, ...more.filter(each => each.resourceType === 'ValueSet')]
  const concepts = conceptsByToken(codeSystems)
  const { standing, systemOf } = createVocabulary(codeSystems)
  const systems = byCanonical(codeSystems)
  const codeSystem = (canonical: string) => systems.get(canonical) ?? systems.get(systemOf(canonical) ?? '')
  const sets = byCanonical(valueSets)
  const maps = byCanonical(conceptMaps.toSorted((one, other) => (one.version ?? '').localeCompare(other.version ?? '', 'en', { numeric: true })))
  const { list, holds } = createSets({ concepts, standing, codeSystem, valueSet: canonical => sets.get(canonical) })
  const members = new Map([...sets].flatMap(([canonical, set]) => {
    const listed = list(set)
    return isLack(listed) ? [] : [[canonical, Object.freeze([...listed.tokens])] as const]
  }))
  const displays = new Map([...concepts.values()].flatMap(({ token, system, display }) => display !== undefined && own.includes(system) ? [[token, display] as const] : []))
  return Object.freeze({
    members: (canonical: string) => members.get(canonical),
    below: (token: string) => concepts.get(token)?.below,
    above: (token: string) => concepts.get(token)?.above,
    display: (token: string) => displays.get(token),
    displays: () => displays,
    concept: (token: string) => concepts.get(token),
    standing,
    definitions: Object.freeze([...codeSystems, ...valueSets, ...conceptMaps]),
    codeSystem,
    valueSet: (canonical: string) => sets.get(canonical),
    conceptMap: (canonical: string) => maps.get(canonical),
    list,
    holds,
    translate: createTranslate(conceptMaps)
  })
}

function byCanonical<One extends Definition> (definitions: readonly One[]): ReadonlyMap<string, One> {
  return new Map(definitions.flatMap(each => [[each.url ?? '', each] as const, ...each.version === undefined ? [] : [[`${each.url}|${each.version}`, each] as const]]))
}
