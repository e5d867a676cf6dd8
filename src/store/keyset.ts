import type { Document, Sort } from 'mongodb'
import type { PageQuery } from '../interaction/store.js'
import type { Criteria } from './to-mongo.js'

/** The order of a page: the sort keys, then the id. MongoDB puts missing values first when ascending, last when descending. */
export function toSort (sort: PageQuery['sort']): Sort {
  return new Map(ordered(sort).map(({ field, descending }) => [field, descending ? -1 : 1] as const))
}

/** The sort keys that tell apart: after the id nothing does. */
function ordered (sort: PageQuery['sort']): readonly { readonly field: string, readonly descending: boolean }[] {
  const end = sort.findIndex(({ field }) => field === '_id')
  return end < 0 ? [...sort, { field: '_id', descending: false }] : sort.slice(0, end + 1)
}

/**
 * What comes after a match in that order. Keyset, not offset: a resource that arrives or goes moves no other one.
 * @param after the sort values of the last match, null where it has none, then its id
 */
export function afterMatch (sort: PageQuery['sort'], after: NonNullable<PageQuery['after']>): Criteria {
  const fields = ordered(sort)
  return {
    $or: fields.map(({ field, descending }, index) => ({
      $and: [
        ...fields.slice(0, index).map((same, position) => ({ [same.field]: { $eq: after[position] ?? null } })),
        beyond(field, descending, after[index] ?? null)
      ]
    }))
  } as Criteria
}

function beyond (field: string, descending: boolean, value: string | number | null): Document {
  if (value === null) return descending ? { _id: { $in: [] } } : { [field]: { $ne: null } }
  return descending ? { $or: [{ [field]: { $lt: value } }, { [field]: { $eq: null } }] } : { [field]: { $gt: value } }
}
