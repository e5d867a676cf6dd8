/** Scenarios on which the model, the decision or a filter once disagreed, each as small as it could be made. `npm test` asks them again. */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Asked } from './engine.js'
import { inProject } from '../helper/root.js'

const FOLDER = inProject('test/consent/corpus')

export interface Kept {
  readonly file: string
  /** What disagreed, in a sentence; a person may write a better one. */
  readonly why: string
  readonly asked: Asked
}

export function corpus (): readonly Kept[] {
  return readdirSync(FOLDER).filter(file => file.endsWith('.json')).toSorted().map(file => {
    const { why, ...asked } = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Asked & { readonly why: string }
    return { file, why, asked }
  })
}

/** @returns the file, called by a hash of the scenario */
export function keep ({ world, caller, now }: Asked, why: string): string {
  const file = `${createHash('sha256').update(JSON.stringify({ world, caller, now })).digest('hex').slice(0, 10)}.json`
  writeFileSync(path.join(FOLDER, file), `${JSON.stringify({ why, caller, now, world }, null, 1)}\n`)
  return file
}
