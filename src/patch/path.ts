/**
 * The paths of a FHIRPath Patch: a small grammar of our own, since a client's FHIRPath is never evaluated by an engine
 * (it takes seconds and gigabytes with fifty characters). It has what points to an element and nothing that computes:
 *
 *     path      = name ( '.' name | '[' digits ']' | '.' function )*      the first name may be the type of the resource
 *     function  = first() | last() | extension('url') | ofType(Type) | where(condition ( and condition )*)
 *     condition = ( $this | name ( '.' name )* ) = ( 'text' | digits | true | false )
 *
 * Names may stand between backticks. One pass, no backtracking: linear in the length, which is bounded.
 */
import { isRefusedName, malformed, maxPathLength } from './bounds.js'

export type Step =
  | { readonly kind: 'member', readonly name: string }
  | { readonly kind: 'item', readonly at: number }
  | { readonly kind: 'first' | 'last' }
  | { readonly kind: 'extension', readonly url: string }
  | { readonly kind: 'ofType', readonly type: string }
  | { readonly kind: 'where', readonly conditions: readonly Condition[] }

/** The elements at `names`, or the element itself, are one and have this value. */
export interface Condition {
  readonly names: readonly string[]
  readonly value: string | number | boolean
}

const maxSteps = 64
/** Sticky: each matches at the cursor alone, and none has two ways to match. */
const tokens = {
  name: /[A-Za-z_][A-Za-z0-9_]*/y,
  quotedName: /`([A-Za-z_][A-Za-z0-9_]*)`/y,
  digits: /\d{1,9}(?![\d.])/y,
  text: /'((?:[^'\\]|\\(?:['"`\\/fnrt]|u[0-9A-Fa-f]{4}))*)'/y,
  space: /[ \t\r\n]*/y
}
const escape = /\\(?:u([0-9A-Fa-f]{4})|(.))/g
const escapes: Readonly<Record<string, string>> = { f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * @param place of the path in the patch, for faults
 * @throws OutcomeError invalid-request
 */
export function readPath (text: string, place: string): readonly Step[] {
  if (text.length > maxPathLength) throw malformed(`A path has more than ${maxPathLength} characters`, place)
  const cursor = new Cursor(text, place)
  const steps: Step[] = [{ kind: 'member', name: cursor.name() }]
  while (!cursor.isAtEnd()) {
    if (cursor.takes('[')) {
      steps.push({ kind: 'item', at: Number(cursor.token('digits')) })
      cursor.expect(']')
    } else {
      cursor.expect('.')
      const name = cursor.name()
      steps.push(cursor.takes('(') ? readFunction(name, cursor) : { kind: 'member', name })
    }
    if (steps.length > maxSteps) throw malformed(`A path has more than ${maxSteps} steps`, place)
  }
  return steps
}

/** What stands behind `name(`. */
function readFunction (name: string, cursor: Cursor): Step {
  const step = readArguments(name, cursor)
  cursor.expect(')')
  return step
}

function readArguments (name: string, cursor: Cursor): Step {
  switch (name) {
    case 'first': case 'last': return { kind: name }
    case 'extension': return { kind: name, url: cursor.text() }
    case 'ofType': return { kind: name, type: readType(cursor) }
    case 'where': return { kind: name, conditions: readConditions(cursor) }
    default: throw cursor.fault('Of FHIRPath the functions where, first, last, extension and ofType are understood here')
  }
}

/** `Quantity`, or `FHIR.Quantity`. */
function readType (cursor: Cursor): string {
  const name = cursor.name()
  return name === 'FHIR' && cursor.takes('.') ? cursor.name() : name
}

function readConditions (cursor: Cursor): readonly Condition[] {
  const conditions = [readCondition(cursor)]
  while (cursor.takesWord('and')) conditions.push(readCondition(cursor))
  return conditions
}

function readCondition (cursor: Cursor): Condition {
  const names: string[] = []
  if (!cursor.takes('$this')) {
    names.push(cursor.name())
    while (cursor.takes('.')) names.push(cursor.name())
  }
  cursor.expect('=')
  return { names, value: readLiteral(cursor) }
}

function readLiteral (cursor: Cursor): string | number | boolean {
  if (cursor.takesWord('true')) return true
  if (cursor.takesWord('false')) return false
  return cursor.isAt("'") ? cursor.text() : Number(cursor.token('digits'))
}

/** Reads a text from left to right; white space between tokens does not count. */
class Cursor {
  readonly #text: string
  readonly #place: string
  #at = 0

  constructor (text: string, place: string) {
    this.#text = text
    this.#place = place
    this.#match('space')
  }

  isAtEnd (): boolean {
    return this.#at === this.#text.length
  }

  isAt (mark: string): boolean {
    return this.#text.startsWith(mark, this.#at)
  }

  takes (mark: string): boolean {
    if (!this.isAt(mark)) return false
    this.#at += mark.length
    this.#match('space')
    return true
  }

  /** A word that is not the beginning of a longer one. */
  takesWord (word: string): boolean {
    return this.isAt(word) && !/[A-Za-z0-9_]/.test(this.#text.charAt(this.#at + word.length)) && this.takes(word)
  }

  expect (mark: string): void {
    if (!this.takes(mark)) throw this.fault('The path is not one that is understood here')
  }

  token (kind: keyof typeof tokens): string {
    const found = this.#match(kind)
    if (found === undefined) throw this.fault('The path is not one that is understood here')
    this.#match('space')
    return found
  }

  name (): string {
    const name = this.token(this.isAt('`') ? 'quotedName' : 'name')
    if (isRefusedName(name)) throw this.fault('This name is not allowed')
    return name
  }

  text (): string {
    return this.token('text').replace(escape, (_, code: string | undefined, mark: string) =>
      code === undefined ? escapes[mark] ?? mark : String.fromCharCode(Number.parseInt(code, 16)))
  }

  fault (diagnostics: string) {
    return malformed(`${diagnostics} (character ${this.#at + 1})`, this.#place)
  }

  #match (kind: keyof typeof tokens): string | undefined {
    const pattern = tokens[kind]
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#at += found[0].length
    return found[1] ?? found[0]
  }
}
