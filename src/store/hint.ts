import type { Document } from 'mongodb'
import type { Filter } from '../filter/filter.js'
import { byDate } from './indexes.js'

/** The indexes of a record (`indexes.ts`): by id, by identifier, by key, by instant, and of the whole. */
const BY_ID: Document = { _id: 1 }
const BY_IDENTIFIER: Document = { found: 1 }
const BY_KEYS: Document = { patient: 1, keys: 1 }
const BY_INSTANT: Document = { patient: 1, at: -1 }
const IN_RECORD: Document = { patient: 1, _id: 1 }

/** Within one record there is one good index, and finding that out again would take longer than the search. */
export function hintOf (type: string, filter: Filter): { readonly hint?: Document } {
  const parts = filter.kind === 'and' ? filter.of : [filter]
  if (type === 'Patient' || !parts.some(isOneRecord)) return {}
  if (type === 'AuditEvent') return { hint: BY_INSTANT }
  const isAsked = (kind: Filter['kind'], field: string) => parts.some(part => part.kind === kind && 'field' in part && part.field === field)
  if (isAsked('in', '_id')) return { hint: BY_ID }
  if (isAsked('in', 'found')) return { hint: BY_IDENTIFIER }
  if (isAsked('in', 'keys')) return { hint: BY_KEYS }
  const dated = parts.map(part => part.kind === 'element' && part.field.startsWith('dates.') ? part.field.slice('dates.'.length) : undefined).find(code => code !== undefined)
  if (dated !== undefined) return { hint: byDate(dated) }
  return { hint: isAsked('compare', 'at') ? BY_INSTANT : IN_RECORD }
}

/** Whether the index by which a search reads a record has its order too: then its first page and its total are one scan. */
export function isInOrder (type: string, filter: Filter): boolean {
  const { hint } = hintOf(type, filter)
  return hint !== undefined && '_id' in hint
}

function isOneRecord (part: Filter): boolean {
  return part.kind === 'in' && part.field === 'patient' && part.values.length === 1
}
