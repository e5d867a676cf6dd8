import type { Document, Filter as MongoFilter } from 'mongodb'
import type { Filter, Operator } from '../filter/filter.js'
import type { StoredVersion } from './stored.js'

/** A filter in MongoDB's words. */
export type Criteria = MongoFilter<StoredVersion>

const OPERATORS: Readonly<Record<Operator, string>> = { lt: '$lt', le: '$lte', gt: '$gt', ge: '$gte' }
/** What a container holds is not stored with it (`held.ts`): a filter that says a word about it finds nothing true here. */
export const ITEMS = 'facts.items'
/** The highest code point: after every continuation of a prefix. */
const END = '\u{10FFFF}'

/**
 * The meaning of a filter in MongoDB: the same documents as `evaluate` says, exactly.
 * Values are always operands of an operator, never documents that could be one.
 * @param rename the stored name of a field
 */
export function toMongo (filter: Filter, rename: (field: string) => string = field => field): Criteria {
  return translate(filter, rename) as Criteria
}

function translate (filter: Filter, rename: (field: string) => string): Document {
  const again = (part: Filter) => translate(part, rename)
  switch (filter.kind) {
    case 'all': return {}
    case 'none': return { _id: { $in: [] } }
    case 'and': return { $and: filter.of.map(again) }
    case 'or': return { $or: filter.of.map(again) }
    case 'not': return filter.of.kind === 'in' ? { [rename(filter.of.field)]: filter.of.values.length === 1 ? { $ne: filter.of.values[0] } : { $nin: [...filter.of.values] } } : { $nor: [again(filter.of)] }
    case 'in': return { [rename(filter.field)]: filter.values.length === 1 ? { $eq: filter.values[0] } : { $in: [...filter.values] } }
    case 'within': return {
      $and: [
        { [`${rename(filter.field)}.0`]: { $exists: true } },
        { [rename(filter.field)]: { $not: { $elemMatch: { $nin: [...filter.values] } } } }
      ]
    }
    case 'exists': return { [rename(filter.field)]: { $nin: [null, []] } }
    case 'startsWith': return { [rename(filter.field)]: { $elemMatch: { $gte: filter.prefix, $lt: filter.prefix + END } } }
    case 'compare': return { [rename(filter.field)]: { [OPERATORS[filter.operator]]: filter.value } }
    case 'element':
      if (filter.field === ITEMS) throw new Error('what containers hold is asked through `resolved`')
      return { [rename(filter.field)]: { $elemMatch: translate(filter.of, field => field) } }
    case 'near': return { [rename(filter.field)]: { $geoWithin: { $centerSphere: [[filter.longitude, filter.latitude], filter.angle] } } }
    default: return filter satisfies never
  }
}
