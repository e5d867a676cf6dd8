/** The rows of the operations that are declared: GET where all parameters are text and nothing changes, and POST. */
import type { CapabilityStatementRestResourceOperation } from '@medplum/fhirtypes'
import { activity } from '../operation/activity.js'
import { pairsIn } from '../operation/input.js'
import { reportAccess } from '../operation/report-access.js'
import { simulateConsent } from '../operation/simulate-consent.js'
import { why } from '../operation/why.js'
import { asked, bodyOf, formatOf, idOf, query } from './asked.js'
import { readLanguages, wantsCsv } from './header.js'
import type { Handle, Row } from './rows.js'
import { isOfTerminology, terminologyRows } from './terminology.js'

/** @throws Error at start for an operation that is not built, on this type */
export function operationRows (type: string, { name }: Pick<CapabilityStatementRestResourceOperation, 'name'>): readonly Row[] {
  if (isOfTerminology(type)) return terminologyRows(type, name)
  const row = (method: 'GET' | 'POST', handle: Handle): Row => ({ method, path: `/${type}/:id/$${name}`, interaction: 'operation', handle })
  if (name === 'why') {
    const handle: Handle = async (context, sight, request) => await why(context, { sight, type, id: idOf(request), asked: asked(request), languages: readLanguages(request.headers) })
    return [row('GET', handle), row('POST', handle)]
  }
  if (name === 'simulate-consent' && type === 'Patient') {
    return [row('POST', async (context, sight, request) => await simulateConsent(context, { sight, id: idOf(request), asked: { query: query(request), body: bodyOf(request) } }))]
  }
  if (name === 'report-access' && type === 'Patient') {
    return [row('POST', async (context, sight, request) => await reportAccess(context, { sight, id: idOf(request), asked: asked(request) }))]
  }
  if (name === 'activity' && type === 'Patient') {
    const handle: Handle = async (context, sight, request) => {
      const { query: pairs, body } = asked(request)
      const parameters = [...pairs, ...body === undefined ? [] : pairsIn(context, body)]
      return await activity(context, { sight, id: idOf(request), parameters, isTable: wantsCsv(request.headers, formatOf(request)) })
    }
    return [row('GET', handle), row('POST', handle)].map(each => ({ ...each, type: 'AuditEvent', hasTable: true }))
  }
  throw new Error(`capability-statement.json declares ${type} $${name}, which is not built`)
}
