/**
 * Elements of a resource as FHIR means them, whatever way they stand in JSON: in a list or not, a primitive one with its
 * id and extensions beside it (`birthDate` and `_birthDate`), a choice under the name of its type.
 */
import { drop, memberOf, pick, put, splice } from '../json/literal.js'
import type { Piece } from '../json/literal.js'
import type { Definitions, ElementShape, Form } from './definitions.js'
import { isSubject } from './identity.js'

type Json = Readonly<Record<string, unknown>>

/** An element that is there. */
export interface Element {
  /** The element that it is a child of; nothing for the resource itself. */
  readonly parent: Element | undefined
  /** The object that has it. */
  readonly holder: object
  /** Its name as in FHIRPath. */
  readonly name: string
  readonly shape: ElementShape
  /** The one of its forms that it has. */
  readonly form: Form
  /** Its place in its list; 0 if it is in none. */
  readonly at: number
}

/** The value of an element, nothing where it has none, and what stands beside it. */
export interface Row {
  readonly piece: Piece
  readonly sibling: unknown
}

/** A resource as the root of its elements. */
export function rootOf (resource: Json): Element {
  const form = { key: 'resource', type: String(resource['resourceType']), hasSibling: false }
  return { parent: undefined, holder: { resource }, name: form.key, shape: { isList: false, forms: [form] }, form, at: 0 }
}

export function valueOf ({ holder, shape, form, at }: Element): unknown {
  const value = memberOf(holder, form.key)
  return shape.isList ? itemOf(value, at) : value
}

/** The object that the children of an element stand in: of a primitive one, what stands beside its value. */
export function objectOf (element: Element): Json | undefined {
  const { holder, shape, form, at } = element
  const sibling = form.hasSibling ? memberOf(holder, `_${form.key}`) : undefined
  const object = !form.hasSibling ? valueOf(element) : shape.isList ? itemOf(sibling, at) : sibling
  return isSubject(object) ? object : undefined
}

/** The type whose children an element has. */
export function typeOf (element: Element): string {
  if (element.form.hasSibling) return 'Element'
  const type = objectOf(element)?.['resourceType']
  return element.form.type ?? (typeof type === 'string' ? type : '')
}

/** @returns nothing where R4 has no such child of this element */
export function shapeOf (element: Element, name: string, definitions: Definitions): ElementShape | undefined {
  return definitions.childOf(typeOf(element), name)
}

/** The children of this shape that an element has. */
export function childrenOf (parent: Element, name: string, shape: ElementShape): readonly Element[] {
  const holder = objectOf(parent)
  if (holder === undefined) return []
  return shape.forms.flatMap(form => {
    const children: Element[] = []
    const length = lengthOf(holder, form, shape.isList)
    for (let at = 0; at < length; at += 1) {
      const child = { parent, holder, name, shape, form, at }
      if ((valueOf(child) ?? objectOf(child)) !== undefined) children.push(child)
    }
    return children
  })
}

/** How many rows there are, those counted that are null. */
export function lengthOf (holder: object, { key, hasSibling }: Form, isList: boolean): number {
  const values = [memberOf(holder, key), hasSibling ? memberOf(holder, `_${key}`) : undefined]
  if (!isList) return values.some(isThere) ? 1 : 0
  return Math.max(...values.map(value => Array.isArray(value) ? value.length : 0))
}

export function rowsOf (holder: object, form: Form, isList: boolean): Row[] {
  return Array.from({ length: lengthOf(holder, form, isList) }, (_, at) => ({
    piece: pieceOf(holder, form.key, isList, at),
    sibling: form.hasSibling ? pieceOf(holder, `_${form.key}`, isList, at).value : undefined
  }))
}

/** Writes all rows of an element; of a list there may be none, which takes it away. */
export function writeRows (holder: object, { key, hasSibling }: Form, isList: boolean, rows: readonly Row[]): void {
  write(holder, key, isList, rows.map(({ piece }) => piece))
  if (hasSibling) write(holder, `_${key}`, isList, rows.map(({ sibling }) => ({ value: sibling })))
}

function write (holder: object, key: string, isList: boolean, pieces: readonly Piece[]): void {
  if (!pieces.some(({ value }) => isThere(value))) return drop(holder, key)
  if (!isList) return put(holder, key, pieces[0] ?? { value: undefined })
  const list: unknown[] = []
  splice(list, 0, 0, pieces.map(piece => isThere(piece.value) ? piece : { value: null }))
  put(holder, key, { value: list })
}

function pieceOf (holder: object, key: string, isList: boolean, at: number): Piece {
  const piece = pick(holder, key)
  if (!isList) return piece
  return Array.isArray(piece.value) ? pick(piece.value, at) : { value: undefined }
}

function itemOf (list: unknown, at: number): unknown {
  return Array.isArray(list) ? list[at] : undefined
}

function isThere (value: unknown): boolean {
  return value !== undefined && value !== null
}
