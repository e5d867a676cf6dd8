import { createHash } from 'node:crypto'
import type { Attachment, DocumentReference } from '@medplum/fhirtypes'
import { OutcomeError } from '../../outcome/outcome-error.js'
import type { Fault } from '../../outcome/outcome-error.js'
import type { Context } from '../context.js'
import { unresolved } from './admission.js'

/** What a document inside a JSON body may have, decoded (`design.md` 2). */
/** RFC 6838 names, and parameters in printable ASCII: it travels in a header. */
const MEDIA_TYPE = /^[A-Za-z0-9][\w!#$&^.+-]{0,126}\/[A-Za-z0-9][\w!#$&^.+-]{0,126}(?:\s*;[\x20-\x7e]{0,200})?$/
const MOST_BYTES = 10 * 1024 * 1024

export interface Taken {
  readonly resource: DocumentReference
  readonly contents: readonly { readonly id: string, readonly bytes: Uint8Array }[]
  /** By what a later deposit of the same document is known: identifiers and content hashes. */
  readonly origins: readonly string[]
}

/**
 * ITI-105: takes the contents out of `attachment.data` and leaves a Binary's address, size and SHA-1 in their place
 * (R4 Attachment). A size or hash that is given must be that of the content.
 * @throws OutcomeError `business-rule` naming each size and hash that is not
 */
export function takeContents (context: Context, document: DocumentReference): Taken {
  const contents: { id: string, bytes: Uint8Array }[] = []
  const faults: Fault[] = []
  const origins = [...document.masterIdentifier === undefined ? [] : [document.masterIdentifier], ...document.identifier ?? []]
    .flatMap(({ system = '', value }) => value === undefined ? [] : [`identifier|${system}|${value}`])
  const content = document.content.map((part, index) => {
    const place = `DocumentReference.content[${index}].attachment`
    const { data, ...attachment } = part.attachment
    if (data === undefined) {
      if (attachment.url !== undefined && /^(?:Binary|DocumentReference|Bundle)\//.test(attachment.url.replace(`${context.base}/`, ''))) throw unresolved(`${place}.url`)
      return part
    }
    const bytes = Buffer.from(data, 'base64')
    if (bytes.length > MOST_BYTES) throw new OutcomeError('too-large', { diagnostics: 'A document has at most 10 MiB', expression: place })
    const hash = createHash('sha1').update(bytes).digest('base64')
    faults.push(...attachmentFaults(attachment, bytes.length, hash, place))
    const id = context.newId()
    contents.push({ id, bytes })
    origins.push(`content|${createHash('sha256').update(bytes).digest('base64')}`)
    return { ...part, attachment: { ...attachment, url: `Binary/${id}`, size: bytes.length, hash } }
  })
  if (faults.length > 0) throw new OutcomeError('business-rule', faults)
  return { resource: { ...document, content }, contents, origins }
}

function attachmentFaults (attachment: Attachment, size: number, hash: string, place: string): readonly Fault[] {
  return [
    ...attachment.contentType === undefined ? [{ diagnostics: 'The media type of the document is needed', expression: `${place}.contentType`, code: 'required' }] : [],
    ...attachment.contentType !== undefined && !MEDIA_TYPE.test(attachment.contentType) ? [{ diagnostics: 'This is not a media type', expression: `${place}.contentType` }] : [],
    ...attachment.url !== undefined ? [{ diagnostics: 'A document is given as data or at an address, not both', expression: `${place}.url` }] : [],
    ...attachment.size !== undefined && attachment.size !== size ? [{ diagnostics: 'The size is not that of the document', expression: `${place}.size` }] : [],
    ...attachment.hash !== undefined && attachment.hash !== hash ? [{ diagnostics: 'The hash is not the SHA-1 of the document', expression: `${place}.hash` }] : []
  ]
}
