import { split, unescape } from '../escape.js'
import { invalidParameter, notSupported } from '../fault.js'
import { tokenKey } from '../key.js'
import type { Criterion, ValueContext } from './kind.js'

/**
 * The keys of the tokens that `:in`, `:not-in`, `:above` or `:below` mean, as far as the terminology that is loaded
 * says (R4 search.html#token).
 * @throws OutcomeError naming the parameter, where a value set or a code is not loaded
 */
export function keysOfTerms ({ parameter: { code, elements, systems }, modifier = '', values }: Criterion, { terms }: ValueContext): readonly string[] {
  // Codes that do not say their system are filed without one.
  const implied = elements.every(type => type === 'code') ? systems : []
  const name = `${code}:${modifier}`
  return values.flatMap(value => {
    const tokens = modifier === 'above' || modifier === 'below' ? terms[modifier](readWhole(value, name)) : terms.members(unescape(value, name))
    if (tokens === undefined) {
      throw notSupported(name, modifier === 'above' || modifier === 'below' ? 'names a code that is not in the terminology here' : 'names a value set that is not in the terminology here, or not all of it')
    }
    return tokens.map(token => keyOf(token, code, implied))
  })
}

function readWhole (value: string, name: string): string {
  const [system = '', code = '', ...more] = split(value, '|').map(piece => unescape(piece, name))
  if (system === '' || code === '' || more.length > 0) throw invalidParameter(name, 'takes system|code')
  return `${system}|${code}`
}

/** @param token `system|code`; systems of the terminology have no bar */
function keyOf (token: string, head: string, implied: readonly string[]): string {
  const bar = token.indexOf('|')
  const system = token.slice(0, bar)
  return tokenKey(head, implied.includes(system) ? '' : system, token.slice(bar + 1))
}
