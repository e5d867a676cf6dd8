import { createRequire } from 'node:module'
import { and, isIn, or } from '../../filter/filter.js'
import { unescape } from '../escape.js'
import { invalidParameter } from '../fault.js'
import { key, sealText } from '../key.js'
import { noModifiers } from './kind.js'
import type { ValueKind } from './kind.js'
import { fold } from '../../filter/fold.js'
import { textsOf } from './string.js'

/** FONEM, which was made for French family names; the library has no types. */
const fonem = createRequire(import.meta.url)('talisman/phonetics/french/fonem') as (name: string) => string

/**
 * R4's parameters `phonetic`: a name matches when, for each word of the value, one of its words sounds the same in
 * French. Sounds are sealed as texts are.
 */
export const phonetic = Object.freeze<ValueKind>({
  elements: Object.freeze(['string', 'HumanName']),
  modifiers: noModifiers,
  index: ({ code }, value, type, into, { hash }) => {
    for (const sound of textsOf(value, type).flatMap(soundsOf)) into.keys.add(key(code, sealText(hash, code, sound)))
  },
  filter: ({ parameter: { code }, values }, { hash }) => or(...values.map(value => {
    const sounds = soundsOf(unescape(value, code))
    if (sounds.length === 0) throw invalidParameter(code, 'needs a letter')
    return and(...sounds.map(sound => isIn('keys', [key(code, sealText(hash, code, sound))])))
  }))
})

/** Longest word whose sound is told, in UTF-16 code units. */
const longest = 64

function soundsOf (text: string): readonly string[] {
  return fold(text).split(' ').map(word => fonem(word.slice(0, longest))).filter(sound => sound !== '')
}
