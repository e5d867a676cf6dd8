import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { phaseOf, sketch } from './item.js'
import type { Item, Phase } from './item.js'
import { MOST_BYTES, contentOf, linesOf } from './line.js'
import type { Part } from './part.js'

/** What one pass over a part tells, before anything is sent. */
export interface Survey {
  readonly part: Part
  /** Of all its files: another one is another part. */
  readonly digest: string
  /** Of each file. */
  readonly digests: ReadonlyMap<string, string>
  /** Items of each phase, and of each type; what cannot be sent counts with the last phase. */
  readonly phases: ReadonlyMap<Phase['name'], number>
  readonly types: ReadonlyMap<string, number>
}
/** A place of a file that holds nothing that can be sent. */
export interface Unsendable { readonly file: string, readonly line: number, readonly number: number, readonly reason: string }

export async function surveyOf (part: Part): Promise<Survey> {
  const digests = new Map<string, string>()
  for (const file of part.files) digests.set(file, await digestOf(file))
  const whole = createHash('sha256')
  for (const [file, digest] of digests) whole.update(`${path.basename(file)} ${digest}\n`)
  const phases = new Map<Phase['name'], number>()
  const types = new Map<string, number>()
  for await (const item of itemsOf(part, digests)) {
    const type = 'reason' in item ? '' : item.type
    const { name } = phaseOf(type)
    phases.set(name, (phases.get(name) ?? 0) + 1)
    types.set(type, (types.get(type) ?? 0) + 1)
  }
  return { part, digest: whole.digest('hex'), digests, phases, types }
}

/** The items of a part, in order; read as they are asked for. */
export async function * itemsOf ({ files, isLines }: Part, digests: ReadonlyMap<string, string>): AsyncGenerator<Item | Unsendable> {
  let number = 0
  for (const file of files) {
    const lines = isLines ? linesOf(file) : wholeOf(file)
    for await (const { number: line, text } of lines) {
      number++
      const sketched = text === undefined ? 'This is longer than a server takes' : sketch(text)
      if (text === undefined || typeof sketched === 'string') yield { file, line, number, reason: String(sketched) }
      else yield { file, line, number, text, ...sketched, key: `${(digests.get(file) ?? '').slice(0, 40)}-${line}` }
    }
  }
}

/** A file that is one resource. */
async function * wholeOf (file: string) {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of contentOf(file)) {
    length += (chunk as Buffer).length
    if (length <= MOST_BYTES) chunks.push(chunk as Buffer)
  }
  yield { number: 1, text: length > MOST_BYTES ? undefined : Buffer.concat(chunks).toString('utf8') }
}

async function digestOf (file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
