import type { CodeableConcept, Coding, Identifier } from '@medplum/fhirtypes'
import { LRUCache } from 'lru-cache'
import { isIn, or, startsWith } from '../../filter/filter.js'
import type { Filter } from '../../filter/filter.js'
import { fold } from '../../filter/fold.js'
import type { Terms } from '../../terminology/terms.js'
import { invalidParameter, tooCostly } from '../fault.js'
import { key, sealText, tokenKey } from '../key.js'
import type { Hash } from '../key.js'
import { prefixes, readText } from './string.js'
import type { ValueContext } from './kind.js'

/** The beginnings of the text of a token that can be searched in a record, in code points: each has a key. */
const shortestBeginning = 3
const longestBeginning = 12

const textHead = (code: string) => `${code}:text`
const displayHead = (code: string) => `${code}:display`

/** The FHIR types of tokens that have a text: of a CodeableConcept and its codings, of the type of an Identifier. */
export const withText: readonly string[] = ['CodeableConcept', 'Coding', 'Identifier']

/**
 * Adds what `:text` finds (R4 search.html#token). In a record, a coding that is called what its system calls it needs
 * one key: the terminology says by which beginnings it is found. Any other text has a hash for each of them.
 */
export function addTexts (keys: Set<string>, code: string, value: unknown, type: string, { hash, terms }: ValueContext): void {
  for (const { text, token } of textsOf(value, type)) {
    if (typeof text !== 'string') continue
    if (hash !== null && token !== undefined && terms.display(`${token.system}|${token.code}`) === text) keys.add(tokenKey(displayHead(code), token.system, token.code))
    else for (const each of hash === null ? [key(textHead(code), fold(text))] : beginnings(hash, textHead(code), text)) keys.add(each)
  }
}

/** The tokens with a text that begins with one of `values`. */
export function byText (code: string, values: readonly string[], { hash, terms }: ValueContext): Filter {
  const folded = values.map(value => readText(value, `${code}:text`, null))
  if (hash === null) return or(...folded.map(text => startsWith('keys', key(textHead(code), text))))
  for (const { length } of folded.map(text => [...text])) {
    if (length < shortestBeginning) throw invalidParameter(`${code}:text`, `takes at least ${shortestBeginning} characters`)
    if (length > longestBeginning) throw tooCostly(`${code}:text`, `is matched by its first ${longestBeginning} characters at most`)
  }
  return isIn('keys', folded.flatMap(text => [key(textHead(code), sealText(hash, textHead(code), text)), ...called(terms, code, text)]))
}

/** The keys of the tokens whose systems call them something that begins with `text`. */
function called (terms: Terms, code: string, text: string): readonly string[] {
  const found: string[] = []
  for (const [token, display] of terms.displays()) {
    const bar = token.indexOf('|')
    if (fold(display).startsWith(text)) found.push(tokenKey(displayHead(code), token.slice(0, bar), token.slice(bar + 1)))
  }
  return found
}

interface Text {
  readonly text: string | undefined
  /** The token that it is the display of, whole. */
  readonly token?: { readonly system: string, readonly code: string }
}

function textsOf (value: unknown, type: string): readonly Text[] {
  switch (type) {
    case 'CodeableConcept': return [{ text: (value as CodeableConcept).text }, ...((value as CodeableConcept).coding ?? []).map(displayOf)]
    case 'Coding': return [displayOf(value as Coding)]
    case 'Identifier': return [{ text: (value as Identifier).type?.text }]
    default: return []
  }
}

function displayOf ({ system, code, display }: Coding): Text {
  return system === undefined || code === undefined ? { text: display } : { text: display, token: { system, code } }
}

/** A memo of sealed beginnings: the same few texts stand in most resources, and a hash of one never changes. */
const sealed = new WeakMap<Hash, LRUCache<string, readonly string[]>>()

function beginnings (hash: Hash, head: string, text: string): readonly string[] {
  const known = sealed.get(hash) ?? new LRUCache<string, readonly string[]>({ max: 5000 })
  sealed.set(hash, known)
  const name = key(head, text)
  const found = known.get(name) ?? [...prefixes(fold(text), longestBeginning)].filter(prefix => [...prefix].length >= shortestBeginning).map(prefix => key(head, sealText(hash, head, prefix)))
  known.set(name, found)
  return found
}
