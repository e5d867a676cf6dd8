import { invalidParameter, notSupported } from './fault.js'
import { isElement } from './path.js'

/** Which part of each resource is asked for (R4 search.html#summary, #elements). */
export type Shape =
  | { readonly kind: 'summary' | 'text' | 'data' }
  | { readonly kind: 'elements', readonly names: readonly string[] }

const SUMMARIES = ['true', 'text', 'data', 'count', 'false'] as const
type Summary = typeof SUMMARIES[number]

/**
 * Reads `_summary` and `_elements`; undefined where the whole is asked for, or none of it.
 * @param type whose elements `_elements` names; undefined where there is more than one type
 * @throws OutcomeError `invalid-parameter`, naming the parameter
 */
export function readShape (type: string | undefined, summary: Summary | undefined, elements: string | undefined): Shape | undefined {
  if (elements !== undefined && summary !== undefined && summary !== 'false') throw invalidParameter('_elements', 'stands beside `_summary`: one of them says what is wanted')
  if (elements !== undefined) return readElements(type, elements)
  switch (summary) {
    case 'true': return { kind: 'summary' }
    case 'text': case 'data': return { kind: summary }
    default: return undefined
  }
}

export function readSummary (value: string | undefined): Summary | undefined {
  if (value === undefined) return undefined
  const found = SUMMARIES.find(each => each === value)
  if (found === undefined) throw notSupported('_summary', `is one of ${SUMMARIES.join(', ')}`)
  return found
}

/** The same, of the query of an interaction on one resource or one history: `count` counts nothing there. */
export function readShapeOf (type: string | undefined, parameters: readonly (readonly [name: string, value: string])[]): Shape | undefined {
  const one = (name: string) => {
    const values = parameters.filter(each => each[0] === name)
    if (values.length > 1) throw invalidParameter(name, 'is given more than once')
    return values[0]?.[1]
  }
  const summary = readSummary(one('_summary'))
  if (summary === 'count') throw invalidParameter('_summary', 'counts the matches of a search only')
  return readShape(type, summary, one('_elements'))
}

function readElements (type: string | undefined, text: string): Shape {
  if (type === undefined) throw notSupported('_elements', 'needs one type, whose elements it names')
  const names = text.split(',').map(name => name.trim())
  if (!names.every(name => isElement(type, name))) throw invalidParameter('_elements', 'names an element that the type does not have')
  return Object.freeze({ kind: 'elements', names: Object.freeze(names) })
}
