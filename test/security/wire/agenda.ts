/**
 * What has to be asked: a cell for each type and interaction that the CapabilityStatement declares, and one for each
 * parameter with each of its modifiers. A type or parameter that is new has its cells by itself.
 */
import type { CapabilityStatement } from '@medplum/fhirtypes'
import { conditionalsOf } from '../../../src/interaction/declared.js'
import type { Registry } from '../../../src/search/parameter.js'
import { criterion, modifiersOf, searchOf } from './ask-search.js'
import { aimedOf } from './ask-aimed.js'
import { operationOf } from './ask-operate.js'
import { historyOf, readOf, versionReadOf } from './ask-read.js'
import { conditionalOf, createOf, deleteOf, entryOf, newDraft, patchAsk, updateOf } from './ask-write.js'
import { name, target } from './drawing.js'
import type { Drawing } from './drawing.js'
import { DRAFTED } from './draft.js'
import type { Ask } from './scenario.js'

export interface Cell { readonly type: string, readonly code: string, readonly parameter?: { readonly code: string, readonly modifier: string | undefined } }

export const SYSTEM = 'the server'

export const nameOf = ({ type, code, parameter }: Cell): string =>
  parameter === undefined ? `${type} ${code}` : `parameter ${type}.${parameter.code}${parameter.modifier === undefined ? '' : `:${parameter.modifier}`}`

/** Each type with each of its interactions, conditional ones and compartments, and what the whole server does. */
export function interactionCells (statement: CapabilityStatement, compartment: (type: string) => unknown): readonly Cell[] {
  const { resource: resources = [], interaction = [] } = statement.rest?.[0] ?? {}
  return [
    ...resources.flatMap(resource => {
      const codes = [...(resource.interaction ?? []).map(({ code = '' }) => code as string), ...conditionalsOf(resource)]
      const isWithin = compartment(resource.type) !== undefined && codes.includes('search-type')
      return [...codes, ...isWithin ? ['compartment'] : []].map((code): Cell => ({ type: resource.type, code }))
    }),
    ...interaction.map(({ code = '' }): Cell => ({ type: SYSTEM, code })),
    { type: SYSTEM, code: 'compartment' }
  ]
}

/** Each operation on each type that has it. */
export function operationCells ({ rest }: CapabilityStatement): readonly Cell[] {
  return (rest?.[0]?.resource ?? []).flatMap(({ type = '', operation = [] }) => operation.map(({ name = '' }): Cell => ({ type, code: `$${name}` })))
}

/** What is hidden, asked for on purpose. */
export const AIMED: Cell = { type: SYSTEM, code: 'aimed' }

/** Each parameter with each of its modifiers. */
export function parameterCells ({ types, parametersOf }: Registry): readonly Cell[] {
  return types.flatMap(type => parametersOf(type).flatMap(parameter => modifiersOf(parameter).map((modifier): Cell => ({ type, code: 'search-type', parameter: { code: parameter.code, modifier } }))))
}

/** A request that fills a cell. */
export function askOf (drawing: Drawing, cell: Cell): Ask {
  const { type, code, parameter } = cell
  const found = parameter === undefined ? undefined : drawing.stage.registry.parameter(type, parameter.code)
  const ask = type === SYSTEM
    ? ofSystem(drawing, code)
    : parameter !== undefined && found !== undefined ? searchOf(drawing, type, `/${type}`, [criterion(drawing, type, found, parameter)]) : ofType(drawing, type, code)
  return { ...ask, cells: [...new Set([nameOf(cell), ...ask.cells])] }
}

/** @throws Error for what is declared and never asked */
function ofType (drawing: Drawing, type: string, code: string): Ask {
  switch (code) {
    case 'read': return readOf(drawing, type)
    case 'vread': return versionReadOf(drawing, type)
    case 'history-instance': return historyOf(drawing, `/${type}/${name(target(drawing, type))}`)
    case 'history-type': return historyOf(drawing, `/${type}`)
    case 'search-type': return searchOf(drawing, type, `/${type}`)
    case 'compartment': return searchOf(drawing, type, `/Patient/${name(target(drawing, 'Patient'))}/${type}`)
    case 'create': return createOf(drawing, type)
    case 'update': return updateOf(drawing, type)
    case 'patch': return patchAsk(drawing, type)
    case 'delete': return deleteOf(drawing, type)
    case 'conditionalCreate': case 'conditionalUpdate': case 'conditionalPatch': case 'conditionalDelete': return conditionalOf(drawing, type, code)
    default: return operationOf(drawing, type, code)
  }
}

function ofSystem (drawing: Drawing, code: string): Ask {
  const { one, chance, stage: { registry } } = drawing
  switch (code) {
    case 'history-system': return historyOf(drawing, '')
    case 'search-system': return searchOf(drawing, '', '', [{ pair: `_type=${[one(registry.types), one(registry.types), 'DocumentReference'].join(',')}`, cells: ['kind _type'] }, ...chance(0.5) ? [{ pair: `_id=${name(target(drawing, 'Observation'))}`, cells: [] }] : []])
    case 'compartment': return searchOf(drawing, '', `/Patient/${name(target(drawing, 'Patient'))}/*`, chance(0.5) ? [{ pair: `_type=${one(registry.types)},Observation`, cells: ['kind _type'] }] : [])
    case 'batch': case 'transaction': return bundleOf(drawing, code)
    case 'aimed': return aimedOf(drawing)
    default: throw new Error(`${code} is declared, and no request of it is drawn`)
  }
}

/** The requests that a Bundle may hold. */
const ENTERED = ['read', 'vread', 'history-instance', 'search-type', 'create', 'create', 'update', 'patch', 'delete', 'conditionalCreate', 'conditionalUpdate', 'conditionalPatch', 'conditionalDelete']

function bundleOf (drawing: Drawing, type: 'batch' | 'transaction'): Ask {
  const { one, chance, stage } = drawing
  const types = stage.registry.types.filter(each => DRAFTED.includes(each) && each !== 'Medication')
  const hiddenTypes = stage.hidden.map(({ hide }) => hide.type)
  const entries = Array.from({ length: 1 + Math.floor(drawing.random() * 4) }, () => {
    const of = hiddenTypes.length > 0 && chance(0.5) ? one(hiddenTypes) : one(types)
    // A transaction mostly of what may be written: else it says of its first fault only.
    const written = one(['Observation', 'Condition', 'DocumentReference', 'List'])
    return type === 'transaction' && chance(0.6)
      ? { cells: [], method: 'POST' as const, url: `/${written}`, body: JSON.stringify(newDraft(drawing, written)) }
      : ofType(drawing, of, one(ENTERED.filter(code => code !== 'delete' || of !== 'Patient')))
  })
  const isConditional = chance(0.3)
  const referring = isConditional ? [{ resource: { ...newDraft(drawing, 'Observation'), subject: { reference: one(['Patient?identifier={ins}', 'Patient?identifier={elsewhere.ins}', `DocumentReference?_id=${name(target(drawing, 'DocumentReference'))}`]) } }, request: { method: 'POST', url: 'Observation' } }] : []
  const entry = [...entries.flatMap(ask => entered(ask)), ...referring].map((each, index) => 'fullUrl' in each ? { ...each, fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}` } : each)
  return {
    cells: [...entries.flatMap(({ cells }) => cells.filter(cell => cell.startsWith('kind'))), ...isConditional ? ['kind conditional reference'] : []],
    method: 'POST',
    url: '',
    headers: chance(0.3) ? { prefer: 'return=representation' } : {},
    body: JSON.stringify({ resourceType: 'Bundle', type, entry })
  }
}

/** As an entry; what is no JSON stays out. */
function entered (ask: Ask): readonly object[] {
  try {
    return [entryOf(ask)]
  } catch {
    return []
  }
}
