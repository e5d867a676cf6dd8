import { schemasOf, typesOf } from './schema.js'
import type { Schema, Shape, StructureDefinition } from './schema.js'

/** How an element stands in JSON: one form, or one for each type of a choice. */
interface Form { readonly key: string, readonly type: string | undefined, readonly hasSibling: boolean }
interface ElementShape { readonly isList: boolean, readonly forms: readonly Form[] }

/**
 * What R4's StructureDefinitions say of the children of a type, by the names of FHIRPath: a type is read when it is first
 * asked for, once. It is what `patch/definitions.ts` asks for.
 */
export function createDefinitions (structureDefinitions: readonly StructureDefinition[]) {
  const types = typesOf(structureDefinitions)
  const shapes = new Map<string, ReadonlyMap<string, ElementShape>>()

  function childrenOf (type: string): ReadonlyMap<string, ElementShape> | undefined {
    const known = shapes.get(type)
    const definition = types.get(type.split('.')[0] ?? '')
    if (known !== undefined || definition === undefined) return known
    for (const schema of schemasOf(definition, {})) shapes.set(String(schema['$id']), shapesOf(schema))
    return shapes.get(type)
  }

  return {
    childOf (type: string, name: string): ElementShape | undefined {
      return childrenOf(type)?.get(name)
    }
  }
}

function shapesOf (schema: Schema): ReadonlyMap<string, ElementShape> {
  const properties = schema['properties'] as Readonly<Record<string, Schema>>
  const { choices } = schema['element'] as Shape
  const shapes = new Map<string, ElementShape>()
  for (const [key, property] of Object.entries(properties)) {
    if (key === 'resourceType' || key.startsWith('_')) continue
    const name = choices[key] ?? key
    const { primitive, primitiveOrNull, part } = property['items'] as Schema | undefined ?? property
    const type = (primitive ?? primitiveOrNull ?? part) as string | undefined
    const form = { key, type, hasSibling: Object.hasOwn(properties, `_${key}`) }
    shapes.set(name, { isList: property['type'] === 'array', forms: [...shapes.get(name)?.forms ?? [], form] })
  }
  return shapes
}
