/** The rows of the operations that are declared: GET where all parameters are text and nothing changes, and POST. */
import type { CapabilityStatementRestResourceOperation } from '@medplum/fhirtypes'
import { activity } from '../operation/activity.js'
import { beginExport, cancelExport, exportStatus } from '../operation/export.js'
import { exportFile } from '../operation/export-file.js'
import { pairsIn } from '../operation/input.js'
import { reportAccess } from '../operation/report-access.js'
import { simulateConsent } from '../operation/simulate-consent.js'
import { why } from '../operation/why.js'
import { asked, bodyOf, fileOf, formatOf, idOf, query } from './asked.js'
import { readLanguages, readPrefer, wantsAsync, wantsCsv } from './header.js'
import { recordRows } from './record-operations.js'
import type { Handle, Row } from './rows.js'
import { isOfTerminology, terminologyRows } from './terminology.js'
import { validateRows } from './validate-rows.js'

/** Operations after which something may be other than before; all others are done again by whoever got no answer. */
const CHANGING: readonly string[] = ['meta-add', 'meta-delete', 'report-access', 'export']

/** @throws Error at start for an operation that is not built, on this type */
export function operationRows (type: string, { name }: Pick<CapabilityStatementRestResourceOperation, 'name'>): readonly Row[] {
  const rows = rowsOf(type, name)
  return CHANGING.includes(name) ? rows : rows.map((row): Row => ({ ...row, isSafe: true }))
}

function rowsOf (type: string, name: string): readonly Row[] {
  if (isOfTerminology(type)) return terminologyRows(type, name)
  const row = (method: 'GET' | 'POST', handle: Handle): Row => ({ method, path: `/${type}/:id/$${name}`, interaction: 'operation', handle })
  if (name === 'validate') return validateRows(type)
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
  if (name === 'export' && type === 'Patient') return exportRows
  const rows = recordRows(type, name)
  if (rows === undefined) throw new Error(`capability-statement.json declares ${type} $${name}, which is not built`)
  return rows
}

/** The kick-off, and under it the jobs with their files: on no patient in particular. */
const begin: Handle = async (context, sight, request) =>
  await beginExport(context, { sight, asked: asked(request), isAsync: wantsAsync(request.headers), isLenient: readPrefer(request.headers).lenient })
const ONE = '/Patient/$export/:id'
const exportRows: readonly Row[] = [
  { method: 'GET', path: '/Patient/$export', interaction: 'operation', handle: begin },
  { method: 'POST', path: '/Patient/$export', interaction: 'operation', handle: begin },
  { method: 'GET', path: ONE, interaction: 'operation', handle: async (context, sight, request) => await exportStatus(context, { sight, id: idOf(request) }) },
  { method: 'DELETE', path: ONE, interaction: 'operation', handle: async (context, sight, request) => await cancelExport(context, { sight, id: idOf(request) }) },
  { method: 'GET', path: `${ONE}/:file`, interaction: 'operation', isFile: true, handle: async (context, sight, request) => await exportFile(context, { sight, id: idOf(request), type: fileOf(request) }) }
]
