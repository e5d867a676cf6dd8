/** Scenarios in which something hidden once showed, each as small as it could be made. `npm test` plays them again. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Scenario } from './scenario.js'
import { inProject } from '../../helper/root.js'

const FOLDER = inProject('test/security/wire/corpus')

export interface Kept {
  readonly file: string
  /** What differed, in a sentence; a person may write a better one. */
  readonly why: string
  readonly scenario: Scenario
}

export function corpus (): readonly Kept[] {
  return readdirSync(FOLDER).filter(file => file.endsWith('.json')).toSorted().map(file => {
    const { why, ...scenario } = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Scenario & { readonly why: string }
    return { file, why, scenario }
  })
}

/** @returns the file, called by a hash of the scenario */
export function keep (scenario: Scenario, why: string): string {
  const file = `${createHash('sha256').update(JSON.stringify(scenario)).digest('hex').slice(0, 10)}.json`
  writeFileSync(path.join(FOLDER, file), `${JSON.stringify({ why, ...scenario }, null, 1)}\n`)
  return file
}
