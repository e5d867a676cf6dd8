/**
 * ITI-65: a Binary comes with the DocumentReference whose content it is, and belongs to it for ever. Its bytes become the
 * data of that attachment, so that the one rule for contents (`admit/attachment.ts`) sees them.
 */
import type { Attachment, Binary, DocumentReference } from '@medplum/fhirtypes'
import { OutcomeError } from '../outcome/outcome-error.js'
import { entryPlace, inEntry } from './bundle.js'
import type { Context } from './context.js'
import type { Step } from './transaction-target.js'

/** Gives each Binary that is created to its document, and says of each to which. @throws OutcomeError naming the entry */
export function takeBinaries (context: Context, steps: readonly Step[], byAddress: ReadonlyMap<string, Step>): readonly Step[] {
  const owners = new Map<number, NonNullable<Step['owner']>>()
  for (const { index, request: { method, resource } } of steps) {
    const document = resource as Partial<DocumentReference> | undefined
    if (method !== 'POST' || document?.resourceType !== 'DocumentReference' || !Array.isArray(document.content)) continue
    for (const [content, part] of document.content.entries()) {
      const binary = byAddress.get(part?.attachment?.url ?? '')
      if (binary === undefined || !isBinary(binary)) continue
      const place = `${entryPlace(index)}.resource.content[${content}].attachment`
      if (owners.has(binary.index)) throw rule('A Binary belongs to one DocumentReference', `${place}.url`)
      owners.set(binary.index, { index, content })
      part.attachment = joined(context, part.attachment, binary, place)
    }
  }
  return steps.map(step => {
    if (!isBinary(step)) return step
    const owner = owners.get(step.index)
    if (owner === undefined) throw rule('A Binary comes with the DocumentReference whose content it is', `${entryPlace(step.index)}.resource`)
    return { ...step, owner }
  })
}

function isBinary ({ request: { method, type } }: Step): boolean {
  return method === 'POST' && type === 'Binary'
}

function joined (context: Context, { url, data, ...attachment }: Attachment, { index, request }: Step, place: string): Attachment {
  const { data: bytes, ...rest } = (request.resource ?? {}) as Partial<Binary>
  const { resourceType, contentType } = rest
  if (resourceType !== 'Binary') throw new OutcomeError('invalid-request', { diagnostics: 'The body must be a Binary', expression: `${entryPlace(index)}.resource` })
  const faults = context.validate(rest)
  if (faults.length > 0) throw new OutcomeError('invalid-resource', inEntry(new OutcomeError('invalid-resource', faults), index))
  if (typeof bytes !== 'string') throw rule('The content of the Binary is needed', `${entryPlace(index)}.resource.data`, 'required')
  if (data !== undefined) throw rule('A document is given as data or at an address, not both', `${place}.url`)
  if (attachment.contentType !== undefined && contentType !== undefined && attachment.contentType !== contentType) {
    throw rule('The media type is not that of the Binary', `${place}.contentType`)
  }
  return { ...attachment, ...contentType === undefined ? {} : { contentType }, data: bytes }
}

function rule (diagnostics: string, expression: string, code?: string): OutcomeError {
  return new OutcomeError('business-rule', { diagnostics, expression, ...code === undefined ? {} : { code } })
}
