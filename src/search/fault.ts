import { OutcomeError } from '../outcome/outcome-error.js'
import type { Fault } from '../outcome/outcome-error.js'

/** Longest name of a parameter that is repeated to the client, in UTF-16 code units. */
const longestName = 64

/** `diagnostics` about the parameter `name`; it never holds a value. */
export function faultOf (name: string, diagnostics: string): Fault {
  const shown = name.slice(0, longestName).toWellFormed()
  return { diagnostics: `\`${shown}\` ${diagnostics}`, expression: shown }
}

/** The value of `name` cannot be read. */
export function invalidParameter (name: string, diagnostics: string): OutcomeError {
  return new OutcomeError('invalid-parameter', faultOf(name, diagnostics))
}

/** The value of `name` is FHIR, but not built here. */
export function notSupported (name: string, diagnostics: string): OutcomeError {
  return new OutcomeError('invalid-parameter', { ...faultOf(name, diagnostics), code: 'not-supported' })
}

/** `names` are not built here, or not declared. */
export function unknownParameters (names: readonly string[]): OutcomeError {
  return new OutcomeError('unknown-parameter', names.map(name => faultOf(name, 'is not a parameter that is supported here')))
}

/** What `read` finds wrong with a part of `name` is said of all of it. */
export function inWhole<T> (name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    const whole = faultOf(name, '').expression ?? ''
    throw new OutcomeError(error.kind, error.faults.map(fault => ({
      ...fault, diagnostics: fault.diagnostics.replace(`\`${fault.expression ?? ''}\``, `\`${whole}\``), expression: whole
    })))
  }
}

/** `name` would be answered by a part of what is stored: it is not all indexed yet. */
export function incomplete (name: string): OutcomeError {
  return new OutcomeError('index-incomplete', faultOf(name, 'is being indexed; try again later'), { headers: { 'retry-after': '30' } })
}

/** `name` asks for more than a query may. */
export function tooCostly (name: string, diagnostics: string): OutcomeError {
  return new OutcomeError('too-costly', faultOf(name, diagnostics))
}
