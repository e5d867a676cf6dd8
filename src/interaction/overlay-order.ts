import type { PageQuery, Version } from './store.js'

/** The order of a page, as the store has it: the sort keys, missing values first when ascending, then the id. */
export function inOrder (sort: PageQuery['sort']): (one: Version, other: Version) => number {
  return (one, other) => {
    for (const { field, descending } of sort) {
      const order = compare(valueAt(one, field), valueAt(other, field))
      if (order !== 0) return descending ? -order : order
    }
    return compare(one.id, other.id)
  }
}

/** Whether a version comes after a match, which is told by its sort values and its id. */
export function isAfter (sort: PageQuery['sort'], after: NonNullable<PageQuery['after']>): (version: Version) => boolean {
  const keys = sort.some(({ field }) => field === '_id') ? sort : [...sort, { field: '_id', descending: false }]
  return version => {
    for (const [index, { field, descending }] of keys.entries()) {
      const order = compare(valueAt(version, field), after[index] ?? null)
      if (order !== 0) return descending ? order < 0 : order > 0
    }
    return false
  }
}

/** The value of a sort field of a search; null for none. */
export function valueAt (version: Version, field: string): string | number | null {
  if (field === '_id') return version.id
  return field === 'at' ? version.at : version.sort[field.slice('sort.'.length)] ?? null
}

function compare (one: string | number | null, other: string | number | null): number {
  if (one === other) return 0
  if (one === null || other === null) return one === null ? -1 : 1
  return one < other ? -1 : 1
}
