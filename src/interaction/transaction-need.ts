import { familyOf } from '../consent/family.js'
import { CONTAINERS } from '../consent/record-type.js'
import type { Pointer } from './bundle-link.js'

/** Of the directory, where a resource is read by the one that points at it. */
const READ: Readonly<Record<string, RegExp>> = { Organization: /^partOf$/, PractitionerRole: /^practitioner$/, Group: /./ }

/**
 * Whether a resource can be written only after what it points at, for its admission reads that. Elsewhere two may point at
 * each other: what is pointed at is looked at when all is done (`bundle-promise.ts`).
 * @param type of the resource that points @param target the type of the other
 */
export function isNeeded (type: string, { name, place }: Pointer, target: string): boolean {
  if (name !== 'reference') return place.endsWith('.attachment.url')
  const element = place.replace(/^Bundle\.entry\[\d+\]\.resource\./, '')
  switch (familyOf(type)) {
    case 'directory': return READ[type]?.test(element) === true
    // A container is judged by what it holds, and a chain by its documents.
    case 'record': return CONTAINERS.includes(type) || CONTAINERS.includes(target) || familyOf(target) !== 'record' || element.startsWith('relatesTo')
    default: return true
  }
}
