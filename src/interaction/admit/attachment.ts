import type { Attachment, DocumentReference } from '@medplum/fhirtypes'
import { OutcomeError } from '../../outcome/outcome-error.js'
import type { Fault } from '../../outcome/outcome-error.js'
import { HEAD, isMediaType, mediaFault } from '../../validation/media.js'
import { belowBase } from '../../search/literal.js'
import type { Context } from '../context.js'
import type { Sight } from '../sight.js'
import type { Change } from '../store.js'
import { measureOf } from '../upload.js'
import { unresolved } from './admission.js'
import { claim } from './claim.js'

/** What a document inside a JSON body may have, decoded (`design.md` 2). */
const MOST_BYTES = 10 * 1024 * 1024

export interface Taken {
  readonly resource: DocumentReference
  readonly contents: readonly { readonly id: string, readonly bytes: Uint8Array }[]
  /** The Binaries that waited and are this document's now: their ids and changes. */
  readonly claimed: readonly string[]
  readonly changes: readonly Change[]
  /** By what a later deposit of the same document is known: identifiers and content hashes. */
  readonly origins: readonly string[]
}

/**
 * ITI-105: takes the contents out of `attachment.data`, or claims the Binary that was posted before and that
 * `attachment.url` names, and leaves a Binary's address, size and SHA-1 in their place (R4 Attachment). A type, size or
 * hash that is given must be that of the content.
 * @param document with its id
 * @throws OutcomeError `business-rule` naming each type, size and hash that is not
 */
export async function takeContents (context: Context, sight: Sight, patient: string, document: DocumentReference): Promise<Taken> {
  const contents: { id: string, bytes: Uint8Array }[] = []
  const claimed: string[] = []
  const changes: Change[] = []
  const faults: Fault[] = []
  const origins = [...document.masterIdentifier === undefined ? [] : [document.masterIdentifier], ...document.identifier ?? []]
    .flatMap(({ system = '', value }) => value === undefined ? [] : [`identifier|${system}|${value}`])
  const content: DocumentReference['content'] = []
  for (const [index, part] of document.content.entries()) {
    const place = `DocumentReference.content[${index}].attachment`
    const { data, ...attachment } = part.attachment
    content.push(data === undefined ? await referred(part, attachment, place) : await taken(part, attachment, Buffer.from(data, 'base64'), place))
  }
  if (faults.length > 0) throw new OutcomeError('business-rule', faults)
  return { resource: { ...document, content }, contents, claimed, changes, origins }

  type Part = DocumentReference['content'][number]

  async function referred (part: Part, attachment: Attachment, place: string): Promise<Part> {
    const url = belowBase(attachment.url ?? '', context.base)
    const [, binary] = /^Binary\/([A-Za-z0-9.-]{1,64})$/.exec(url) ?? []
    if (binary === undefined || claimed.includes(binary)) {
      if (/^(?:Binary|DocumentReference|Bundle)\//.test(url)) throw unresolved(`${place}.url`)
      return part
    }
    const { change, received, faults: found } = await claim(context, sight, { binary, attachment, place, document: document.id ?? '', patient })
    faults.push(...found)
    claimed.push(binary)
    changes.push(change)
    origins.push(`content|${received.digest}`)
    return { ...part, attachment: { contentType: received.contentType, ...attachment, url: `Binary/${binary}`, size: received.size, hash: received.hash } }
  }

  async function taken (part: Part, attachment: Attachment, bytes: Buffer, place: string): Promise<Part> {
    if (bytes.length > MOST_BYTES) throw new OutcomeError('too-large', { diagnostics: 'A document has at most 10 MiB', expression: place })
    const { size, hash, digest } = measureOf(bytes)
    faults.push(...attachmentFaults(attachment, size, hash, place))
    const fault = attachment.contentType === undefined ? undefined : await mediaFault(attachment.contentType, bytes.subarray(0, HEAD))
    // What is raw is looked at for its type; the guides' own examples of ITI-105 declare as PDF what is none.
    if (fault !== undefined && fault.of !== 'type') faults.push({ diagnostics: fault.diagnostics, expression: `${place}.data` })
    const id = context.newId()
    contents.push({ id, bytes })
    origins.push(`content|${digest}`)
    return { ...part, attachment: { ...attachment, url: `Binary/${id}`, size, hash } }
  }
}

function attachmentFaults (attachment: Attachment, size: number, hash: string, place: string): readonly Fault[] {
  return [
    ...attachment.contentType === undefined ? [{ diagnostics: 'The media type of the document is needed', expression: `${place}.contentType`, code: 'required' }] : [],
    ...attachment.contentType !== undefined && !isMediaType(attachment.contentType) ? [{ diagnostics: 'This is not a media type', expression: `${place}.contentType` }] : [],
    ...attachment.url !== undefined ? [{ diagnostics: 'A document is given as data or at an address, not both', expression: `${place}.url` }] : [],
    ...attachment.size !== undefined && attachment.size !== size ? [{ diagnostics: 'The size is not that of the document', expression: `${place}.size` }] : [],
    ...attachment.hash !== undefined && attachment.hash !== hash ? [{ diagnostics: 'The hash is not the SHA-1 of the document', expression: `${place}.hash` }] : []
  ]
}
