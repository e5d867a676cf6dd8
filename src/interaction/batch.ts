/**
 * R4 http.html#transaction, batch: each entry as if it came alone, with a sight of its own, at the one instant of the
 * request. A refusal is the answer of its entry; the others go on.
 */
import { OutcomeError } from '../outcome/outcome-error.js'
import { refusal } from './answer.js'
import type { Answer } from './answer.js'
import { answerTime } from './answer-time.js'
import { attempt } from './attempt.js'
import { entryPlace } from './bundle.js'
import type { Read, Request } from './bundle.js'
import { danglingFault, pointersIn } from './bundle-link.js'
import { checkConditional } from './conditional-reference.js'
import type { Context } from './context.js'
import { interactionOf, perform } from './entry.js'
import { keyedEntry } from './receipt.js'
import type { Asked } from './entry.js'
import type { Sight } from './sight.js'

export async function batch (context: Context, entries: readonly Read[], sightOf: () => Promise<Sight>, asked: Asked): Promise<Answer> {
  checkConditional(entries.flatMap((read, index) => 'error' in read ? [] : pointersIn(read.request.resource, `${entryPlace(index)}.resource`)))
  const answers: Answer[] = []
  const end = asked.sight.caller.now + answerTime(entries.length)
  for (const [index, read] of entries.entries()) {
    // Nobody waits any more: what is left is not begun.
    if (context.clock() > end) throw new OutcomeError('outcome-unknown')
    const keyed = asked.keyed === undefined ? {} : { keyed: keyedEntry(context, asked.keyed, index) }
    answers.push(await answered(context, read, sightOf, { ...asked, ...keyed }))
  }
  return {
    status: 200,
    headers: {},
    body: { kind: 'bundle', type: 'batch-response', entries: answers },
    sight: asked.sight,
    accesses: []
  }
}

/** Entries of a batch do not know of one another: an address that means something inside a Bundle only leads nowhere. */
function checkAlone ({ type, resource, patch }: Request): void {
  const [fault] = pointersIn(resource ?? patch?.body, type).flatMap(pointer => danglingFault(pointer) ?? [])
  if (fault !== undefined) throw new OutcomeError('business-rule', fault)
}

async function answered (context: Context, read: Read, sightOf: () => Promise<Sight>, asked: Asked): Promise<Answer> {
  const named = 'error' in read ? { interaction: 'batch', type: 'Bundle' } as const : { interaction: interactionOf(read.request), type: read.request.type }
  try {
    return await attempt(sightOf, named, async sight => {
      if ('error' in read) throw read.error
      const { request } = read
      checkAlone(request)
      return await perform(context, request, request.id, { ...asked, sight })
    })
  } catch (error) {
    // What was done for other entries is done: only this one failed.
    return refusal(asked.sight, error instanceof OutcomeError ? error : new OutcomeError('bug', [], { cause: error }), [])
  }
}
