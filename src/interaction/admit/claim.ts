import type { Attachment } from '@medplum/fhirtypes'
import { depositorKeys } from '../../consent/unclaimed.js'
import type { BinaryFacts } from '../../consent/unclaimed.js'
import type { Fault } from '../../outcome/outcome-error.js'
import { bareType } from '../../validation/media.js'
import type { Context } from '../context.js'
import { openReceived } from '../received.js'
import type { Received } from '../received.js'
import type { Sight } from '../sight.js'
import type { Change, Version } from '../store.js'
import { unresolved } from './admission.js'

/** A claim as it is asked for: the Binary, in the attachment of which document of which record. */
export interface Claim { readonly binary: string, readonly attachment: Attachment, readonly place: string, readonly document: string, readonly patient: string }

/**
 * A Binary that waits becomes the content of a document, for ever: of the same depositor, the same record, and not
 * claimed yet. Any other one is refused as if it were absent; a block is about reading and does not stop its depositor.
 * @returns the change of the Binary, what it is, and what of the attachment is not so
 */
export async function claim (context: Context, { caller }: Sight, { binary, attachment, place, document, patient }: Claim): Promise<{ readonly change: Change, readonly received: Received, readonly faults: readonly Fault[] }> {
  const version = await context.store.read('Binary', binary)
  const facts = version?.facts as BinaryFacts | undefined
  const isFree = version !== undefined && facts !== undefined && !version.isDeleted && version.patient === patient &&
    facts.claimedBy === null && depositorKeys(caller, patient).includes(facts.depositor)
  if (!isFree) throw unresolved(`${place}.url`)
  const [received, opened] = await Promise.all([openReceived(context, version), context.store.opened(version)])
  if (opened === undefined) throw unresolved(`${place}.url`)
  return { change: { next: claimed(context, opened, facts, document, caller.now), replaces: version, claims: [] }, received, faults: faultsOf(attachment, received, place) }
}

function claimed (context: Context, version: Version, facts: BinaryFacts, document: string, now: number): Version {
  const after: BinaryFacts = { ...facts, claimedBy: document }
  return { ...version, version: context.newId(), revision: version.revision + 1, at: Math.max(now, version.at + 1), facts: after, found: [] }
}

function faultsOf ({ contentType, size, hash }: Attachment, received: Received, place: string): readonly Fault[] {
  return [
    ...contentType !== undefined && bareType(contentType) !== bareType(received.contentType) ? [{ diagnostics: 'The media type is not the one that the content was posted with', expression: `${place}.contentType` }] : [],
    ...size !== undefined && size !== received.size ? [{ diagnostics: 'The size is not that of the content', expression: `${place}.size` }] : [],
    ...hash !== undefined && hash !== received.hash ? [{ diagnostics: 'The hash is not the SHA-1 of the content', expression: `${place}.hash` }] : []
  ]
}
