/**
 * References within a Bundle (R4 bundle.html#references, http.html#trules): the ids of what is created are decided before
 * anything is done, and whatever points at an entry by its `fullUrl` points at `Type/id` from then on.
 */
import type { Resource } from '@medplum/fhirtypes'
import type { Fault } from '../outcome/outcome-error.js'

/** Where something points at, and how it stands there. */
export interface Pointer { readonly holder: Record<string, unknown>, readonly name: string, readonly text: string, readonly place: string }

/**
 * The elements that hold an address of a resource: references, and those of the types uri and url, but for the names of
 * systems and of kinds. An element of the same name that is no text is none of them; an oid or a uuid holds no other address.
 */
const NAMES: readonly string[] = ['reference', 'url', 'valueUri', 'valueUrl', 'instantiatesUri', 'source', 'policy', 'definition', 'uri', 'authority', 'address', 'endpoint']
/** An address that means something inside its Bundle only. */
const INSIDE = /^urn:uuid:/

/** Everything in a resource that could point at an entry. @param place the path of the resource */
export function pointersIn (value: unknown, place: string): readonly Pointer[] {
  if (Array.isArray(value)) return value.flatMap((part, index) => pointersIn(part, `${place}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.entries(holder).flatMap(([name, part]) => {
    if (Array.isArray(part) && NAMES.includes(name)) return part.flatMap((_, index) => inList(part, index, `${place}.${name}[${index}]`))
    if (typeof part !== 'string') return pointersIn(part, `${place}.${name}`)
    return NAMES.includes(name) ? [{ holder, name, text: part, place: name === 'reference' ? place : `${place}.${name}` }] : []
  })
}

/** One of an element that repeats. */
function inList (list: readonly unknown[], index: number, place: string): readonly Pointer[] {
  const part = list[index]
  return typeof part === 'string' ? [{ holder: list as unknown as Record<string, unknown>, name: String(index), text: part, place }] : pointersIn(part, place)
}

const LINKING = /<(?:a|img)\b[^<>]*>/g
const LINK = /(\s(?:href|src)\s*=\s*)(["'])([^"'<>]*)\2/g

/** Rewrites the links of the narratives in a resource. @param led where an address leads; undefined for one that is no entry's */
export function relink (value: unknown, led: (address: string) => string | undefined): void {
  if (typeof value !== 'object' || value === null) return
  const holder = value as Record<string, unknown>
  for (const [name, part] of Object.entries(holder)) {
    if (name !== 'div' || typeof part !== 'string') relink(part, led)
    else holder[name] = part.replaceAll(LINKING, tag => tag.replaceAll(LINK, (_, before: string, quote: string, address: string) => `${before}${quote}${led(address) ?? address}${quote}`))
  }
}

/** Longer than any address that is used: each relative reference is looked for below it. */
const LONGEST = 2048

/** The root of the address of an entry, below which its relative references lead: read once, however many they are. */
export function rootOf (fullUrl = ''): string | undefined {
  return fullUrl.length > LONGEST ? undefined : /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl)?.[1]
}

/** What an address leads to: an entry, in the version that it has in the Bundle. */
interface Addressed { readonly request: { readonly method: string, readonly resource?: unknown } }

/**
 * The address that a pointer means among those of a Bundle: literally, or, when it is relative, below the root of the
 * address of the entry that it stands in. One that names a version means the entry if that is a new resource, of this
 * version where it says one.
 * @param root see `rootOf`
 */
export function entryOf ({ text, name }: Pick<Pointer, 'text' | 'name'>, root: string | undefined, byAddress: ReadonlyMap<string, Addressed>): string | undefined {
  const [whole = ''] = text.split('#')
  const [address = '', version] = whole.split('/_history/')
  const places = [address, ...root === undefined || name !== 'reference' ? [] : [`${root}/${address}`]]
  return places.find(place => {
    const entry = byAddress.get(place)
    return entry !== undefined && (version === undefined || isOfVersion(entry, version))
  })
}

function isOfVersion ({ request: { method, resource } }: Addressed, version: string): boolean {
  const { versionId = version } = (resource as Partial<Resource> | undefined)?.meta ?? {}
  return method === 'POST' && versionId === version
}

/** What a reference into the Bundle that leads to no entry is answered. */
export function danglingFault (pointer: Pointer): Fault | undefined {
  const mustLead = pointer.name === 'reference' || /\.attachment\.url$/.test(pointer.place)
  if (!mustLead || !INSIDE.test(pointer.text)) return undefined
  return { diagnostics: 'The reference leads to no entry of the Bundle', expression: pointer.place, code: 'not-found' }
}
