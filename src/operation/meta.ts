/**
 * `$meta` (R4 resource-operation-meta.html): the `meta` of a resource, or of one of its versions, to whom a read of it
 * shows that, and as absent to others. It has no parameters. It is a read of a part, and traced as a read.
 */
import type { Answer, Body } from '../interaction/answer.js'
import type { Asking, Context } from '../interaction/context.js'
import { read, tracingRefusal } from '../interaction/read.js'
import type { Kept } from '../interaction/store.js'
import { readInput } from './input.js'
import type { Asked } from './input.js'
import { traced } from './why.js'

export interface Meta extends Asking { readonly type: string, readonly id: string, readonly version?: string, readonly asked: Asked }

export async function meta (context: Context, { asked, ...reading }: Meta): Promise<Answer> {
  const answer = await read(context, reading)
  const { body, sight } = answer
  if (body.kind !== 'resource') return traced(answer, '$meta')
  return traced(await tracingRefusal(sight, reading.version === undefined ? 'read' : 'vread', body.version, async () => {
    readInput(context, asked, [])
    return { ...answer, body: metaOf(body.version) }
  }), '$meta')
}

/** What the three operations on `meta` answer. */
export function metaOf (version: Kept): Body {
  return { kind: 'parameters', parameters: [{ name: 'return', metaOf: version }] }
}
