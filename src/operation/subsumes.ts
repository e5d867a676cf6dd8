/** `CodeSystem/$subsumes` (R4 codesystem-operation-subsumes.html): how two codes of one system stand to each other. */
import { OutcomeError } from '../outcome/outcome-error.js'
import { codesIn } from './coding.js'
import type { CodeAsked } from './coding.js'
import { invalid } from './input.js'
import { conceptOf } from './lookup.js'
import { parameter, text } from './terminology.js'
import type { Input, TermOperation } from './terminology.js'

export const subsumes: TermOperation = {
  name: 'subsumes',
  parameters: ['codeA', 'codeB', 'system', 'version', 'codingA', 'codingB'],
  work: input => {
    const first = codeIn(input, 'A')
    const one = conceptOf(input.terms, first)
    const second = codeIn(input, 'B')
    const other = conceptOf(input.terms, second)
    if (one.system !== other.system) throw invalid(second, 'Both codes are of one code system')
    const outcome = one === other ? 'equivalent' : other.above.includes(one.token) ? 'subsumes' : one.above.includes(other.token) ? 'subsumed-by' : 'not-subsumed'
    // What is not here may stand between them.
    if (outcome === 'not-subsumed' && one.system.content !== 'complete') throw new OutcomeError('terminology-lacking', { diagnostics: 'How the codes stand to each other cannot be said: only a part of their code system is known here', expression: first.systemPlace })
    return { kind: 'parameters', parameters: [parameter('outcome', { valueCode: outcome })] }
  }
}

function codeIn (input: Input, which: 'A' | 'B'): CodeAsked {
  const [asked] = codesIn(input, { code: `code${which}`, version: 'version', coding: `coding${which}` })
  if (asked === undefined) throw new OutcomeError('bug')
  if (input.definition === undefined) return asked
  if (asked.system !== undefined && asked.system !== input.definition.url) throw invalid(asked, 'The code is of another code system than the address names')
  return { ...asked, system: input.definition.url, version: text(input, 'version') }
}
