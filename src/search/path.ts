import fhirpath from 'fhirpath'
import r4 from 'fhirpath/fhir-context/r4'
import { readExpression } from './expression.js'
import type { Step } from './expression.js'
import { typeOf } from './literal.js'

/** A resource as parsed JSON. */
export interface Resource {
  readonly resourceType: string
}

/** Receives a value and its FHIR type (`CodeableConcept`, `dateTime`…). */
export type Visit = (value: unknown, type: string) => void

/** What an expression yields for one type of resource. */
export interface Path {
  /** The FHIR types of the elements that it reads; empty when it is left to the FHIRPath engine. */
  readonly types: readonly string[]
  /** The paths of those of type `code`: `Patient.gender`, `Address.use`. */
  readonly codes: readonly string[]
  readonly walk: (resource: Resource, visit: Visit) => void
}

type Json = Readonly<Record<string, unknown>>

/** A path from one element on, all types resolved at compile time. */
type Walk =
  | { readonly kind: 'value', readonly type: string }
  | { readonly kind: 'members', readonly of: readonly { readonly name: string, readonly rest: Walk }[] }
  | { readonly kind: 'where', readonly holds: (value: Json, resource: Json) => boolean, readonly rest: Walk }
  | { readonly kind: 'contained', readonly type: string, readonly rest: Walk }

/**
 * Compiles the `expression` of a SearchParameter for resources of type `type` into a direct walk over the JSON:
 * extraction runs on every deposit. What lies outside the subset of `readExpression` is left to the FHIRPath
 * engine, in which a `resolve()` is refused, since it would fetch.
 * @throws Error when the expression yields nothing for this type or cannot be compiled
 */
export function compilePath (expression: string, type: string): Path {
  const branches = readExpression(expression)
  if (branches === null) return compileFhirPath(expression)
  const walks = branches.flatMap(({ steps, isPresence }) => {
    const own = stepsFrom(type, steps)
    return own === null ? [] : { walk: compileSteps(type, own), isPresence }
  })
  if (walks.length === 0 || walks.some(({ walk }) => typesOf(walk).length === 0)) {
    throw new Error(`the expression, or a branch of it, yields nothing for ${type}`)
  }
  const types = new Set(walks.flatMap(({ walk, isPresence }) => isPresence ? ['boolean'] : typesOf(walk)))
  return Object.freeze({
    types: Object.freeze([...types]),
    codes: Object.freeze(branches.flatMap(({ steps }) => codesAlong(type, stepsFrom(type, steps) ?? []))),
    walk: (resource: Resource, visit: Visit) => {
      for (const { walk, isPresence } of walks) {
        if (isPresence) visit(isPresent(walk, resource), 'boolean')
        else follow(walk, resource, resource, visit)
      }
    }
  })
}

/** The steps from a resource of `type` on; null when they start from another type. */
function stepsFrom (type: string, steps: readonly Step[]): readonly Step[] | null {
  const [first, ...others] = steps
  if (first?.kind !== 'member' || /^[a-z]/.test(first.name)) return steps
  return [type, 'DomainResource', 'Resource'].includes(first.name) ? others : null
}

/** The walk of `steps` from a value of `type` on; members of no value when the steps lead nowhere. */
function compileSteps (type: string, steps: readonly Step[]): Walk {
  const [step, ...others] = steps
  if (step === undefined) return { kind: 'value', type }
  if (step.kind === 'as') return type === typeOfSuffix(step.type) ? compileSteps(type, others) : { kind: 'members', of: [] }
  if (step.kind === 'contained') return { kind: 'contained', type: step.type, rest: compileSteps(step.type, others) }
  if (step.kind !== 'member') return { kind: 'where', holds: condition(step), rest: compileSteps(type, others) }
  const of = membersOf(type, step.name).map(({ name, type }) => ({ name, rest: compileSteps(type, others) }))
  return { kind: 'members', of: of.filter(({ rest }) => typesOf(rest).length > 0) }
}

/** The paths of the elements of type `code` in which `steps` end. */
function codesAlong (type: string, steps: readonly Step[]): readonly string[] {
  const [step, ...others] = steps
  if (step?.kind !== 'member') return step === undefined ? [] : codesAlong(type, others)
  return membersOf(type, step.name).flatMap(({ name, type: of }) => others.length === 0 && of === 'code' ? [`${type}.${name}`] : codesAlong(of, others))
}

/** Whether a type has an element `name`, as FHIRPath has it: `value` for `valueString`. */
export function isElement (type: string, name: string): boolean {
  return /^[a-z]\w*$/i.test(name) && membersOf(type, name).length > 0
}

/** The JSON properties of the element `name` of a type, or of a place inside one (`Consent.provision`). */
function membersOf (type: string, name: string): readonly { readonly name: string, readonly type: string }[] {
  const path = r4.pathsDefinedElsewhere[`${type}.${name}`] ?? `${type}.${name}`
  const choices = r4.choiceTypePaths[path]
  if (choices !== undefined) return choices.map(choice => ({ name: name + choice, type: typeOfSuffix(choice) }))
  const found = r4.path2Type[path]
  if (found === undefined) return []
  if (found === 'BackboneElement' || found === 'Element') return [{ name, type: path }]
  return [{ name, type: found === 'System.String' ? 'string' : found }]
}

/** `DateTime` is `dateTime`, `Period` is `Period`. */
function typeOfSuffix (suffix: string): string {
  const primitive = suffix.charAt(0).toLowerCase() + suffix.slice(1)
  return primitive in r4.type2Parent ? primitive : suffix
}

function condition (step: Exclude<Step, { kind: 'member' | 'as' | 'contained' }>): (value: Json, resource: Json) => boolean {
  if (step.kind === 'equals') return value => value[step.name] === step.text
  return (value, resource) => referencedType(value, resource) === step.type
}

/** The type of the resource that a Reference points to, as its text, its `type` or the contained resource says. */
function referencedType (value: Json, resource: Json): unknown {
  const { reference, type } = value
  if (typeof reference !== 'string') return type
  if (!reference.startsWith('#')) return typeOf(reference) ?? type
  return containedBy(value, resource)?.['resourceType'] ?? type
}

/** The contained resource that a Reference points to; undefined where it points elsewhere, or nowhere. */
function containedBy ({ reference }: Json, { contained }: Json): Json | undefined {
  if (typeof reference !== 'string' || !reference.startsWith('#') || !Array.isArray(contained)) return undefined
  return (contained as readonly (Json | null)[]).find(each => each?.['id'] === reference.slice(1)) ?? undefined
}

function typesOf (walk: Walk): readonly string[] {
  switch (walk.kind) {
    case 'value': return [walk.type]
    case 'where': case 'contained': return typesOf(walk.rest)
    default: return walk.of.flatMap(({ rest }) => typesOf(rest))
  }
}

function follow (walk: Walk, value: unknown, resource: Resource, visit: Visit): void {
  if (Array.isArray(value)) {
    for (const item of value) follow(walk, item, resource, visit)
  } else if (value !== undefined && value !== null) {
    if (walk.kind === 'value') visit(value, walk.type)
    else if (typeof value === 'object') followMembers(walk, value as Json, resource, visit)
  }
}

function followMembers (walk: Exclude<Walk, { kind: 'value' }>, value: Json, resource: Resource, visit: Visit): void {
  if (walk.kind === 'where') {
    if (walk.holds(value, resource as unknown as Json)) follow(walk.rest, value, resource, visit)
  } else if (walk.kind === 'contained') {
    const target = containedBy(value, resource as unknown as Json)
    if (target?.['resourceType'] === walk.type) follow(walk.rest, target, resource, visit)
  } else for (const { name, rest } of walk.of) follow(rest, value[name], resource, visit)
}

function isPresent (walk: Walk, resource: Resource): boolean {
  let found = false
  follow(walk, resource, resource, value => { found ||= value !== false })
  return found
}

/** `FHIR.Coding` is `Coding`, `System.String` is `string`. */
function typeOfName (name: string): string {
  const [, space, type = ''] = /^(FHIR|System)\.(.+)$/.exec(name) ?? []
  return space === 'System' ? type.charAt(0).toLowerCase() + type.slice(1) : type
}

/** The engine's own way; it may write type names into what it is given, so it is given a copy. */
function compileFhirPath (expression: string): Path {
  if (expression.includes('resolve()')) throw new Error('resolve() cannot be followed here')
  const evaluate = fhirpath.compile(expression, r4, { resolveInternalTypes: false })
  return Object.freeze({
    types: Object.freeze([]),
    codes: Object.freeze([]),
    walk: (resource: Resource, visit: Visit) => {
      for (const node of evaluate(structuredClone(resource))) {
        const [type = ''] = fhirpath.types([node])
        visit(fhirpath.util.valData(node), typeOfName(type))
      }
    }
  })
}
