/**
 * `$meta-add` and `$meta-delete` (R4 resource-operation-meta-add.html, -delete.html). Labels are choices of the holder's: so
 * each is the update that it would be by PUT, judged by the same `admit/`, traced and notified as one, and it makes a
 * version like one (`decisions/0037`). What changes nothing makes none.
 */
import type { Meta, Resource } from '@medplum/fhirtypes'
import { versionHeaders } from '../interaction/answer.js'
import type { Answer, Body } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Context } from '../interaction/context.js'
import { checked, shown } from '../interaction/create.js'
import type { Preference } from '../interaction/create.js'
import { access, changing } from '../interaction/read.js'
import type { Version } from '../interaction/store.js'
import { checkMatch, replace } from '../interaction/update.js'
import { parseJson } from '../json/parse.js'
import { isSame } from '../json/same.js'
import { invalid, readInput } from './input.js'
import type { Asked } from './input.js'
import { addMeta, deleteMeta } from './meta-merge.js'
import { metaOf } from './meta.js'
import type { Meta as MetaOperation } from './meta.js'
import { traced } from './why.js'

export interface ChangeMeta extends Omit<MetaOperation, 'version'> {
  readonly name: 'meta-add' | 'meta-delete'
  readonly ifMatch?: readonly string[]
  readonly prefer: Preference
}

/** Whoever may not read the resource finds nothing here, whatever the body. */
export async function changeMeta (context: Context, asking: ChangeMeta): Promise<Answer> {
  needScope(asking, asking.type, 'u')
  return await changing(context, asking, 'update', async before => await change(context, asking, before))
}

async function change (context: Context, asking: ChangeMeta, before: Version): Promise<Answer> {
  const { sight, type, name, prefer } = asking
  const given = metaIn(context, asking.asked)
  checkMatch(before, asking.ifMatch)
  const resource = parseJson(Buffer.from(before.text)) as Resource
  const marked = name === 'meta-add' ? addMeta(resource, given) : deleteMeta(resource, given)
  if (Object.entries(marked).every(([element, value]) => isSame(value, (resource as unknown as Readonly<Record<string, unknown>>)[element]))) {
    const body = toMeta(shown(sight, before, prefer))
    return traced({ status: 200, headers: versionHeaders(before), body, version: before, sight, accesses: [access(sight, type, 'read', before, '0')] }, `$${name}`)
  }
  const answer = await replace(context, { sight, prefer, interaction: 'update' }, before, checked(context, type, withMarks(resource, marked), before))
  return { ...answer, body: toMeta(answer.body) }
}

/** Changed in place: numbers keep their digits. */
function withMarks (resource: Resource, { securityLabel, ...marked }: ReturnType<typeof deleteMeta>): Resource {
  if (resource.resourceType !== 'DocumentReference' || securityLabel === undefined) return Object.assign(resource, marked)
  if (securityLabel.length === 0) delete resource.securityLabel
  return Object.assign(resource, marked, securityLabel.length === 0 ? {} : { securityLabel })
}

function toMeta (body: Body): Body {
  return body.kind === 'resource' ? metaOf(body.version) : body
}

/** @throws OutcomeError `invalid-parameter` where it is missing or no Meta */
function metaIn (context: Context, asked: Asked): Meta {
  const given = readInput(context, asked, ['meta']).get('meta')
  const { valueMeta } = (given?.value ?? {}) as { readonly valueMeta?: Meta }
  if (valueMeta === undefined) throw invalid({ place: given?.place ?? 'meta' }, 'The operation needs one `meta`, a Meta')
  return valueMeta
}
