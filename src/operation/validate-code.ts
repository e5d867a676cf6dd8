/**
 * `CodeSystem/$validate-code`, `ValueSet/$validate-code` (R4 valueset-operation-validate-code.html). What is not known here is
 * not called invalid: `result` is false, and the message says what of the terminology is missing.
 */
import type { CodeSystem, ValueSet } from '@medplum/fhirtypes'
import type { Answer } from '../interaction/answer.js'
import { fold } from '../filter/fold.js'
import { displayIn } from '../terminology/concept.js'
import type { Concept } from '../terminology/concept.js'
import type { Terms } from '../terminology/terms.js'
import { isLack } from '../terminology/value-set.js'
import { codesIn } from './coding.js'
import type { CodeAsked } from './coding.js'
import { definitionIn, flag, needed, parameter, sayLack, short, text } from './terminology.js'
import type { TermOperation } from './terminology.js'

interface Verdict { readonly result: boolean, readonly message?: string, readonly display?: string | undefined }

export const validateCodeOfSystem: TermOperation = {
  name: 'validate-code',
  parameters: ['url', 'code', 'version', 'display', 'coding', 'codeableConcept', 'displayLanguage'],
  work: input => {
    const name = text(input, 'url')
    // A system that is not known is no fault of the question.
    if (name !== undefined && input.definition === undefined && input.terms.codeSystem(name) === undefined) return told([unsaid(name)])
    const system = definitionIn(input, 'version', input.terms.codeSystem)?.definition
    const codes = codesIn(input)
    if (system === undefined && codes.some(each => each.system === undefined)) throw needed('url', 'Of which code system the code is')
    return told(codes.map(asked => ofSystem(input.terms, asked, system, text(input, 'displayLanguage'))))
  }
}

export const validateCodeOfSet: TermOperation = {
  name: 'validate-code',
  parameters: ['url', 'valueSetVersion', 'code', 'system', 'systemVersion', 'display', 'coding', 'codeableConcept', 'inferSystem', 'displayLanguage'],
  work: input => {
    const set = definitionIn(input, 'valueSetVersion', input.terms.valueSet)?.definition
    if (set === undefined) throw needed('url', 'Which value set is meant')
    const isInferred = flag(input, 'inferSystem')
    const codes = codesIn(input, { code: 'code', version: 'systemVersion', coding: 'coding' })
    const bare = codes.find(({ system }) => system === undefined)
    if (!isInferred && bare !== undefined) throw needed(bare.systemPlace, 'Of which code system the code is')
    return told(codes.map(asked => ofSet(input.terms, set, asked, text(input, 'displayLanguage'))))
  }
}

/** A concept is valid by one of its codings; what is said of the first is said where none is. */
function told (verdicts: readonly Verdict[]): Answer['body'] {
  const { result, message, display } = verdicts.find(each => each.result) ?? verdicts[0] ?? { result: false }
  return {
    kind: 'parameters',
    parameters: [
      parameter('result', { valueBoolean: result }),
      ...message === undefined ? [] : [parameter('message', { valueString: message })],
      ...display === undefined ? [] : [parameter('display', { valueString: display })]
    ]
  }
}

function ofSystem (terms: Terms, asked: CodeAsked, system: CodeSystem | undefined, language: string | undefined): Verdict {
  const found = asked.system === undefined ? system : terms.codeSystem(asked.system)
  if (found === undefined) return unsaid(asked.system ?? '')
  if (system !== undefined && found !== system) return { result: false, message: 'The code is of another code system' }
  if (asked.version !== undefined && asked.version !== found.version) return { result: false, message: 'The code system is not known here in this version: whether the code is valid cannot be said' }
  const token = `${found.url}|${asked.code}`
  switch (terms.standing(token)) {
    case 'known': return called(terms.concept(token), asked, language)
    case 'invalid': return { result: false, message: 'The code is not one of its code system' }
    default: return { result: false, message: 'The code is not known here: of its code system only a part is, so whether it is valid cannot be said' }
  }
}

function ofSet (terms: Terms, set: ValueSet, asked: CodeAsked, language: string | undefined): Verdict {
  const listed = terms.list(set)
  const inferred = asked.system !== undefined || isLack(listed) ? [] : listed.members.filter(({ code }) => code === asked.code)
  if (asked.system === undefined && inferred.length !== 1) return { result: false, message: inferred.length === 0 ? 'The code is not in the value set' : 'The value set has the code in several code systems' }
  const name = asked.system ?? inferred[0]?.system.url ?? ''
  const system = terms.codeSystem(name)
  const token = `${system?.url ?? name}|${asked.code}`
  const isIn = terms.holds(set, token)
  const beside = system === undefined ? `; ${unknownSystem(name).replace(/^T/, 't')}` : ''
  if (isIn === false) return { result: false, message: `The code is not in the value set${beside}` }
  if (isIn !== true) return { result: false, message: `Whether the code is in the value set cannot be said: ${sayLack(isIn)}` }
  if (asked.version !== undefined && asked.version !== system?.version) return { result: false, message: `The code system is not known here in this version${beside}` }
  const member = isLack(listed) ? undefined : listed.members.find(each => each.token === token)
  return called(member ?? terms.concept(token), asked, language)
}

/** A display that is given is one by which the code is called; case and accents do not count. */
function called (concept: Pick<Concept, 'system' | 'display' | 'designation'> | undefined, { display: given }: CodeAsked, language: string | undefined): Verdict {
  if (concept === undefined) return { result: true }
  const display = displayIn(concept, language)
  const names = [concept.display, ...concept.designation.map(({ value }) => value)].flatMap(name => name === undefined ? [] : [fold(name)])
  return given === undefined || names.length === 0 || names.includes(fold(given))
    ? { result: true, display }
    : { result: false, message: 'The code is valid, and is not called so', display }
}

function unsaid (system: string): Verdict {
  return { result: false, message: `${unknownSystem(system)}: whether the code is valid cannot be said` }
}

function unknownSystem (name: string): string {
  return `The code system \`${short(name)}\` is not known here`
}
