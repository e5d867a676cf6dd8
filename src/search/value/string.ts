import type { Address, HumanName } from '@medplum/fhirtypes'
import { isIn, or, startsWith } from '../../filter/filter.js'
import { fold } from '../../filter/fold.js'
import type { Filter } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter, notSupported, tooCostly } from '../fault.js'
import { containsHead, exactHead, key, sealText } from '../key.js'
import type { Hash } from '../key.js'
import type { ValueKind } from './kind.js'

/** Longest beginning of a text that can be searched in a record, in code points. */
const longestSealedPrefix = 32

/** Longest folded text that is indexed in the directory, in UTF-16 code units. */
const longestClearText = 256

/** Longest part of a text that is found inside one, in UTF-16 code units. */
const longestPart = 64

/**
 * String parameters (R4 search.html#string): a text matches when it begins with the value, without regard to case,
 * accents and punctuation; with `:exact`, when it is the value. The parts of a name or an address are texts of
 * their own. In a record, where texts are keyed hashes, every beginning up to 32 characters has its hash; in the
 * directory, where they are in clear, `:contains` finds a text by any part of it.
 */
export const string = Object.freeze<ValueKind>({
  elements: Object.freeze(['string', 'markdown', 'HumanName', 'Address']),
  modifiers: () => ['exact', 'contains'],
  index: ({ code }, value, type, into, { hash }) => {
    for (const text of textsOf(value, type)) {
      into.keys.add(key(exactHead(code), sealText(hash, exactHead(code), text)))
      const folded = fold(text)
      if (folded === '') continue
      if (hash === null) {
        into.keys.add(key(code, folded.slice(0, longestClearText).toWellFormed()))
        for (const part of laterParts(folded.slice(0, longestClearText).toWellFormed())) into.keys.add(key(containsHead(code), part))
      } else for (const prefix of prefixes(folded)) into.keys.add(key(code, sealText(hash, code, prefix)))
    }
  },
  filter: ({ parameter: { code }, modifier, values }, { hash }) => {
    const texts = values.map(value => unescape(value, code))
    if (modifier === 'exact') return isIn('keys', texts.map(text => key(exactHead(code), sealText(hash, exactHead(code), text))))
    if (modifier === 'contains' && hash !== null) throw notSupported(`${code}:contains`, 'is not taken in a record, where texts are sealed')
    const folded = texts.map(text => readText(text, code, hash))
    if (modifier === 'contains') return or(...folded.flatMap(text => inside(text, code)))
    if (hash === null) return or(...folded.map(text => startsWith('keys', key(code, text))))
    return isIn('keys', folded.map(text => key(code, sealText(hash, code, text))))
  }
})

function inside (text: string, name: string): readonly Filter[] {
  if (text.length > longestPart) throw tooCostly(`${name}:contains`, `takes at most ${longestPart} characters`)
  return [startsWith('keys', key(name, text)), startsWith('keys', key(containsHead(name), text))]
}

/** A text from each of its later characters on. */
function laterParts (folded: string): readonly string[] {
  return [...folded].map((_, at, characters) => characters.slice(at, at + longestPart).join('')).slice(1).filter(part => !part.startsWith(' '))
}

/** A text of a query, folded. @throws OutcomeError where nothing is left of it, or it is too long */
export function readText (text: string, name: string, hash: Hash | null): string {
  const folded = fold(text)
  if (folded === '') throw invalidParameter(name, 'needs a letter or a digit')
  if (hash !== null && [...folded].length > longestSealedPrefix) {
    throw tooCostly(name, `is matched by its first ${longestSealedPrefix} characters at most, or whole with :exact`)
  }
  if (folded.length > longestClearText) throw tooCostly(name, `is matched by its first ${longestClearText} characters at most`)
  return folded
}

/** The texts of a value, each part of a name or an address by itself. */
export function textsOf (value: unknown, type: string): readonly string[] {
  if (type === 'HumanName') {
    const { text, family, given = [], prefix = [], suffix = [] } = value as HumanName
    return [text, family, ...given, ...prefix, ...suffix].filter(part => typeof part === 'string')
  }
  if (type === 'Address') {
    const { text, line = [], city, district, state, postalCode, country } = value as Address
    return [text, ...line, city, district, state, postalCode, country].filter(part => typeof part === 'string')
  }
  return typeof value === 'string' ? [value] : []
}

/** Every beginning of a folded text, up to `longest` code points, but those that end with a blank. */
export function * prefixes (folded: string, longest = longestSealedPrefix): Iterable<string> {
  let prefix = ''
  let length = 0
  for (const character of folded) {
    if (++length > longest) return
    prefix += character
    if (character !== ' ') yield prefix
  }
}
