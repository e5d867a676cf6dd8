/** The rows of `$validate`: on a type, and on one of its resources. */
import { validate } from '../operation/validate.js'
import { asked, idOf } from './asked.js'
import type { Row } from './rows.js'

export function validateRows (type: string): readonly Row[] {
  return [
    { method: 'POST', path: `/${type}/$validate`, interaction: 'operation', handle: async (context, sight, request) => await validate(context, { sight, type, asked: asked(request) }) },
    { method: 'POST', path: `/${type}/:id/$validate`, interaction: 'operation', handle: async (context, sight, request) => await validate(context, { sight, type, id: idOf(request), asked: asked(request) }) }
  ]
}
