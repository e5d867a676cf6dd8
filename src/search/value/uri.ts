import { isIn } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { uriKey } from '../key.js'
import type { ValueKind } from './kind.js'

/** Uri parameters (R4 search.html#uri): equal, character by character. A canonical is found without its version too. */
export const uri = Object.freeze<ValueKind>({
  elements: Object.freeze(['uri', 'url', 'canonical', 'oid', 'uuid']),
  modifiers: Object.freeze([]),
  index: ({ code }, value, type, into) => {
    const text = String(value)
    into.keys.add(uriKey(code, text))
    if (type === 'canonical') into.keys.add(uriKey(code, text.replace(/\|.*$/s, '')))
  },
  filter: ({ parameter: { code }, values }) => isIn('keys', values.map(value => uriKey(code, unescape(value, code))))
})
