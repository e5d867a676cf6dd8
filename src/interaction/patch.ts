/**
 * R4 http.html#patch: JSON Patch, or FHIRPath Patch as Parameters. The result is judged like an update by its caller;
 * what a patch may touch is less than what an update may: never the id or `meta`, and of a document only its status, its
 * labels and whether it is archived (PDSm flows 03 and 04; `consent.md` 5).
 */
import type { Binary, DocumentReference, Resource } from '@medplum/fhirtypes'
import { drop } from '../json/literal.js'
import { parseJson } from '../json/parse.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { applyFhirPathPatch } from '../patch/fhirpath-patch.js'
import { applyJsonPatch } from '../patch/json-patch.js'
import { touchedElements } from '../patch/touched.js'
import type { Touched } from '../patch/touched.js'
import { versionHeaders } from './answer.js'
import type { Answer } from './answer.js'
import { resolveReferences } from './conditional-reference.js'
import { needScope } from './context.js'
import type { Asking, Context } from './context.js'
import { checked, shown } from './create.js'
import type { Preference } from './create.js'
import { keepLabels } from './patch-label.js'
import { recalled } from './receipt.js'
import type { Keyed } from './receipt.js'
import { access, changing } from './read.js'
import type { Version } from './store.js'
import { checkMatch, replace } from './update.js'

/** A patch in one of its two forms, not yet understood. */
export type Patch = { readonly form: 'json-patch', readonly body: unknown } | { readonly form: 'fhirpath', readonly body: unknown }

export interface PatchInteraction extends Asking {
  readonly type: string
  readonly id: string
  readonly patch: Patch
  readonly ifMatch?: readonly string[]
  readonly prefer: Preference
  /** The Idempotency-Key of the batch that it is an entry of: said twice, a patch would add twice. */
  readonly keyed?: Keyed | undefined
}

export const JSON_PATCH = 'application/json-patch+json'
/** PDSm: whether a document is archived. */
const IS_ARCHIVED = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'

/** The patch that the resource of a Bundle's entry holds: a Binary with a JSON Patch in it, or Parameters. */
export function readPatch (resource: unknown): Patch {
  const { resourceType, contentType, data } = typeof resource === 'object' && resource !== null ? resource as Partial<Binary> : {}
  if (resourceType !== 'Binary') return { form: 'fhirpath', body: resource }
  if (typeof contentType !== 'string' || contentType.split(';')[0]?.trim() !== JSON_PATCH || typeof data !== 'string') {
    throw new OutcomeError('unsupported-media', { diagnostics: `A patch in a Binary is ${JSON_PATCH}`, expression: 'Binary.contentType' })
  }
  return { form: 'json-patch', body: parseJson(Buffer.from(data, 'base64')) }
}

/** Whoever may not read the resource finds nothing here, whatever the patch. */
export async function patch (context: Context, asking: PatchInteraction): Promise<Answer> {
  const { sight, type } = asking
  needScope(asking, type, 'u')
  const told = await recalled(context, sight, asking.keyed, version => shown(sight, version, asking.prefer))
  if (told !== undefined) return told
  return await changing(context, asking, 'patch', async before => await change(context, asking, before))
}

async function change (context: Context, asking: PatchInteraction, before: Version): Promise<Answer> {
  const { sight, type, prefer } = asking
  checkMatch(before, asking.ifMatch)
  const old = parseJson(Buffer.from(before.text)) as Resource
  const patched = apply(context, old, asking.patch)
  const touched = touchedElements(old, patched)
  checkTouched(context, type, touched)
  if (touched.length === 0) {
    // Nobody is told of a change that there was not.
    return { status: 200, headers: versionHeaders(before), body: shown(sight, before, prefer), version: before, sight, accesses: [access(sight, type, 'read', before, '0')] }
  }
  const valid = checked(context, type, patched, before)
  const resource = type === 'DocumentReference' ? keepLabels(old as DocumentReference, valid as DocumentReference) : withoutStaleText(valid, touched)
  await resolveReferences(context, asking, resource)
  return await replace(context, { sight, prefer, interaction: 'patch', keyed: asking.keyed }, before, resource)
}

function apply ({ definitions }: Context, resource: Resource, { form, body }: Patch): Resource {
  return form === 'json-patch' ? applyJsonPatch(resource, body) : applyFhirPathPatch(resource, body, definitions)
}

/** `consent.md` 5: 405 on documents. `meta` is the server's, and labels in it are set by an update. */
function checkTouched (context: Context, type: string, touched: readonly Touched[]): void {
  const isDocument = type === 'DocumentReference'
  const beyond = touched.filter(({ element, url }) => isDocument
    ? !(element === 'status' || element === 'securityLabel' || (element === 'extension' && url === IS_ARCHIVED))
    : element === 'meta' || element.startsWith('meta.'))
  if (beyond.length === 0) return
  const faults = [...new Set(beyond.map(({ element }) => element))].map(element => ({ diagnostics: 'A patch does not change this element', expression: `${type}.${element}` }))
  throw isDocument ? new OutcomeError('method', faults, { headers: { allow: allowed(context, type) } }) : new OutcomeError('forbidden', faults)
}

/** R4 http.html#patch: a narrative does not go on saying what is no longer so. One that was generated goes; what somebody wrote is theirs to say anew. */
function withoutStaleText (resource: Resource, touched: readonly Touched[]): Resource {
  const { text } = resource as DocumentReference
  if (text === undefined || text.status === 'empty' || touched.some(({ element }) => element === 'text')) return resource
  if (text.status !== 'generated') throw new OutcomeError('business-rule', { diagnostics: 'The narrative was written by somebody: a patch of what it tells says it anew', expression: `${resource.resourceType}.text` })
  drop(resource, 'text')
  return resource
}

function allowed ({ declares }: Context, type: string): string {
  const methods = [['read', 'GET, HEAD'], ['update', 'PUT'], ['patch', 'PATCH'], ['delete', 'DELETE']] as const
  return methods.flatMap(([code, method]) => declares(type, code) ? [method] : []).join(', ')
}
