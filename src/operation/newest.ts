/** Which observations are the last ones of each code (R4 observation-operation-lastn.html). */

export interface Dated {
  /** Its codes, as keys. Two that share one are of the same code, and so are those that each share one with a third. */
  readonly codes: readonly string[]
  /** When it was, in the order of MongoDB; null where it does not say. */
  readonly at: number | string | null
}

/**
 * Of each code the `most` newest, and those that are as new as the last of them.
 * @param list newest first
 */
export function newestOf<T extends Dated> (list: readonly T[], most: number): readonly T[] {
  const groupOf = together(list.map(({ codes }) => codes))
  const groups = new Map<string, { taken: number, last: Dated['at'] }>()
  return list.filter(({ codes, at }) => {
    const name = groupOf(codes[0] ?? '')
    const group = groups.get(name) ?? { taken: 0, last: null }
    const isTie = group.last !== null && group.last === at
    if (group.taken >= most && !isTie) return false
    groups.set(name, { taken: group.taken + 1, last: at })
    return true
  })
}

/** The codes that mean the same, each set of them by one of its codes. */
function together (sets: readonly (readonly string[])[]): (code: string) => string {
  const above = new Map<string, string>()
  const top = (code: string): string => {
    let highest = code
    for (let next = above.get(highest); next !== undefined; next = above.get(highest)) highest = next
    // What lies between is not walked again.
    for (let each = code; each !== highest;) {
      const next = above.get(each) ?? highest
      above.set(each, highest)
      each = next
    }
    return highest
  }
  for (const [first = '', ...others] of sets) {
    for (const other of others) {
      const [one, another] = [top(first), top(other)]
      if (one !== another) above.set(another, one)
    }
  }
  return top
}
