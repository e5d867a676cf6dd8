import { format } from 'jsonc-parser'

/** JSON text for the eye (R4 http.html#pretty): white space between tokens, each token as it was. Linear in the text. */
export function prettyJson (text: string): string {
  const parts: string[] = []
  let end = 0
  for (const { offset, length, content } of format(text, undefined, { tabSize: 2, insertSpaces: true, eol: '\n' })) {
    parts.push(text.slice(end, offset), content)
    end = offset + length
  }
  return [...parts, text.slice(end)].join('')
}
