/**
 * JSON Patch (RFC 6902), as FHIR takes it (R4 http.html#patch). The libraries of npm were looked at and not taken:
 * none keeps the digits of decimals, rfc6902 steps over `__proto__` and writes one level above it, it and fast-json-patch
 * follow inherited members (`copy` from `/toString`), and none has an end to what `copy` multiplies.
 *
 * The result is not validated, and a list that lost its last item stays as an empty one. Nor are labels merged: the
 * samples of the French guides replace `/securityLabel/0`, which overwrites whichever label stands first. Keeping the
 * others is for the caller, who knows which of them this writer may take off.
 */
import { cloneJson, drop, memberOf, pick, put, splice } from '../json/literal.js'
import type { Piece } from '../json/literal.js'
import { isSame } from '../json/same.js'
import { checkBrought, inapplicable, malformed, maxOperations, newPurse } from './bounds.js'
import type { Purse } from './bounds.js'
import { isSubject, keepIdentity } from './identity.js'
import { follow, followExisting, readPointer } from './pointer.js'
import type { Pointer, Target } from './pointer.js'

/**
 * @param resource is left as it is
 * @param operations the body as parsed, an array of operations
 * @returns a new resource, not validated, its decimals digit for digit
 * @throws OutcomeError at `[2].path`: invalid-request (400) for what is no JSON Patch, inapplicable-patch (422) for a
 * path that is not there and for a `test` that fails, too-costly (400)
 */
export function applyJsonPatch<T extends object> (resource: T, operations: unknown): T {
  const read = readOperations(operations)
  const purse = newPurse()
  const document: Document = { root: cloneJson(resource) }
  for (const operation of read) apply(document, operation, purse)
  if (read.some(({ op }) => op === 'move')) checkBrought(document.root, 0)
  return keepIdentity(resource, document.root)
}

/** What is patched; an operation on the path `` replaces it. */
interface Document { root: object }

type Operation = { readonly place: string, readonly path: Pointer } & (
  | { readonly op: 'remove' }
  | { readonly op: 'add' | 'replace' | 'test', readonly piece: Piece }
  | { readonly op: 'move' | 'copy', readonly from: Pointer }
)

/** All are read before one is applied: a patch that cannot be understood says so whatever the resource is. */
function readOperations (operations: unknown): readonly Operation[] {
  if (!Array.isArray(operations)) throw malformed('A JSON Patch is an array of operations')
  if (operations.length > maxOperations) throw malformed(`A patch has more than ${maxOperations} operations`)
  return Array.from<unknown, Operation>(operations, (operation, at) => readOperation(operation, `[${at}]`))
}

function readOperation (operation: unknown, place: string): Operation {
  if (!isSubject(operation)) throw malformed('An operation is an object', place)
  const member = (name: string): unknown => memberOf(operation, name)
  const op = member('op')
  const path = readPointer(member('path'), `${place}.path`)
  switch (op) {
    case 'remove': return { op, place, path }
    case 'move': case 'copy': return { op, place, path, from: readPointer(member('from'), `${place}.from`) }
    case 'add': case 'replace': case 'test': {
      const piece = pick(operation, 'value')
      if (piece.value === undefined) throw malformed('A value is needed here', `${place}.value`)
      checkBrought(piece.value, path.length, `${place}.value`)
      return { op, place, path, piece }
    }
    default: throw malformed('An operation is one of add, remove, replace, move, copy, test', `${place}.op`)
  }
}

function apply (document: Document, operation: Operation, purse: Purse): void {
  const { op, place, path } = operation
  const at = `${place}.path`
  switch (op) {
    case 'add': return add(document, path, clone(operation.piece), at, purse)
    case 'remove': return remove(followBelow(document, path, at), at, purse)
    case 'replace': return replace(document, path, clone(operation.piece), at)
    case 'test': return test(document, path, operation.piece, place)
    case 'copy': {
      const piece = pieceAt(document, operation.from, `${place}.from`)
      purse.copy(piece.value, path.length, at)
      return add(document, path, clone(piece), at, purse)
    }
    case 'move': return move(document, operation.from, path, place, purse)
  }
}

function add (document: Document, path: Pointer, piece: Piece, place: string, purse: Purse): void {
  if (path.length === 0) return replace(document, path, piece, place)
  const { holder, key } = follow(document.root, path, place)
  if (!Array.isArray(holder)) return put(holder, key, piece)
  if (key !== holder.length) purse.pass(holder.length, place)
  splice(holder, Number(key), 0, [piece])
}

function remove ({ holder, key }: Target, place: string, purse: Purse): void {
  if (!Array.isArray(holder)) return drop(holder, String(key))
  purse.pass(holder.length, place)
  splice(holder, Number(key), 1)
}

function replace (document: Document, path: Pointer, piece: Piece, place: string): void {
  if (path.length > 0) {
    const { holder, key } = followExisting(document.root, path, place)
    return put(holder, key, piece)
  }
  if (!isSubject(piece.value)) throw inapplicable('A resource is an object', place)
  document.root = piece.value
}

/** RFC 6902, 4.6: numbers are the same by their value, objects whatever the order of their members. */
function test (document: Document, path: Pointer, piece: Piece, place: string): void {
  const found = pieceAt(document, path, `${place}.path`)
  if (!isSame(found.value, piece.value, 'by value')) throw inapplicable('The test fails', place)
}

/** RFC 6902, 4.4: a value cannot be moved into a part of itself. How deep it came to stand is looked at once, in the end. */
function move (document: Document, from: Pointer, path: Pointer, place: string, purse: Purse): void {
  const piece = pieceAt(document, from, `${place}.from`)
  const isInto = from.every((token, at) => token === path[at])
  if (isInto && from.length === path.length) return
  if (isInto) throw inapplicable('A value cannot be moved into itself', `${place}.path`)
  remove(followBelow(document, from, `${place}.from`), `${place}.from`, purse)
  add(document, path, piece, `${place}.path`, purse)
}

function pieceAt ({ root }: Document, path: Pointer, place: string): Piece {
  if (path.length === 0) return { value: root }
  const { holder, key } = followExisting(root, path, place)
  return pick(holder, key)
}

function followBelow ({ root }: Document, path: Pointer, place: string): Target {
  if (path.length === 0) throw inapplicable('A resource cannot be taken away by a patch', place)
  return followExisting(root, path, place)
}

function clone ({ value, text }: Piece): Piece {
  return { value: cloneJson(value), text }
}
