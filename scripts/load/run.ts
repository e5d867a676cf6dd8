/**
 * Loads parts through the server's own write path: phase by phase (what others refer to comes first), part by part in
 * the order given, some items at once. It may be killed at any instant: the state beside each part says where to go on,
 * and the key of each item keeps the server from doing it twice.
 */
import { dispatch } from './dispatch.js'
import { PHASES, phaseOf } from './item.js'
import type { Item, Phase } from './item.js'
import { partsOf } from './part.js'
import type { Part, Who } from './part.js'
import type { Bar } from './progress.js'
import { createReport, shortOf } from './report.js'
import { createSend, Stopped, toOutcome } from './send.js'
import { createTracker, NOTHING, readState, saveState } from './state.js'
import type { State } from './state.js'
import { itemsOf, surveyOf } from './survey.js'
import type { Survey, Unsendable } from './survey.js'
import { createTokens, isEachHolder } from './tokens.js'
import type { TokenOf } from './tokens.js'

export interface Load {
  readonly names: readonly string[]
  readonly who: Who | undefined
  readonly server: string
  readonly atOnce: number
  readonly patience: number
  readonly isDryRun: boolean
  /** Loads anew what has changed since it was loaded. */
  readonly isRestart: boolean
  readonly tokenOf: TokenOf
  readonly bar: Bar
  readonly signal: AbortSignal
}

export interface Result { readonly done: number, readonly refused: number, readonly skipped: number, readonly seconds: number, readonly types: ReadonlyMap<string, number>, readonly stopped?: string }

/** A part that is being loaded. */
interface Loading { readonly survey: Survey, state: State, refused: number }
type Found = Item | (Unsendable & { readonly record: undefined, readonly text: '' })

const SAVE_MS = 1000
/** Refusals of one part, beyond which it is taken to be the wrong one. */
const MOST_REFUSED = 10_000
/** How long the server knows a key (`src/store/indexes.ts`). */
const KNOWN_DAYS = 7

export async function load (options: Load): Promise<Result> {
  const began = Date.now()
  const parts = await partsOf(options.names, options.who)
  const loadings: Loading[] = []
  for (const part of parts) loadings.push(await prepared(options, part))
  const types = new Map<string, number>()
  for (const { survey } of loadings) for (const [type, count] of survey.types) types.set(type, (types.get(type) ?? 0) + count)
  const result = { done: 0, refused: 0, skipped: 0, types }
  if (options.isDryRun) return { ...result, seconds: 0 }
  const reports = new Map<Loading, Awaited<ReturnType<typeof createReport>>>()
  for (const loading of loadings) reports.set(loading, await createReport(loading.survey.part.path, options.bar.say))
  try {
    for (const phase of PHASES) {
      for (const loading of loadings) {
        if (!loading.survey.phases.has(phase.name)) continue
        const report = reports.get(loading)
        if (report === undefined) continue
        const counted = await loadPhase(options, loading, phase, async refusal => {
          await report.add(refusal)
          if (report.count() > MOST_REFUSED) throw new Stopped(`More than ${MOST_REFUSED} refusals: is this the right file?`)
        })
        result.done += counted.done
        result.refused += counted.refused
        result.skipped += counted.skipped
      }
    }
    return { ...result, seconds: (Date.now() - began) / 1000 }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    return { ...result, seconds: (Date.now() - began) / 1000, stopped: error.message }
  } finally {
    for (const report of reports.values()) await report.close()
  }
}

/** @throws Error when a part was loaded in another form, to another server or as somebody else: it would be there twice */
async function prepared ({ server, isRestart, isDryRun, bar }: Load, part: Part): Promise<Loading> {
  const survey = await surveyOf(part)
  const as = JSON.stringify(part.who)
  const fresh: State = { digest: survey.digest, server, as, saved: new Date().toISOString(), phases: {} }
  const known = isDryRun ? undefined : await readState(part.path)
  if (known === undefined || isRestart) return { survey, state: fresh, refused: 0 }
  const other = known.digest !== survey.digest ? 'has changed since it was loaded' : known.server !== server ? `was loaded to ${known.server}` : known.as !== as ? `was loaded as ${known.as}` : undefined
  if (other !== undefined) throw new Error(`${part.path} ${other}: what was written then would be written twice. --restart loads all of it all the same`)
  if (Date.now() - Date.parse(known.saved) > KNOWN_DAYS * 24 * 3600_000) bar.say(`${part.path} was last loaded more than ${KNOWN_DAYS} days ago: the few items that were under way then may come twice`)
  return { survey, state: known, refused: 0 }
}

async function loadPhase (
  { server, atOnce, patience, tokenOf, bar, signal }: Load, loading: Loading, phase: Phase,
  refuse: (refusal: { file: string, line: number, status: number, outcome: ReturnType<typeof toOutcome>, entry?: number }) => Promise<void>
): Promise<{ done: number, refused: number, skipped: number }> {
  const { survey } = loading
  const { part } = survey
  const tracker = createTracker(loading.state.phases[phase.name] ?? NOTHING)
  const { migrate: source } = part.who
  const send = createSend({ server, tokens: createTokens(part.who, tokenOf), ...typeof source === 'string' ? { source } : {}, patience, signal, onWait: reason => bar.say(`waiting for ${server}: ${reason}`) })
  const counted = { done: 0, refused: 0, skipped: 0 }
  const save = async () => {
    loading.state = { ...loading.state, saved: new Date().toISOString(), phases: { ...loading.state.phases, [phase.name]: tracker.progress() } }
    await saveState(part.path, loading.state)
  }
  let saved = Date.now()
  let saving = Promise.resolve()

  async function * wanted (): AsyncGenerator<Found> {
    let isStarted = false
    for await (const item of itemsOf(part, survey.digests)) {
      if (phaseOf('reason' in item ? '' : item.type).name !== phase.name) continue
      if (!tracker.isWanted(item.number)) {
        counted.skipped++
        continue
      }
      if (!isStarted) bar.start(titleOf(part, phase), survey.phases.get(phase.name) ?? 0, counted.skipped)
      isStarted = true
      tracker.begin(item.number)
      yield 'reason' in item ? { ...item, record: undefined, text: '' } : item
    }
  }

  try {
    await dispatch(wanted(), phase.isOneByOne ? 1 : atOnce, async item => {
      const outcomes = 'reason' in item
        ? [{ isDone: false as const, status: 0, outcome: toOutcome(item.reason) }]
        : isEachHolder(part.who) && item.ins === undefined
          ? [{ isDone: false as const, status: 0, outcome: toOutcome('As holder without --ins, a line names its patient by INS') }]
          : await send(item)
      const refusals = outcomes.filter(outcome => !outcome.isDone)
      for (const { isDone, ...refusal } of refusals) await refuse({ file: item.file, line: item.line, ...refusal })
      tracker.end(item.number, refusals.length > 0)
      counted[refusals.length > 0 ? 'refused' : 'done']++
      bar.step(refusals.length > 0)
      if (Date.now() - saved > SAVE_MS) {
        saved = Date.now()
        saving = saving.then(save)
        await saving
      }
    })
  } finally {
    await saving
    await save()
    bar.stop()
  }
  return counted
}

function titleOf (part: Part, phase: Phase): string {
  return `${shortOf(part.path)}${phase.types === undefined ? '' : ` ${phase.name}`}`
}
