import { OutcomeError } from '../outcome/outcome-error.js'
import { isIn } from '../filter/filter.js'
import type { DocumentReference } from '@medplum/fhirtypes'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { access, absent, refuse } from './read.js'

export interface ContentRead extends Asking { readonly id: string, readonly version?: string, readonly accept: string }

/**
 * ITI-68: the content of a document, raw by its own media type, or as a FHIR Binary for `application/fhir+json`.
 * A Binary belongs to one DocumentReference for ever and is released by the rules of that one.
 */
export async function readContent (context: Context, asking: ContentRead): Promise<Answer> {
  const { sight, id, version, accept } = asking
  needScope(asking, 'Binary', 'r')
  const interaction = version === undefined ? 'read' : 'vread'
  const [owner] = await context.store.find({ type: 'DocumentReference', filter: isIn('found', [contentKey(id)]), sort: [], limit: 1 })
  const refused = await refuse(sight, 'DocumentReference', interaction, owner)
  if (refused !== undefined || owner === undefined) return refused ?? absent(sight, 'Binary', interaction)
  const document = JSON.parse(owner.text) as DocumentReference
  const attachment = document.content.map(content => content.attachment).find(({ url }) => url === `Binary/${id}`)
  const bytes = attachment === undefined || owner.patient === null || (version !== undefined && version !== '1')
    ? undefined
    : await context.contents.get(owner.patient, id)
  if (bytes === undefined) return absent(sight, 'Binary', interaction)
  const contentType = attachment?.contentType ?? 'application/octet-stream'
  const form = formOf(accept, contentType)
  if (form === undefined) throw new OutcomeError('not-acceptable', { diagnostics: 'Accept the media type of the document, or application/fhir+json', expression: 'Accept' })
  return {
    status: 200,
    headers: { etag: 'W/"1"', 'last-modified': new Date(owner.at).toUTCString() },
    body: { kind: 'content', version: owner, bytes, contentType, isRaw: form === 'raw', binary: id },
    sight,
    accesses: [access(sight, 'DocumentReference', interaction, owner, '0')]
  }
}

/** The key under which a document is found by one of its contents. */
export function contentKey (binary: string): string {
  return `content|${binary}`
}

/** FHIR when it is asked for first, raw when the document's own type or anything is accepted. */
function formOf (accept: string, contentType: string): 'raw' | 'fhir' | undefined {
  const bare = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  for (const range of accept.split(',').map(text => text.split(';')[0]?.trim().toLowerCase())) {
    if (range === 'application/fhir+json' || range === 'application/json') return 'fhir'
    if (range === '' || range === '*/*' || range === bare || range === `${bare.split('/')[0]}/*`) return 'raw'
  }
  return undefined
}
