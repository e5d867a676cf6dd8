/**
 * A profile as a tree: the differential of a StructureDefinition, by the ids of its elements (R4 elementdefinition.html#id):
 * `Patient.identifier:INS-NIR.system` is the system of one slice of the identifiers.
 */
import type { Constraint } from './condition.js'

/** What is read of an element of a differential, `fixed[x]` and `pattern[x]` beside it. */
export interface ProfileElement {
  readonly id?: string
  readonly min?: number
  readonly max?: string
  readonly type?: ReadonlyArray<{ readonly code: string, readonly profile?: readonly string[], readonly targetProfile?: readonly string[], readonly aggregation?: readonly string[] }>
  readonly binding?: { readonly strength?: string, readonly valueSet?: string }
  readonly constraint?: readonly Constraint[]
  readonly slicing?: { readonly discriminator?: readonly Discriminator[], readonly rules?: string }
}

export interface Discriminator { readonly type: string, readonly path: string }

/** A StructureDefinition that constrains a type or another profile. */
export interface Profile {
  readonly url: string
  readonly type: string
  readonly baseDefinition?: string
  readonly differential?: { readonly element: readonly ProfileElement[] }
}

export interface ProfileNode {
  /** As the definition has it: `value[x]`. */
  readonly name: string
  /** The path in R4, without slices. */
  readonly path: string
  rule: ProfileElement
  readonly children: Map<string, ProfileNode>
  readonly slices: Map<string, ProfileNode>
}

/** @throws Error at start for an element without an id of the type */
export function treeOf ({ url, type, differential }: Profile): ProfileNode {
  const root = newNode(type, type)
  for (const element of differential?.element ?? []) {
    const [first, ...steps] = (element.id ?? '').split('.')
    if (first !== type) throw new Error(`${url}: an element has the id ${String(element.id)}`)
    let node = root
    for (const step of steps) {
      const [name = '', ...slice] = step.split(':')
      node = childOf(node.children, name, `${node.path}.${name}`, name)
      if (slice.length > 0) node = childOf(node.slices, slice.join(':'), node.path, name)
    }
    node.rule = element
  }
  return root
}

function childOf (nodes: Map<string, ProfileNode>, key: string, path: string, name: string): ProfileNode {
  const known = nodes.get(key) ?? newNode(name, path)
  nodes.set(key, known)
  return known
}

function newNode (name: string, path: string): ProfileNode {
  return { name, path, rule: {}, children: new Map(), slices: new Map() }
}

/** The value that an element must be, or hold: of the one `fixed[x]` or `pattern[x]` that it has. */
export function valueOf (rule: ProfileElement, kind: 'fixed' | 'pattern'): unknown {
  for (const [name, value] of Object.entries(rule)) if (name.startsWith(kind) && /^[A-Z]/.test(name.slice(kind.length))) return value
  return undefined
}
