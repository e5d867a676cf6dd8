/**
 * A Binary posted alone (`consent.md` 5): whoever may feed a record may post one into it, and says which record by
 * `securityContext` or `X-Security-Context`. It waits there for the document that claims it.
 */
import type { Binary } from '@medplum/fhirtypes'
import { depositorKeys } from '../../consent/unclaimed.js'
import type { BinaryFacts } from '../../consent/unclaimed.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import { HEAD, isMediaType, isXml, mediaFault } from '../../validation/media.js'
import { xmlFaultIn } from '../../validation/xml.js'
import type { Context } from '../context.js'
import { UNCLAIMED, sealReceived } from '../received.js'
import type { Received } from '../received.js'
import type { Sight } from '../sight.js'
import { measureOf, mismatch } from '../upload.js'
import { broken, forbidden } from './admission.js'
import type { Admission, Admitter } from './admission.js'
import { checkKind } from './depositor.js'
import { resolvePatient } from './reference.js'

/** What a Binary inside a JSON body may have, decoded (`design.md` 2). */
const MOST_BYTES = 10 * 1024 * 1024

export const binary: Admitter = {
  create: async (context, sight, resource, id) => {
    const { contentType, securityContext, data } = resource as Binary
    const patient = await resolveRecord(context, sight, securityContext?.reference, 'Binary.securityContext')
    if (!isMediaType(contentType ?? '')) throw broken('This is not a media type', 'Binary.contentType')
    if (data === undefined) throw broken('The content is needed', 'Binary.data', 'required')
    const bytes = Buffer.from(data, 'base64')
    if (bytes.length > MOST_BYTES) throw new OutcomeError('too-large', { diagnostics: 'A content in JSON has at most 10 MiB: post it raw', expression: 'Binary.data' })
    const fault = await mediaFault(contentType ?? '', bytes.subarray(0, HEAD)) ?? (isXml(contentType ?? '') ? await xmlFaultIn(bytes) : undefined)
    if (fault !== undefined) throw mismatch(fault, 'Binary.contentType', 'Binary.data')
    const admission = await admitReceived(context, sight, patient, id, { contentType: contentType ?? '', ...measureOf(bytes) })
    return { ...admission, contents: [{ id, bytes }] }
  },
  update: async () => { throw new OutcomeError('method') },
  remove: async () => { throw new OutcomeError('method') }
}

/** The record that a Binary names, if this caller may feed it. */
export async function resolveRecord (context: Context, sight: Sight, reference: string | undefined, expression: string): Promise<string> {
  checkKind(context, sight)
  const patient = await resolvePatient(context, sight, reference === undefined ? undefined : { reference }, expression)
  if (sight.caller.principal.kind === 'application' && sight.situation(patient)?.stands !== 'application') throw forbidden()
  return patient
}

/** A content that was received, as the Binary that waits for its document. */
export async function admitReceived (context: Context, sight: Sight, patient: string, id: string, received: Received): Promise<Admission & { readonly patient: string }> {
  const [depositor] = depositorKeys(sight.caller, patient)
  if (depositor === undefined) throw forbidden()
  const facts: BinaryFacts = { depositor, claimedBy: null, received: await sealReceived(context, patient, id, received) }
  const resource: Binary = { resourceType: 'Binary', contentType: received.contentType, securityContext: { reference: `Patient/${patient}` } }
  return { patient, resource, facts, claims: [], found: [UNCLAIMED] }
}
