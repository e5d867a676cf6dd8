import type { CodeSystem, CodeSystemConcept, ValueSet } from '@medplum/fhirtypes'
import { conceptsOf } from './code-system.js'

/** What a search asks of the terminology: tokens are `system|code`. */
export interface Terms {
  /** The tokens of a value set named by its canonical URL, `|` and its version too; undefined where it is not loaded, or not all of it is known. */
  readonly members: (canonical: string) => readonly string[] | undefined
  /** A token and those that it subsumes; undefined where its system is not loaded or does not list it. */
  readonly below: (token: string) => readonly string[] | undefined
  /** A token and those that subsume it. */
  readonly above: (token: string) => readonly string[] | undefined
  /** What its system calls a token. */
  readonly display: (token: string) => string | undefined
  /** Every token that has a display. */
  readonly displays: () => Iterable<readonly [token: string, display: string]>
}

/** No terminology at all. */
export const noTerms = createTerms({ codeSystems: [], valueSets: [] })

/** Concepts under others are subsumed by them, unless their system means another hierarchy by it. */
export function createTerms ({ codeSystems, valueSets }: { readonly codeSystems: readonly CodeSystem[], readonly valueSets: readonly ValueSet[] }): Terms {
  const displays = new Map<string, string>()
  const ways = new Map<string, readonly string[]>()
  const under = new Map<string, readonly string[]>()
  for (const { url = '', concept = [], hierarchyMeaning = 'is-a' } of codeSystems) {
    const visit = (each: CodeSystemConcept, parents: readonly string[]) => {
      const token = `${url}|${each.code ?? ''}`
      if (each.display !== undefined) displays.set(token, each.display)
      const way = hierarchyMeaning === 'is-a' ? [token, ...parents] : [token]
      ways.set(token, way)
      for (const parent of way) under.set(parent, [...under.get(parent) ?? [], token])
      each.concept?.forEach(child => { visit(child, way) })
    }
    concept.forEach(each => { visit(each, []) })
  }
  const members = new Map(valueSets.flatMap(set => {
    const tokens = expand(set, codeSystems)
    const { url = '', version } = set
    return version === undefined ? [[url, tokens] as const] : [[url, tokens] as const, [`${url}|${version}`, tokens] as const]
  }))
  return Object.freeze({
    members: (canonical: string) => members.get(canonical),
    below: (token: string) => under.get(token),
    above: (token: string) => ways.get(token),
    display: (token: string) => displays.get(token),
    displays: () => displays
  })
}

/** Undefined where a part of it needs what is not loaded, or is described rather than listed. */
function expand ({ compose }: ValueSet, codeSystems: readonly CodeSystem[]): readonly string[] | undefined {
  if (compose === undefined || compose.exclude !== undefined) return undefined
  const parts = (compose.include ?? []).map(({ system, concept, filter, valueSet }) => {
    if (system === undefined || filter !== undefined || valueSet !== undefined) return undefined
    const whole = codeSystems.find(({ url, content }) => url === system && content === 'complete')
    return (concept ?? (whole === undefined ? undefined : conceptsOf(whole.concept)))?.map(({ code }) => `${system}|${code ?? ''}`)
  })
  return parts.includes(undefined) ? undefined : [...new Set(parts.flatMap(part => part ?? []))]
}
