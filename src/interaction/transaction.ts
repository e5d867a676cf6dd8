/**
 * R4 http.html#transaction: all of the entries or none, in the order of R4, each by the function of its interaction.
 * They run on a store that stages what they write (`overlay.ts`) and see what those before them wrote; one commit makes
 * it all true. A transaction says no more than its entries would, asked one by one.
 */
import type { Access } from '../audit/event.js'
import type { DocumentReference } from '@medplum/fhirtypes'
import { OutcomeError } from '../outcome/outcome-error.js'
import { refusal, versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { inEntry } from './bundle.js'
import type { Read } from './bundle.js'
import { createPromises } from './bundle-promise.js'
import { usesOf } from './bundle-medication.js'
import { teamsOf } from './bundle-team.js'
import { parsed } from './admit/admission.js'
import { whileUnmatched } from './conditional.js'
import { needScope } from './context.js'
import type { Context } from './context.js'
import { shown } from './create.js'
import { createDirectory } from './directory.js'
import { interactionOf, perform } from './entry.js'
import type { Asked } from './entry.js'
import { createOverlay } from './overlay.js'
import type { Overlay } from './overlay.js'
import { receiptOf, recalled } from './receipt.js'
import type { Keyed } from './receipt.js'
import { supersession } from './supersession.js'
import { plan } from './transaction-plan.js'
import type { Step } from './transaction-target.js'

const PERMISSIONS = { POST: 'c', PUT: 'u', PATCH: 'u', DELETE: 'd' } as const

/** An entry that was done, and the record that it was done in. */
interface Done { readonly step: Step, readonly answer: Answer, readonly patient: string | null }

export async function transaction (context: Context, entries: readonly Read[], { keyed, ...asked }: Asked): Promise<Answer> {
  const known = await repeated(context, entries, keyed, asked)
  if (known !== undefined) return known
  const steps = await plan(context, entries, asked)
  const overlay = createOverlay(context)
  const staged: Context = { ...context, store: overlay.store, directory: createDirectory(overlay.store, context.hash), medications: usesOf(steps), teams: teamsOf(context, steps), isWritten: (type, id) => overlay.final(type, id) !== undefined }
  const promises = createPromises(steps, (type, id) => overlay.final(type, id) !== undefined)
  const done: Done[] = []
  for (const step of steps) {
    if (step.owner !== undefined) continue
    const answer = step.answer ?? await performed(step, asked, async () =>
      supersession(overlay, step, steps, asked) ?? await perform(conditioned({ ...staged, promise: promises.of(step) }, context, step, asked), step.request, step.id, asked))
    if (answer.body.kind === 'refusal') return failed(answer, answer.body.error, step, done)
    done.push({ step, answer, patient: overlay.writes().at(-1)?.changes.at(-1)?.next.patient ?? null })
  }
  const broken = await promises.broken(staged, asked.sight)
  if (broken !== undefined) return failed(refusal(asked.sight, broken.error, []), broken.error, broken.step, done)
  const answers = new Map(done.map(({ step, answer }) => [step.index, settled(overlay, answer, asked)]))
  const byIndex = steps.toSorted((one, other) => one.index - other.index)
  const answer: Answer = {
    status: 200,
    headers: {},
    body: {
      kind: 'bundle',
      type: 'transaction-response',
      entries: byIndex.map(step => answers.get(step.index) ?? contentAnswer(overlay, step, byIndex, asked))
    },
    sight: asked.sight,
    accesses: []
  }
  if (overlay.writes().length === 0) return answer
  return await committed(context, overlay, receiptOf(keyed, answer, asked.sight.caller.now), done, asked) ?? answer
}

/** What a transaction that was done under its key is answered again: what it read is read anew, as what it wrote is. */
async function repeated (context: Context, entries: readonly Read[], keyed: Keyed | undefined, asked: Asked): Promise<Answer | undefined> {
  const { sight, prefer } = asked
  const known = await recalled(context, sight, keyed, version => shown(sight, version, prefer))
  if (known?.body.kind !== 'bundle') return undefined
  const answers: Answer[] = []
  for (const [index, answer] of known.body.entries.entries()) {
    const read = entries[index]
    const request = read !== undefined && 'request' in read ? read.request : undefined
    if (request !== undefined && request.method !== 'GET' && request.type !== 'Binary') needScope(asked, request.type, PERMISSIONS[request.method])
    answers.push(request?.method === 'GET' ? await performed({ request }, asked, async () => await perform(context, request, request.id, asked)) : answer)
  }
  return { ...known, body: { ...known.body, entries: answers } }
}

/** What is recorded already is told of the entry that would record it again. */
async function committed (context: Context, overlay: Overlay, receipt: ReturnType<typeof receiptOf>, done: readonly Done[], { sight }: Asked): Promise<Answer | undefined> {
  try {
    await context.store.commit({ ...overlay.write(), ...receipt })
    return undefined
  } catch (error) {
    const double = error instanceof OutcomeError && error.kind === 'duplicate' ? await overlay.collision() : undefined
    const one = done.find(({ step: { request, id } }) => request.type === double?.type && id === double.id)
    if (one === undefined || !(error instanceof OutcomeError)) throw error
    return failed(refusal(sight, error, []), error, one.step, done)
  }
}

/** What a creation on a condition runs on: the condition is asked of the store, not of what other entries wrote. */
function conditioned (staged: Context, below: Context, { condition, request: { type } }: Step, { sight }: Asked): Context {
  return condition === undefined ? staged : whileUnmatched(staged, below, { sight, type, criteria: condition })
}

/** An entry's answer; what it refuses is an answer too, with its trace. */
async function performed ({ request }: Pick<Step, 'request'>, { sight }: Asked, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status >= 500 || error.kind === 'contention') throw error
    return refusal(sight, error, [{ interaction: interactionOf(request), type: request.type, patient: sight.caller.patient ?? null, outcome: '4' }])
  }
}

/** The whole fails as its entry did. What was asked before it came to nothing, and leaves its trace. */
function failed ({ sight, accesses }: Answer, error: OutcomeError, { index }: Step, done: readonly Done[]): Answer {
  const { kind } = error
  const told = new OutcomeError(kind, inEntry(error, index), kind === 'method' ? { headers: { allow: 'POST' } } : {})
  return refusal(sight, told, [...done.flatMap(undone), ...accesses])
}

function undone ({ step: { request, id }, answer, patient }: Done): readonly Access[] {
  const { type, method } = request
  if (answer.accesses.length > 0) return answer.accesses.map(({ disclosed, ...access }): Access => ({ ...access, outcome: '4' }))
  const isThere = method !== 'POST' && id !== undefined
  return [{ interaction: interactionOf(request), type, patient, ...isThere ? { about: `${type}/${id}` } : {}, outcome: '4' }]
}

/** The answer with the version that the whole transaction leaves of what an entry wrote. */
function settled (overlay: Overlay, answer: Answer, { sight, prefer }: Asked): Answer {
  const { version } = answer
  const final = version === undefined ? undefined : overlay.final(version.type, version.id)
  if (final === undefined || final.version === version?.version) return answer
  return { ...answer, headers: { ...answer.headers, ...versionHeaders(final) }, body: shown(sight, final, prefer), version: final }
}

/** A Binary was written with its document: its address is there. */
function contentAnswer (overlay: Overlay, { owner }: Step, steps: readonly Step[], { sight }: Asked): Answer {
  const document = overlay.final('DocumentReference', steps[owner?.index ?? -1]?.id ?? '')
  if (owner === undefined) throw new OutcomeError('bug')
  // Its document was there already: nothing was written.
  if (document === undefined) return { status: 200, headers: {}, body: { kind: 'nothing' }, sight, accesses: [] }
  const url = parsed<DocumentReference>(document).content[owner.content]?.attachment.url ?? ''
  const version = { ...document, type: 'Binary', id: url.replace('Binary/', ''), version: '1' }
  return { status: 201, headers: { etag: 'W/"1"' }, body: { kind: 'nothing' }, version, sight, accesses: [] }
}
