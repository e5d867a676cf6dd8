import type { InteractionCode } from '../audit/event.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { refusal } from './answer.js'
import type { Answer } from './answer.js'
import type { Request } from './bundle.js'
import { readContent } from './content.js'
import type { ContentRead } from './content.js'
import { createUnlessExists, patchMatching, removeMatching, updateMatching } from './conditional.js'
import type { Context } from './context.js'
import { create } from './create.js'
import type { Preference } from './create.js'
import { remove } from './delete.js'
import { patch } from './patch.js'
import { tagsOf } from './query.js'
import { read } from './read.js'
import type { Keyed } from './receipt.js'
import { search } from './search.js'
import type { Sight } from './sight.js'
import { update } from './update.js'

/** What a content inside a Bundle may have, as in any JSON body (`design.md` 2). */
const MOST_INSIDE = 10 * 1024 * 1024

/** How the entries of one Bundle are answered: its `Prefer`. */
export interface Asked {
  readonly sight: Sight
  readonly prefer: Preference
  readonly lenient: boolean
  /** The Idempotency-Key of the whole Bundle. */
  readonly keyed?: Keyed | undefined
}

/** The interaction that a request is. */
export function interactionOf ({ method, id, version, elsewhere }: Request): InteractionCode {
  if (elsewhere !== undefined) return elsewhere.interaction
  switch (method) {
    case 'GET': return version !== undefined ? 'vread' : id !== undefined ? 'read' : 'search-type'
    case 'POST': return 'create'
    case 'PUT': return 'update'
    case 'PATCH': return 'patch'
    case 'DELETE': return 'delete'
  }
}

/** Does what one entry asks, by the function of its interaction. @param id of the resource, where it is known */
export async function perform (context: Context, request: Request, id: string | undefined, asked: Asked): Promise<Answer> {
  const answer = await done(context, request, id, asked)
  if (request.method !== 'GET') return answer
  const told = unlessUnchanged(answer, request)
  return request.isHead === true ? { ...told, body: { kind: 'nothing' } } : told
}

async function done (context: Context, request: Request, id: string | undefined, { sight, prefer, lenient, keyed }: Asked): Promise<Answer> {
  const { method, type, version, query = [], resource, patch: asks, ifMatch, ifNoneExist, elsewhere } = request
  if (elsewhere !== undefined) return await elsewhere.perform(context, sight, { query, resource, prefer, lenient, ifMatch })
  const matching = ifMatch === undefined ? {} : { ifMatch }
  switch (method) {
    case 'GET': {
      if (id === undefined) return await search(context, { sight, type, parameters: query, lenient })
      const asked = { sight, id, ...version === undefined ? {} : { version }, parameters: query }
      return type === 'Binary' ? await contentOf(context, asked) : await read(context, { ...asked, type })
    }
    case 'POST': return ifNoneExist === undefined || id !== undefined
      ? await create(context, { sight, type, resource, prefer, keyed, ...id === undefined ? {} : { id } })
      : await createUnlessExists(context, { sight, type, resource, prefer, keyed, criteria: ifNoneExist })
    case 'PUT': return id === undefined
      ? await updateMatching(context, { sight, type, criteria: query, resource, prefer, ...matching })
      : await update(context, { sight, type, id, resource, prefer, ...matching })
    case 'DELETE': return id === undefined
      ? await removeMatching(context, { sight, type, criteria: query, ...matching })
      : await remove(context, { sight, type, id, ...matching })
    case 'PATCH': {
      if (asks === undefined) throw new OutcomeError('bug')
      return id === undefined
        ? await patchMatching(context, { sight, type, criteria: query, patch: asks, prefer, keyed, ...matching })
        : await patch(context, { sight, type, id, patch: asks, prefer, keyed, ...matching })
    }
  }
}

/** A content as a part of a Bundle, which is whole in memory: a larger one is read by itself, as it streams. */
async function contentOf (context: Context, asked: Omit<ContentRead, 'accept'>): Promise<Answer> {
  const answer = await readContent(context, { ...asked, accept: 'application/fhir+json' })
  if (answer.body.kind !== 'content' || answer.body.content.size <= MOST_INSIDE) return answer
  const error = new OutcomeError('too-costly', { diagnostics: 'A content of more than 10 MiB is read by itself' })
  return refusal(answer.sight, error, answer.accesses.map(access => ({ ...access, outcome: '4' as const })))
}

/** R4 http.html#cread: what the client has already is not told again. */
function unlessUnchanged (answer: Answer, { ifNoneMatch, ifModifiedSince = NaN }: Request): Answer {
  if (answer.status !== 200) return answer
  const [version] = tagsOf(answer.headers['etag'] ?? '')
  const isUnchanged = ifNoneMatch === undefined
    ? instantOf(answer) <= ifModifiedSince
    : version !== undefined && (ifNoneMatch.includes(version) || ifNoneMatch.includes('*'))
  return isUnchanged ? { ...answer, status: 304, body: { kind: 'nothing' } } : answer
}

/** When what is answered was changed last: to the millisecond where one resource is told, as the entry may say it. */
function instantOf ({ body, headers }: Answer): number {
  return body.kind === 'resource' || body.kind === 'content' ? body.version.at : Date.parse(headers['last-modified'] ?? '')
}
