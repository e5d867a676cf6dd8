import { visit } from 'jsonc-parser'
import { OutcomeError } from '../outcome/outcome-error.js'
import { inspect } from './inspect.js'
import type { Finding, Frame, Literal } from './inspect.js'
import { rememberLiteral } from './literal.js'

/**
 * JSON as FHIR R4 wants it (json.html), and not more. Refused, because other readers of the same bytes could
 * understand something else, or because a later step could break on it: bytes that are not UTF-8, a byte order mark,
 * comments, duplicate keys, keys of JavaScript's prototypes, more than 64 levels or a million values, numbers that are
 * not finite doubles, lone surrogates, NUL and control characters other than tab, line feed and carriage return.
 * `inspect` looks for these before anything is built, JSON.parse reads the grammar and gives the value, jsonc-parser
 * says where text that is no JSON goes wrong. (As the scanner of every body it was measured: 3 times slower, seconds on
 * white space alone.)
 * A fault names a place, never a value; of keys it repeats those only that could be names of FHIR elements.
 */
export function parseJson (bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const literals: Literal[] = []
  const finding = inspect(text, literals)
  if (finding !== undefined) throw refusal(finding.diagnostics, place(text, finding))
  const value = parse(text)
  const holders = new Map<Frame, object>()
  for (const { frame, step, text: source } of literals) rememberLiteral(holderOf(frame, value, holders), String(step), source)
  return value
}

/** The place of a syntax error is looked for in texts up to this length. */
const maxSearched = 1 << 20

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const leadingType = /^\s*\{\s*"resourceType"\s*:\s*"([A-Z][A-Za-z]{0,63})"/
const elementName = /^_?[A-Za-z][A-Za-z0-9]{0,63}$/

function decode (bytes: Uint8Array): string {
  const text = decodeUtf8(bytes)
  if (text.charCodeAt(0) === 0xFEFF) throw refusal('The body starts with a byte order mark')
  return text
}

function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw refusal('The body is not UTF-8')
  }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refusal('The body is not JSON', text.length <= maxSearched ? placeOfSyntaxError(text) : undefined)
  }
}

function placeOfSyntaxError (text: string): string | undefined {
  let place: string | undefined
  try {
    visit(text, {
      onError (...[, , , line, column]) { place ??= `line ${line + 1}, column ${column + 1}` }
    }, { disallowComments: true, allowTrailingComma: false })
  } catch {
    // It recurses: a text nested too deep has no place.
  }
  return place
}

/** The object or array of the value that a frame of the text stands for. */
function holderOf (frame: Frame, root: unknown, holders: Map<Frame, object>): object {
  let holder = holders.get(frame)
  if (holder === undefined) {
    holder = (frame.parent?.parent === undefined ? root : Reflect.get(holderOf(frame.parent, root, holders), frame.entry)) as object
    holders.set(frame, holder)
  }
  return holder
}

/** `DocumentReference.content[0].attachment`; ends before the first key that is no name of FHIR. */
function place (text: string, { path }: Finding): string {
  let expression = leadingType.exec(text)?.[1] ?? 'Resource'
  for (const step of path) {
    if (typeof step === 'number') expression += `[${step}]`
    else if (elementName.test(step)) expression += `.${step}`
    else break
  }
  return expression
}

function refusal (diagnostics: string, expression?: string): OutcomeError {
  return new OutcomeError('unparsable', expression === undefined ? { diagnostics } : { diagnostics, expression })
}
