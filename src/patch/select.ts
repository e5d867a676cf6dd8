import { inapplicable } from './bounds.js'
import type { Purse } from './bounds.js'
import type { Definitions } from './definitions.js'
import { childrenOf, objectOf, shapeOf, typeOf, valueOf } from './element.js'
import type { Element } from './element.js'
import type { Condition, Step } from './path.js'

/** What a path is followed with. */
export interface Walk {
  readonly root: Element
  readonly definitions: Definitions
  readonly purse: Purse
  /** Of the path in the patch, for faults. */
  readonly place: string
}

/**
 * The elements that a path leads to.
 * @throws OutcomeError inapplicable-patch when it names what R4 does not have there, too-costly
 */
export function select (steps: readonly Step[], walk: Walk): readonly Element[] {
  return steps.reduce<readonly Element[]>((elements, step, at) => at === 0 ? enter(step, walk) : take(step, elements, walk), [walk.root])
}

/** @throws OutcomeError inapplicable-patch when there is none, or more than one */
export function selectOne (steps: readonly Step[], walk: Walk): Element {
  const [element, ...others] = select(steps, walk)
  if (element === undefined) throw inapplicable('There is nothing at this path', walk.place)
  if (others.length > 0) throw inapplicable('The path leads to more than one element', walk.place)
  return element
}

/** The first name is the type of the resource, or one of its elements. */
function enter (step: Step, walk: Walk): readonly Element[] {
  const name = step.kind === 'member' ? step.name : ''
  if (name === typeOf(walk.root)) return [walk.root]
  if (/^[A-Z]/.test(name)) throw inapplicable('The path begins with another type than the resource has', walk.place)
  return take(step, [walk.root], walk)
}

function take (step: Step, elements: readonly Element[], walk: Walk): readonly Element[] {
  walk.purse.pass(elements.length, walk.place)
  switch (step.kind) {
    case 'member': return members(elements, step.name, walk)
    case 'item': return elements.slice(step.at, step.at + 1)
    case 'first': return elements.slice(0, 1)
    case 'last': return elements.slice(-1)
    case 'extension': return members(elements, step.kind, walk).filter(element => objectOf(element)?.['url'] === step.url)
    case 'ofType': return elements.filter(({ form }) => form.type === step.type)
    case 'where': return elements.filter(element => step.conditions.every(condition => holds(condition, element, walk)))
  }
}

function members (elements: readonly Element[], name: string, walk: Walk): readonly Element[] {
  return elements.flatMap(element => {
    const shape = shapeOf(element, name, walk.definitions)
    if (shape === undefined) throw noSuchElement(walk.place)
    const children = childrenOf(element, name, shape)
    walk.purse.pass(children.length, walk.place)
    return children
  })
}

/** As FHIRPath compares: one element and one value. */
function holds ({ names, value }: Condition, element: Element, walk: Walk): boolean {
  const found = names.reduce<readonly Element[]>((elements, name) => members(elements, name, walk), [element])
  return found.length === 1 && found[0] !== undefined && valueOf(found[0]) === value
}

export function noSuchElement (place: string) {
  return inapplicable('R4 has no such element here (value[x] is called value, whatever its type)', place)
}
