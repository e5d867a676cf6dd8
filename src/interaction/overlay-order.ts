import type { SortKey } from '../search/request.js'
import { endOf, inOrder as inValueOrder } from '../search/sort.js'
import type { Kept, PageQuery } from './store.js'

type Ordered = Pick<SortKey, 'field' | 'descending'>
const BY_ID: Ordered = { field: '_id', descending: false }

/** The order of a page, as the store has it: the sort keys, missing values last, then the id; or the opposite one. */
export function inOrder (sort: PageQuery['sort'], isBack = false): (one: Kept, other: Kept) => number {
  return (one, other) => {
    for (const key of [...sort, BY_ID]) {
      const order = compare(valueAt(one, key), valueAt(other, key), key)
      if (order !== 0) return isBack ? -order : order
    }
    return 0
  }
}

/** Whether a version comes after a match, or before it, which is told by its sort values and its id. */
export function isAfter (sort: PageQuery['sort'], after: NonNullable<PageQuery['after']>, isBack = false): (version: Kept) => boolean {
  const keys = sort.some(({ field }) => field === '_id') ? sort : [...sort, BY_ID]
  return version => {
    for (const [index, key] of keys.entries()) {
      const order = compare(valueAt(version, key), after[index] ?? null, key)
      if (order !== 0) return isBack ? order < 0 : order > 0
    }
    return false
  }
}

/** The value of a sort key of a search; null for none. */
export function valueAt (version: Kept, { field, descending }: Ordered): string | number | null {
  if (field === '_id') return version.id
  return field === 'at' ? version.at : endOf(version.sort[field.slice('sort.'.length)], descending)
}

/** The sort values of a match, then its id. */
export function placeOf (version: Kept, sort: PageQuery['sort']): NonNullable<PageQuery['after']> {
  const values = sort.map(key => valueAt(version, key))
  return sort.some(({ field }) => field === '_id') ? values : [...values, version.id]
}

function compare (one: string | number | null, other: string | number | null, { descending }: Ordered): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1
  return descending ? inValueOrder(other, one) : inValueOrder(one, other)
}
