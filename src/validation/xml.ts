/**
 * Whether a content is well-formed XML 1.0, read as it comes, in linear time and bounded memory. No entity is expanded but
 * the five that XML has: a document type declaration, which could make others, is refused.
 */
import { setImmediate } from 'node:timers/promises'
import { SaxesParser } from 'saxes'
import { encodingOf } from './media.js'
import type { MediaFault } from './media.js'

/** Characters of one tag, comment, section or reference, which are kept until it ends. */
const MOST_OPEN = 256 * 1024
/** Elements inside one another. */
const MOST_DEEP = 1000
const PIECE = 64 * 1024

export interface XmlReading {
  /** What is wrong with what came so far. */
  readonly add: (part: Uint8Array) => MediaFault | undefined
  /** What is wrong with the whole. */
  readonly end: () => MediaFault | undefined
}

const content = (diagnostics: string): MediaFault => ({ of: 'content', diagnostics })
const MALFORMED = content('The XML is not well-formed')

/** @param head the first bytes, which say the encoding */
export function readXml (head: Uint8Array): XmlReading {
  const decoder = new TextDecoder(encodingOf(head), { fatal: true })
  const parser = new SaxesParser({ position: true })
  let fault: MediaFault | undefined
  let depth = 0
  /** Where the last tag, comment or section ended, and how much was written. */
  let [closed, written] = [0, 0]
  /** What is open, a tag or a reference, and how much of it came. */
  let open: { readonly by: '<' | '&', size: number } | undefined
  const close = () => { closed = parser.position }
  parser.on('opentag', () => { depth++; close() })
  parser.on('closetag', () => { depth--; close() })
  for (const name of ['comment', 'cdata', 'processinginstruction', 'xmldecl'] as const) parser.on(name, close)
  parser.on('doctype', () => { fault = content('XML with a document type declaration is not taken') })

  /** What of a piece nothing has ended yet is kept by the parser. */
  function keep (piece: string): void {
    const tail = closed > written - piece.length ? piece.slice(piece.length - (written - closed)) : undefined
    if (tail === undefined && open?.by === '<') { open.size += piece.length; return }
    const end = tail === undefined && open !== undefined ? piece.indexOf(';') : -1
    if (tail === undefined && open !== undefined && end < 0) { open.size += piece.length; return }
    const rest = tail ?? piece.slice(end + 1)
    const [tag, reference] = [rest.indexOf('<'), rest.lastIndexOf('&')]
    open = tag >= 0 ? { by: '<', size: rest.length - tag } : reference > rest.lastIndexOf(';') ? { by: '&', size: rest.length - reference } : undefined
  }

  function write (text: string): void {
    for (let at = 0; at < text.length && fault === undefined; at += PIECE) {
      const piece = text.slice(at, at + PIECE)
      parser.write(piece)
      written += piece.length
      keep(piece)
      if (depth > MOST_DEEP) fault ??= content(`Elements of XML are at most ${MOST_DEEP} inside one another`)
      if ((open?.size ?? 0) > MOST_OPEN) fault ??= content('A tag, comment or section of the XML is too long')
    }
  }

  /** The parser and the decoder throw at the first fault. */
  function attempt (work: () => void): MediaFault | undefined {
    try {
      if (fault === undefined) work()
    } catch {
      fault = MALFORMED
    }
    return fault
  }

  return {
    add: part => attempt(() => { write(decoder.decode(part, { stream: true })) }),
    end: () => attempt(() => {
      write(decoder.decode())
      parser.close()
    })
  }
}

/** What is wrong with an XML that is there at once; others are answered meanwhile. */
export async function xmlFaultIn (bytes: Uint8Array): Promise<MediaFault | undefined> {
  const reading = readXml(bytes)
  for (let at = 0; at < bytes.length; at += 4 * PIECE) {
    const fault = reading.add(bytes.subarray(at, at + 4 * PIECE))
    if (fault !== undefined) return fault
    await setImmediate()
  }
  return reading.end()
}
