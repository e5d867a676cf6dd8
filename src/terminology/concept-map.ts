import type { ConceptMap, ConceptMapGroupElementTarget } from '@medplum/fhirtypes'

/** One target of a code in a map; without a code, the map says that there is none. */
export interface Match {
  readonly equivalence: NonNullable<ConceptMapGroupElementTarget['equivalence']>
  readonly system: string
  readonly code: string | undefined
  readonly display: string | undefined
  readonly map: ConceptMap
}

/** Indexes maps once. @returns what a map says of a `system|code`: nothing where it does not name it */
export function createTranslate (maps: readonly ConceptMap[]): (map: ConceptMap, token: string) => readonly Match[] {
  const none = Object.freeze<Match[]>([])
  const tables = new Map(maps.map(map => {
    const table = new Map<string, Match[]>()
    for (const { source, target: system = '', element } of map.group ?? []) {
      for (const { code, target } of element ?? []) {
        const token = `${source}|${code}`
        const matches = (target ?? []).map(({ equivalence = 'relatedto', code, display }): Match => ({ equivalence, system, code, display, map }))
        table.set(token, [...table.get(token) ?? [], ...matches])
      }
    }
    return [map, table]
  }))
  return (map, token) => tables.get(map)?.get(token) ?? none
}
