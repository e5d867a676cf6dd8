import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { buildRegistry } from '../../../src/search/registry.js'
import { own } from './fixture.js'
import { inProject } from '../../helper/root.js'

const root = inProject('')

t.test('the build keeps what the declared types need, and little more', { skip: !existsSync(`${root}/capability-statement.json`) && 'no statement here' }, async t => {
  const folder = t.testdir()
  execFileSync(process.execPath, [`${root}/scripts/definitions.mjs`, folder])
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
  const statement = json(`${root}/capability-statement.json`)
  t.ok(buildRegistry(statement, [...json(`${folder}/search-parameters.json`), ...own]).types.length > 0)
  t.ok(statSync(`${folder}/search-parameters.json`).size < 200_000)
})
