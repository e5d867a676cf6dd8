/**
 * The order of a page, and what follows a match in it: the sort keys, missing values last either way, then the id.
 * Keyset, not offset: a resource that arrives or goes moves no other one.
 *
 * `at` and `_id` are ordered by an index. Of what is sorted by otherwise, a field holds one value or the lowest and the
 * highest of several; which of them counts, and whether there is one, is computed of what was found (`by`).
 */
import type { Document, Sort } from 'mongodb'
import type { PageQuery } from '../interaction/store.js'

type Direction = 1 | -1
interface Field { readonly name: string, readonly direction: Direction }
type SortKeys = PageQuery['sort']

const isComputed = (field: string) => field.startsWith('sort.')

/** Whether an order is that of stored fields. */
export function isStored (sort: SortKeys): boolean {
  return !sort.some(({ field }) => isComputed(field))
}

/** The sort keys that tell apart: after the id nothing does. */
function ordered (sort: SortKeys): readonly Pick<SortKeys[number], 'field' | 'descending'>[] {
  const end = sort.findIndex(({ field }) => field === '_id')
  return end < 0 ? [...sort, { field: '_id', descending: false }] : sort.slice(0, end + 1)
}

/** The fields that MongoDB orders by. @param isBack in the opposite order */
function fieldsOf (sort: SortKeys, isBack: boolean): readonly Field[] {
  return ordered(sort).flatMap(({ field, descending }, index): readonly Field[] => {
    const direction = descending === isBack ? 1 : -1
    return isComputed(field) ? [{ name: `by.missing${index}`, direction: isBack ? -1 : 1 }, { name: `by.value${index}`, direction }] : [{ name: field, direction }]
  })
}

export function toSort (sort: SortKeys, isBack = false): Sort {
  return new Map(fieldsOf(sort, isBack).map(({ name, direction }) => [name, direction] as const))
}

/** `by`: the values of the computed sort keys. */
export function computed (sort: SortKeys): Document {
  const by = ordered(sort).flatMap(({ field, descending }, index) => isComputed(field)
    ? [[`missing${index}`, { $cond: [{ $gt: [`$${field}`, null] }, 0, 1] }], [`value${index}`, { [descending ? '$max' : '$min']: `$${field}` }]] as const
    : [])
  return { $set: { by: Object.fromEntries(by) } }
}

/** @param after the sort values of the last match, null where it has none, then its id */
export function afterMatch (sort: SortKeys, after: NonNullable<PageQuery['after']>, isBack = false): Document {
  const fields = fieldsOf(sort, isBack)
  const values = ordered(sort).flatMap(({ field }, index) => {
    const value = after[index] ?? null
    return isComputed(field) ? [value === null ? 1 : 0, value] : [value]
  })
  return {
    $or: fields.map(({ name, direction }, index) => ({
      $and: [
        ...fields.slice(0, index).map((same, position) => ({ [same.name]: { $eq: values[position] } })),
        { [name]: { [direction === 1 ? '$gt' : '$lt']: values[index] } }
      ]
    }))
  }
}
