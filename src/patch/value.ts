/** What a part named `value` brings in: a value[x], parts that make up an element without a type of its own, or a resource. */
import { cloneJson, pick } from '../json/literal.js'
import { inapplicable, malformed } from './bounds.js'
import type { Definitions, ElementShape, Form } from './definitions.js'
import { lengthOf, rowsOf, writeRows } from './element.js'
import type { Row } from './element.js'
import { isSubject } from './identity.js'
import { partsOf } from './parameters.js'
import type { Part } from './parameters.js'
import { noSuchElement } from './select.js'

type Json = Readonly<Record<string, unknown>>

/** The row that a part makes of an element, and the form that it takes. */
export interface Brought {
  readonly form: Form
  readonly row: Row
}

const valueKey = /^_?value([A-Z][A-Za-z0-9]*)$/

/**
 * @param name of the element, as in FHIRPath: a choice takes the form of the value's type
 * @throws OutcomeError invalid-request when the part brings nothing or two things, inapplicable-patch when the element does not take it
 */
export function bring ({ part, place }: Part, name: string, shape: ElementShape, definitions: Definitions): Brought {
  const types = new Set(Object.keys(part).flatMap(key => valueKey.exec(key)?.[1] ?? []))
  if (types.size + ['part', 'resource'].filter(key => part[key] !== undefined).length !== 1) throw malformed('One value, a resource or parts are needed here', place)
  const [type] = types
  const form = formOf(name, shape, type, place)
  if (type !== undefined) return { form, row: rowOf(part, type) }
  return { form, row: { piece: { value: part['resource'] === undefined ? assemble({ part, place }, form, definitions) : resourceOf(part, form, place) }, sibling: undefined } }
}

function formOf (name: string, { forms }: ElementShape, type: string | undefined, place: string): Form {
  const form = forms.length === 1 ? forms[0] : forms.find(({ key }) => key === `${name}${type}`)
  if (form === undefined) throw inapplicable('This element takes no value of this type', place)
  return form
}

function rowOf (part: Json, type: string): Row {
  const piece = pick(part, `value${type}`)
  return { piece: { ...piece, value: cloneJson(piece.value) }, sibling: cloneJson(part[`_value${type}`]) }
}

function resourceOf (part: Json, form: Form, place: string): Json {
  const resource = cloneJson(part['resource'])
  if (form.type !== undefined || !isSubject(resource)) throw inapplicable('This element takes no resource', place)
  return resource
}

/** An element made of parts, each named as a child of it. */
function assemble ({ part, place }: Part, { type, hasSibling }: Form, definitions: Definitions): Json {
  if (type === undefined || hasSibling) throw inapplicable('This element is not made of parts', place)
  const element = {}
  for (const child of partsOf(part, place)) {
    const name = child.part['name']
    const shape = typeof name === 'string' ? definitions.childOf(type, name) : undefined
    if (typeof name !== 'string' || shape === undefined) throw noSuchElement(`${child.place}.name`)
    const { form, row } = bring(child, name, shape, definitions)
    if (!shape.isList && shape.forms.some(other => lengthOf(element, other, false) > 0)) throw inapplicable('This element does not repeat', child.place)
    writeRows(element, form, shape.isList, [...rowsOf(element, form, shape.isList), row])
  }
  return element
}
