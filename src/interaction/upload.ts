/**
 * A content as it arrives: measured, hashed and looked at while it goes to the store, never whole in memory.
 */
import { createHash } from 'node:crypto'
import { OutcomeError } from '../outcome/outcome-error.js'
import { HEAD, isXml, mediaFault } from '../validation/media.js'
import type { MediaFault } from '../validation/media.js'
import { readXml } from '../validation/xml.js'
import type { XmlReading } from '../validation/xml.js'
import type { Context } from './context.js'
import type { StagedContent } from './content-store.js'

/** What a content posted raw may have (`design.md` 2). */
export const MOST_RAW = 50 * 1024 * 1024

/** What is known of a content: its size, its SHA-1 as FHIR writes it, and a digest by which the same one is known again. */
export interface Measure { readonly size: number, readonly hash: string, readonly digest: string }
export interface Upload extends Measure { readonly id: string, readonly staged: StagedContent }

/**
 * Takes a body into the store of a record. What breaks off or is refused leaves nothing that stays.
 * @throws OutcomeError `too-large` as soon as it is, without reading on; `business-rule` where it is not what its type says
 */
export async function receive (context: Context, patient: string, contentType: string, body: AsyncIterable<Uint8Array>): Promise<Upload> {
  const id = context.newId()
  const meter = createMeter()
  const staged = await context.contents.receive(patient, id, lookedAt(body, contentType, meter.add))
  return { id, staged, ...meter.read() }
}

/** The measure of a content that is there at once. */
export function measureOf (bytes: Uint8Array): Measure {
  const meter = createMeter()
  meter.add(bytes)
  return meter.read()
}

async function * lookedAt (body: AsyncIterable<Uint8Array>, contentType: string, add: (part: Uint8Array) => number): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] | undefined = []
  let xml: XmlReading | undefined
  /** What stood at the head was looked at; XML is read to its end. */
  const begun = async (parts: readonly Uint8Array[]): Promise<Uint8Array> => {
    const bytes = await checked(parts, contentType)
    if (isXml(contentType)) xml = readXml(bytes.subarray(0, HEAD))
    return read(bytes)
  }
  const read = (part: Uint8Array): Uint8Array => {
    refuse(xml?.add(part))
    return part
  }
  for await (const part of body) {
    const size = add(part)
    if (size > MOST_RAW) throw tooLarge()
    if (head === undefined) {
      yield read(part)
      continue
    }
    head.push(part)
    if (size < HEAD) continue
    yield await begun(head)
    head = undefined
  }
  if (head !== undefined) yield await begun(head)
  refuse(xml?.end())
}

function refuse (fault: MediaFault | undefined): void {
  if (fault !== undefined) throw mismatch(fault, 'Content-Type', 'Binary.data')
}

async function checked (parts: readonly Uint8Array[], contentType: string): Promise<Uint8Array> {
  const bytes = Buffer.concat(parts)
  if (bytes.length === 0) throw new OutcomeError('unparsable', { diagnostics: 'The body is empty' })
  const fault = await mediaFault(contentType, bytes.subarray(0, HEAD))
  refuse(fault)
  return bytes
}

export function mismatch ({ of, diagnostics }: MediaFault, ofType: string, ofContent: string): OutcomeError {
  return new OutcomeError('business-rule', { diagnostics, expression: of === 'type' ? ofType : ofContent })
}

export function tooLarge (): OutcomeError {
  return new OutcomeError('too-large', { diagnostics: 'A content posted raw has at most 50 MiB' })
}

function createMeter (): { readonly add: (part: Uint8Array) => number, readonly read: () => Measure } {
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')]
  let size = 0
  return {
    add: part => {
      sha1.update(part)
      sha256.update(part)
      size += part.length
      return size
    },
    read: () => ({ size, hash: sha1.digest('base64'), digest: sha256.digest('base64') })
  }
}
