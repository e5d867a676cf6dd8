import type { Constraint } from './condition.js'
import { primitives } from './primitive.js'

/**
 * R4 StructureDefinitions (snapshots) as JSON Schemas: one for each type, one for each part of a type that has children
 * of its own (`Consent.provision`), so that a contentReference is as plain as a type. What JSON Schema would need anyOf for
 * (a value or its `_sibling`, one of `value[x]`, null beside an extension) is left to the keywords of `keyword.ts`:
 * so each fault of a resource is one error.
 */

/** What is read of a StructureDefinition; `dist/definitions/structure-definitions.json` holds no more. */
export interface StructureDefinition {
  readonly url: string
  readonly type: string
  readonly kind: string
  readonly abstract?: boolean
  readonly snapshot?: { readonly element: readonly ElementDefinition[] }
}

export interface ElementDefinition {
  readonly path: string
  readonly min?: number
  readonly max?: string
  readonly type?: ReadonlyArray<{ readonly code: string, readonly profile?: readonly string[], readonly targetProfile?: readonly string[] }>
  readonly constraint?: readonly Constraint[]
  readonly contentReference?: string
  readonly isModifier?: boolean
  readonly isSummary?: boolean
  readonly binding?: { readonly strength?: string, readonly valueSet?: string }
}

/** The `system|code` of each value set that is bound as `required`, by its URL without a version. */
export type Bindings = Readonly<Record<string, readonly string[]>>

export type Schema = Readonly<Record<string, unknown>>

/** What the keyword `element` checks of an object: see there. */
export interface Shape {
  readonly isResource: boolean
  /** Names of elements that have to be there, `value[x]` as `value`. */
  readonly required: readonly string[]
  /** `valueString` -> `value`, for each type of a choice. */
  readonly choices: Readonly<Record<string, string>>
  /** Names of primitive elements, which may have a sibling. */
  readonly primitives: readonly string[]
}

/** The `$id` of what stands beside the value of a primitive: `_birthDate`. */
export const siblingId = '_'
export const siblingOrNullId = '_?'

const system = 'http://hl7.org/fhirpath/System.'

/** The definitions of R4's own types; profiles on them are not types. */
export function typesOf (structureDefinitions: readonly StructureDefinition[]): ReadonlyMap<string, StructureDefinition> {
  return new Map(structureDefinitions
    .filter(({ url, type }) => url === `http://hl7.org/fhir/StructureDefinition/${type}`)
    .map(definition => [definition.type, definition]))
}

/** The names of all types that the definitions have or lead to. */
export function typeNamesIn (structureDefinitions: readonly StructureDefinition[]): ReadonlySet<string> {
  return new Set(structureDefinitions.flatMap(({ type, snapshot }) => [type, ...(snapshot?.element ?? [])
    .flatMap(element => element.type ?? []).flatMap(({ targetProfile = [] }) => targetProfile.map(url => url.slice(url.lastIndexOf('/') + 1)))]))
}

/** The schemas of a type: the one with the type's name as its `$id`, and those of its parts. */
export function schemasOf (definition: StructureDefinition, bindings: Bindings): readonly Schema[] {
  const parts = new Map<string, ElementDefinition[]>()
  for (const element of definition.snapshot?.element ?? []) {
    if (!element.path.includes('.')) continue
    const parent = element.path.slice(0, element.path.lastIndexOf('.'))
    parts.set(parent, [...parts.get(parent) ?? [], element])
  }
  const elements = new Map(definition.snapshot?.element.map(element => [element.path, element]))
  return [...parts].map(([path, children]) => {
    const isResource = definition.kind === 'resource' && path === definition.type
    return { ...objectSchema(path, children, { parts, bindings, isResource }), ...invariantOf(elements.get(path)?.constraint) }
  })
}

/** What may stand beside the value of a primitive: an id and extensions. */
export const siblingSchemas: readonly Schema[] = [[siblingId, 'object'], [siblingOrNullId, ['object', 'null']]].map(([id, type]) => ({
  $id: id,
  type,
  minProperties: 1,
  additionalProperties: false,
  properties: { id: { primitive: 'string' }, extension: { type: 'array', minItems: 1, items: { part: 'Extension' } } }
}))

/** The schemas that a schema leads to by `part`. */
export function partsOf (schema: Schema | undefined): readonly string[] {
  const properties = Object.values(schema?.['properties'] ?? {}) as Schema[]
  return properties.map(property => (property['items'] as Schema | undefined ?? property)['part']).filter(id => typeof id === 'string')
}

interface Context {
  readonly parts: ReadonlyMap<string, readonly ElementDefinition[]>
  readonly bindings: Bindings
  readonly isResource: boolean
}

function objectSchema (path: string, children: readonly ElementDefinition[], context: Context): Schema {
  const properties: Record<string, Schema> = context.isResource ? { resourceType: { const: path } } : {}
  const required: string[] = []
  const choices: Record<string, string> = {}
  for (const child of children) {
    if (child.max === '0') continue
    const name = child.path.slice(path.length + 1)
    const stem = name.replace('[x]', '')
    if ((child.min ?? 0) > 0) required.push(stem)
    if (stem === name) addElement(properties, name, child, context)
    else {
      for (const type of child.type ?? []) {
        const key = stem + type.code.charAt(0).toUpperCase() + type.code.slice(1)
        choices[key] = stem
        addElement(properties, key, { ...child, type: [type] }, context)
      }
    }
  }
  const primitiveNames = Object.keys(properties).filter(name => Object.hasOwn(properties, `_${name}`))
  const shape: Shape = { isResource: context.isResource, required, choices, primitives: primitiveNames }
  return { $id: path, type: 'object', properties, additionalProperties: false, element: shape }
}

/** Adds an element and, beside a primitive one, its sibling. */
function addElement (properties: Record<string, Schema>, name: string, element: ElementDefinition, context: Context): void {
  const isList = element.max !== '1'
  const list = { type: 'array', minItems: Math.max(1, element.min ?? 0), ...isList && element.max !== '*' ? { maxItems: Number(element.max) } : {} }
  const primitive = primitiveOf(element, context)
  if (primitive === undefined) {
    const schema = partSchema(element, context)
    properties[name] = isList ? { ...list, items: schema } : schema
    return
  }
  const schema = { [isList ? 'primitiveOrNull' : 'primitive']: primitive, ...bindingOf(element, context) }
  properties[name] = isList ? { ...list, items: schema } : schema
  if (element.type?.[0]?.code.startsWith(system) === true || primitive === 'xhtml') return
  properties[`_${name}`] = isList ? { ...list, items: { part: siblingOrNullId } } : { part: siblingId }
}

/** The primitive type of an element; R4 writes the attributes `id` and `url` as types of FHIRPath. */
function primitiveOf ({ path, type }: ElementDefinition, { isResource }: Context): string | undefined {
  const code = type?.[0]?.code ?? ''
  if (Object.hasOwn(primitives, code)) return code
  if (!code.startsWith(system)) return undefined
  if (path.endsWith('.url')) return 'uri'
  return isResource ? 'id' : 'string'
}

function partSchema (element: ElementDefinition, context: Context): Schema {
  const { path, type, contentReference, constraint = [] } = element
  const { parts } = context
  if (contentReference !== undefined) return { part: contentReference.slice(contentReference.indexOf('#') + 1) }
  if (parts.has(path)) return { part: path }
  const [{ code = '', profile = [], targetProfile = [] } = {}] = type ?? []
  if (code === 'Resource') return { resource: true }
  const targets = [...targetProfile.map(url => url.slice(url.lastIndexOf('/') + 1)), ...structures.includes(path) ? ['Organization'] : []]
  return {
    part: code,
    ...targets.length === 0 || targets.includes('Resource') ? {} : { targets },
    ...bindingOf(element, context),
    // Those of Extension stand there.
    ...invariantOf([...constraint.filter(({ key }) => key !== 'ext-1'), ...profile.includes(SIMPLE_QUANTITY) ? [noComparator] : []])
  }
}

/** Where a structure is named too, which R4 has not: who takes part in an appointment (fr-core's operator of it), whose agenda it is, and who is on a list. */
const structures: readonly string[] = ['Appointment.participant.actor', 'Schedule.actor', 'Group.member.entity']
const SIMPLE_QUANTITY = 'http://hl7.org/fhir/StructureDefinition/SimpleQuantity'
const noComparator: Constraint = { key: 'sqty-1', severity: 'error', human: 'The comparator is not used on a SimpleQuantity' }
/** They are asked of every element and resource by `element.ts` and `holder.ts`, and of a narrative by `primitive.ts`. */
const askedElsewhere: readonly string[] = ['ele-1', 'dom-2', 'dom-3', 'dom-4', 'dom-5', 'txt-1', 'txt-2']

/** The invariants of a type or a part, or of one element of it. */
function invariantOf (constraint: readonly Constraint[] = []): Schema {
  const invariant = constraint.filter(({ key, severity }) => severity === 'error' && !askedElsewhere.includes(key))
  return invariant.length === 0 ? {} : { invariant }
}

function bindingOf ({ binding }: ElementDefinition, { bindings }: Context): Schema {
  const url = binding?.valueSet?.split('|')[0] ?? ''
  return binding?.strength === 'required' && bindings[url] !== undefined ? { binding: url } : {}
}
