/** What was asked in a run: each type with each interaction, each parameter, each kind of request, caller and difference. An empty cell fails. */
import { SYSTEM, nameOf } from './agenda.js'
import type { Cell } from './agenda.js'
import { CALLERS, HOWS, WAYS } from './scenario.js'
import type { Scenario } from './scenario.js'

/** What there is to ask: each type with its interactions and operations, each parameter with its modifiers. */
export interface Asked { readonly cells: readonly Cell[], readonly operations: readonly Cell[], readonly parameters: readonly Cell[] }

/** How often each cell was filled, and `cell answered`: how often with something else than a refusal. */
export type Coverage = Map<string, number>

/** Fewer requests may well leave a kind or a parameter empty; never an interaction. */
export const ENOUGH = 15_000

const KINDS: readonly string[] = [
  'chain', '_has', '_list', ':missing', ':not', ':text', ':in', ':not-in', ':above', ':below', ':of-type', ':identifier', ':type', ':exact', ':contains', 'several values', 'within a record', '_type',
  '_sort', '_count', '_total', '_summary', '_elements', '_include', '_include:iterate', '_revinclude', '_pretty', '_format', 'POST _search',
  'page next', 'page previous', 'page first', 'page cut', 'page more', 'page foreign', 'page of an export', 'history _count', 'history _since', 'history _at',
  'HEAD', 'If-None-Match', 'If-Modified-Since', 'Accept', 'If-Match', 'Idempotency-Key', 'JSON Patch', 'FHIRPath Patch', 'conditional reference', 'malformed', 'raw content'
]

/** Counts what the requests of a scenario filled, as far as they were asked. */
export function cover (coverage: Coverage, { caller, hides, asks }: Scenario, statuses: readonly number[]): void {
  const add = (cell: string) => { coverage.set(cell, (coverage.get(cell) ?? 0) + 1) }
  for (const [index, status] of statuses.entries()) {
    add(`caller ${caller}`)
    for (const cell of asks[index]?.cells ?? []) {
      add(cell)
      if (status < 400) add(`${cell} answered`)
    }
  }
  for (const { type, how, way } of hides) for (const cell of [`hidden ${type}`, `how ${how}`, `way ${way}`]) add(cell)
}

export function merge (coverage: Coverage, more: Iterable<readonly [string, number]>): void {
  for (const [cell, count] of more) coverage.set(cell, (coverage.get(cell) ?? 0) + count)
}

const CODES = ['read', 'vread', 'history-instance', 'history-type', 'search-type', 'compartment', 'create', 'update', 'patch', 'delete', 'conditionalCreate', 'conditionalUpdate', 'conditionalPatch', 'conditionalDelete']
const SHORT: Readonly<Record<string, string>> = { 'history-instance': 'history', 'history-type': 'hist-type', 'search-type': 'search', compartment: 'compart', conditionalCreate: 'c-create', conditionalUpdate: 'c-update', conditionalPatch: 'c-patch', conditionalDelete: 'c-delete' }
const PLURAL = 11

/** The table as lines; `-` is what is not declared. */
export function tableOf (coverage: Coverage, { cells, operations, parameters }: Asked): readonly string[] {
  const count = (name: string) => String(coverage.get(name) ?? 'EMPTY')
  const isDeclared = (type: string, code: string) => cells.some(cell => cell.type === type && cell.code === code)
  const types = [...new Set(cells.map(({ type }) => type))].filter(type => type !== SYSTEM)
  const list = (title: string, names: readonly string[], of: (name: string) => string) => `${title}: ${names.map(name => `${name} ${count(of(name))}`).join(', ')}`
  const asked = parameters.filter(cell => coverage.has(nameOf(cell))).length
  return [
    ''.padEnd(24) + CODES.map(code => (SHORT[code] ?? code).padStart(PLURAL)).join(''),
    ...types.map(type => type.padEnd(24) + CODES.map(code => (isDeclared(type, code) ? count(`${type} ${code}`) : '-').padStart(PLURAL)).join('')),
    ''.padEnd(24) + CODES.map(code => `${answered(coverage, cells.filter(({ type }) => type !== SYSTEM), code)}`.padStart(PLURAL)).join('') + '  answered with no refusal',
    list('the server', cells.filter(({ type }) => type === SYSTEM).map(({ code }) => code), code => `${SYSTEM} ${code}`),
    `operations, answered with no refusal: ${[...new Set(operations.map(({ code }) => code))].map(code => `${code} ${answered(coverage, operations, code)}`).join(', ')}`,
    `parameters with their modifiers: ${asked} of ${parameters.length}`,
    list('kinds', KINDS, kind => `kind ${kind}`),
    list('callers', CALLERS, caller => `caller ${caller}`),
    list('hidden', [...coverage.keys()].filter(cell => cell.startsWith('hidden ')).map(cell => cell.slice('hidden '.length)).toSorted(), type => `hidden ${type}`),
    list('differs by', HOWS, how => `how ${how}`),
    list('hidden by', WAYS, way => `way ${way}`)
  ]
}

/** How often a code was answered with no refusal, on all types. */
function answered (coverage: Coverage, cells: readonly Cell[], code: string): number {
  return cells.filter(cell => cell.code === code).reduce((sum, cell) => sum + (coverage.get(`${nameOf(cell)} answered`) ?? 0), 0)
}

/** The cells that should not be empty after so many requests, and are. */
export function emptyCells (coverage: Coverage, { cells, operations, parameters }: Asked, pairs: number): readonly string[] {
  const all = [...cells, ...operations]
  const late = [
    ...[...operations, ...parameters].map(nameOf), ...KINDS.map(kind => `kind ${kind}`), ...CALLERS.map(caller => `caller ${caller}`), ...HOWS.map(how => `how ${how}`), ...WAYS.map(way => `way ${way}`)
  ]
  const unanswered = [...new Set(all.map(({ code }) => code))].filter(code => answered(coverage, all, code) === 0).map(code => `${code} answered`)
  return [...cells.map(nameOf), ...pairs < ENOUGH ? [] : [...late, ...unanswered]].filter(cell => !coverage.has(cell))
}
