import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** One line of an NDJSON file; `text` is undefined where it is longer than the server would take. */
export interface Line { readonly number: number, readonly text: string | undefined }

/** The most bytes of a line: what the server takes of a body, and a little. */
export const MOST_BYTES = 16 * 1024 * 1024
const NEWLINE = 0x0a

/** The content of a file, decompressed where its name ends in `.gz`. */
export function contentOf (file: string): Readable {
  const raw = createReadStream(file, { highWaterMark: 256 * 1024 })
  if (!file.endsWith('.gz')) return raw
  const plain = createGunzip()
  raw.once('error', error => plain.destroy(error))
  return raw.pipe(plain)
}

/** The lines of a file that hold something, one after the other: no more than one of them is in memory here. */
export async function * linesOf (file: string): AsyncGenerator<Line> {
  let pieces: Buffer[] = []
  let length = 0
  let number = 1
  const take = (): Line | undefined => {
    const text = length > MOST_BYTES ? undefined : Buffer.concat(pieces).toString('utf8')
    const line = { number, text }
    pieces = []
    length = 0
    number++
    return text === undefined || text.trim() !== '' ? line : undefined
  }
  const keep = (piece: Buffer) => {
    length += piece.length
    // A line that is too long is read to its end, and dropped.
    if (length <= MOST_BYTES) pieces.push(piece)
    else pieces = []
  }
  for await (const chunk of contentOf(file)) {
    const bytes = chunk as Buffer
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      keep(bytes.subarray(start, end))
      start = end + 1
      const line = take()
      if (line !== undefined) yield line
    }
    keep(bytes.subarray(start))
  }
  const last = take()
  if (last !== undefined) yield last
}
