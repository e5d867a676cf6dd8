/** The rows of the operations on a record that R4 and HL7's guides define. */
import { isOwned } from '../consent/family.js'
import type { Context } from '../interaction/context.js'
import { changeMeta } from '../operation/change-meta.js'
import { DOCREF_VALUES, docref } from '../operation/docref.js'
import { everything } from '../operation/everything.js'
import { pairsIn } from '../operation/input.js'
import { lastn } from '../operation/lastn.js'
import { meta } from '../operation/meta.js'
import { summary, summaryOf } from '../operation/summary.js'
import type { PageToken } from '../search/page.js'
import { asked, idOf, ifMatch } from './asked.js'
import type { Params, Requested } from './asked.js'
import { readPrefer } from './header.js'
import type { Handle, Row } from './rows.js'

/** The rows of an operation on a type; undefined for one that is none of these, or is not built on this type. */
export function recordRows (type: string, name: string): readonly Row[] | undefined {
  const rows = (path: string, handle: Handle, methods: readonly ('GET' | 'POST')[] = ['GET', 'POST']) =>
    methods.map((method): Row => ({ method, path: `${path}/$${name}`, interaction: 'operation', handle }))
  const [whole, instance] = [`/${type}`, `/${type}/:id`]
  switch (name) {
    // The content of a Binary is all that it has.
    case 'meta': return type === 'Binary'
      ? undefined
      : [
          ...rows(instance, async (context, sight, request) => await meta(context, { sight, type, id: idOf(request), asked: asked(request) })),
          ...isOwned(type)
            ? []
            : rows(`${instance}/_history/:version`, async (context, sight, request) => {
              const { version } = request.params as Params
              return await meta(context, { sight, type, id: idOf(request), version, asked: asked(request) })
            })
        ]
    case 'meta-add': case 'meta-delete': return rows(instance, async (context, sight, request) =>
      await changeMeta(context, { sight, type, name, id: idOf(request), asked: asked(request), prefer: readPrefer(request.headers).prefer, ...ifMatch(request) }), ['POST'])
    case 'everything': return type !== 'Patient'
      ? undefined
      : rows(instance, async (context, sight, request) =>
        await everything(context, { sight, id: idOf(request), parameters: pairs(context, request) }))
    case 'summary': return type !== 'Patient'
      ? undefined
      : [
          ...rows(instance, async (context, sight, request) => await summary(context, { sight, id: idOf(request), asked: asked(request) })),
          ...rows(whole, async (context, sight, request) => await summaryOf(context, { sight, asked: asked(request) }))
        ]
    case 'docref': return type !== 'DocumentReference'
      ? undefined
      : rows(whole, async (context, sight, request) =>
        await docref(context, { sight, parameters: pairs(context, request, DOCREF_VALUES) }))
    case 'lastn': return type !== 'Observation'
      ? undefined
      : rows(whole, async (context, sight, request) =>
        await lastn(context, { sight, parameters: pairs(context, request) }))
    default: return undefined
  }
}

/** The parameters of an operation that is a search in other words. */
function pairs (context: Context, request: Requested, more: readonly string[] = []): PageToken['parameters'] {
  const { query, body } = asked(request)
  return [...query, ...body === undefined ? [] : pairsIn(context, body, more)]
}
