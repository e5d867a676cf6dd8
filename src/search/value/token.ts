import type { CodeableConcept, Coding, ContactPoint, Identifier } from '@medplum/fhirtypes'
import { isIn, not } from '../../filter/filter.js'
import { split, unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { anySystemKey, sealText, systemKey, tokenKey } from '../key.js'
import { isId } from '../literal.js'
import type { Hash } from '../key.js'
import type { Criterion, IndexSink, ValueContext, ValueKind } from './kind.js'

/** Elements whose text is a keyed hash in a record; codes stay in clear. */
const sealedElements = ['Identifier', 'ContactPoint', 'string']

/** Token parameters (R4 search.html#token). Codes are compared with regard to case. */
export const token = Object.freeze<ValueKind>({
  elements: Object.freeze(['Coding', 'CodeableConcept', 'Identifier', 'ContactPoint', 'code', 'boolean', 'string', 'id', 'uri', 'unsignedInt']),
  modifiers: Object.freeze(['not']),
  index: ({ code: head, isFound }, value, type, into, { hash }) => {
    switch (type) {
      case 'CodeableConcept':
        for (const { system, code } of (value as CodeableConcept).coding ?? []) addToken(into.keys, head, system, code)
        break
      case 'Coding':
        addToken(into.keys, head, (value as Coding).system, (value as Coding).code)
        break
      case 'Identifier':
        addIdentifier(into, head, value as Identifier, { hash, isFound })
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
    const tokens = values.map(value => readToken(value, code))
    if (field !== null) {
      const ids = isIn(field, tokens.map(token => idOf(token, code)))
      return modifier === 'not' ? not(ids) : ids
    }
    const keys = tokens.flatMap(token => keysOf(token, criterion, context))
    if (modifier === 'not') return not(isIn('keys', keys))
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

function keysOf ({ system, code }: Token, { parameter }: Criterion, { hash }: ValueContext): readonly string[] {
  const { code: head, elements } = parameter
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
