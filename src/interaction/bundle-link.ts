/**
 * References within a Bundle (R4 bundle.html#references, http.html#trules): the ids of what is created are decided before
 * anything is done, and whatever points at an entry by its `fullUrl` points at `Type/id` from then on.
 */
import type { Fault } from '../outcome/outcome-error.js'

/** Where something points at, and how it stands there. */
export interface Pointer { readonly holder: Record<string, unknown>, readonly name: string, readonly text: string, readonly place: string }

/** The elements that hold an address of a resource: references, and the addresses of attachments and of values of extensions. */
const NAMES: readonly string[] = ['reference', 'url', 'valueUri', 'valueUrl']
/** An address that means something inside its Bundle only. */
const INSIDE = /^urn:uuid:/

/** Everything in a resource that could point at an entry. @param place the path of the resource */
export function pointersIn (value: unknown, place: string): readonly Pointer[] {
  if (Array.isArray(value)) return value.flatMap((part, index) => pointersIn(part, `${place}[${index}]`))
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.entries(holder).flatMap(([name, part]) => {
    if (typeof part !== 'string') return pointersIn(part, `${place}.${name}`)
    return NAMES.includes(name) ? [{ holder, name, text: part, place: name === 'reference' ? place : `${place}.${name}` }] : []
  })
}

/** Longer than any address that is used: each relative reference is looked for below it. */
const LONGEST = 2048

/** The root of the address of an entry, below which its relative references lead: read once, however many they are. */
export function rootOf (fullUrl = ''): string | undefined {
  return fullUrl.length > LONGEST ? undefined : /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl)?.[1]
}

/**
 * The address that a pointer means among those of a Bundle: literally, or, when it is relative, below the root of the
 * address of the entry that it stands in.
 * @param root see `rootOf`
 */
export function entryOf (pointer: Pointer, root: string | undefined, known: (address: string) => boolean): string | undefined {
  const [address = ''] = pointer.text.split('#')
  if (known(address)) return address
  if (root === undefined || pointer.name !== 'reference') return undefined
  return known(`${root}/${address}`) ? `${root}/${address}` : undefined
}

/** What a reference into the Bundle that leads to no entry is answered. */
export function danglingFault (pointer: Pointer): Fault | undefined {
  const mustLead = pointer.name === 'reference' || /\.attachment\.url$/.test(pointer.place)
  if (!mustLead || !INSIDE.test(pointer.text)) return undefined
  return { diagnostics: 'The reference leads to no entry of the Bundle', expression: pointer.place, code: 'not-found' }
}
