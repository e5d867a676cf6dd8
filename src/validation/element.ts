import { containedMisfits } from './holder.js'
import type { Shape } from './schema.js'

/** A fault inside an object: `path` leads from the object to it as a JSON pointer. */
export interface Misfit {
  readonly path: string
  readonly code: 'required' | 'structure' | 'invariant' | 'extension'
  readonly diagnostics: string
}

type Element = Readonly<Record<string, unknown>>

/**
 * What R4 asks of an object as a whole (json.html, ele-1):
 * - elements that have to be there are: a primitive one by its value or by an extension beside it, `value[x]` by one type;
 * - `value[x]` has one type;
 * - an element has more than an id (a resource may be empty);
 * - a modifier that is not known here changes what the rest means, so that none is taken (extensibility.html#modifierExtension);
 * - beside `birthDate`, `_birthDate` has an extension or the value is there; so has each item of a list, null or not.
 * @returns the check of objects of this shape; it answers undefined when all is well
 */
export function elementCheck ({ isResource, required, choices, primitives }: Shape): (element: Element) => readonly Misfit[] | undefined {
  const stems = new Map(Object.entries(choices))
  const siblings = new Map(primitives.map(name => [`_${name}`, name]))
  for (const [sibling, name] of siblings) if (stems.has(name)) stems.set(sibling, stems.get(name) as string)
  return element => {
    const misfits: Misfit[] = []
    let children = 0
    for (const key in element) {
      if (key !== 'id') children += 1
      if (key === 'modifierExtension') misfits.push({ path: '/modifierExtension', code: 'extension', diagnostics: 'This modifier extension is not known here' })
      const name = siblings.get(key)
      if (name !== undefined) checkSibling(name, element[name], element[key], misfits)
      else if (hasNull(element[key]) && siblings.has(`_${key}`) && element[`_${key}`] === undefined) checkSibling(key, element[key], [], misfits)
    }
    if (children === 0 && !isResource) misfits.push({ path: '', code: 'invariant', diagnostics: 'An element needs a value or children' })
    const chosen = stems.size === 0 ? noChoice : choose(element, stems, misfits)
    for (const name of required) {
      if (element[name] === undefined && element[`_${name}`] === undefined && !chosen.has(name)) {
        misfits.push({ path: '', code: 'required', diagnostics: `The element ${name} is required` })
      }
    }
    if (isResource) misfits.push(...containedMisfits(element))
    return misfits.length === 0 ? undefined : misfits
  }
}

/** More of one object are not told. */
const maxMisfits = 50
const noChoice: ReadonlyMap<string, string> = new Map()

/** @returns which `valueString` there is for `value` */
function choose (element: Element, stems: ReadonlyMap<string, string>, misfits: Misfit[]): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>()
  for (const key in element) {
    const stem = stems.get(key)
    if (stem === undefined) continue
    const name = key.startsWith('_') ? key.slice(1) : key
    const first = chosen.get(stem)
    if (first === undefined) chosen.set(stem, name)
    else if (first !== name) misfits.push({ path: `/${name}`, code: 'structure', diagnostics: 'Only one type of this element is allowed' })
  }
  return chosen
}

function hasNull (value: unknown): boolean {
  return value instanceof Array && value.includes(null)
}

function checkSibling (name: string, value: unknown, sibling: unknown, misfits: Misfit[]): void {
  if (!(sibling instanceof Array)) {
    if (value === undefined && !hasExtension(sibling)) misfits.push(withoutValue(`/${name}`))
    return
  }
  const values: readonly unknown[] = value instanceof Array ? value : []
  for (let at = 0; misfits.length < maxMisfits && at < Math.max(values.length, sibling.length); at += 1) {
    if ((values[at] ?? null) === null && !hasExtension(sibling[at])) misfits.push(withoutValue(`/${name}/${at}`))
  }
}

function withoutValue (path: string): Misfit {
  return { path, code: 'invariant', diagnostics: 'An element needs a value or an extension' }
}

function hasExtension (sibling: unknown): boolean {
  return typeof sibling === 'object' && sibling !== null && 'extension' in sibling
}
