/**
 * What a patch touched, whatever way it took: told from the two versions, so that no operation can hide what it does.
 */
import { isSame, isSameMember } from '../json/same.js'
import { isSubject } from './identity.js'

/**
 * An element in which two versions of a resource differ: `status`, also for its sibling `_status`; of `meta` the part,
 * as `meta.security`; of `extension` and `modifierExtension` the url, where there is one.
 */
export interface Touched {
  readonly element: string
  readonly url?: string
}

type Json = Readonly<Record<string, unknown>>

const byUrl: ReadonlySet<string> = new Set(['extension', 'modifierExtension'])

/**
 * The elements in which two versions of a resource differ: digits of decimals count, the order of members does not, nor
 * that of extensions with different urls. Null for an absent element, or for one of another form than R4's, is a difference.
 * What the server sets (`meta.versionId`, `meta.lastUpdated`) is told as well: compare before it is set.
 * @returns none when they are the same
 */
export function touchedElements (before: object, after: object): readonly Touched[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const touched = [...names].filter(name => !isSameMember(before, after, name))
    .flatMap(name => touchedIn(name, Reflect.get(before, name), Reflect.get(after, name)))
  return [...new Map(touched.map(one => [`${one.element} ${one.url ?? ''}`, one])).values()]
}

function touchedIn (name: string, before: unknown, after: unknown): readonly Touched[] {
  const element = name.startsWith('_') ? name.slice(1) : name
  if (name === 'meta' && isAbsentOr(isSubject, before) && isAbsentOr(isSubject, after)) return touchedParts(element, before ?? {}, after ?? {})
  if (byUrl.has(name) && isAbsentOr(isExtensions, before) && isAbsentOr(isExtensions, after)) return touchedUrls(element, before ?? [], after ?? [])
  return [{ element }]
}

/** An empty `meta` that comes or goes is `meta` itself. */
function touchedParts (element: string, before: Json, after: Json): readonly Touched[] {
  const parts = touchedElements(before, after).map(part => ({ ...part, element: `${element}.${part.element}` }))
  return parts.length === 0 ? [{ element }] : parts
}

function touchedUrls (element: string, before: readonly Extension[], after: readonly Extension[]): readonly Touched[] {
  const of = (url: string, extensions: readonly Extension[]) => extensions.filter(extension => extension.url === url)
  const urls = [...new Set([...before, ...after].map(({ url }) => url))]
  if (urls.length > maxUrls) return [{ element }]
  return urls.length === 0 ? [{ element }] : urls.filter(url => !isSame(of(url, before), of(url, after))).map(url => ({ element, url }))
}

/** More urls than these are not told apart: a patch of so many is no patch of one of them. */
const maxUrls = 100

interface Extension extends Json { readonly url: string }

function isExtensions (value: unknown): value is readonly Extension[] {
  return Array.isArray(value) && value.every(extension => isSubject(extension) && typeof extension['url'] === 'string')
}

function isAbsentOr<T> (is: (value: unknown) => value is T, value: unknown): value is T | undefined {
  return value === undefined || is(value)
}
