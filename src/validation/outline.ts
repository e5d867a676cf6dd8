import type { ElementDefinition, StructureDefinition } from './schema.js'
import { typesOf } from './schema.js'

/** What R4 says of an element that decides whether a subset of a resource has it (search.html#summary). */
export interface Outlined {
  /** As FHIRPath has it: `value` for `valueString`. */
  readonly name: string
  readonly isSummary: boolean
  readonly isMandatory: boolean
  readonly isModifier: boolean
  /** The elements of a part of a resource (`Patient.contact`); nothing for a data type, which is taken whole. */
  readonly part?: Outline
}

/** The elements of a type by their names in JSON, without the `_` of what stands beside a primitive. */
export type Outline = ReadonlyMap<string, Outlined>

/** The outlines of resource types; each is made when it is first asked for. Undefined for a type that is not there. */
export function createOutlines (structureDefinitions: readonly StructureDefinition[]): (type: string) => Outline | undefined {
  const types = typesOf(structureDefinitions)
  const outlines = new Map<string, Outline>()
  return type => {
    const known = outlines.get(type)
    const elements = types.get(type)?.snapshot?.element
    if (known !== undefined || elements === undefined) return known
    const outline = outlineOf(elements, type, new Map())
    outlines.set(type, outline)
    return outline
  }
}

/** @param parts those that are made already, by path: a part may hold its own kind */
function outlineOf (elements: readonly ElementDefinition[], path: string, parts: Map<string, Outline>): Outline {
  const outline = new Map<string, Outlined>()
  parts.set(path, outline)
  for (const element of elements) {
    const name = element.path.slice(path.length + 1)
    if (!element.path.startsWith(`${path}.`) || name.includes('.')) continue
    const place = element.contentReference?.slice(1) ?? element.path
    const isPart = elements.some(each => each.path.startsWith(`${place}.`))
    const outlined = {
      name: name.replace('[x]', ''),
      isSummary: element.isSummary === true,
      isMandatory: (element.min ?? 0) > 0,
      isModifier: element.isModifier === true,
      ...isPart ? { part: parts.get(place) ?? outlineOf(elements, place, parts) } : {}
    }
    for (const key of keysOf(element, name)) outline.set(key, outlined)
  }
  return outline
}

function keysOf ({ type = [] }: ElementDefinition, name: string): readonly string[] {
  if (!name.endsWith('[x]')) return [name]
  return type.map(({ code }) => `${name.slice(0, -3)}${code.charAt(0).toUpperCase()}${code.slice(1)}`)
}
