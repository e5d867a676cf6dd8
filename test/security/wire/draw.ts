/** Scenarios from seeds: one of a run is drawn again without those before it. */
import fc from 'fast-check'
import type { App } from '../../../src/app.js'
import type { CapabilityStatement } from '@medplum/fhirtypes'
import { readFileSync } from 'node:fs'
import { ROOT } from '../../helper/root.js'
import { randomOf } from '../../search/random.js'
import type { Random } from '../../search/random.js'
import { familyOf } from '../../../src/consent/family.js'
import type { Family } from '../../../src/consent/family.js'
import { keptOf } from '../../../src/interaction/declared.js'
import { AIMED, SYSTEM, askOf, interactionCells, operationCells, parameterCells } from './agenda.js'
import type { Cell } from './agenda.js'
import type { Asked } from './coverage.js'
import { drawingOf } from './drawing.js'
import { choicesOf } from './hides.js'
import type { Choice } from './hides.js'
import { CALLERS } from './scenario.js'
import type { CallerKind, Hide, Scenario } from './scenario.js'
import { stageOf } from './stage.js'
import type { Stage } from './stage.js'

/** Requests of one scenario: they share its record, which takes longer to write than forty of them; in a long run there are many. */
const asksOf = ({ pairs }: Pick<Run, 'pairs'>) => pairs < 5000 ? 45 : 200

/** What a server declares, as far as requests are drawn from it. */
export interface Declared extends Asked { readonly context: App['context'] }

export interface Run { readonly seed: number, readonly pairs: number }

export function declaredBy ({ context }: Pick<App, 'context'>): Declared {
  const statement = keptOf(JSON.parse(readFileSync(new URL('capability-statement.json', ROOT), 'utf8')) as CapabilityStatement)
  return { context, cells: interactionCells(statement, context.compartment), operations: operationCells(statement), parameters: parameterCells(context.registry) }
}

/** The elements of a draft that R4 does not take as they are. */
export function stageFor ({ context }: Declared, scenario: Pick<Scenario, 'caller' | 'seed' | 'hides'>): Stage {
  return stageOf(scenario, context.registry, draft => context.validate(draft).flatMap(({ expression = '' }) => /^\w+\.(\w+)/.exec(expression)?.[1] ?? []))
}

/** Numbers that a scenario is made of. */
const drawn = fc.record({ seed: fc.integer({ min: 0, max: 2 ** 30 }), asks: fc.integer({ min: 0, max: 2 ** 30 }), hides: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 ** 30 })), { minLength: 3, maxLength: 6 }) })

export function countOf (run: Run): number {
  return Math.ceil(run.pairs / asksOf(run))
}

/** @param index of the scenario in the run */
export function scenarioOf (declared: Declared, run: Run, index: number): Scenario {
  const caller = callerOf(run.seed, index)
  const numbers = fc.sample(drawn, { seed: run.seed + index, numRuns: 1 })[0]
  if (numbers === undefined) throw new Error('fast-check drew nothing')
  const choices = choicesOf(caller)
  const hides = numbers.hides.map(([number, seed], position): Hide => ({ name: `hidden${position}`, ...chosen(choices, number), seed }))
  const drawing = drawingOf(randomOf(numbers.asks), stageFor(declared, { caller, seed: numbers.seed, hides }), caller)
  const most = asksOf(run)
  const first = index * most
  const asks = Array.from({ length: Math.min(most, run.pairs - first) }, (_, position) => askOf(drawing, cellOf(declared, run, first + position)))
  return { caller, seed: numbers.seed, hides, asks }
}

/** Each way is as likely as any other, whatever number of types it can hide. */
function chosen (choices: readonly Choice[], number: number): Choice {
  const ways = [...new Set(choices.map(({ way }) => way))]
  const ofWay = choices.filter(({ way }) => way === ways[number % ways.length])
  return ofWay[Math.floor(number / ways.length) % ofWay.length] ?? { type: 'Communication', how: 'extra', way: 'nobody' }
}

/** The cell of each request of a run. */
type Plan = readonly Cell[]
const plans = new Map<string, Plan>()

function cellOf (declared: Declared, run: Run, number: number): Cell {
  const key = `${run.seed} ${run.pairs}`
  const plan = plans.get(key) ?? planOf(declared, run)
  plans.set(key, plan)
  const cell = plan[number]
  if (cell === undefined) throw new Error('nothing is declared')
  return cell
}

/**
 * All interactions once before any comes again, each, as far as that goes, in a scenario of somebody who may do it; of a
 * longer run half are aimed at what is hidden, a quarter are parameters, an eighth are operations.
 */
function planOf ({ cells, operations, parameters }: Declared, { seed, pairs }: Run): Plan {
  const random = randomOf(seed)
  // Of 500 requests all interactions are to be among them.
  const every = pairs > 4 * cells.length ? 4 : 40
  const [waiting, operated, asked]: [Cell[], Cell[], Cell[]] = [[], [], []]
  const next = (list: Cell[], of: readonly Cell[], caller: CallerKind): Cell | undefined => {
    if (list.length === 0) list.push(...shuffled(of, random))
    const fitting = list.findIndex(cell => mayDo(caller, cell))
    return list.splice(Math.max(0, fitting), 1)[0]
  }
  return Array.from({ length: pairs }, (_, number) => {
    const caller = callerOf(seed, Math.floor(number / asksOf({ pairs })))
    if (number % (every / 2) === 0) return AIMED
    if (number % (2 * every) === 3) return next(operated, operations, caller)
    return number % every === 1 ? next(asked, parameters, caller) : next(waiting, cells, caller)
  }).flatMap(cell => cell ?? [])
}

const READING = ['read', 'vread', 'history-instance', 'history-type', 'search-type', 'compartment']
/** Who writes in each family, whatever else they may. */
const WRITERS: Readonly<Record<Family, readonly CallerKind[]>> = {
  record: ['structure', 'holder', 'professional', 'treating', 'application'],
  choice: ['holder', 'representative'],
  trace: ['structure'],
  identity: ['holder', 'operator', 'representative'],
  directory: ['operator'],
  message: ['structure', 'professional', 'holder'],
  agenda: ['structure', 'professional', 'holder'],
  'open-agenda': ['structure'],
  subscription: ['structure', 'professional', 'holder']
}

/** Whether a request may come to something. */
function mayDo (caller: CallerKind, { type, code }: Cell): boolean {
  if (READING.includes(code) || type === SYSTEM) return true
  if (code.startsWith('$') && !code.startsWith('$meta-')) return !['$simulate-consent', '$report-access'].includes(code) || WRITERS.choice.includes(caller)
  return WRITERS[familyOf(type)].includes(caller)
}

function callerOf (seed: number, index: number): CallerKind {
  return CALLERS[(seed + index) % CALLERS.length] ?? 'professional'
}

function shuffled (list: readonly Cell[], random: Random): readonly Cell[] {
  return list.map(cell => ({ cell, at: random() })).toSorted((one, other) => one.at - other.at).map(({ cell }) => cell)
}
