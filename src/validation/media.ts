/**
 * Whether a content is what its media type says, by its first bytes: PDF, images and XML are looked at. XML is read here up
 * to its root element, and further by `xml.ts`; one with a document type is refused, so that no entity of it is ever
 * expanded or fetched.
 */
import { fileTypeFromBuffer } from 'file-type'

/** RFC 6838 names, and parameters in printable ASCII: it travels in a header. */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:\s*;[\x20-\x7e]{0,200})?$/
/** How much of a content is looked at. */
export const HEAD = 64 * 1024
const XML = /^(?:text\/xml|application\/xml|.*\+xml)$/
const ALIASES: Readonly<Record<string, string>> = { 'image/jpg': 'image/jpeg', 'application/x-pdf': 'application/pdf' }
/** Forms that begin with bytes which no text begins with. */
const UNMISTAKABLE: readonly string[] = ['application/pdf', 'image/jpeg', 'image/png', 'image/tiff']
const ENCODINGS: readonly string[] = ['utf-8', 'us-ascii', 'iso-8859-1', 'iso-8859-15', 'windows-1252']

/** What is wrong, and with which: the type that was said, or the content. */
export interface MediaFault { readonly of: 'type' | 'content', readonly diagnostics: string }

const MISMATCH: MediaFault = { of: 'type', diagnostics: 'The content is not of this media type' }

export function isMediaType (text: string): boolean {
  return MEDIA_TYPE.test(text)
}

/** A media type without its parameters. */
export function bareType (mediaType: string): string {
  return mediaType.split(';')[0]?.trim().toLowerCase() ?? ''
}

/** @param head the first `HEAD` bytes, or all of a shorter content */
export async function mediaFault (mediaType: string, head: Uint8Array): Promise<MediaFault | undefined> {
  const bare = bareType(mediaType)
  const said = ALIASES[bare] ?? bare
  if (XML.test(said)) return xmlFault(head)
  const found = (await fileTypeFromBuffer(head))?.mime
  if (said === 'application/pdf' || said.startsWith('image/')) return found === said ? undefined : MISMATCH
  return said !== 'application/octet-stream' && UNMISTAKABLE.includes(found ?? '') ? MISMATCH : undefined
}

function xmlFault (head: Uint8Array): MediaFault | undefined {
  const [text, wide] = decoded(head)
  const encoding = declared(text)
  if (encoding !== undefined && wide === undefined && !ENCODINGS.includes(encoding)) return { of: 'content', diagnostics: 'XML is read in UTF-8, UTF-16 and Latin encodings' }
  const blank = /[ \t\r\n]*/y
  for (let at = 0; ;) {
    blank.lastIndex = at
    blank.test(text)
    at = blank.lastIndex
    const end = text.startsWith('<!--', at) ? after(text, '-->', at + 4) : text.startsWith('<?', at) ? after(text, '?>', at + 2) : undefined
    if (end === -1) return { of: 'content', diagnostics: 'Too much stands before the root element of the XML' }
    if (end === undefined) return rootFault(text, at)
    at = end
  }
}

export function isXml (mediaType: string): boolean {
  return XML.test(bareType(mediaType))
}

/** The encoding of an XML whose head has no fault. */
export function encodingOf (head: Uint8Array): string {
  const [text, wide] = decoded(head)
  return wide ?? declared(text) ?? 'utf-8'
}

function declared (text: string): string | undefined {
  return /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]*)["']/.exec(text.slice(0, 400))?.[1]?.toLowerCase()
}

function after (text: string, mark: string, from: number): number {
  const index = text.indexOf(mark, from)
  return index < 0 ? -1 : index + mark.length
}

function rootFault (text: string, at: number): MediaFault | undefined {
  if (text.startsWith('<!', at)) return { of: 'content', diagnostics: 'XML with a document type declaration is not taken' }
  return /^<[\p{L}_:]/u.test(text.slice(at, at + 4)) ? undefined : MISMATCH
}

function decoded (head: Uint8Array): readonly [text: string, wide: string | undefined] {
  const [first, second] = head
  const wide = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined
  return [new TextDecoder(wide ?? 'utf-8').decode(head), wide]
}
