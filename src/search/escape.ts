import { invalidParameter } from './fault.js'

/**
 * Splits a value at each `separator` that has no backslash before it (R4 search.html#escaping); the pieces keep their
 * escapes.
 */
export function split (text: string, separator: ',' | '|' | '$'): readonly string[] {
  const pieces: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      pieces.push(text.slice(start, at))
      start = at + 1
    }
  }
  pieces.push(text.slice(start))
  return pieces
}

/**
 * `\,` `\|` `\$` `\\` as the characters that they stand for.
 * @param name the parameter that a fault names
 */
export function unescape (text: string, name: string): string {
  if (!text.includes('\\')) return text
  if (!/^(?:[^\\]|\\[,|$\\])*$/.test(text)) throw invalidParameter(name, 'has a backslash that escapes nothing')
  return text.replace(/\\(.)/g, '$1')
}

/** The other way round: `text` as one piece of a value. */
export function escape (text: string): string {
  return text.replace(/[\\,|$]/g, '\\$&')
}
