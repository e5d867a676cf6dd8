import { open, rm } from 'node:fs/promises'
import path from 'node:path'
import type { FileHandle } from 'node:fs/promises'
import type { OperationOutcome } from '@medplum/fhirtypes'

/** A refusal at its place: what the operator mends. It holds nothing of the resource. */
export interface Refusal { readonly file: string, readonly line: number, readonly status: number, readonly outcome: OperationOutcome, readonly entry?: number }

export interface Report {
  readonly add: (refusal: Refusal) => Promise<void>
  readonly count: () => number
  readonly close: () => Promise<void>
}

/** The refusals of one part: `<part>.rejected.ndjson` beside it, made anew by each load, absent when there is none. */
export async function createReport (part: string, say: (line: string) => void): Promise<Report> {
  const file = `${part}.rejected.ndjson`
  await rm(file, { force: true })
  let opened: Promise<FileHandle> | undefined
  let count = 0
  return {
    add: async refusal => {
      count++
      say(lineOf(refusal))
      opened ??= open(file, 'a', 0o600)
      await (await opened).write(`${JSON.stringify({ ...refusal, file: path.relative(path.dirname(part), refusal.file) })}\n`)
    },
    count: () => count,
    close: async () => { await (await opened)?.close() }
  }
}

/** A path as somebody who works here would write it. */
export function shortOf (file: string): string {
  const near = path.relative('.', file)
  return near.startsWith('..') ? file : near
}

function lineOf ({ file, line, status, outcome, entry }: Refusal): string {
  const issues = outcome.issue.map(({ diagnostics, code, expression }) => `${diagnostics ?? code}${expression === undefined ? '' : ` (${expression.join(', ')})`}`)
  return `${shortOf(file)}:${line}${entry === undefined ? '' : ` entry[${entry}]`} ${status === 0 ? 'not sent' : status} ${issues.join('; ')}`
}
