import { readFileSync } from 'node:fs'
import type { CapabilityStatement } from '@medplum/fhirtypes'
import t from 'tap'
import { operationRows } from '../../../src/http/operations.js'
import { inProject } from '../../helper/root.js'

const { rest } = JSON.parse(readFileSync(inProject('capability-statement.json'), 'utf8')) as CapabilityStatement
const declared = (rest?.[0]?.resource ?? []).flatMap(({ type, operation = [] }) => operation.map(one => ({ type, one })))

t.test('an operation that got no answer may be asked again unless it changes something, by POST too', async t => {
  t.ok(declared.length > 50, `${declared.length} operations`)
  for (const { type, one } of declared) {
    const mayBeAgain = !/^(?:meta-add|meta-delete|report-access|export)$/.test(one.name)
    for (const { method, isSafe = false } of operationRows(type, one)) t.equal(isSafe, mayBeAgain, `${method} ${type} $${one.name}`)
  }
})
