/** Range requests (RFC 9110, 14): one range of bytes of a content. */
export interface Part { readonly start: number, readonly end: number }

/**
 * The part that `Range` asks for; `whole` where it asks for nothing, for more than one part, or for what is no range;
 * `beyond` where nothing of it is there.
 */
export function partOf (header: string | undefined, size: number): Part | 'whole' | 'beyond' {
  const match = /^bytes\s*=\s*(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '')
  const [, from = '', to = ''] = match ?? []
  if (from === '' && to === '') return 'whole'
  if (from === '') return Number(to) === 0 || size === 0 ? 'beyond' : { start: Math.max(0, size - Number(to)), end: size - 1 }
  if (to !== '' && Number(to) < Number(from)) return 'whole'
  return Number(from) >= size ? 'beyond' : { start: Number(from), end: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

/**
 * Whether `If-Range` lets a part be sent. A content never changes, so its tag is taken in either form; a date must be
 * exactly the one that was sent.
 */
export function isSameContent (header: string | undefined, tag: string, lastModified: string): boolean {
  return header === undefined || header === tag || header === `W/${tag}` || header === lastModified
}
