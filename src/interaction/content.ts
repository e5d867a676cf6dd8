import type { DocumentReference } from '@medplum/fhirtypes'
import { isIn } from '../filter/filter.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { notSupported } from '../search/fault.js'
import { readShapeOf } from '../search/shape.js'
import { bareType } from '../validation/media.js'
import { wishesOf } from './accept.js'
import { refusal } from './answer.js'
import type { Answer, Body } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { isSameContent, partOf } from './range.js'
import { access, absent, refuse } from './read.js'
import { openReceived } from './received.js'
import type { Kept } from './store.js'

export interface ContentRead extends Asking {
  readonly id: string
  readonly version?: string
  readonly accept: string
  /** `Range` and `If-Range`, as given. */
  readonly range?: string | undefined
  readonly ifRange?: string | undefined
  readonly parameters?: readonly (readonly [name: string, value: string])[]
}

/** A Binary has one version: its content never changes. */
const TAG = '"1"'

/**
 * ITI-68: the content of a document, raw by its own media type, whole or one range of it, or as a FHIR Binary for
 * `application/fhir+json`. A Binary belongs to one DocumentReference for ever and is released by the rules of that one;
 * until one claims it, it is its depositor's.
 */
export async function readContent (context: Context, asking: ContentRead): Promise<Answer> {
  const { sight, id, version, accept } = asking
  needScope(asking, 'Binary', 'r')
  if (readShapeOf('Binary', asking.parameters ?? []) !== undefined) throw notSupported('_summary', 'and `_elements` take no part of a content')
  const interaction = version === undefined ? 'read' : 'vread'
  const owner = await ownerOf(context, id)
  const type = owner?.type ?? 'DocumentReference'
  const refused = await refuse(context, { sight, type, id }, interaction, owner)
  if (refused !== undefined || owner === undefined) return refused ?? absent(sight, 'Binary', interaction)
  const contentType = await typeOf(context, owner, id)
  const content = contentType === undefined || owner.patient === null || (version !== undefined && version !== '1')
    ? undefined
    : await context.contents.open(owner.patient, id)
  if (content === undefined || contentType === undefined) return absent(sight, 'Binary', interaction)
  const form = formOf(accept, contentType)
  if (form === undefined) throw new OutcomeError('not-acceptable', { diagnostics: 'Accept the media type of the document, or application/fhir+json', expression: 'Accept' })
  const lastModified = new Date(owner.at).toUTCString()
  const part = form === 'raw' && isSameContent(asking.ifRange, TAG, lastModified) ? partOf(asking.range, content.size) : 'whole'
  if (part === 'beyond') {
    const error = new OutcomeError('range-not-satisfiable', { diagnostics: 'The content ends before this range', expression: 'Range' }, { headers: { 'content-range': `bytes */${content.size}` } })
    return refusal(sight, error, [access(sight, type, interaction, owner, '4')])
  }
  const securityContext = type === 'Binary' ? `Patient/${owner.patient ?? ''}` : `DocumentReference/${owner.id}`
  const body: Body = { kind: 'content', version: owner, content, contentType, isRaw: form === 'raw', binary: id, securityContext, ...part === 'whole' ? {} : { part } }
  return {
    status: part === 'whole' ? 200 : 206,
    headers: {
      etag: `W/${TAG}`,
      'last-modified': lastModified,
      ...form === 'raw' ? { 'accept-ranges': 'bytes' } : {},
      ...part === 'whole' ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${content.size}` }
    },
    body,
    sight,
    accesses: [access(sight, type, interaction, owner, '0')]
  }
}

/** What a content is decided on by: its document; itself while none claims it. */
export async function ownerOf ({ store }: Context, id: string): Promise<Kept | undefined> {
  const [[document], waiting] = await Promise.all([
    store.findKept({ type: 'DocumentReference', filter: isIn('found', [contentKey(id)]), sort: [], limit: 1 }),
    store.read('Binary', id)
  ])
  return document ?? waiting
}

/** The media type of a content: as its document says, or as it was posted with. */
async function typeOf (context: Context, owner: Kept, id: string): Promise<string | undefined> {
  if (owner.type === 'Binary') return (await openReceived(context, owner)).contentType
  const document = await context.store.opened(owner)
  const { content } = JSON.parse(document?.text ?? '{"content":[]}') as DocumentReference
  const attachment = content.map(({ attachment }) => attachment).find(({ url }) => url === `Binary/${id}`)
  return attachment === undefined ? undefined : attachment.contentType ?? 'application/octet-stream'
}

/** The key under which a document is found by one of its contents. */
export function contentKey (binary: string): string {
  return `content|${binary}`
}

/** FHIR where that is wanted most (R4 binary.html#rest), raw where the document's own type or anything is. */
function formOf (accept: string, contentType: string): 'raw' | 'fhir' | undefined {
  const bare = bareType(contentType)
  for (const { value } of wishesOf(accept)) {
    if (value === '' || value === '*/*' || value === bare || value === `${bare.split('/')[0]}/*`) return 'raw'
    if (value === 'application/fhir+json' || value === 'application/json') return 'fhir'
  }
  return undefined
}
