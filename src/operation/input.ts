/**
 * What an operation is asked with (R4 operations.html#request): parameters of the address, all text, or a Parameters
 * resource. Each is taken once, and none that is not declared.
 */
import type { CodeableConcept, Coding, Parameters, Reference } from '@medplum/fhirtypes'
import { checked } from '../interaction/create.js'
import type { Context } from '../interaction/context.js'
import { OutcomeError } from '../outcome/outcome-error.js'
import { escape } from '../search/escape.js'

/** One parameter as it came, and where it stands. */
export interface Given { readonly name: string, readonly place: string, readonly value: Readonly<Record<string, unknown>> }

/** What came: pairs of the address, and a body where there is one. */
export interface Asked { readonly query: readonly (readonly [name: string, value: string])[], readonly body: unknown }

/** What an address may say beside parameters. */
export const HOW_TO_ANSWER: readonly string[] = ['_format', '_pretty']

/** @throws OutcomeError `invalid-resource` for a body that is no Parameters, `unknown-parameter`, `invalid-parameter` for one given twice */
export function readInput (context: Context, asked: Asked, names: readonly string[]): ReadonlyMap<string, Given> {
  const known = new Map<string, Given>()
  for (const each of readEach(context, asked, names)) {
    if (known.has(each.name)) throw invalid(each, 'The parameter is given twice')
    known.set(each.name, each)
  }
  return known
}

/** The same, where parameters repeat. */
export function readEach (context: Context, asked: Asked, names: readonly string[]): readonly Given[] {
  const given = givenIn(context, asked)
  const unknown = given.find(({ name }) => !names.includes(name))
  if (unknown !== undefined) throw new OutcomeError('unknown-parameter', { diagnostics: names.length === 0 ? 'This operation has no parameters' : `The parameters of this operation are ${names.join(', ')}`, expression: unknown.place })
  return given
}

/** All that came, in its order. @throws OutcomeError `invalid-resource` for a body that is no Parameters */
export function givenIn (context: Context, { query, body }: Asked): readonly Given[] {
  return [
    ...query.filter(([name]) => !HOW_TO_ANSWER.includes(name)).map(([name, value]): Given => ({ name, place: name, value: { valueString: value } })),
    ...body === undefined ? [] : inBody(context, body)
  ]
}

function inBody (context: Context, body: unknown): readonly Given[] {
  const { parameter = [] } = checked(context, 'Parameters', body) as Parameters
  return parameter.map(({ name, ...value }, index) => ({ name, place: `Parameters.parameter[${index}]`, value: value as Given['value'] }))
}

export function invalid ({ place }: Pick<Given, 'place'>, diagnostics: string): OutcomeError {
  return new OutcomeError('invalid-parameter', { diagnostics, expression: place })
}

/**
 * What a body asks, as an address would say it: for an operation whose parameters repeat, and go into the links of its pages.
 * @param more types of values that the operation takes besides
 * @throws OutcomeError as `readInput`, and `invalid-parameter` for what is not one simple value
 */
export function pairsIn (context: Context, body: unknown, more: readonly string[] = []): readonly (readonly [name: string, value: string])[] {
  return inBody(context, body).map(given => {
    const [value, ...others] = Object.entries(given.value)
    if (value === undefined || ![...SIMPLE, ...more].includes(value[0]) || others.length > 0) throw invalid(given, 'The parameter has one simple value')
    return [given.name, value[0] === 'valueCodeableConcept' ? tokensOf(given, value[1] as CodeableConcept) : String(value[1])]
  })
}

/** A concept is any of its codings. */
function tokensOf (given: Given, { coding = [] }: CodeableConcept): string {
  const tokens = coding.flatMap(({ system, code }) => code === undefined ? [] : [[...system === undefined ? [] : [system], code].map(escape).join('|')])
  if (tokens.length === 0) throw invalid(given, 'The parameter has a code')
  return tokens.join(',')
}

/** The types whose value an address can say. */
const SIMPLE: readonly string[] = ['valueCode', 'valueDate', 'valueDateTime', 'valueId', 'valueInstant', 'valueInteger', 'valuePositiveInt', 'valueString', 'valueUnsignedInt', 'valueUri']

/** Whom a parameter names: `Type/id`, or `system|value`; in a body a Reference or an Identifier too. */
export function referenceIn (given: Given): Reference {
  const { valueReference, valueIdentifier } = given.value
  if (valueReference !== undefined) return valueReference as Reference
  if (valueIdentifier !== undefined) return { identifier: valueIdentifier } as Reference
  const text = textIn(given)
  const [system, ...value] = text.split('|')
  return value.length === 0 ? { reference: text } : { identifier: { system: system ?? '', value: value.join('|') } }
}

/** The `system|code` that a parameter names. */
export function codingIn (given: Given): string {
  const { system, code } = (given.value['valueCoding'] ?? {}) as Coding
  return system === undefined || code === undefined ? textIn(given) : `${system}|${code}`
}

export function textIn (given: Given): string {
  const { valueString, valueCode, valueUri, valueId, valueInstant, valueCanonical } = given.value
  const text = valueString ?? valueCode ?? valueUri ?? valueId ?? valueInstant ?? valueCanonical
  if (typeof text !== 'string' || text === '') throw invalid(given, 'The parameter has another type, or no value')
  return text
}
