import type { Link } from '../interaction/answer.js'

/** A piece of an answer: text that is made here, or UTF-8 as it was opened. */
export type Part = string | Buffer

/** A Bundle, whole: the JSON of each entry in its pieces. */
export function bundle (type: string, total: number | undefined, links: readonly Link[], entries: readonly (readonly Part[])[]): Buffer {
  const count = total === undefined ? '' : `"total":${total},`
  const head = `{"resourceType":"Bundle","type":"${type}",${count}"link":${JSON.stringify(links)}`
  if (entries.length === 0) return Buffer.from(`${head}}`)
  return joined([`${head},"entry":[`, ...entries.flatMap((parts, index) => index === 0 ? parts : [',', ...parts]), ']}'])
}

/** Each byte is copied once, into one piece of memory as long as all of them. */
function joined (parts: readonly Part[]): Buffer {
  const whole = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : part.length), 0))
  let end = 0
  for (const part of parts) {
    if (typeof part === 'string') {
      end += whole.write(part, end)
    } else {
      whole.set(part, end)
      end += part.length
    }
  }
  return whole
}
