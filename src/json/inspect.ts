/** What a text has that FHIR's JSON may not have, and the steps from the root to it. */
export interface Finding {
  readonly diagnostics: string
  readonly path: ReadonlyArray<string | number>
}

/** A number that would not print as it is written: `text` under `step` of what `frame` stands for. */
export interface Literal {
  readonly frame: Frame
  readonly step: string | number
  readonly text: string
}

/** An object or array that the scan is inside of, and where in it. */
export interface Frame {
  readonly parent: Frame | undefined
  /** The step from the parent to here. */
  readonly entry: string | number
  readonly depth: number
  /** The names so far; absent in an array. */
  readonly names: Set<string> | undefined
  step: string | number
  isName: boolean
}

const maxDepth = 64
/** A body of 15 MiB of ordinary resources has half as many; brackets and digits alone could make seven million. */
const maxValues = 1_000_000
/** No type of FHIR has a tenth of these. */
const maxNames = 1_000
/** FHIR asks for 18 digits; nobody measures with more than these. */
const maxNumberLength = 128
const maxExponentDigits = 3
const exponent = /[eE][+-]?(\d+)$/
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/ // eslint-disable-line no-control-regex
const refusedNames = new Set(['__proto__', 'constructor', 'prototype'])

const quote = 34
const plus = 43
const comma = 44
const minus = 45
const dot = 46
const digit0 = 48
const digit9 = 57
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

/**
 * Looks at every token of a text, for what JSON.parse lets pass, loses in silence or spends too much on; stops at the
 * first finding. It leaves the grammar to JSON.parse, so only strings, numbers, brackets and commas matter to it; what
 * it makes of a text that is no JSON is of no consequence. One pass, no recursion, linear.
 * @param literals receives the numbers that would not print as they are written
 */
export function inspect (text: string, literals: Literal[]): Finding | undefined {
  let frame: Frame = { parent: undefined, entry: '', depth: 0, names: undefined, step: '', isName: false }
  let values = 0

  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    let fault: string | undefined
    if (code === quote) {
      const end = endOfString(text, at)
      fault = frame.isName ? enterName(frame, text.slice(at, end)) : faultOfString(text.slice(at, end))
      at = end - 1
    } else if (code === openBrace || code === openBracket) {
      frame = enter(frame, code === openBrace)
      if (frame.depth > maxDepth) fault = `The body has more than ${maxDepth} levels`
    } else if (code === closeBrace || code === closeBracket) {
      frame = frame.parent ?? frame
    } else if (code === comma) {
      values += 1
      if (values > maxValues) fault = `The body has more than ${maxValues} values`
      if (frame.names === undefined) frame.step = Number(frame.step) + 1
      else frame.isName = true
    } else if (isDigit(code) || code === minus) {
      const end = endOfNumber(text, at)
      fault = enterNumber(frame, text.slice(at, end), literals)
      at = end - 1
    }
    if (fault !== undefined) return { diagnostics: fault, path: pathOf(frame) }
  }
  return undefined
}

function enter (parent: Frame, isObject: boolean): Frame {
  const names = isObject ? new Set<string>() : undefined
  return { parent, entry: parent.step, depth: parent.depth + 1, names, step: isObject ? '' : 0, isName: isObject }
}

function pathOf (frame: Frame): ReadonlyArray<string | number> {
  const path: Array<string | number> = frame.step === '' ? [] : [frame.step]
  for (let inner = frame; inner.parent?.parent !== undefined; inner = inner.parent) path.unshift(inner.entry)
  return path
}

function enterName (frame: Frame, source: string): string | undefined {
  const name = unescape(source)
  const names = frame.names as Set<string>
  frame.isName = false
  frame.step = ''
  if (isForbidden(source, name)) return 'A name has a character that is not allowed'
  frame.step = name
  if (names.size === names.add(name).size) return 'An element is given twice'
  if (names.size > maxNames) return `An element has more than ${maxNames} parts`
  return refusedNames.has(name) ? 'This name is not allowed' : undefined
}

function faultOfString (source: string): string | undefined {
  return source.includes('\\') && isForbidden(source, unescape(source)) ? 'A string has a character that is not allowed' : undefined
}

/** The text was well-formed UTF-8, and JSON.parse refuses raw controls: only an escape can bring either. */
function isForbidden (source: string, value: string): boolean {
  return source.length !== value.length + 2 && (!value.isWellFormed() || control.test(value))
}

function unescape (source: string): string {
  if (!source.includes('\\')) return source.slice(1, -1)
  try {
    return JSON.parse(source) as string
  } catch {
    return source.slice(1, -1)
  }
}

function enterNumber (frame: Frame, text: string, literals: Literal[]): string | undefined {
  const value = Number(text)
  if (String(value) === text) return undefined
  if (!isReasonable(text, value)) return 'A number is out of range'
  if (frame.parent !== undefined) literals.push({ frame, step: frame.step, text })
  return undefined
}

/** Neither overflows, nor vanishes to zero, nor is longer than any measure. */
function isReasonable (text: string, value: number): boolean {
  if (text.length > maxNumberLength || !Number.isFinite(value)) return false
  if ((exponent.exec(text)?.[1]?.length ?? 0) > maxExponentDigits) return false
  return value !== 0 || !/^-?[0.]*[1-9]/.test(text)
}

/** @returns the offset behind the closing quote of the string that opens at `at` */
function endOfString (text: string, at: number): number {
  let end = text.indexOf('"', at + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped (text: string, at: number): boolean {
  let start = at
  while (text.charCodeAt(start - 1) === backslash) start -= 1
  return (at - start) % 2 === 1
}

function endOfNumber (text: string, at: number): number {
  let end = at + 1
  while (isPartOfNumber(text.charCodeAt(end))) end += 1
  return end
}

function isPartOfNumber (code: number): boolean {
  return isDigit(code) || code === dot || code === minus || code === plus || code === 69 || code === 101
}

function isDigit (code: number): boolean {
  return code >= digit0 && code <= digit9
}
