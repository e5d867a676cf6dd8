/**
 * A FHIRPath Patch as it comes: a `Parameters` resource, one parameter `operation` for each operation (R4 fhirpatch.html).
 * All are read before one is applied.
 */
import { memberOf } from '../json/literal.js'
import { checkBrought, malformed, maxOperations } from './bounds.js'
import { isSubject } from './identity.js'
import { readPath } from './path.js'
import type { Step } from './path.js'

type Json = Readonly<Record<string, unknown>>

export type Operation = { readonly path: readonly Step[], readonly places: Places } & (
  | { readonly type: 'add', readonly name: string, readonly value: Part }
  | { readonly type: 'insert', readonly index: number, readonly value: Part }
  | { readonly type: 'delete' }
  | { readonly type: 'replace', readonly value: Part }
  | { readonly type: 'move', readonly source: number, readonly destination: number }
)

/** A part of a parameter, and where in the patch it stands. */
export interface Part {
  readonly part: Json
  readonly place: string
}

type Places = Readonly<Record<'path' | 'name' | 'index' | 'source' | 'destination', string>>
const partNames = ['type', 'path', 'name', 'value', 'index', 'source', 'destination'] as const
type PartName = typeof partNames[number]
type Parts = ReadonlyMap<PartName, Part>

/** @throws OutcomeError invalid-request at `Parameters.parameter[0].part[1]` */
export function readParameters (parameters: unknown): readonly Operation[] {
  if (!isSubject(parameters) || parameters['resourceType'] !== 'Parameters') throw malformed('A FHIRPath Patch is a Parameters resource', 'Parameters')
  checkBrought(parameters, 0, 'Parameters')
  const operations = parameters['parameter'] ?? []
  if (!Array.isArray(operations)) throw malformed('A list is needed here', 'Parameters.parameter')
  if (operations.length > maxOperations) throw malformed(`A patch has more than ${maxOperations} operations`, 'Parameters.parameter')
  return Array.from<unknown, Operation>(operations, (operation, at) => readOperation(operation, `Parameters.parameter[${at}]`))
}

function readOperation (operation: unknown, place: string): Operation {
  if (!isSubject(operation) || operation['name'] !== 'operation') throw malformed('A parameter of a patch is named operation', `${place}.name`)
  const parts = namedParts(operation, place)
  const of = (name: PartName) => placeOf(name, parts, place)
  const places = { path: of('path'), name: of('name'), index: of('index'), source: of('source'), destination: of('destination') }
  const type = textOf('type', parts, place)
  const path = () => readPath(textOf('path', parts, place), places.path)
  const number = (name: PartName) => numberOf(name, parts, place)
  const value = () => partOf('value', parts, place)
  switch (type) {
    case 'add': return { type, places, path: path(), name: textOf('name', parts, place), value: value() }
    case 'insert': return { type, places, path: path(), index: number('index'), value: value() }
    case 'delete': return { type, places, path: path() }
    case 'replace': return { type, places, path: path(), value: value() }
    case 'move': return { type, places, path: path(), source: number('source'), destination: number('destination') }
    default: throw malformed('The type of an operation is one of add, insert, delete, replace, move', of('type'))
  }
}

function namedParts (operation: Json, place: string): Parts {
  const parts = new Map<PartName, Part>()
  for (const { part, place: at } of partsOf(operation, place)) {
    const name = partNames.find(name => name === part['name'])
    if (name === undefined) throw malformed(`A part of an operation is one of ${partNames.join(', ')}`, `${at}.name`)
    if (parts.has(name)) throw malformed('A part is given twice', at)
    parts.set(name, { part, place: at })
  }
  return parts
}

/** The parts of a parameter, or of a part. @throws OutcomeError invalid-request when there are none */
export function partsOf (holder: Json, place: string): readonly Part[] {
  const parts = memberOf(holder, 'part')
  if (!Array.isArray(parts) || parts.length === 0) throw malformed('Parts are needed here', place)
  return Array.from<unknown, Part>(parts, (part, at) => {
    if (!isSubject(part)) throw malformed('An object is needed here', `${place}.part[${at}]`)
    return { part, place: `${place}.part[${at}]` }
  })
}

function placeOf (name: PartName, parts: Parts, place: string): string {
  return parts.get(name)?.place ?? place
}

function partOf (name: PartName, parts: Parts, place: string): Part {
  const part = parts.get(name)
  if (part === undefined) throw malformed(`The part ${name} is required`, place)
  return part
}

function textOf (name: PartName, parts: Parts, place: string): string {
  const { part, place: at } = partOf(name, parts, place)
  const text = part['valueString'] ?? part['valueCode']
  if (typeof text !== 'string') throw malformed('A string or a code is needed here', at)
  return text
}

function numberOf (name: PartName, parts: Parts, place: string): number {
  const { part, place: at } = partOf(name, parts, place)
  const number = part['valueInteger'] ?? part['valueUnsignedInt'] ?? part['valuePositiveInt']
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0) throw malformed('An integer of zero or more is needed here', at)
  return number
}
