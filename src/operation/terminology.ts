/**
 * What the operations on the terminology (R4 terminology-service.html) share. They concern nobody: whoever may read the
 * type may ask, and the trace of it, refused or not, is of an access to no record.
 */
import type { Access } from '../audit/event.js'
import { refusal } from '../interaction/answer.js'
import type { Answer, Parameter } from '../interaction/answer.js'
import { needScope } from '../interaction/context.js'
import type { Asking, Context } from '../interaction/context.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import type { Definition, Terms } from '../terminology/terms.js'
import type { Lack } from '../terminology/value-set.js'
import { invalid, readEach, textIn } from './input.js'
import type { Asked, Given } from './input.js'

export interface AskingTerms extends Asking {
  readonly type: Definition['resourceType']
  /** Of the definition that is asked, where the address names it. */
  readonly id?: string
  readonly asked: Asked
}

/** What is asked, its parameters by name; those that repeat are lists. */
export interface Input {
  readonly terms: Terms
  /** Of the address. */
  readonly definition: Definition | undefined
  readonly one: (name: string) => Given | undefined
  readonly all: (name: string) => readonly Given[]
}

export type Work = (input: Input, context: Context, asking: AskingTerms) => Answer['body']

/** One operation: its name, the parameters that it takes, those of them that repeat, and what it answers. */
export interface TermOperation { readonly name: string, readonly parameters: readonly string[], readonly repeated?: readonly string[], readonly work: Work }

/** Nothing here waits: what is asked was made at the start. */
export async function askTerms (context: Context, asking: AskingTerms, operation: TermOperation): Promise<Answer> {
  const { sight, type, id } = asking
  const definition = id === undefined ? undefined : context.registry.terms.definitions.find(each => each.resourceType === type && each.id === id)
  const access = (outcome: Access['outcome']): readonly Access[] =>
    [{ interaction: 'operation', type, patient: null, ...definition === undefined ? {} : { about: `${type}/${id}` }, query: `$${operation.name}`, outcome }]
  try {
    needScope(asking, type, 'r')
    if (id !== undefined && definition === undefined) throw new OutcomeError('absent')
    return { status: 200, headers: {}, body: operation.work(read(context, asking.asked, definition, operation), context, asking), sight, accesses: access('0') }
  } catch (error) {
    if (!(error instanceof OutcomeError) || error.status >= 500) throw error
    return refusal(sight, error, access('4'))
  }
}

function read (context: Context, asked: Asked, definition: Definition | undefined, { parameters, repeated = [] }: TermOperation): Input {
  const { terms } = context.registry
  const given = readEach(context, asked, parameters)
  const twice = given.find(({ name }, index) => !repeated.includes(name) && given.findIndex(each => each.name === name) < index)
  if (twice !== undefined) throw invalid(twice, 'The parameter is given twice')
  return { terms, definition, one: name => given.find(each => each.name === name), all: name => given.filter(each => each.name === name) }
}

export function text ({ one }: Input, name: string): string | undefined {
  const given = one(name)
  return given === undefined ? undefined : textIn(given)
}

/** A whole number, 0 or more. */
export function count ({ one }: Input, name: string): number | undefined {
  const given = one(name)
  if (given === undefined) return undefined
  const { valueInteger, valueUnsignedInt, valuePositiveInt, valueString } = given.value
  const value = String(valueInteger ?? valueUnsignedInt ?? valuePositiveInt ?? valueString ?? '')
  if (!/^\d{1,9}$/.test(value)) throw invalid(given, 'The parameter is a whole number, 0 or more')
  return Number(value)
}

export function flag ({ one }: Input, name: string): boolean {
  const given = one(name)
  if (given === undefined) return false
  const value = given.value['valueBoolean'] ?? given.value['valueString']
  if (value !== true && value !== false && value !== 'true' && value !== 'false') throw invalid(given, 'The parameter is true or false')
  return String(value) === 'true'
}

/** The definition that is asked: that of the address, or the one that a canonical URL names, of a version where one is asked for. */
export function definitionIn<One extends Definition> (input: Input, version: string, named: (canonical: string) => One | undefined): { readonly definition: One, readonly place: string } | undefined {
  const given = input.one('url')
  if (input.definition !== undefined) {
    if (given !== undefined) throw invalid(given, 'The address names the definition')
    return { definition: input.definition as One, place: 'url' }
  }
  if (given === undefined) return undefined
  const asked = text(input, version)
  const definition = named(asked === undefined ? textIn(given) : `${textIn(given)}|${asked}`)
  if (definition === undefined) throw unknown(given, `The definition \`${short(textIn(given))}\` is not known here${asked === undefined ? '' : ' in this version'}`)
  return { definition, place: given.place }
}

export function needed (place: string, diagnostics: string): OutcomeError {
  return new OutcomeError('invalid-parameter', { diagnostics, expression: place, code: 'required' })
}

export function unknown ({ place }: Pick<Given, 'place'>, diagnostics: string): OutcomeError {
  return new OutcomeError('absent', { diagnostics, expression: place })
}

/** What a client wrote, as far as it is said again. */
export function short (text: string): string {
  return text.slice(0, 200)
}

/** What is missing to answer, as a sentence without its end. */
export function sayLack ({ kind, name }: Lack): string {
  switch (kind) {
    case 'code-system': return `the code system \`${short(name)}\` is not known here in full`
    case 'value-set': return `the value set \`${short(name)}\` is not known here, or not what it holds`
    case 'filter': return `its filter \`${short(name)}\` is not built here`
    case 'circle': return `the value set \`${short(name)}\` includes itself`
    default: return kind satisfies never
  }
}

export const parameter = (name: string, value: Readonly<Record<string, unknown>>): Parameter => ({ name, value })
