import { toTrace } from '../audit/trace.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { isMediaType, bareType } from '../validation/media.js'
import { admitReceived, resolveRecord } from './admit/binary.js'
import { versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { shown, written } from './create.js'
import type { Preference } from './create.js'
import { MOST_RAW, receive, tooLarge } from './upload.js'
import type { Upload } from './upload.js'
import { first } from './version.js'

/** A body posted raw (R4 binary.html#rest), not read yet. */
export interface Deposit extends Asking {
  readonly contentType: string
  /** `X-Security-Context`: the record that it goes to. */
  readonly securityContext: string | undefined
  /** As `Content-Length` says; undefined where it says nothing. */
  readonly length: number | undefined
  /** Receives the body, once however often the request begins anew. */
  readonly once: (take: (body: AsyncIterable<Uint8Array>) => Promise<Upload>) => Promise<Upload>
  readonly prefer: Preference
}

/** A media type of FHIR that is read nowhere here: kept raw it would be a resource that nobody checked. */
const OTHER_FHIR = /^application\/fhir\+(?:xml|turtle)$/

/**
 * `POST /Binary` with a content. All that can be refused is refused before a byte of it is read; what arrives is sealed
 * as it comes; then one transaction makes it the Binary of its depositor, until a document claims it.
 */
export async function deposit (context: Context, { sight, contentType, securityContext, length, once, prefer }: Deposit): Promise<Answer> {
  needScope({ sight }, 'Binary', 'c')
  if (!isMediaType(contentType) || OTHER_FHIR.test(bareType(contentType))) throw new OutcomeError('unsupported-media', { diagnostics: 'The media type of the content is needed', expression: 'Content-Type' })
  if (length !== undefined && length > MOST_RAW) throw tooLarge()
  const patient = await resolveRecord(context, sight, securityContext, 'X-Security-Context')
  const { id, staged, ...measure } = await once(async body => await receive(context, patient, contentType, body))
  const admission = await admitReceived(context, sight, patient, id, { contentType, ...measure })
  const version = first(context, admission, id, sight.caller.now)
  await context.store.commit({
    changes: [{ next: version, claims: [] }],
    contents: [staged],
    traces: [toTrace(written(sight, 'Binary', 'create', version), sight.caller, context)]
  })
  return {
    status: 201,
    headers: { ...versionHeaders(version), location: `${context.base}/Binary/${id}/_history/${version.version}` },
    body: shown(sight, version, prefer),
    sight,
    accesses: []
  }
}
