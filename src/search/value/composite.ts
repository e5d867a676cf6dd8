import { and, element, or } from '../../filter/filter.js'
import { OutcomeError } from '../../outcome/outcome-error.js'
import { split } from '../escape.js'
import { faultOf, invalidParameter } from '../fault.js'
import type { Component, ParameterType } from '../parameter.js'
import { emptySink, noModifiers } from './kind.js'
import type { Part, ValueKind } from './kind.js'

type Kinds = Readonly<Record<Exclude<ParameterType, 'composite'>, ValueKind>>

/**
 * Composite parameters (R4 search.html#composite): values joined by `$`, all of them true of one and the same element.
 * Each element has index values of its own, made and asked by the kinds of its components.
 */
export function createComposite (kinds: Kinds): ValueKind {
  return Object.freeze<ValueKind>({
    elements: Object.freeze([]),
    modifiers: noModifiers,
    index: ({ code, components }, value, type, into, context) => {
      const part = emptySink()
      for (const { parameter, walks } of components) {
        const kind = kinds[parameter.type]
        walks[type]?.(value as never, (each, of) => { if (kind.elements.includes(of)) kind.index(parameter, each, of, part, context) })
      }
      const { keys, dates, numbers } = part
      const isWhole = components.every(({ parameter: { code: of } }) => Object.hasOwn(dates, of) || Object.hasOwn(numbers, of) || [...keys].some(key => key.startsWith(`${of}|`)))
      if (isWhole) (into.parts[code] ??= []).push({ keys, dates, numbers } satisfies Part)
    },
    filter: (criterion, context) => {
      const { parameter: { code, components }, values } = criterion
      const ask = (component: Component, piece: string, isWhole: boolean) => {
        const parameter = isWhole ? component.whole ?? component.parameter : component.parameter
        return kinds[component.parameter.type].filter({ ...criterion, parameter, modifier: undefined, values: [piece] }, context)
      }
      const alternatives = values.map(value => {
        const pieces = split(value, '$')
        if (pieces.length !== components.length) throw invalidParameter(code, `takes ${components.length} values joined by $`)
        const asked = components.map((component, index) => named(code, component, () => ask(component, pieces[index] ?? '', false)))
        // What is true of one element is true of the resource: an index knows that.
        const hints = components.flatMap((component, index) => component.whole === null ? [] : [ask(component, pieces[index] ?? '', true)])
        return and(...hints, element(`parts.${code}`, and(...asked)))
      })
      return or(...alternatives)
    }
  })
}

/** A fault of a component is one of the composite. */
function named<T> (code: string, { parameter }: Component, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    throw new OutcomeError(error.kind, faultOf(code, `has a value for ${parameter.code} that is not understood`))
  }
}
