import { applyEdits, format } from 'jsonc-parser'

/** JSON text for the eye (R4 http.html#pretty): white space between tokens, each token as it was. */
export function prettyJson (text: string): string {
  return applyEdits(text, format(text, undefined, { tabSize: 2, insertSpaces: true, eol: '\n' }))
}
