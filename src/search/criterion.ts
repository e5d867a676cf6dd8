import { equals, exists, isIn, not, or, startsWith } from '../filter/filter.js'
import type { Filter } from '../filter/filter.js'
import { split } from './escape.js'
import { incomplete, invalidParameter, tooCostly, unknownParameters } from './fault.js'
import { presentKey } from './key.js'
import type { Parameter } from './parameter.js'
import { bindsToPatient, localTargets } from './value/reference.js'
import { valueKinds } from './value/table.js'
import type { Criterion, ValueContext } from './value/kind.js'

/** One parameter of a query, understood, and to what it binds the query. */
export interface Understood {
  readonly filter: Filter
  readonly patients: readonly string[] | null
  readonly byIdentifier: boolean
  readonly byId: boolean
}

export interface Question {
  readonly resourceType: string
  readonly parameter: Parameter
  readonly modifier: string | undefined
  readonly value: string
  /** The types of resource that this server holds. */
  readonly types: readonly string[]
  /** Most alternatives in one value. */
  readonly limit: number
}

/** Understands `code[:modifier]=value,value`: any of the alternatives. */
export function readCriterion ({ resourceType, parameter, modifier, value, types, limit }: Question, context: ValueContext): Understood {
  const { code, type } = parameter
  if (!parameter.isComplete()) throw incomplete(code)
  if (modifier === 'missing') return { filter: missing(parameter, value), patients: null, byIdentifier: false, byId: false }
  if (modifier !== undefined && !isKnown(parameter, modifier)) throw unknownParameters([`${code}:${modifier}`])
  const values = split(value, ',')
  if (values.length > limit) throw tooCostly(code, `takes at most ${limit} alternatives`)
  if (values.includes('')) throw invalidParameter(code, 'has an empty value')
  const criterion: Criterion = { parameter, modifier, values, types }
  const patients = patientsOf(criterion, context)
  const filter = patients !== null && context.isByPatient ? isIn('patient', patients) : valueKinds[type].filter(criterion, context)
  const byId = parameter.field === '_id' && modifier === undefined
  return {
    filter,
    patients: byId && resourceType === 'Patient' ? idsOf(filter) : patients,
    byIdentifier: parameter.isFound && filter.kind === 'in' && filter.field === 'found',
    byId
  }
}

function isKnown (parameter: Parameter, modifier: string): boolean {
  return valueKinds[parameter.type].modifiers(parameter).includes(modifier)
}

function idsOf (filter: Filter): readonly string[] | null {
  return filter.kind === 'in' ? filter.values.map(String) : null
}

function patientsOf (criterion: Criterion, context: ValueContext): readonly string[] | null {
  const { code, type } = criterion.parameter
  if (type !== 'reference' || !bindsToPatient(code)) return null
  const targets = localTargets(criterion, context)
  if (targets === null || targets.some(({ type }) => type !== 'Patient')) return null
  return [...new Set(targets.map(({ id }) => id))]
}

/** `:missing=true`: the resource has nothing under the elements of this parameter. */
function missing ({ code, type, field }: Parameter, value: string): Filter {
  if (value !== 'true' && value !== 'false') throw invalidParameter(`${code}:missing`, 'is true or false')
  const present = presence(code, type, field)
  return value === 'true' ? not(present) : present
}

/** Where values are that are no keys. */
const fieldsOfType: Readonly<Record<string, string>> = Object.freeze({ date: 'dates', number: 'numbers', quantity: 'numbers', composite: 'parts', special: 'points' })

function presence (code: string, type: string, field: string | null): Filter {
  if (field !== null) return exists(field)
  const filed = fieldsOfType[type]
  return filed === undefined ? or(startsWith('keys', `${code}|`), startsWith('keys', `${code}:`)) : or(exists(`${filed}.${code}`), equals('keys', presentKey(code)))
}
