/**
 * FHIRPath Patch (R4 fhirpatch.html). Paths are read by a grammar of our own (`path.ts`) and followed by R4's definitions,
 * which say what repeats, what has a choice of types, and what is primitive.
 *
 * As R4 says: operations in their order; one element for each path, except that `delete` may find none; `insert` and `move`
 * name a list; `add` appends to a list, and else asks that there be nothing yet. `replace` and `delete` take an element
 * whole, with the extensions beside a primitive value. What a deletion leaves empty goes with it.
 *
 * The result is not validated, and labels are not merged: both are for the caller.
 */
import { cloneJson } from '../json/literal.js'
import { checkBrought, inapplicable, newPurse } from './bounds.js'
import type { Definitions, Form } from './definitions.js'
import { childrenOf, lengthOf, objectOf, rootOf, rowsOf, shapeOf, valueOf, writeRows } from './element.js'
import type { Element, Row } from './element.js'
import { isSubject, keepIdentity } from './identity.js'
import { readParameters } from './parameters.js'
import type { Operation } from './parameters.js'
import type { Step } from './path.js'
import { noSuchElement, select, selectOne } from './select.js'
import type { Walk } from './select.js'
import { bring } from './value.js'

/**
 * @param resource is left as it is
 * @param parameters the body as parsed, a Parameters resource
 * @returns a new resource, not validated, its decimals digit for digit
 * @throws OutcomeError at `Parameters.parameter[0].part[1]`: invalid-request (400) for what is no FHIRPath Patch or has a
 * path that is not understood, inapplicable-patch (422) for what does not fit the resource, too-costly (400)
 */
export function applyFhirPathPatch<T extends object> (resource: T, parameters: unknown, definitions: Definitions): T {
  const operations = readParameters(parameters)
  const patched = cloneJson(resource)
  if (!isSubject(patched)) throw inapplicable('A resource is an object')
  const purse = newPurse()
  const root = rootOf(patched)
  for (const operation of operations) apply(operation, { root, definitions, purse, place: operation.places.path })
  checkBrought(patched, 0)
  return keepIdentity(resource, patched)
}

function apply (operation: Operation, walk: Walk): void {
  switch (operation.type) {
    case 'add': return add(operation, walk)
    case 'insert': return insert(operation, walk)
    case 'delete': return remove(operation, walk)
    case 'replace': return replace(operation, walk)
    case 'move': return move(operation, walk)
  }
}

type Of<Type> = Extract<Operation, { type: Type }>

function add ({ path, name, value, places }: Of<'add'>, walk: Walk): void {
  const parent = selectOne(path, walk)
  const shape = shapeOf(parent, name, walk.definitions)
  if (shape === undefined) throw noSuchElement(places.name)
  if (!shape.isList && childrenOf(parent, name, shape).length > 0) throw inapplicable('There is one already: replace it', places.name)
  const { form, row } = bring(value, name, shape, walk.definitions)
  const holder = openObject(parent, walk)
  walk.purse.pass(lengthOf(holder, form, shape.isList), walk.place)
  writeRows(holder, form, shape.isList, [...rowsOf(holder, form, shape.isList), row])
}

function insert ({ path, index, value, places }: Of<'insert'>, walk: Walk): void {
  const list = selectList(path, walk)
  const { form, row } = bring(value, list.name, list.shape, walk.definitions)
  editRows(list, form, walk, rows => {
    if (index > rows.length) throw inapplicable('The list has fewer items', places.index)
    rows.splice(index, 0, row)
  })
}

function remove ({ path }: Of<'delete'>, walk: Walk): void {
  const [element, ...others] = select(path, walk)
  if (others.length > 0) throw inapplicable('The path leads to more than one element', walk.place)
  if (element !== undefined) takeAway(element, walk)
}

function replace ({ path, value }: Of<'replace'>, walk: Walk): void {
  const element = selectOne(path, walk)
  const { parent, holder, name, shape, form, at } = element
  if (parent === undefined) throw inapplicable('A resource is replaced by an update', walk.place)
  const brought = bring(value, name, shape, walk.definitions)
  if (brought.form !== form) writeRows(holder, form, shape.isList, [])
  editRows(element, brought.form, walk, rows => { rows[at] = brought.row })
}

function move ({ path, source, destination, places }: Of<'move'>, walk: Walk): void {
  const list = selectList(path, walk)
  editRows(list, list.form, walk, rows => {
    if (source >= rows.length) throw inapplicable('The list has fewer items', places.source)
    if (destination >= rows.length) throw inapplicable('The list has fewer items', places.destination)
    rows.splice(destination, 0, ...rows.splice(source, 1))
  })
}

/** The first item of the list that a path names. */
function selectList (path: readonly Step[], walk: Walk): Element {
  const last = path.at(-1)
  const before = path.slice(0, -1)
  const parent = before.length === 0 ? walk.root : selectOne(before, walk)
  if (last?.kind !== 'member') throw inapplicable('The path ends with the name of a list', walk.place)
  const shape = shapeOf(parent, last.name, walk.definitions)
  if (shape === undefined) throw noSuchElement(walk.place)
  if (!shape.isList) throw inapplicable('This element does not repeat', walk.place)
  const [list] = childrenOf(parent, last.name, shape)
  if (list === undefined) throw inapplicable('There is nothing at this path: add begins a list', walk.place)
  return list
}

/** Takes an element away, and what it leaves empty. */
function takeAway (element: Element, walk: Walk): void {
  const { parent, holder, form, at } = element
  if (parent === undefined) throw inapplicable('A resource cannot be taken away by a patch', walk.place)
  editRows(element, form, walk, rows => { rows.splice(at, 1) })
  if (Object.keys(holder).length > 0) return
  if (parent.form.hasSibling) takeSibling(parent, walk)
  else takeAway(parent, walk)
}

/** Of a primitive element only what stands beside its value. */
function takeSibling (element: Element, walk: Walk): void {
  if (valueOf(element) === undefined || valueOf(element) === null) return takeAway(element, walk)
  editSibling(element, undefined, walk)
}

function editSibling (element: Element, sibling: object | undefined, walk: Walk): void {
  editRows(element, element.form, walk, rows => { rows[element.at] = { piece: rows[element.at]?.piece ?? { value: undefined }, sibling } })
}

/** The object that a child of this element goes into: beside a primitive value there may be none yet. */
function openObject (element: Element, walk: Walk): object {
  if (element.form.hasSibling && objectOf(element) === undefined) editSibling(element, {}, walk)
  const object = objectOf(element)
  if (object === undefined) throw inapplicable('This element has no parts', walk.place)
  return object
}

/** Changes an element and those beside it in its list. */
function editRows ({ holder, shape }: Element, form: Form, { purse, place }: Walk, edit: (rows: Row[]) => void): void {
  purse.pass(lengthOf(holder, form, shape.isList), place)
  const rows = rowsOf(holder, form, shape.isList)
  edit(rows)
  writeRows(holder, form, shape.isList, rows)
}
