/**
 * What is no document has no chain; but what its structure deposits again, under an identifier that it gave before (to
 * what was deleted too), keeps the restricting labels and the beginning of what it was. So no mask is lost that way.
 */
import type { Coding, Identifier, Resource } from '@medplum/fhirtypes'
import type { Authorship, Chain, Facts } from '../../consent/facts.js'
import { isRestricting, labelKey, labelsOf, markOf } from '../../consent/label.js'
import { isIn } from '../../filter/filter.js'
import type { Context } from '../context.js'
import { broken } from './admission.js'

/** Deposits under one identifier, beyond which another one is refused. */
const MOST_EARLIER = 200

/** By what a later deposit of the same is known: its identifiers. */
export function originsOf (resource: Resource): readonly string[] {
  const { identifier = [] } = resource as { identifier?: Identifier | readonly Identifier[] }
  return [identifier].flat().flatMap(({ system = '', value }: Identifier) => value === undefined ? [] : [`identifier|${system}|${value}`])
}

/** A deposit as it continues what was deposited before, and since when it has been in the record. */
export async function continued<T extends Resource> (
  context: Context, resource: T, { origins }: Authorship, { now, at }: { readonly now: number, readonly at: number }
): Promise<{ readonly resource: T, readonly chain: Chain }> {
  const { resourceType: type, id = '' } = resource
  const found = origins.length === 0 ? [] : await context.store.findKept({ type, filter: isIn('facts.origins', origins), sort: [], limit: MOST_EARLIER + 1 })
  if (found.length === 0) return { resource, chain: { ids: [id], began: at, opens: context.opensAfter(at), wasWithheld: false } }
  if (found.length > MOST_EARLIER) throw broken('This was deposited too often', `${type}.identifier`)
  const earlier = found.map(({ facts }) => facts as Facts)
  const asks = labelsOf(resource).some(label => markOf(label) === 'INVISIBLE_PATIENT')
  const isWithheld = ({ labels, opens }: Facts) => labels.includes('INVISIBLE_PATIENT') && now < opens
  if (asks && earlier.some(each => each.wasWithheld && !isWithheld(each))) {
    throw broken('The announcement of a resource is not withheld a second time', `${type}.meta.security`)
  }
  const present = new Set((resource.meta?.security ?? []).map(labelKey))
  const inherited = new Map(earlier.flatMap(({ tags }) => tags).filter(tag => !present.has(tag)).map(tag => [tag, codingOf(tag)] as const).filter(([, label]) => isRestricting(label)))
  return {
    resource: inherited.size === 0 ? resource : { ...resource, meta: { ...resource.meta, security: [...resource.meta?.security ?? [], ...inherited.values()] } },
    chain: { ids: [id], began: Math.max(...earlier.map(({ began }) => began)), opens: Math.max(...earlier.map(({ opens }) => opens)), wasWithheld: earlier.some(({ wasWithheld }) => wasWithheld) }
  }
}

function codingOf (tag: string): Coding {
  return { system: tag.slice(0, tag.lastIndexOf('|')), code: tag.slice(tag.lastIndexOf('|') + 1) }
}
