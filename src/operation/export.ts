/**
 * `Patient/$export` (Bulk Data Access IG, at the level of patients): a job is the question alone, kept for a while, of who asked
 * it; its files are answered when they are taken (`export-file.ts`), so no decision outlives its facts (decisions/0039). It is
 * done when nothing is under way any more that was written before it began.
 */
import type { Answer } from '../interaction/answer.js'
import type { Asking, Context } from '../interaction/context.js'
import { absent } from '../interaction/read.js'
import { inTime } from '../interaction/search-time.js'
import type { Sight } from '../interaction/sight.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { faultOf } from '../search/fault.js'
import { queryOf } from '../search/page.js'
import { patientsOf } from './export-file.js'
import { readExport } from './export-input.js'
import { EXPORT, jobOf, sealQuestion, waitOf } from './export-job.js'
import type { Asked } from './input.js'
import { traced } from './why.js'

export interface BeginExport extends Asking {
  readonly asked: Asked
  /** `Prefer: respond-async`, and `handling=lenient`. */
  readonly isAsync: boolean
  readonly isLenient: boolean
}
export interface OneExport extends Asking { readonly id: string }

/** The kick-off. @throws OutcomeError as `readExport`; `too-costly` where the caller finds too many patients; `throttled` with too many jobs */
export async function beginExport (context: Context, { sight, asked, isAsync, isLenient }: BeginExport): Promise<Answer> {
  if (!isAsync) throw new OutcomeError('invalid-request', { diagnostics: 'An export is asked for with `Prefer: respond-async`', expression: 'Prefer', code: 'required' })
  const { caller: { principal, owner, now } } = sight
  if (owner === undefined) throw new OutcomeError('forbidden')
  const { exporting, ignored } = readExport(context, principal.scopes, asked, isLenient)
  await patientsOf(inTime(context), sight, exporting)
  const id = context.newId()
  const { most, life, begin } = context.exports
  const question = sealQuestion(context, id, { ...exporting, request: `${context.base}/Patient/${EXPORT}${queryOf(asked.query)}` })
  const free = await begin({ id, owner, at: now, until: now + life, asked: question }, most)
  if (free !== undefined) throw tooMany(most, free - now)
  const warnings = ignored.map(name => faultOf(name, 'is not supported and was left out'))
  return told(sight, 202, { 'content-location': addressOf(context, id) }, warnings.length === 0 ? { kind: 'nothing' } : { kind: 'success', fault: { diagnostics: 'The export begins' }, warnings })
}

/** Whether it is done, and then where its files are; absent to whoever did not ask for it. */
export async function exportStatus (context: Context, { sight, id }: OneExport): Promise<Answer> {
  const job = await jobOf(context, sight, id)
  if (job === undefined) return traced(absent(sight, 'Patient', 'operation'), EXPORT)
  const wait = waitOf(context, job, sight.caller.now)
  if (wait > 0) return told(sight, 202, { 'x-progress': 'waiting for what is being written', 'retry-after': seconds(wait) }, { kind: 'nothing' })
  const value = {
    transactionTime: new Date(job.at).toISOString(),
    request: job.question.request,
    requiresAccessToken: true,
    // Each type that was asked for: a type that was left out would tell of the others.
    output: job.question.types.map(type => ({ type, url: `${addressOf(context, id)}/${type}.ndjson` })),
    error: []
  }
  return told(sight, 200, { expires: new Date(job.until).toUTCString() }, { kind: 'json', value })
}

/** What was cancelled is not there any more. */
export async function cancelExport (context: Context, { sight, id }: OneExport): Promise<Answer> {
  const { owner = '', now } = sight.caller
  if (!await context.exports.end({ id, owner, now })) return traced(absent(sight, 'Patient', 'operation'), EXPORT)
  return told(sight, 202, {}, { kind: 'nothing' })
}

/** It tells nothing of a record, and is in the traces of none: those of its files are. */
function told (sight: Sight, status: number, headers: Answer['headers'], body: Answer['body']): Answer {
  return { status, headers, body, sight, accesses: [{ interaction: 'operation', type: 'Patient', patient: null, query: EXPORT, outcome: '0' }] }
}

function addressOf ({ base }: Context, id: string): string {
  return `${base}/Patient/${EXPORT}/${id}`
}

function tooMany (most: number, wait: number): OutcomeError {
  return new OutcomeError('throttled', { diagnostics: `A caller has at most ${most} exports: delete those that are done` }, { headers: { 'retry-after': seconds(wait) } })
}

function seconds (ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}
