import type { CodeableConcept, Coding, ContactPoint, Identifier } from '@medplum/fhirtypes'
import { isIn, not, or, startsWith } from '../../filter/filter.js'
import { split, unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { anySystemKey, key, sealText, systemKey, tokenKey } from '../key.js'
import { isId } from '../literal.js'
import type { Hash } from '../key.js'
import type { Parameter } from '../parameter.js'
import type { Criterion, IndexSink, ValueContext, ValueKind } from './kind.js'
import { keysOfTerms } from './token-set.js'
import { addTexts, byText, withText } from './token-text.js'

/** Elements whose text is a keyed hash in a record; codes stay in clear. */
const sealedElements = ['Identifier', 'ContactPoint', 'string']

/** Elements with a system, of which a terminology can speak. */
const coded = ['Coding', 'CodeableConcept']

/**
 * Token parameters (R4 search.html#token). Codes are compared with regard to case. `:text` looks at texts, `:in`,
 * `:not-in`, `:above` and `:below` ask the terminology, `:of-type` is for identifiers.
 */
export const token = Object.freeze<ValueKind>({
  elements: Object.freeze(['Coding', 'CodeableConcept', 'Identifier', 'ContactPoint', 'code', 'boolean', 'string', 'id', 'uri', 'unsignedInt']),
  modifiers: ({ elements, systems, field }) => {
    const has = (types: readonly string[]) => field === null && (elements.length === 0 || elements.some(type => types.includes(type)))
    return ['not', ...has(withText) ? ['text'] : [], ...has(systems.length === 0 ? coded : [...coded, 'code']) ? ['in', 'not-in', 'above', 'below'] : [], ...has(['Identifier']) ? ['of-type'] : []]
  },
  index: (parameter, value, type, into, context) => {
    const { code: head, isFound } = parameter
    const { hash } = context
    if (withText.includes(type)) addTexts(into.keys, head, value, type, context)
    switch (type) {
      case 'CodeableConcept':
        for (const { system, code } of (value as CodeableConcept).coding ?? []) addToken(into.keys, head, system, code)
        break
      case 'Coding':
        addToken(into.keys, head, (value as Coding).system, (value as Coding).code)
        break
      case 'Identifier':
        addIdentifier(into, head, value as Identifier, { hash, isFound })
        addTyped(into, parameter, value as Identifier, hash)
        break
      case 'ContactPoint': {
        const text = (value as ContactPoint).value
        if (typeof text === 'string') addToken(into.keys, head, undefined, sealText(hash, head, contactText(text)))
        break
      }
      default:
        addToken(into.keys, head, undefined, type === 'string' ? sealText(hash, head, String(value)) : String(value))
    }
  },
  filter: (criterion, context) => {
    const { parameter: { code, field, isFound }, modifier, values } = criterion
    switch (modifier) {
      case 'text': return byText(code, values.map(value => unescape(value, code)), context)
      case 'of-type': return isIn(isFound ? 'found' : 'keys', values.map(value => ofTypeKey(value, code, context.hash)))
      case 'in': case 'above': case 'below': return isIn('keys', keysOfTerms(criterion, context))
      case 'not-in': return not(isIn('keys', keysOfTerms(criterion, context)))
    }
    const tokens = values.map(value => readToken(value, code))
    if (field !== null) {
      const ids = isIn(field, tokens.map(token => idOf(token, code)))
      return modifier === 'not' ? not(ids) : ids
    }
    const keys = tokens.flatMap(token => keysOf(token, criterion, context))
    // Any code of a system that goes without saying is any code.
    const anything = tokens.some(token => token.code === '' && isImplied(token, criterion)) ? [startsWith('keys', `${code}|`)] : []
    if (modifier === 'not') return not(or(isIn('keys', keys), ...anything))
    if (anything.length > 0) return or(isIn('keys', keys), ...anything)
    return isIn(isFound && tokens.every(token => token.code !== '') ? 'found' : 'keys', keys)
  }
})

/**
 * The keys of an Identifier under `head`, in `into.keys`, and those with a value in `into.found` too.
 * An identifier without value adds nothing but its system.
 */
export function addIdentifier (
  into: Pick<IndexSink, 'keys' | 'found'>, head: string, { system, value }: Identifier,
  { hash, isFound }: { readonly hash: Hash | null, readonly isFound: boolean }
): void {
  const text = typeof value === 'string' ? sealText(hash, head, value) : undefined
  addToken(into.keys, head, system, text)
  if (!isFound || text === undefined) return
  into.found.add(tokenKey(head, system ?? '', text))
  into.found.add(anySystemKey(head, text))
}

/** The keys of an Identifier by each code of its type. */
function addTyped (into: Pick<IndexSink, 'keys' | 'found'>, { code: head, isFound }: Parameter, { type, value }: Identifier, hash: Hash | null): void {
  if (typeof value !== 'string') return
  for (const { system = '', code } of type?.coding ?? []) {
    if (code === undefined) continue
    const typed = key(typedHead(head), system, code, sealText(hash, head, value))
    into.keys.add(typed)
    if (isFound) into.found.add(typed)
  }
}

function typedHead (code: string): string {
  return `${code}:of-type`
}

/** Reads `system|code|value` of a type and an identifier that has it (R4 search.html#token, `:of-type`). */
function ofTypeKey (text: string, name: string, hash: Hash | null): string {
  const pieces = split(text, '|').map(piece => unescape(piece, name))
  const [system = '', code = '', value = ''] = pieces
  if (pieces.length !== 3 || pieces.includes('')) throw invalidParameter(`${name}:of-type`, 'takes system|code|value')
  return key(typedHead(name), system, code, sealText(hash, name, value))
}

function addToken (keys: Set<string>, head: string, system: string | undefined, code: string | undefined): void {
  if (code !== undefined) {
    keys.add(tokenKey(head, system ?? '', code))
    keys.add(anySystemKey(head, code))
  }
  if (system !== undefined) keys.add(systemKey(head, system))
}

/** `code`, `system|code`, `|code` or `system|`; the system is undefined when any will do. */
export interface Token {
  readonly system: string | undefined
  readonly code: string
}

/** Reads a token of a query. */
export function readToken (value: string, name: string): Token {
  const [first = '', second, ...more] = split(value, '|').map(piece => unescape(piece, name))
  if (more.length > 0) throw invalidParameter(name, 'takes a code, or a system and a code with one bar between')
  if (first === '' && (second === undefined || second === '')) throw invalidParameter(name, 'has an empty value')
  return second === undefined ? { system: undefined, code: first } : { system: first, code: second }
}

/** The keys of a token that is an identifier, under `head`. */
export function identifierKeys ({ system, code }: Token, head: string, hash: Hash | null): string {
  return keyOf(system, head, code === '' ? '' : sealText(hash, head, code))
}

/** Whether a token names the system of codes, or of booleans, that do not say theirs. */
function isImplied ({ system }: Token, { parameter: { elements, systems } }: Criterion): boolean {
  return system !== undefined && systems.includes(system) && elements.every(type => type === 'code' || type === 'boolean')
}

function keysOf (token: Token, criterion: Criterion, { hash }: ValueContext): readonly string[] {
  const { code: head, elements } = criterion.parameter
  const { code } = token
  const system = isImplied(token, criterion) ? '' : token.system
  if (code === '') return [keyOf(system, head, '')]
  const keys: string[] = []
  if (elements.length === 0 || elements.some(type => !sealedElements.includes(type))) keys.push(keyOf(system, head, code))
  if (elements.includes('ContactPoint')) keys.push(keyOf(system, head, sealText(hash, head, contactText(code))))
  if (elements.length === 0 || elements.some(type => type === 'Identifier' || type === 'string')) {
    keys.push(keyOf(system, head, sealText(hash, head, code)))
  }
  return keys
}

function keyOf (system: string | undefined, head: string, code: string): string {
  return system === undefined ? anySystemKey(head, code) : tokenKey(head, system, code)
}

function idOf ({ system, code }: Token, name: string): string {
  if (system !== undefined || !isId(code)) throw invalidParameter(name, 'takes ids')
  return code
}

/** An address of mail in lower case; a number without what only helps the eye. */
function contactText (text: string): string {
  return text.includes('@') ? text.trim().toLowerCase() : text.replace(/[\s().-]/g, '').toLowerCase()
}
