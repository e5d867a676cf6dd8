/**
 * By whom and of when, together: what a structure deposited of one day is found by one index, however much it deposited
 * in all. Two lists of a document cannot stand in one index of MongoDB; one list of their pairs can.
 */
import type { Filter } from '../filter/filter.js'
import { and, element, isIn, or } from '../filter/filter.js'
import type { Version } from '../interaction/store.js'

const AUTHORS = 'facts.authors'
const DATE = 'dates.date'

type Span = NonNullable<Version['dates'][string]>[number]
export type Authored = Span & { readonly by: string }

/** The pairs of a version: those of its authors with its dates; none where it has no authors. */
export function authoredOf ({ dates, facts }: Pick<Version, 'dates' | 'facts'>): { readonly authored?: readonly Authored[] } {
  const authors = (facts as { readonly authors?: readonly string[] } | null)?.authors ?? []
  const pairs = authors.flatMap(by => (dates['date'] ?? []).map(span => ({ by, ...span })))
  return pairs.length === 0 ? {} : { authored: pairs }
}

/** The same filter: where it asks all that it finds for a date, what it asks of authors is asked of the pairs. */
export function paired (filter: Filter): Filter {
  const parts = filter.kind === 'and' ? filter.of : []
  const dated = parts.find(part => part.kind === 'element' && part.field === DATE)
  if (dated?.kind !== 'element' || parts.some(isOfRecords)) return filter
  return and(...parts.map(part => ofPairs(part, dated.of)))
}

function ofPairs (part: Filter, span: Filter): Filter {
  if (part.kind === 'and') return part.of.some(isOfRecords) ? part : and(...part.of.map(each => ofPairs(each, span)))
  if (part.kind === 'or') return or(...part.of.map(each => ofPairs(each, span)))
  if (part.kind === 'in' && part.field === AUTHORS) return element('authored', and(isIn('by', part.values), span))
  return part
}

/** Within records their own indexes are better. */
function isOfRecords (part: Filter): boolean {
  return part.kind === 'in' && part.field === 'patient'
}
