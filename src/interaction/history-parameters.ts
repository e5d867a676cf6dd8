import { intervalOf } from '../filter/interval.js'
import type { Interval } from '../filter/interval.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { PAGE, PRESENTATION } from '../search/page.js'
import { readShapeOf } from '../search/shape.js'
import type { Shape } from '../search/shape.js'
import type { Context } from './context.js'
import type { Sight } from './sight.js'
import type { HistoryQuery } from './store.js'

type Parameters = readonly (readonly [name: string, value: string])[]

/** What the query of a history says (R4 http.html#history). */
export interface HistoryParameters {
  readonly count: number
  readonly since?: number
  readonly during?: Interval
  readonly after?: NonNullable<HistoryQuery['after']>
  readonly shape?: Shape
  /** As a next link says them again. */
  readonly repeated: Parameters
}

const READ = ['_count', '_since', '_at', '_summary', '_elements']

/**
 * Reads the parameters of the history at `path`, of one type or of all, or of the next link that stands for them.
 * @throws OutcomeError `unknown-parameter`, `invalid-parameter`; `absent` for a link that is not this caller's or not of this history
 */
export function readHistoryParameters (context: Context, { caller }: Sight, { path, type }: { readonly path: string, readonly type?: string }, parameters: Parameters): HistoryParameters {
  const token = parameters.find(([name]) => name === PAGE)?.[1]
  const page = token === undefined ? undefined : context.pages.read(token, caller.principal.subject, caller.now)
  if (token !== undefined && (page === undefined || page.path !== path || parameters.filter(([name]) => !PRESENTATION.includes(name)).length > 1)) throw new OutcomeError('absent')
  const given = page?.parameters ?? parameters
  const unknown = given.map(([name]) => name).filter(name => ![...READ, ...PRESENTATION].includes(name))
  if (unknown.length > 0) {
    throw new OutcomeError('unknown-parameter', unknown.map(name => ({ diagnostics: `The parameter \`${name.slice(0, 64)}\` is not supported`, expression: name.slice(0, 64) })))
  }
  const since = timeOf(given, '_since')
  const during = timeOf(given, '_at')
  const shape = readShapeOf(type, given)
  const [at, last, id] = page?.after ?? []
  return {
    count: Math.min(Number(countOf(context, given)), context.limits.count),
    ...since === undefined ? {} : { since: since.lo },
    ...during === undefined ? {} : { during },
    ...typeof at === 'number' && typeof last === 'string' && typeof id === 'string' ? { after: { at, type: last, id } } : {},
    ...shape === undefined ? {} : { shape },
    repeated: given.filter(([name]) => READ.includes(name))
  }
}

function one (given: Parameters, name: string): string | undefined {
  const values = given.filter(([each]) => each === name)
  if (values.length > 1) throw invalid(name, 'is given more than once')
  return values[0]?.[1]
}

function countOf (context: Context, given: Parameters): string {
  const text = one(given, '_count') ?? String(context.limits.defaultCount)
  if (!/^[1-9]\d{0,6}$/.test(text)) throw invalid('_count', 'must be a positive number')
  return text
}

/** A date or instant, in part or whole. A plus sign that was not escaped arrives as a blank. */
function timeOf (given: Parameters, name: string): Interval | undefined {
  const text = one(given, name)
  if (text === undefined) return undefined
  const interval = intervalOf(text.replace(' ', '+'))
  if (interval === undefined) throw invalid(name, 'must be a date or an instant')
  return interval
}

function invalid (name: string, what: string): OutcomeError {
  return new OutcomeError('invalid-parameter', { diagnostics: `The parameter \`${name}\` ${what}`, expression: name })
}
