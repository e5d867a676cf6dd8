/**
 * Literal references: what the text of `Reference.reference`, or of a reference parameter, points to.
 */
export type Literal =
  | { readonly kind: 'local', readonly type: string, readonly id: string }
  | { readonly kind: 'elsewhere', readonly uri: string }
  | { readonly kind: 'bare', readonly id: string }

const relative = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
const tail = /\/([A-Z][A-Za-z]{1,63})\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/
const identity = /^[A-Za-z0-9\-.]{1,64}$/

/** Whether `text` is a FHIR id. */
export function isId (text: string): boolean {
  return identity.test(text)
}

/**
 * Reads a literal reference. A version is left out where the resource is local.
 * @param base the base URL of this server, without a slash at its end; null when there is none to compare with
 */
export function readLiteral (text: string, base: string | null): Literal {
  const local = relative.exec(base === null ? text : belowBase(text, base))
  const [, type, id] = local ?? []
  if (type !== undefined && id !== undefined) return { kind: 'local', type, id }
  return isId(text) ? { kind: 'bare', id: text } : { kind: 'elsewhere', uri: text }
}

/** The resource type that a literal reference names, wherever it points; undefined when its text does not say. */
export function typeOf (text: string): string | undefined {
  return (relative.exec(text) ?? tail.exec(text))?.[1]
}

/**
 * What follows the base in `text`, or `text`; scheme and host are compared without regard to case. Whoever asks whether a
 * reference is a local one asks here, so that none is local to one and foreign to another.
 */
export function belowBase (text: string, base: string): string {
  if (text.length <= base.length || text[base.length] !== '/' || !text.includes('://')) return text
  const path = base.indexOf('/', base.indexOf('://') + 3)
  const host = path < 0 ? base.length : path
  const isBelow = text.slice(0, host).toLowerCase() === base.slice(0, host).toLowerCase() &&
    text.slice(host, base.length) === base.slice(host)
  return isBelow ? text.slice(base.length + 1) : text
}
