/** What the CapabilityStatement says of each search parameter is what it takes: its modifiers, no more and no fewer. */
import { readFileSync } from 'node:fs'
import type { CapabilityStatement } from '@medplum/fhirtypes'
import t from 'tap'
import { isShared } from '../../../src/consent/family.js'
import { buildRegistry } from '../../../src/search/registry.js'
import { valueKinds } from '../../../src/search/value/table.js'
import { base, definitions, own } from './fixture.js'
import { ROOT } from '../../helper/root.js'

const json = (path: string) => JSON.parse(readFileSync(new URL(path, ROOT), 'utf8')) as unknown
const statement = json('capability-statement.json') as CapabilityStatement
const systems = json('dist/definitions/implied-systems.json') as Readonly<Record<string, readonly string[]>>
const registry = buildRegistry(statement, [...definitions, ...own], { base, systems })

for (const { type = '', searchParam = [] } of statement.rest?.[0]?.resource ?? []) {
  t.test(`the parameters of ${type} are documented with the modifiers that they take`, async t => {
    for (const { name, documentation = '' } of searchParam) {
      const parameter = registry.parameter(type, name)
      if (parameter === undefined) throw new Error(`${type}.${name}`)
      const taken = valueKinds[parameter.type].modifiers(parameter).map(modifier => /^[A-Z]/.test(modifier) ? '[type]' : modifier)
        // Texts of a record are sealed.
        .filter(modifier => modifier !== 'contains' || isShared(type))
      const said = /Modifiers: ([^.]*)\./.exec(documentation)?.[1]?.split(', ') ?? []
      // A name with a dot is a chain too (decision 0021), which cannot be missing.
      t.strictSame([...said].sort(), [...new Set([...name.includes('.') ? [] : ['missing'], ...taken])].sort(), name)
    }
  })
}
