import { isIn, or, startsWith } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { uriKey } from '../key.js'
import type { ValueKind } from './kind.js'

/**
 * Uri parameters (R4 search.html#uri): equal, character by character. A canonical is found without its version too.
 * Of URLs, `:below` is the same one or one further down its path, `:above` the same one or one further up.
 */
export const uri = Object.freeze<ValueKind>({
  elements: Object.freeze(['uri', 'url', 'canonical', 'oid', 'uuid']),
  modifiers: () => ['above', 'below'],
  index: ({ code }, value, type, into) => {
    const text = String(value)
    into.keys.add(uriKey(code, text))
    if (type === 'canonical') into.keys.add(uriKey(code, text.replace(/\|.*$/s, '')))
  },
  filter: ({ parameter: { code }, modifier, values }) => {
    const texts = values.map(value => unescape(value, code))
    if (modifier === undefined) return isIn('keys', texts.map(text => uriKey(code, text)))
    if (!texts.every(text => start.test(text))) throw invalidParameter(`${code}:${modifier}`, 'takes URLs')
    return modifier === 'above' ? isIn('keys', texts.flatMap(waysUp).map(text => uriKey(code, text))) : or(...texts.map(text => below(code, text)))
  }
})

const start = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]+/

function below (code: string, text: string): Filter {
  return or(isIn('keys', [uriKey(code, text)]), startsWith('keys', uriKey(code, text.endsWith('/') ? text : `${text}/`)))
}

/** The URL and all that its path goes through, with a slash at the end and without. */
function waysUp (text: string): readonly string[] {
  const host = start.exec(text)?.[0].length ?? text.length
  const ways = [text]
  for (let at = text.indexOf('/', host); at >= 0; at = text.indexOf('/', at + 1)) ways.push(text.slice(0, at), text.slice(0, at + 1))
  return [...new Set(ways)]
}
