import type { CodeableConcept, Coding } from '@medplum/fhirtypes'
import { invalid, textIn } from './input.js'
import type { Given } from './input.js'
import { needed, text } from './terminology.js'
import type { Input } from './terminology.js'

/** A code that is asked about, and where it stands. */
export interface CodeAsked {
  readonly system: string | undefined
  readonly version: string | undefined
  readonly code: string
  readonly display: string | undefined
  readonly place: string
  /** Where its system is said. */
  readonly systemPlace: string
}

/**
 * The codes that are asked about: of a code and its system, a Coding, or a CodeableConcept, whichever is given.
 * @param names the parameters of the code, its version and its Coding
 * @throws OutcomeError where none is given, or more than one
 */
export function codesIn (input: Input, names = { code: 'code', version: 'version', coding: 'coding' }): readonly CodeAsked[] {
  const given = [input.one(names.code), input.one(names.coding), input.one('codeableConcept')].filter(each => each !== undefined)
  const [first, second] = given
  if (first === undefined) throw needed(names.code, `Which code is asked about: ${names.code} or ${names.coding}`)
  if (second !== undefined) throw invalid(second, 'One code is asked about at a time')
  if (first.name === 'codeableConcept') {
    const { coding = [] } = (first.value['valueCodeableConcept'] ?? {}) as CodeableConcept
    if (coding.length === 0) throw invalid(first, 'The concept has no coding')
    return coding.map((each, index) => codingOf(first, each, `${first.place}.value.coding[${index}]`))
  }
  if (first.name === names.coding) return [codingOf(first, codingIn(first), first.place)]
  return [{ system: text(input, 'system'), version: text(input, names.version), code: textIn(first), display: text(input, 'display'), place: first.place, systemPlace: input.one('system')?.place ?? 'system' }]
}

function codingOf (given: Given, { system, version, code, display }: Coding, place: string): CodeAsked {
  if (code === undefined) throw invalid(given, 'The coding has no code')
  return { system, version, code, display, place, systemPlace: place }
}

/** A Coding, or in an address `system|code`. */
function codingIn (given: Given): Coding {
  const { valueCoding } = given.value
  if (valueCoding !== undefined) return valueCoding as Coding
  const whole = textIn(given)
  const bar = whole.lastIndexOf('|')
  return bar < 0 ? { code: whole } : { system: whole.slice(0, bar), code: whole.slice(bar + 1) }
}
