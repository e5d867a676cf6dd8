/** The rows of the operations on a record that R4 and HL7's guides define. */
import { isOwned } from '../consent/family.js'
import { changeMeta } from '../operation/change-meta.js'
import { meta } from '../operation/meta.js'
import { asked, idOf, ifMatch } from './asked.js'
import type { Params } from './asked.js'
import { readPrefer } from './header.js'
import type { Handle, Row } from './rows.js'

/** The rows of an operation on a type; undefined for one that is none of these, or is not built on this type. */
export function recordRows (type: string, name: string): readonly Row[] | undefined {
  const rows = (path: string, handle: Handle, methods: readonly ('GET' | 'POST')[] = ['GET', 'POST']) =>
    methods.map((method): Row => ({ method, path: `${path}/$${name}`, interaction: 'operation', handle }))
  const instance = `/${type}/:id`
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
    default: return undefined
  }
}
